"""From Kafka records to effects: one transaction per chunk, the inbox first, each handler in its own savepoint."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging import driver, envelope
from shared.messaging.apply import Incoming, apply, read
from shared.messaging.consumer import Consumer
from shared.messaging.event import Actor, Clock
from shared.messaging.failures import BEHIND, Record, held_keys, set_aside
from shared.messaging.transaction import OnCommit, Transaction, nobody, transaction
from shared.messaging.verdicts import Failure, Verdict, judge

KERNEL = Actor("platform", "R240-1 ff. Code pénitentiaire", "LED")
"""Who acts where no event says so, such as for a dead event."""

_CONFLICTS = 20
_SLOW = 5


class Away(Exception):
    """The database is not there, or too busy: nothing was applied, nobody's key is held. Try the records again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Dispatcher:
    """Applies records of one consumer group to one database.

    Args:
        consumer: the table of handlers.
        engine: of the service's database.
        source: `/<site>/<service>` of what the handlers publish.
        clock: gives each transaction its instant.
        on_commit: told after each commit which channels to wake.
    """

    consumer: Consumer
    engine: AsyncEngine
    source: str
    clock: Clock
    on_commit: OnCommit = nobody

    def __post_init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """How many records ended how: applied, skipped, duplicate, stale, parked, dead."""

    async def dispatch(self, records: Sequence[Record]) -> None:
        """Applies the records in order; afterwards each is applied, skipped, known already, or kept as failed.

        Raises:
            Away: none of that could be done now; the records not yet applied are to be given again.
        """
        chunk = [one for record in records if (one := read(record, self.consumer)) is not None]
        self.counts["skipped"] += len(records) - len(chunk)
        if not chunk:
            return
        try:
            await self._together(chunk)
        except Exception as error:
            failure = judge(error)
            if failure.verdict is Verdict.AWAY:
                raise Away(failure.reason) from error
            for one in chunk:
                await self._alone(one)

    async def _alone(self, one: Incoming) -> None:
        """One event per transaction, run again as long as it only lost a race."""
        tries: Counter[Verdict] = Counter()
        while True:
            try:
                return await self._together([one])
            except Exception as error:
                failure = judge(error)
                tries[failure.verdict] += 1
                if failure.verdict is Verdict.AWAY or tries[Verdict.CONFLICT] >= _CONFLICTS:
                    raise Away(failure.reason) from error
                if failure.verdict is Verdict.CONFLICT:
                    await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311
                    continue
                if failure.verdict is Verdict.SLOW and tries[Verdict.SLOW] < _SLOW:
                    continue
                return await self._give_up(one, failure)

    async def _give_up(self, one: Incoming, failure: Failure) -> None:
        try:
            await self._together([one._replace(doomed=failure)])
        except Exception as error:
            raise Away(judge(error).reason) from error

    async def _together(self, chunk: Sequence[Incoming]) -> None:
        counts: Counter[str] = Counter()
        async with transaction(
            self.engine, now=self.clock(), actor=KERNEL, source=self.source, on_commit=self.on_commit
        ) as tx:
            fresh = await self._unknown(tx, chunk)
            counts["duplicate"] += len(chunk) - len(fresh)
            # A statement of its own: its snapshot must be newer than any insert that the inbox had to wait for.
            held = await held_keys(
                tx.conn, self.consumer.name, [(i.record.topic, i.record.key) for i in fresh if i.record.key is not None]
            )
            for one in fresh:
                counts[await self._settle(tx, one, held)] += 1
        self.counts += counts

    async def _settle(self, tx: Transaction, one: Incoming, held: set[tuple[str, bytes]]) -> str:
        key = (one.record.topic, one.record.key) if one.record.key is not None else None
        failure = one.doomed
        if failure is None and key in held:
            failure = BEHIND
        if failure is None:
            outcome = await apply(tx, self.consumer.name, one)
            if not isinstance(outcome, Failure):
                return outcome.value
            failure = outcome
        dead = failure.verdict is Verdict.DEAD
        await set_aside(tx, self.consumer.name, one.record, failure, dead=dead)
        if key is not None:
            held.add(key)
        return "dead" if dead else "parked"

    async def _unknown(self, tx: Transaction, chunk: Sequence[Incoming]) -> list[Incoming]:
        """Writes the inbox and gives the records it had not known; of two alike in one chunk, the first."""
        rows = await driver.fetch(
            tx.conn,
            _INBOX,
            self.consumer.name,
            [one.identity.source for one in chunk],
            [one.identity.event_id for one in chunk],
            [one.record.topic for one in chunk],
            [one.record.partition for one in chunk],
            [one.record.offset for one in chunk],
            tx.now,
        )
        new = {envelope.Identity(source, event_id) for source, event_id in rows}
        fresh = []
        for one in chunk:
            if one.identity in new:
                new.remove(one.identity)
                fresh.append(one)
        return fresh


_INBOX = (
    "INSERT INTO messaging.inbox (consumer, source, event_id, topic, partition, kafka_offset, received_at)"
    " SELECT $1, s, i, t, p, o, $7 FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])"
    " AS r (s, i, t, p, o) ON CONFLICT DO NOTHING RETURNING source, event_id"
)
