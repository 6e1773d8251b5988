"""What callers are told when their request is refused: a code of its own each, and nothing of what they sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.problems import FieldError, Problem
from shared.testing.api import Tokens, client, once
from shared.tests import specimen
from shared.web import create_app

CANARY = "Zephirine-Canari"


async def post(api: httpx.AsyncClient, tokens: Tokens, content: bytes, **headers: str) -> httpx.Response:
    given = tokens.bearer("spip") | once() | {"Content-Type": "application/json"} | headers
    answer = await api.post("/v1/things", content=content, headers=given)
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    return answer


def test_a_problem_has_the_members_of_rfc_9457_and_a_stable_type() -> None:
    response = Problem(409, "bed-taken", "The bed is taken.", headers={"Retry-After": "1"}).response()
    assert json.loads(bytes(response.body)) == {
        "type": "urn:inserre:problem:bed-taken",
        "title": "The bed is taken.",
        "status": 409,
        "code": "bed-taken",
    }
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\xff\xfe", b'{"name": "' + CANARY.encode() + b'",}', b"[" * 30000, b'{"name": "a"} x', b'"\\ud8'],
    ids=["open", "empty", "no UTF-8", "comma", "deep", "trailing", "cut"],
)
async def test_a_body_that_is_no_json_is_malformed(api: httpx.AsyncClient, tokens: Tokens, content: bytes) -> None:
    answer = await post(api, tokens, content)
    if not content:
        assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/name", "missing")]),
        ({"name": 7}, [("/name", "string-type")]),
        ({"name": "a", "born": "2026-02-31"}, [("/born", "date-from-datetime-parsing")]),
        ({"name": "a", CANARY: 1}, [("", "extra-forbidden")]),
        ({"name": "a", "canary": CANARY}, [("", "extra-forbidden")]),
        ({"name": "\ud800" + CANARY}, [("", "text-unstorable")]),
        ({"name": CANARY + "\0"}, [("", "text-unstorable")]),
        ([CANARY], [("", "model-attributes-type")]),
    ],
    ids=["missing", "type", "31 February", "unknown", "unknown value", "surrogate", "NUL", "list"],
)
async def test_a_body_of_another_form_is_told_where_and_why_but_not_what(
    api: httpx.AsyncClient, tokens: Tokens, body: Any, errors: list[tuple[str, str]]
) -> None:
    answer = await post(api, tokens, json.dumps(body).encode())
    code = "unknown-field" if errors == [("", "extra-forbidden")] else "validation-failed"
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == errors


async def test_an_unknown_member_is_refused_without_its_name_in_the_middle_too(
    api: httpx.AsyncClient, tokens: Tokens
) -> None:
    answer = await api.get(f"/v1/things/{CANARY}", headers=tokens.bearer("inspector"))
    assert answer.json()["errors"] == [{"pointer": "/path/thing", "code": "uuid-parsing"}]
    assert CANARY not in answer.text


async def test_any_other_escape_is_text(api: httpx.AsyncClient, tokens: Tokens) -> None:
    body = b'{"name": "\\u00e9\\ud83d\\ude00"}'
    headers = tokens.bearer("spip") | once() | {"Content-Type": "application/json"}
    answer = await api.post("/v1/things", content=body, headers=headers)
    assert (answer.status_code, answer.json()["name"]) == (201, "é😀")


async def test_a_database_error_is_an_internal_error_without_its_text(
    api: httpx.AsyncClient, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await api.post("/v1/things", json={"name": "Forbidden"}, headers=tokens.bearer("spip") | once())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "Forbidden" not in answer.text


async def test_unknown_addresses_and_methods_are_problems_too(api: httpx.AsyncClient, tokens: Tokens) -> None:
    bearer = tokens.bearer("spip")
    missing = await api.get(f"/v1/{CANARY}", headers=bearer)
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert CANARY not in missing.text
    wrong = await api.delete("/v1/things", headers=bearer)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "POST"
    assert (await api.get("/v1/things/", headers=bearer)).status_code == 404
    for path in ("/docs", "/redoc", "/docs/try"):
        assert (await api.post(path, headers=bearer)).status_code == 404


@pytest.fixture
async def cut_off(tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        "specimen", specimen.routes(), specimen.Settings(), specimen.REFUSALS, authenticator=tokens.authenticator
    )
    async with client(app) as api:
        yield api


async def test_without_a_database_reads_and_writes_are_unavailable_for_now(
    cut_off: httpx.AsyncClient, tokens: Tokens
) -> None:
    read = await cut_off.get(f"/v1/things/{'0' * 32}", headers=tokens.bearer("inspector"))
    write = await cut_off.post("/v1/things", json={"name": "Vase"}, headers=tokens.bearer("spip") | once())
    for answer in (write, read):
        assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
        assert answer.headers["retry-after"] == "1"


def test_an_error_in_a_map_key_shows_no_key() -> None:
    from fastapi.exceptions import RequestValidationError

    from shared.problems import of_validation

    item = {"type": "int_parsing", "loc": ("body", "wishes", "Zéphirine Canari", 0), "msg": CANARY, "input": CANARY}
    assert of_validation(RequestValidationError([item])).errors == (
        FieldError(pointer="/wishes/-/0", code="int-parsing"),
    )
