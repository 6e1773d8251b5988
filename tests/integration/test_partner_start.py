"""The first minutes of a partner's developer, as docs/partners.md has them: receiver, subscription, first notice."""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from aiohttp import web

from deploy.local import partnership
from deploy.local.machine import free_port
from deploy.local.officers import Officers
from shared.testing.waiting import eventually
from tests.checks.compose import ROOT

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

CATEGORY = "social_employer"
PROGRAM = ROOT / "docs" / "receiver" / "receiver.py"


async def test_a_developer_gets_from_nothing_to_the_first_verified_notice(officers: Officers, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "notices.sqlite"
    told = await partnership.propose(officers.stack, f"http://127.0.0.1:{port}/", CATEGORY)
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "NOTICES": str(file), **told}
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, PROGRAM, "serve", str(port)), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:

        async def listening() -> bool:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return True
            return False

        await eventually(listening)
        await partnership.accept(officers.stack, told["SUBSCRIPTION"])
        await partnership.approve(officers.stack, CATEGORY)

        async def arrived() -> str | None:
            with contextlib.closing(sqlite3.connect(file)) as db:
                row = db.execute("SELECT body FROM notices").fetchone()
            return row and str(row[0])

        notice = json.loads(await eventually(arrived))
        assert (notice["type"], notice["sequence"]) == ("candidacy.approved", 1)
        audit = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, "audit", env=environment)
        assert await audit.wait() == 0
    finally:
        serving.kill()
        await serving.wait()
    await gone(officers, port, told["SUBSCRIPTION"])


async def gone(officers: Officers, port: int, subscription: str) -> None:
    """Ends the subscription as its endpoint can: no other journey has a partner that does not answer."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=410)

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await partnership.approve(officers.stack, CATEGORY)

    async def disabled() -> bool:
        listed = await officers.must("partner_admin", "GET", "notifications", "/v1/subscriptions?limit=200")
        return any(one["state"] == "disabled" for one in listed.body["items"] if one["id"] == subscription)

    await eventually(disabled)
    await runner.cleanup()
