"""The loop of a worker that sends what is due. No database connection is held while anything is sent."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from random import Random
from typing import NamedTuple

import structlog
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, use_span
from uuid_utils.compat import uuid7
from yarl import URL

from services.notifications.delivery import lease, sign
from services.notifications.delivery.keys import Keys, Unreadable
from services.notifications.delivery.lease import LEASE, Claimed, Try
from services.notifications.delivery.outcome import Ended, record
from services.notifications.delivery.schedule import Again, Answer, GivenUp, NotPermitted, decide
from services.notifications.delivery.send import DEADLINE, Sender
from services.notifications.domain import day_in_france
from shared.messaging import Meta, Tx
from shared.messaging.envelope import decode, restored
from shared.messaging.event import Clock
from shared.messaging.tracing import context_of, link_to, start
from shared.messaging.verdicts import judge

_log = structlog.get_logger()

Transaction = Callable[[Meta | None], AbstractAsyncContextManager[Tx]]
"""Opens a transaction whose cause is the event (None: the platform's own housekeeping), and commits it at its end."""

_BACKOFF = (0.05, 0.2, 1.0, 2.0, 5.0, 10.0)


class Limits(NamedTuple):
    """How much a worker sends at once, and how long it waits."""

    room: int = 32
    """Deliveries in flight."""
    per_endpoint: int = 8
    """Deliveries in flight to one subscription, so that a slow one leaves places to the others."""
    recording: int = 4
    """Outcomes being written, fewer than the connections of the pool."""
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
        keys: open the signing secrets.
        allow_loopback: whether endpoints on this machine may be called: on a developer's machine only.
        clock: the instant of each attempt.
        wake: set when there may be something to send.
        limits: see there.
        rng: for jitter.
    """

    def __init__(
        self,
        *,
        transaction: Transaction,
        keys: Keys,
        allow_loopback: bool,
        clock: Clock,
        wake: asyncio.Event,
        limits: Limits = Limits(),  # noqa: B008
        rng: Random | None = None,
    ) -> None:
        self._transaction = transaction
        self._keys = keys
        self._allow_loopback = allow_loopback
        self._clock = clock
        self._wake = wake
        self._limits = limits
        self._rng = rng or Random()  # noqa: S311
        self._recording = asyncio.Semaphore(limits.recording)
        self._in_flight: dict[asyncio.Task[None], Claimed] = {}
        self._stopping = False
        self._crowded = False
        self.counts: Counter[str] = Counter()
        """How many claims ended how: by state, `lease_lost`, or `unrecorded`."""

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
        async with Sender(allow_loopback=self._allow_loopback, deadline=self._limits.deadline) as sender:
            try:
                while not self._stopping:
                    self._wake.clear()
                    pause = self._limits.poll
                    try:
                        await self._fill(sender)
                        failures = 0
                    except Exception as error:
                        _log.warning("deliveries not claimed", reason=judge(error).reason)
                        pause = _BACKOFF[min(failures, len(_BACKOFF) - 1)]
                        failures += 1
                    if not self._stopping:
                        await self._woken(pause)
            finally:
                await self._drain()

    async def _woken(self, pause: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    async def _fill(self, sender: Sender) -> None:
        room = self._limits.room - len(self._in_flight)
        if room <= 0:
            return
        busy = [one.subscription for one in self._in_flight.values()]
        async with self._transaction(None) as tx:
            claimed = await lease.claim(
                tx.conn,
                now=tx.now,
                today=day_in_france(tx.now),
                token=uuid7(),
                in_flight=busy,
                cap=self._limits.per_endpoint,
                room=room,
                slow_room=max(0, self._limits.room // 2 - sum(one.slow for one in self._in_flight.values())),
            )
        for one in claimed:
            task = asyncio.create_task(self._deliver(sender, one))
            self._in_flight[task] = one
            task.add_done_callback(self._ended)
        fullest = max(Counter(one.subscription for one in self._in_flight.values()).values(), default=0)
        self._crowded = len(claimed) == room or fullest >= self._limits.per_endpoint

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        if self._crowded:
            self._wake.set()

    async def _drain(self) -> None:
        tasks = list(self._in_flight)
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._limits.grace)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, sender: Sender, claimed: Claimed) -> None:
        lease_ends = asyncio.get_running_loop().time() + LEASE.total_seconds()
        headers = restored(claimed.header_names, claimed.header_values)
        cause, origin = decode(headers), context_of(headers)
        if claimed.superseded:
            # Nothing is tried again: recording it turns it into a cancellation, and lets the retraction go.
            span = start("settle webhook", SpanKind.INTERNAL, context=origin)
            ended = Ended(Again(self._clock()), None)
        elif not claimed.active:
            span = start("settle webhook", SpanKind.INTERNAL, context=origin)
            ended = Ended(GivenUp("subscription_disabled"), None)
        elif claimed.forbidden is not None:
            span = start("settle webhook", SpanKind.INTERNAL, context=origin)
            ended = Ended(NotPermitted(claimed.forbidden), None)
        else:
            span = _client_span(claimed, origin)
            ended = await self._attempt(sender, claimed, span)
        span.end()
        with use_span(span, record_exception=False, set_status_on_exception=False):
            await self._record(claimed, ended, cause, lease_ends)

    async def _attempt(self, sender: Sender, claimed: Claimed, span: Span) -> Ended:
        started_at = self._clock()
        try:
            sealed = [one for one in (claimed.secret, claimed.old_secret) if one is not None]
            secrets = [self._keys.open(one, claimed.subscription) for one in sealed]
        except Unreadable:
            answer = Answer(error="secret_unreadable")
        else:
            signed = sign.headers(secrets, claimed.id, started_at, claimed.body)
            answer = await sender.post(claimed.url, signed, claimed.body)
        if answer.status is not None:
            span.set_attribute("http.response.status_code", answer.status)
        if answer.outcome != "accepted":
            span.set_attribute("error.type", answer.error or str(answer.status))
            span.set_status(Status(StatusCode.ERROR, answer.outcome))
        outcome = decide(
            answer,
            attempt=claimed.attempt,
            failures=claimed.failures,
            now=self._clock(),
            patient_since=claimed.patient_since,
            rng=self._rng,
        )
        milliseconds = round(answer.duration / timedelta(milliseconds=1))
        return Ended(outcome, Try(started_at, milliseconds, answer.outcome, answer.status, answer.reached))

    async def _record(self, claimed: Claimed, ended: Ended, cause: Meta, lease_ends: float) -> None:
        for pause in (*_BACKOFF, None):
            try:
                async with self._recording, self._transaction(cause) as tx:
                    state = await record(tx, claimed, ended, cause.site)
                self.counts[state.value if state is not None else "lease_lost"] += 1
                return
            except Exception as error:
                _log.warning("outcome not recorded", delivery=str(claimed.id), reason=judge(error).reason)
            if pause is None or asyncio.get_running_loop().time() + pause > lease_ends:
                break
            await asyncio.sleep(pause)
        # The lease lapses, and the delivery is sent again under the same id.
        self.counts["unrecorded"] += 1


def _client_span(claimed: Claimed, origin: Context) -> Span:
    """The first attempt belongs to the trace of the decision; a retry, hours later, has its own, with a link."""
    first = claimed.attempt == 1
    span = start(
        "POST webhook",
        SpanKind.CLIENT,
        context=origin if first else Context(),
        links=[] if first else link_to(origin),
        http__request__method="POST",
        server__address=URL(claimed.url, encoded=True).host or "",
        inserre__delivery__id=str(claimed.id),
    )
    span.set_attribute("inserre.delivery.attempt", claimed.attempt)
    return span
