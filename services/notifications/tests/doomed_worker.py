"""A worker's delivery engine in a process of its own, that is killed at a step: `doomed_worker <url> <step> <number>`.

The step kills when it is reached for that number of times; `none` never kills. Leases are short, so that what a killed
worker held is soon due again.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.delivery import engine as loop
from services.notifications.delivery import lease, outcome, recorder
from services.notifications.delivery.engine import Engine, Limits
from services.notifications.delivery.lease import Claimed
from services.notifications.delivery.outcome import Ended
from services.notifications.domain import State
from services.notifications.domain.answer import Answer
from services.notifications.http.access import Accesses
from services.notifications.http.send import Sender
from services.notifications.tests.builders import KEYS, SIGNING
from shared.database import create_engine
from shared.messaging import Tx
from shared.messaging.event import utc_now
from shared.messaging.transaction import transaction
from shared.testing.kernel import OFFICER

STEPS = (
    "before the claim's commit",
    "after the claim's commit",
    "before sending",
    "after the answer",
    "before the record's commit",
    "after the record's commit",
)
LEASE = timedelta(seconds=3)
DEADLINE = 1.0


class Fate:
    """Kills this process when a step has been reached often enough."""

    def __init__(self, step: str, number: int) -> None:
        self._step, self._left = step, number
        self.recording: dict[AsyncConnection, int] = {}
        """How many outcomes an open transaction records."""

    def reached(self, step: str, times: int = 1) -> None:
        """SIGKILL, as of a machine that runs out of memory: nothing is cleaned up."""
        if step == self._step:
            self._left -= times
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def wrapped(fate: Fate) -> None:
    """Puts the fate around claim, post and record."""
    claim, post, record = lease.claim, Sender.post, outcome.record

    async def claiming(*args: Any, **kwargs: Any) -> list[Claimed]:
        claimed = await claim(*args, **kwargs)
        if claimed:
            fate.reached("before the claim's commit")
        return claimed

    async def posting(*args: Any) -> Answer:
        fate.reached("before sending")
        answer = await post(*args)
        fate.reached("after the answer")
        return answer

    async def recording(tx: Tx, ended: Sequence[Ended]) -> list[State | None]:
        states = await record(tx, ended)
        fate.recording[tx.conn] = len(ended)
        fate.reached("before the record's commit", len(ended))
        return states

    for place, name, value in (
        (lease, "claim", claiming),
        (Sender, "post", posting),
        (recorder, "record", recording),
        (lease, "LEASE", LEASE),
        (loop, "LEASE", LEASE),
    ):
        setattr(place, name, value)


async def main(url: str, step: str, number: int) -> None:
    """Sends until it is killed."""
    fate = Fate(step, number)
    wrapped(fate)
    database = create_engine(url, application="doomed-worker")

    def open_transaction() -> AbstractAsyncContextManager[Tx]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Tx]:
            async with transaction(database, now=utc_now(), actor=OFFICER, source="/DON/notifications") as tx:
                yield tx
            recorded = fate.recording.pop(tx.conn, 0)
            if recorded:
                fate.reached("after the record's commit", recorded)
            else:
                fate.reached("after the claim's commit")

        return opened()

    engine = Engine(
        transaction=open_transaction, accesses=Accesses(KEYS, SIGNING, utc_now), allow_loopback=True, clock=utc_now,
        wake=asyncio.Event(), limits=Limits(poll=0.1, deadline=DEADLINE),
    )  # fmt: skip
    await engine.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
