"""Outcomes on their way to the database: whatever has ended while one commit was under way goes with the next."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from services.notifications.delivery.lease import Claimed
from services.notifications.delivery.outcome import Ended, record
from services.notifications.domain.answer import Delivered
from shared.messaging import Tx
from shared.messaging.verdicts import Verdict, judge

_log = structlog.get_logger()

Transaction = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of the platform's own housekeeping, and commits it at its end."""

BACKOFF = (0.05, 0.2, 1.0, 2.0, 5.0, 10.0)
"""Seconds to wait after the first, second, … failure of the database."""

_PAUSE = 0.2
"""Seconds before what cannot be recorded is tried again: short, since it holds up the others that end meanwhile."""

_MOST = 64


class Recorder:
    """Records what has ended, in the order in which it did, while the leases last.

    Args:
        transaction: opens the transactions that it needs.
        recorded: called when some outcomes have left the queue.
    """

    def __init__(self, transaction: Transaction, recorded: Callable[[], None]) -> None:
        self._transaction, self._recorded = transaction, recorded
        self._queue: deque[tuple[Ended, float]] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self.counts: Counter[str] = Counter()
        """How many claims ended how: by state, `lease_lost`, or `unrecorded`."""

    @property
    def waiting(self) -> int:
        """How many are not recorded yet."""
        return len(self._queue)

    @property
    def failed(self) -> list[Claimed]:
        """Of these, the claims that were not accepted."""
        return [ended.claimed for ended, _ in self._queue if not isinstance(ended.outcome, Delivered)]

    def put(self, ended: Ended, lease_ends: float) -> None:
        """Takes one that has ended, to be recorded before the loop's clock says that its lease is over."""
        self._queue.append((ended, lease_ends))
        self._wake.set()

    def close(self) -> None:
        """Lets `run` end once nothing waits any more."""
        self._closed = True
        self._wake.set()

    async def run(self) -> None:
        """Records until it is closed and empty. Without a database it waits and tries again."""
        failures = 0
        while self._queue or not self._closed:
            self._wake.clear()
            batch = [ended for ended, _ in list(self._queue)[:_MOST]]
            if not batch:
                await self._wake.wait()
                continue
            try:
                await self._record(batch)
                failures = 0
            except Exception as error:
                if self._say(error, len(batch)) is Verdict.AWAY:
                    await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])
                    failures += 1
                else:
                    if len(batch) > 1:
                        await self._one_by_one(batch)
                    await asyncio.sleep(_PAUSE)
                self._drop_lapsed()

    async def _record(self, batch: Sequence[Ended]) -> None:
        async with self._transaction() as tx:
            states = await record(tx, batch)
        for _, state in zip(batch, states, strict=True):
            self._queue.popleft()
            self.counts[state.value if state is not None else "lease_lost"] += 1
        self._recorded()

    async def _one_by_one(self, batch: Sequence[Ended]) -> None:
        """One of them cannot be recorded, and must not keep the others: it is tried again behind them."""
        for one in batch:
            try:
                await self._record([one])
            except Exception as error:
                if self._say(error, 1) is Verdict.AWAY:
                    return
                self._queue.rotate(-1)

    def _drop_lapsed(self) -> None:
        """Gives up what is due again for whoever comes: it is sent again under the same id."""
        now = asyncio.get_running_loop().time()
        kept = [(ended, ends) for ended, ends in self._queue if ends > now]
        self.counts["unrecorded"] += len(self._queue) - len(kept)
        self._queue = deque(kept)
        self._recorded()

    def _say(self, error: Exception, number: int) -> Verdict:
        failure = judge(error)
        _log.warning("outcomes not recorded", number=number, reason=failure.reason)
        return failure.verdict
