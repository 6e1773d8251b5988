"""What stands before every route: the token's check, the body's limit, and the answer when something fails."""

import json
from collections.abc import Iterable

import structlog

from shared import problems
from shared.auth import Authenticator
from shared.boundary.context import BODY, PRINCIPAL
from shared.boundary.faults import problem_of
from shared.telemetry import ASGIApp, Message, Receive, Scope, Send, route_of

LARGEST_BODY = 64 * 1024
"""Bytes."""
_DROPPED = 1024 * 1024
"""Bytes of a body that is too large that are still read, so that the caller hears why it was refused."""

_log = structlog.get_logger()


class Entrance:
    """ASGI middleware: checks the token before anything else, bounds the body, and answers what went wrong inside.

    Args:
        app: sees only requests with a valid token of this site, and bodies of 64 KiB or less.
        authenticator: checks tokens.
        unguarded: exact paths that need no token.
    """

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator, unguarded: Iterable[str]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._unguarded = frozenset(unguarded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def answered(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if scope["path"] not in self._unguarded:
                values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
                scope[PRINCIPAL] = await self._authenticator(values)
            body = await _whole(scope, receive)
            if body is None:
                return
            if b"\\u" in body and _unstorable(body):
                raise problems.VALIDATION_FAILED.problem(errors=[problems.UNSTORABLE])
            scope[BODY] = body
            await self._app(scope, _again(body, receive), answered)
        except Exception as error:
            problem = problem_of(error)
            if problem.status == problems.INTERNAL_ERROR.status:
                _log.error("request failed", exc_info=error, route=route_of(scope))
            if started:
                raise
            await problem.response()(scope, receive, send)


async def _whole(scope: Scope, receive: Receive) -> bytes | None:
    """The body's bytes; None if the caller has gone."""
    lengths = [int(value) for name, value in scope["headers"] if name == b"content-length" and value.isdigit()]
    too_large = any(length > LARGEST_BODY for length in lengths)
    body, read = b"", 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk: bytes = message.get("body", b"")
        read += len(chunk)
        too_large = too_large or read > LARGEST_BODY
        body = b"" if too_large else body + chunk
        more = message.get("more_body", False)
        # What was sent is read and dropped: closing on unread bytes would reset the connection under the answer.
        if too_large and (not more or read > _DROPPED):
            raise problems.BODY_TOO_LARGE.problem(headers={"Connection": "close"})
        if not more:
            return body


def _unstorable(body: bytes) -> bool:
    """Whether valid JSON holds what is no text: half a surrogate pair, or a NUL, which PostgreSQL does not store."""
    try:
        plain = json.dumps(json.loads(body), ensure_ascii=False)
        plain.encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        # Not JSON: told so further in.
        return False
    return "\\u0000" in plain


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
