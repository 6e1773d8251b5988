"""A write: its command runs once per Idempotency-Key, in one transaction that only the boundary begins and commits."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from shared import telemetry
from shared.auth import Principal
from shared.boundary import idempotency
from shared.boundary.context import Boundary
from shared.boundary.version import headers_of
from shared.messaging.event import Tx
from shared.messaging.transaction import Transaction
from shared.messaging.verdicts import Verdict, judge

Command = Callable[[Tx], Awaitable[UUID]]
"""Does the work in the given transaction; returns the id of what it made or changed."""
Render = Callable[[AsyncConnection, UUID], Awaitable[BaseModel]]
"""Shows that thing as it is now; called in the same transaction, and again when the request is repeated."""

Looked = TypeVar("Looked")

RERUNS = 3
_PASSING = frozenset({Verdict.CONFLICT, Verdict.OVERLAP})


@dataclass(frozen=True)
class Write:
    """What a writing route may use."""

    principal: Principal
    site: str
    """Code of the one site that this stack serves."""
    _boundary: Boundary
    _claim: idempotency.Claim

    @property
    def now(self) -> datetime:
        """The instant at which what was written is shown, UTC: for a `Render` that looks at dates."""
        return self._boundary.clock()

    async def look(self, query: Callable[[AsyncConnection], Awaitable[Looked]]) -> Looked:
        """Reads something first, in a read-only transaction that ends before the command's begins.

        For what has to be asked of somebody outside in between: no connection is held while a stranger answers, and the
        command has to check that what was seen still holds.
        """
        async with self._boundary.readers.connect() as conn:
            return await query(conn)

    async def __call__(self, command: Command, render: Render, status: int = 201) -> Response:
        """Runs the command and answers what `render` shows of its result.

        What is shown says its `version` in `ETag`, if it has one, for the next write's `If-Match`.

        A repeated request is answered again without the command, with `Idempotency-Replayed: true`. After a
        serialisation failure, a deadlock, an overlap with a transaction that was faster, or a lost connection, all of
        it is run again, up to 3 times: the stored key keeps a commit that got through from being done twice.

        Args:
            command: any exception it raises undoes everything.
            render: gives the body.
            status: of the answer; 2xx.

        Raises:
            Problem: `request-in-progress`, `idempotency-key-reused`; and whatever the command raises.
        """
        boundary = self._boundary
        with telemetry.span(f"transaction {boundary.service}", expected=boundary.refusals):
            for _ in range(RERUNS):
                try:
                    return await self._once(command, render, status)
                except Exception as error:
                    if not _worth_another_try(error):
                        raise
            return await self._once(command, render, status)

    async def _once(self, command: Command, render: Render, status: int) -> Response:
        boundary = self._boundary
        async with boundary.engine.begin() as conn:
            tx = Transaction(
                conn=conn, now=boundary.clock(), actor=boundary.actor(self.principal), source=boundary.source
            )
            replayed = {}
            done = await idempotency.begin(conn, self._claim, status, tx.now)
            if done is None:
                resource_id = await command(tx)
                await idempotency.complete(conn, self._claim, resource_id)
            else:
                status, resource_id = done
                replayed["Idempotency-Replayed"] = "true"
            shown = await render(conn, resource_id)
            answer = Response(shown.model_dump_json(), status, headers_of(shown) | replayed, "application/json")
        boundary.committed(tx.woken)
        return answer


def _worth_another_try(error: Exception) -> bool:
    return judge(error).verdict in _PASSING or getattr(error, "connection_invalidated", False)
