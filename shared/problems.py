"""What an API answers when it does not do what it was asked: RFC 9457 problems that never repeat what was sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:inserre:problem:"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class FieldError(BaseModel):
    """One field that is wrong: where it is and a code of what is wrong with it; never its value."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    """RFC 6901 pointer into the body, or `/query/<name>`, `/path/<name>`, `/header/<name>`."""
    code: str


class ProblemBody(BaseModel):
    """The body of a refusal (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["urn:inserre:problem:validation-failed"])
    """`urn:inserre:problem:` and the code; stable, to be matched on."""
    title: str
    """A sentence for a person, the same for every occurrence."""
    status: int
    code: str
    errors: tuple[FieldError, ...] | None = None
    """Which fields are wrong, with `validation-failed` and `unknown-field` only."""
    state: str | None = None
    """Where the thing stands, when that is why the act is not open."""
    allowed: tuple[str, ...] | None = None
    """With `state`: the acts that are open in it."""


class Problem(Exception):
    """A refusal with its HTTP status.

    Args:
        status: HTTP status, 400 or above.
        code: stable, kebab-case.
        title: a sentence that is the same for every occurrence: no input, no ids.
        headers: sent with the answer, such as `Retry-After`.
        errors: which fields are wrong.
        state: where the thing stands, when that is why.
        allowed: the acts that are open in that state.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
        state: str | None = None,
        allowed: Sequence[str] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        self.state = state
        self.allowed = tuple(allowed)

    def about(self, state: str | None, allowed: Sequence[str]) -> "Problem":
        """The same problem, naming where the thing stands and what is open to it there."""
        return Problem(
            self.status,
            self.code,
            self.title,
            headers=self.headers,
            errors=self.errors,
            state=state,
            allowed=allowed,
        )

    def response(self) -> Response:
        """The answer to send."""
        body = ProblemBody(
            type=_TYPE + self.code,
            title=self.title,
            status=self.status,
            code=self.code,
            errors=self.errors or None,
            state=self.state,
            allowed=None if self.state is None else self.allowed,
        )
        return Response(
            body.model_dump_json(exclude_none=True),
            self.status,
            headers={**self.headers, "Cache-Control": "no-store"},
            media_type=MEDIA_TYPE,
        )


class Kind(NamedTuple):
    """A problem that the shared part of every API raises."""

    status: int
    code: str
    title: str

    def problem(self, *, headers: Mapping[str, str] | None = None, errors: Sequence[FieldError] = ()) -> Problem:
        """A fresh exception of this kind."""
        return Problem(*self, headers=headers, errors=errors)


MALFORMED_JSON = Kind(400, "malformed-json", "The body is not valid JSON.")
IDEMPOTENCY_KEY_MISSING = Kind(400, "idempotency-key-missing", "A write needs one Idempotency-Key header.")
IDEMPOTENCY_KEY_INVALID = Kind(
    400, "idempotency-key-invalid", "An Idempotency-Key has 1 to 255 visible ASCII characters."
)
IF_MATCH_MISSING = Kind(428, "if-match-missing", "This write needs an If-Match header with the ETag that was read.")
IF_MATCH_INVALID = Kind(400, "if-match-invalid", 'An If-Match has one ETag of ours, such as "7".')
TOKEN_MISSING = Kind(401, "token-missing", "A bearer token is required.")
TOKEN_INVALID = Kind(401, "token-invalid", "The bearer token is not valid.")
ROLE_MISSING = Kind(403, "role-missing", "The token does not hold a role that may do this.")
WRONG_SITE = Kind(403, "wrong-site", "This stack serves another site.")
NOT_FOUND = Kind(404, "not-found", "There is nothing at this address.")
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "This address does not know the method.")
REQUEST_IN_PROGRESS = Kind(409, "request-in-progress", "The same request is still being carried out.")
BODY_TOO_LARGE = Kind(413, "body-too-large", "A body may have 64 KiB.")
VALIDATION_FAILED = Kind(422, "validation-failed", "The request does not have the expected form.")
UNKNOWN_FIELD = Kind(422, "unknown-field", "The request has a field that is not known.")
IDEMPOTENCY_KEY_REUSED = Kind(422, "idempotency-key-reused", "The Idempotency-Key was used for another request.")
INTERNAL_ERROR = Kind(500, "internal-error", "Something went wrong on our side.")
DATABASE_UNAVAILABLE = Kind(
    503, "database-unavailable", "The database does not answer now. Repeat the request with the same Idempotency-Key."
)
IDENTITY_PROVIDER_UNAVAILABLE = Kind(
    503, "identity-provider-unavailable", "Tokens cannot be checked now, because the issuer cannot be reached."
)

UNSTORABLE = FieldError(pointer="", code="text-unstorable")
"""Somewhere in the request is half a surrogate pair or a NUL character."""


def of_validation(error: RequestValidationError) -> Problem:
    """Malformed JSON, or the list of fields that are wrong: names of ours and codes, never values or messages."""
    found: Sequence[Mapping[str, Any]] = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return MALFORMED_JSON.problem()
    unknown = any(item["type"] == "extra_forbidden" for item in found)
    return (UNKNOWN_FIELD if unknown else VALIDATION_FAILED).problem(
        errors=[FieldError(pointer=_pointer(item), code=str(item["type"]).replace("_", "-")) for item in found]
    )


def _pointer(item: Mapping[str, Any]) -> str:
    location = tuple(item["loc"])
    if item["type"] == "extra_forbidden":
        # The last step is a name that the caller made up: it is input.
        location = location[:-1]
    if location[:1] == ("body",):
        location = location[1:]
    return "".join(f"/{step if isinstance(step, int) or _NAME.fullmatch(step) else '-'}" for step in location)


def of_http(error: HTTPException) -> Problem:
    """What the framework itself refuses: unknown address, unknown method, unreadable body."""
    if error.status_code == METHOD_NOT_ALLOWED.status:
        return METHOD_NOT_ALLOWED.problem(headers=error.headers)
    if error.status_code == NOT_FOUND.status:
        return NOT_FOUND.problem()
    if error.status_code == MALFORMED_JSON.status:
        return MALFORMED_JSON.problem()
    return Problem(error.status_code, "request-refused", "The request cannot be answered.", headers=error.headers)
