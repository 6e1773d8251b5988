"""The demo: plays the main job through the public APIs, and checks everything that it shows."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from deploy.local.officers import Officers
from deploy.local.player import crowd, journey, killed, withdrawal
from deploy.local.player.show import Show
from deploy.local.stack import Stack


async def play(stack: Stack) -> bool:
    """Plays every scene on a running stack; whether everything promised was observed."""
    show, began = Show(), time.monotonic()
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    async with Officers(stack, today) as officers:
        for scene in (journey.play, withdrawal.play, crowd.play, killed.play):
            await scene(officers, show)
    show.heading("What was observed")
    show.summary(f"{time.monotonic() - began:.1f} s of play")
    return show.all_seen
