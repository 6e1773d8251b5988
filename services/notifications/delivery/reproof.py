"""Endpoints are asked again, month by month, whether they still want to be told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from services.notifications.delivery.recorder import Transaction
from services.notifications.handlers import note_answer
from services.notifications.http.proof import Proof
from services.notifications.store import proofs
from services.notifications.store.subscriptions import Endpoint
from shared.messaging.verdicts import judge

_log = structlog.get_logger()

LEASE = timedelta(minutes=5)
"""How long an endpoint is ours: far longer than asking takes."""

POLL = 60.0
"""Seconds after which due proofs are looked for."""


class Reproof:
    """Asks one endpoint after the other whose proof is due, in two short transactions each.

    Args:
        transaction: opens the transactions that it needs.
        ask: asks an endpoint.
        poll: seconds between two looks.
    """

    def __init__(
        self,
        transaction: Transaction,
        ask: Callable[[Endpoint], Awaitable[Proof]],
        *,
        poll: float = POLL,
    ) -> None:
        self._transaction, self._ask, self._poll = transaction, ask, poll

    async def run(self) -> None:
        """Asks for ever. Without a database it waits and tries again."""
        while True:
            try:
                while await self.one():
                    pass
            except Exception as error:
                _log.warning("proofs not asked for", reason=judge(error).reason)
            await asyncio.sleep(self._poll)

    async def one(self) -> bool:
        """Asks the endpoint whose proof has been due for longest; False when there is none."""
        async with self._transaction() as tx:
            due = await proofs.claim_due(tx.conn, tx.now, tx.now + LEASE)
        if due is None:
            return False
        # No connection is held while a stranger answers.
        said = await self._ask(due.endpoint)
        async with self._transaction() as tx:
            noted = await note_answer(tx, due, said.rate_per_minute, said.outcome, proven=said.proven)
        if not (noted and said.proven):
            _log.warning(
                "endpoint not proved anew",
                subscription=str(due.endpoint.subscription),
                reason=said.outcome if noted else "changed_meanwhile",
            )
        return True
