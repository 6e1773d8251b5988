"""The steps of replays in a process of its own, that is killed at a statement: `doomed_replay <url> <number>`.

Statements and commits of what is due at once are counted together, from 1; 0 never kills. As of a machine that runs out
of memory, nothing is cleaned up.
"""

import asyncio
import itertools
import os
import signal
import sys
from typing import Any

import sqlalchemy as sa

from services.notifications.consumers import consumer
from shared.database import create_engine
from shared.messaging.event import utc_now
from shared.messaging.timers import Timers


async def main(url: str, number: int) -> None:
    """Steps until it is killed."""
    engine = create_engine(url, application="doomed-replay")
    count = itertools.count(1)

    def pass_by(*_: Any) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        sa.event.listen(engine.sync_engine, name, pass_by)
    timers = Timers(consumer, engine, "/DON/notifications", utc_now)
    while True:
        count = itertools.count(1)
        await timers.fire()
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
