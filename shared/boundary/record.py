"""A logged read: it writes who read what, so it has a read-write transaction, and it needs no Idempotency-Key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from shared import telemetry
from shared.auth import Principal
from shared.boundary.access import Access, named
from shared.boundary.context import Boundary
from shared.boundary.version import headers_of
from shared.messaging.event import Tx
from shared.messaging.transaction import Transaction

Query = Callable[[Tx], Awaitable[BaseModel | Response | Exception]]
"""Notes the read and gives what was read: a body, a whole answer where that is no JSON, or a refusal.

A refusal that is given keeps its note; raised, it does not.
"""


@dataclass(frozen=True)
class Record:
    """What a route may use that logs each read of personal data."""

    principal: Principal
    site: str
    """Code of the one site that this stack serves."""
    _boundary: Boundary

    async def __call__(self, query: Query) -> Response:
        """Answers what the query gives, once its note is committed: what cannot be noted is not shown.

        Raises:
            Exception: the refusal that the query gave; its note is committed as well.
        """
        boundary = self._boundary
        with telemetry.span(f"transaction {boundary.service}", expected=boundary.refusals):
            async with boundary.engine.begin() as conn:
                tx = Transaction(
                    conn=conn, now=boundary.clock(), actor=boundary.actor(self.principal), source=boundary.source
                )
                shown = await query(tx)
            if isinstance(shown, Exception):
                raise shown
            if isinstance(shown, Response):
                shown.headers.update(headers_of(shown))
                return shown
            return Response(shown.model_dump_json(), 200, headers_of(shown), "application/json")


@dataclass(frozen=True)
class Recording(Access):
    """The dependency that `recording` makes."""

    async def __call__(self, request: Request) -> Record:
        principal, boundary = self._admit(request)
        return Record(principal, boundary.site, boundary)


def recording(*roles: str) -> Recording:
    """The dependency of a route whose reads are logged: `Annotated[Record, Depends(recording("spip"))]`.

    Args:
        roles: any one of them lets a token in; at least one must be named.
    """
    return Recording(named(roles))
