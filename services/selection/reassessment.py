"""The command `reassess`: all open files again after the rules changed, and what it tells meanwhile."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.selection import domain, handlers
from shared.messaging.dispatch import KERNEL
from shared.messaging.event import Clock, utc_now
from shared.messaging.transaction import transaction

LANES = 2
"""While PostgreSQL stores the opinions of one lane's chunk, this process assesses the other's."""

_log = structlog.get_logger()


async def reassess_all(
    engine: AsyncEngine,
    policy: domain.Policy,
    source: str,
    *,
    clock: Clock = utc_now,
    progress: Callable[[int], None] = lambda files: _log.info("reassessing open files", files=files),
) -> None:
    """Assesses all open files again: one transaction per chunk, so that a run that broke off goes on.

    Args:
        engine: of selection's database.
        policy: what the site set where the law is silent.
        source: `/<site>/selection`.
        clock: gives each transaction its instant.
        progress: told after each chunk how many files are done.
    """
    files = differing = 0

    async def lane(number: int) -> None:
        nonlocal files, differing
        last: int | None = 0
        while last is not None:
            async with transaction(engine, now=clock(), actor=KERNEL, source=source) as tx:
                done = await handlers.reassess(tx, policy, after=last, lane=(number, LANES))
            last, files, differing = done.last, files + done.files, differing + done.differing
            progress(files)

    async with asyncio.TaskGroup() as lanes:
        for number in range(LANES):
            lanes.create_task(lane(number))
    _log.info("open files reassessed", files=files, to_review=differing)
