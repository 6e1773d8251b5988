"""The issuer speaks discovery and JWKS, and signs what its table of officers says."""

from typing import cast

from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization

from deploy.local.issuer import OFFICERS, Issuer, create_app


async def test_a_token_verifies_with_the_published_keys_and_names_the_officer() -> None:
    issuer = Issuer("http://127.0.0.1:1", "DON")
    async with TestClient(TestServer(create_app(issuer))) as client:
        configuration = await (await client.get("/.well-known/openid-configuration")).json()
        assert configuration["jwks_uri"] == "http://127.0.0.1:1/jwks"
        keys = KeySet.import_key_set(await (await client.get("/jwks")).json())
        form = {"grant_type": "client_credentials", "client_id": "spip"}
        answer = await (await client.post("/token", data=form)).json()

    claims = jwt.decode(answer["access_token"], keys, algorithms=["ES256"]).claims

    assert claims["name"] == OFFICERS["spip"].name
    assert claims["roles"] == ["spip"]
    assert claims["sites"] == ["DON"]
    assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:1", "inserre")
    assert "d" not in issuer.keys()["keys"][0]


async def test_a_request_may_ask_for_another_scope_and_an_expired_token() -> None:
    issuer = Issuer("http://127.0.0.1:1", "DON")
    async with TestClient(TestServer(create_app(issuer))) as client:
        form = {"grant_type": "client_credentials", "client_id": "spip", "sites": "ARR TOU", "lifetime": "-60"}
        answer = await (await client.post("/token", data=form)).json()

    claims = jwt.decode(
        answer["access_token"], KeySet.import_key_set(cast(KeySetSerialization, issuer.keys())), algorithms=["ES256"]
    ).claims

    assert claims["sites"] == ["ARR", "TOU"]
    assert claims["exp"] - claims["iat"] == 0


async def test_an_unknown_officer_gets_no_token() -> None:
    async with TestClient(TestServer(create_app(Issuer("http://127.0.0.1:1", "DON")))) as client:
        answer = await client.post("/token", data={"grant_type": "client_credentials", "client_id": "nobody"})

    assert answer.status == 401
