"""The specimen as a real worker process, which can be told at which step to die."""

import asyncio
import os
import signal
import sys
from typing import Any

import sqlalchemy as sa

from shared.database import create_engine
from shared.messaging import relay
from shared.messaging.intake import Intake
from shared.messaging.tests import specimen
from shared.messaging.worker import Connections, Worker


def die(*_: Any, **__: Any) -> None:
    """Ends this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step: str) -> None:
    """Makes the process die at a step."""
    if step == "before-offsets":
        Intake._commit = die  # type: ignore[method-assign,assignment]
    if step == "before-delete":
        sending = relay._send

        async def send_and_die(producer: Any, rows: Any) -> list[BaseException | None]:
            results = await sending(producer, rows)
            die()
            return results

        relay._send = send_and_die


def tell_revocations() -> None:
    """Writes down when a revocation of partitions begins and ends, and how much had taken effect by then."""
    given_away = Intake.on_partitions_revoked

    async def told(self: Intake, revoked: Any) -> None:
        if revoked:
            await _write(self, ended=False)
        await given_away(self, revoked)
        if revoked:
            await _write(self, ended=True)

    async def _write(self: Intake, *, ended: bool) -> None:
        async with self._dispatcher.engine.begin() as conn:
            await conn.execute(sa.text("INSERT INTO revocation SELECT :ended, count(*) FROM note"), {"ended": ended})

    Intake.on_partitions_revoked = told  # type: ignore[method-assign]


async def main(name: str, chunk: str, step: str) -> None:
    """Works until SIGTERM."""
    arm(step)
    tell_revocations()
    url = os.environ["SPECIMEN_DATABASE_URL"]
    table, _ = specimen.variant(name, int(chunk))
    engine = create_engine(url, application=f"worker-{os.getpid()}")
    # The migrations of the kernel are all that the specimen has.
    Worker._migrated = _reachable  # type: ignore[method-assign]
    worker = Worker(Connections(url, os.environ["SPECIMEN_KAFKA"], "/DON/specimen"), table, engine)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await worker.run(stop)
    async with engine.begin() as conn:
        await conn.execute(sa.text("INSERT INTO again VALUES (:n)"), {"n": worker.dispatcher.counts["duplicate"]})
    await engine.dispose()


async def _reachable(self: Worker) -> bool:
    async with self._engine.connect():
        return True


asyncio.run(main(*sys.argv[1:]))
