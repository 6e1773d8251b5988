"""Public routes that change something: whoever asks holds a secret that we gave out, and that alone says what may."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.boundary.context import Boundary
from shared.messaging.event import Actor, Tx
from shared.messaging.transaction import Transaction

Given = TypeVar("Given")

FUNCTION = "holder-of-a-secret"
"""In which function acts are done that come without a token."""


@dataclass(frozen=True)
class Anyone:
    """What a route among the `public` ones of `create_app` may use. Its own command looks at the secret."""

    _boundary: Boundary

    @property
    def now(self) -> datetime:
        """The instant of the request, UTC."""
        return self._boundary.clock()

    async def look(self, query: Callable[[AsyncConnection], Awaitable[Given]]) -> Given:
        """Reads, in a read-only transaction."""
        async with self._boundary.readers.connect() as conn:
            return await query(conn)

    async def __call__(self, command: Callable[[Tx], Awaitable[Given]]) -> Given:
        """Runs a command once, in one transaction; any exception that it raises undoes everything."""
        boundary = self._boundary
        actor = Actor(FUNCTION, boundary.legal_basis, boundary.regime)
        with telemetry.span(f"transaction {boundary.service}", expected=boundary.refusals):
            async with boundary.engine.begin() as conn:
                tx = Transaction(conn=conn, now=boundary.clock(), actor=actor, source=boundary.source)
                given = await command(tx)
        boundary.committed(tx.woken)
        return given


async def anyone(request: Request) -> Anyone:
    """The dependency of such a route: `Annotated[Anyone, Depends(anyone)]`."""
    return Anyone(request.app.state.boundary)
