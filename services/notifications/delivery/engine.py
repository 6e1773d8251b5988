"""The loop of a worker that sends what is due. No database connection is held while anything is sent."""

import asyncio
import contextlib
from collections import Counter
from random import Random
from typing import NamedTuple

import structlog
from uuid_utils.compat import uuid7

from services.notifications.delivery import lease
from services.notifications.delivery.attempt import Attempts
from services.notifications.delivery.lease import LEASE, Claimed
from services.notifications.delivery.recorder import BACKOFF, Recorder, Transaction
from services.notifications.domain import day_in_france
from services.notifications.domain.answer import ALLOWED, DEADLINE
from services.notifications.http.access import Accesses
from services.notifications.http.send import Sender
from services.notifications.mail.mailer import Mailer
from shared.messaging.event import Clock
from shared.messaging.verdicts import judge

_log = structlog.get_logger()


class Limits(NamedTuple):
    """How much a worker sends at once, and how long it waits."""

    room: int = 64
    """Deliveries in flight; as many again may wait to be recorded."""
    per_endpoint: int = ALLOWED
    """Deliveries in flight to one subscription, so that a slow one leaves places to the others."""
    poll: float = 1.0
    """Seconds after which due rows are looked for though nobody woke us: retries, lapsed leases, retries by hand."""
    deadline: float = DEADLINE
    """Seconds for one attempt."""
    grace: float = 4.0
    """Seconds that attempts in flight get when the worker stops; what is cut off is sent again after its lease."""


class Engine:
    """Leases due deliveries, sends them, and records what became of them, until it is stopped.

    Args:
        transaction: opens the transactions that it needs.
        accesses: to endpoints.
        allow_loopback: whether endpoints on this machine may be called: on a developer's machine only.
        clock: the instant of each attempt.
        wake: set when there may be something to send.
        mailer: sends to mailboxes; without one, what is due to them waits.
        limits: see there.
        rng: for jitter.
    """

    def __init__(
        self,
        *,
        transaction: Transaction,
        accesses: Accesses,
        allow_loopback: bool,
        clock: Clock,
        wake: asyncio.Event,
        mailer: Mailer | None = None,
        limits: Limits = Limits(),  # noqa: B008
        rng: Random | None = None,
    ) -> None:
        self._transaction = transaction
        self._accesses = accesses
        self._allow_loopback = allow_loopback
        self._clock = clock
        self._wake = wake
        self._mailer = mailer
        self._limits = limits
        self._rng = rng or Random()  # noqa: S311
        self._in_flight: dict[asyncio.Task[None], Claimed] = {}
        self._stopping = False
        self._more = False
        self._claimed_from = 0
        self._recorder = Recorder(transaction, self._ended)

    @property
    def counts(self) -> Counter[str]:
        """How many claims ended how: by state, `lease_lost`, or `unrecorded`."""
        return self._recorder.counts

    def stop(self) -> None:
        """Claims nothing more; `run` returns once what is in flight has ended, or its grace has."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Sends until it is stopped or cancelled. Without a database it waits and tries again."""
        loop = asyncio.create_task(self._loop())
        try:
            # A cancellation must not cut a claim off between its commit and its sending: it stops the loop instead.
            await asyncio.shield(loop)
        except asyncio.CancelledError:
            self.stop()
            await loop
            raise

    async def _loop(self) -> None:
        failures = 0
        recording = asyncio.create_task(self._recorder.run())
        async with Sender(allow_loopback=self._allow_loopback, deadline=self._limits.deadline) as sender:
            attempts = Attempts(sender, self._mailer, self._accesses, self._clock, self._rng)
            try:
                while not self._stopping:
                    self._wake.clear()
                    pause = self._limits.poll
                    try:
                        await self._fill(attempts)
                        failures = 0
                    except Exception as error:
                        _log.warning("deliveries not claimed", reason=judge(error).reason)
                        pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
                        failures += 1
                    if not self._stopping:
                        await self._woken(pause)
            finally:
                await self._drain(recording)

    async def _woken(self, pause: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    async def _fill(self, attempts: Attempts) -> None:
        room = self._limits.room - len(self._in_flight)
        if room <= 0 or self._recorder.waiting >= self._limits.room:
            return
        # An endpoint that failed stays busy until that is written: else it would be tried again before its pause.
        busy = [*self._in_flight.values(), *self._recorder.failed]
        async with self._transaction() as tx:
            claimed = await lease.claim(
                tx.conn,
                now=tx.now,
                today=day_in_france(tx.now),
                token=uuid7(),
                in_flight=[one.subscription for one in busy],
                cap=self._limits.per_endpoint,
                room=room,
                slow_room=max(0, self._limits.room // 2 - sum(one.slow for one in busy)),
                mail=self._mailer is not None,
            )
        lease_ends = asyncio.get_running_loop().time() + LEASE.total_seconds()
        for one in claimed:
            task = asyncio.create_task(self._deliver(attempts, one, lease_ends))
            self._in_flight[task] = one
            task.add_done_callback(self._left)
        fullest = max(Counter(one.subscription for one in self._in_flight.values()).values(), default=0)
        self._more = len(claimed) == room or fullest >= self._limits.per_endpoint
        self._claimed_from = len(self._in_flight)

    async def _deliver(self, attempts: Attempts, claimed: Claimed, lease_ends: float) -> None:
        self._recorder.put(await attempts.make(claimed), lease_ends)

    def _left(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        self._ended()

    def _ended(self) -> None:
        """Claims again once a quarter of the places is free: a statement for each would cost more than it brings."""
        if self._more and len(self._in_flight) * 4 <= self._claimed_from * 3:
            self._wake.set()

    async def _drain(self, recording: asyncio.Task[None]) -> None:
        tasks = list(self._in_flight)
        try:
            async with asyncio.timeout(self._limits.grace):
                if tasks:
                    await asyncio.wait(tasks)
                self._recorder.close()
                await asyncio.shield(recording)
        except TimeoutError:
            _log.warning("deliveries left to their leases", number=len(self._in_flight) + self._recorder.waiting)
        finally:
            for task in (*tasks, recording):
                task.cancel()
            await asyncio.gather(*tasks, recording, return_exceptions=True)
