"""With what we show ourselves to an endpoint: an OAuth2 client, a client certificate, or both."""

from collections.abc import Callable
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.subscriptions import Admin, Subscription, show
from services.notifications.domain.credentials import ClientCertificate, OAuth2
from services.notifications.handlers import Seal
from shared.messaging import Tx

ReadCertificate = Callable[[str, str], ClientCertificate]
"""Reads a chain and a key, both PEM; raises `Refused` for what no TLS handshake could use."""

Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[\x20-\x7e]+$")]


class OAuth2Body(BaseModel):
    """A client of the partner's authorisation server: `client_credentials` with HTTP Basic (RFC 6749, 4.4)."""

    model_config = ConfigDict(extra="forbid")

    token_url: Annotated[str, Field(min_length=1, max_length=2000)]
    """Under the same rules as an endpoint's address."""
    client_id: Text
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=1000)]
    """Never shown again."""
    scope: (
        Annotated[str, Field(max_length=500, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$")]
        | None
    ) = None
    audience: Text | None = None

    def to_domain(self) -> OAuth2:
        """As the rules know it."""
        secret = self.client_secret.get_secret_value()
        return OAuth2(self.token_url, self.client_id, secret, self.scope, self.audience)


class CertificateBody(BaseModel):
    """A client certificate that the partner gave us."""

    model_config = ConfigDict(extra="forbid")

    chain: Annotated[str, Field(min_length=1, max_length=32_000)]
    """PEM: ours first, then what leads to the partner's root."""
    key: Annotated[SecretStr, Field(min_length=1, max_length=8_000)]
    """PEM, without a password. Never shown again."""


class CredentialsBody(BaseModel):
    """What is named is set, or removed with null; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    oauth2: OAuth2Body | None = None
    certificate: CertificateBody | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("neither is named")
        return self


def build(seal: Seal, read_certificate: ReadCertificate, *, allow_loopback: bool) -> APIRouter:
    """The route.

    Args:
        seal: encrypts secrets before they are stored.
        read_certificate: says whether a certificate can be used.
        allow_loopback: whether token endpoints on this machine are accepted.
    """
    router = APIRouter(tags=["subscriptions"])

    @router.post("/subscriptions/{subscription_id}/credentials", response_model=Subscription)
    async def set_credentials(subscription_id: UUID, body: CredentialsBody, write: Admin) -> Response:
        """Sets, changes or removes them; from the next attempt and proof on."""
        by = write.principal.subject
        oauth2 = body.oauth2.to_domain() if body.oauth2 else None
        given = body.certificate
        certificate = read_certificate(given.chain, given.key.get_secret_value()) if given else None

        async def command(tx: Tx) -> UUID:
            if "oauth2" in body.model_fields_set:
                await handlers.set_oauth2(tx, subscription_id, oauth2, seal=seal, allow_loopback=allow_loopback, by=by)
            if "certificate" in body.model_fields_set:
                await handlers.set_certificate(tx, subscription_id, certificate, seal=seal, by=by)
            return subscription_id

        return await write(command, show, status=200)

    return router
