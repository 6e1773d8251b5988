"""Third scene: fifty approvals at once for the only adapted cell of the women's wing."""

import asyncio
import time
from collections import Counter
from typing import Any

from deploy.local.officers import Officers
from deploy.local.papers import Person
from deploy.local.player.show import Show
from shared.testing.waiting import eventually

CROWD = 50


async def play(officers: Officers, show: Show) -> None:
    """A race for the last cell."""
    show.heading(f"{CROWD} approvals at once for Donchery's only adapted women's cell")
    people = [
        # They agreed to nobody being told, so that the next scene can count its own notices.
        Person(f"Fictive-{number:02}", "Personne", "F", adapted_cell=True, categories=())
        for number in range(CROWD)
    ]
    few = asyncio.Semaphore(8)

    async def ready(person: Person) -> tuple[str, dict[str, Any]]:
        async with few:
            candidacy = await officers.prepare(person)
            return candidacy, await officers.preview(candidacy)

    files = await asyncio.gather(*map(ready, people))
    show.say(f"{len(files)} files are ready; all are signed at once.")
    began = time.monotonic()
    await asyncio.gather(*(officers.sign(candidacy, preview) for candidacy, preview in files))
    candidacies = {candidacy for candidacy, _ in files}
    stays = await eventually(lambda: _all_answered(officers, candidacies))
    took = time.monotonic() - began
    states = Counter(stay["state"] for stay in stays)
    show.check(f"one proposed, forty-nine on the list ({dict(states)}, {took:.1f} s)", states == _EXPECTED)
    listed = sorted((stay for stay in stays if stay["state"] == "waitlisted"), key=lambda stay: stay["rank"])
    order = [(stay["decided_on"], stay["file_number"]) for stay in listed]
    show.check("the list is in the order of decision and file number", order == sorted(order))
    ranks = [stay["rank"] for stay in listed]
    show.check("every rank is there once", ranks == list(range(1, CROWD)))


_EXPECTED = Counter(proposed=1, waitlisted=CROWD - 1)


async def _all_answered(officers: Officers, candidacies: set[str]) -> list[dict[str, Any]] | None:
    stays = await all_stays(officers)
    mine = [stay for stay in stays if stay["candidacy_id"] in candidacies]
    return mine if len(mine) == len(candidacies) else None


async def all_stays(officers: Officers) -> list[dict[str, Any]]:
    """Every stay that placement shows, page after page."""
    stays: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await officers.must("placement_officer", "GET", "placement", f"/v1/stays?limit=100{cursor}")).body
        stays += page["items"]
        if page["next_cursor"] is None:
            return stays
        cursor = f"&cursor={page['next_cursor']}"
