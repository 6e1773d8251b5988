"""One process of the floor: `python -m benchmarks.floor <role> <plan file>`."""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from benchmarks.floor import api, roles
from benchmarks.floor.plan import Plan


async def main(role: str, plan: Plan) -> None:
    """Works until SIGTERM."""
    if role == "api":
        await api.serve(plan)
        return
    working = asyncio.create_task(roles.work(plan, role))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        await working
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


uvloop.run(main(sys.argv[1], Plan.read(Path(sys.argv[2]))))
