"""Fourth scene: a worker is killed in the middle. Nothing is lost, nothing happens twice."""

import asyncio
from collections import Counter
from typing import Any

from deploy.local.officers import Officers, steps_of
from deploy.local.papers import Person
from deploy.local.player.crowd import all_stays
from deploy.local.player.journey import TOLD
from deploy.local.player.show import Show
from shared.testing.waiting import eventually

PEOPLE = 12


async def play(officers: Officers, show: Show) -> None:
    """SIGKILL between the approvals."""
    show.heading("A worker killed with SIGKILL in the middle")
    before = len({notice["id"] for notice in await officers.notices(TOLD, "candidacy.approved")})
    people = [Person(f"Imaginaire-{number:02}", "Personne") for number in range(PEOPLE)]
    files = await asyncio.gather(*map(officers.prepare, people))
    previews = await asyncio.gather(*map(officers.preview, files))
    signing = [
        asyncio.create_task(officers.sign(candidacy, preview))
        for candidacy, preview in zip(files, previews, strict=True)
    ]
    await asyncio.wait(signing, return_when=asyncio.FIRST_COMPLETED)
    stack = officers.stack
    await asyncio.to_thread(stack.kill_worker, "placement")
    await asyncio.gather(*signing)
    show.say("The worker of placement was killed while they were signed; every signature was taken all the same.")
    stack.start_worker("placement")
    show.say("It is started again. Kafka gives it the partitions of the dead one after ten seconds.")
    journeys = await eventually(lambda: _all_settled(officers, files), within=60, every=0.5)
    show.check(f"nothing is lost: {len(journeys)} beds, seats and notices", len(journeys) == PEOPLE)
    beds = Counter(stay["candidacy_id"] for stay in await all_stays(officers) if stay["candidacy_id"] in set(files))
    show.check("nothing is twice: one bed each", set(beds.values()) == {1} and len(beds) == PEOPLE)
    told = {notice["id"] for notice in await officers.notices(TOLD, "candidacy.approved")}
    show.check("one notice each", len(told) - before == PEOPLE)


async def _all_settled(officers: Officers, files: list[str]) -> list[dict[str, Any]] | None:
    found = await asyncio.gather(*map(officers.journey, files))
    settled = [
        journey
        for journey in found
        if steps_of(journey).get("accommodation") == "proposed"
        and steps_of(journey).get("training") in ("reserved", "waitlisted")
        and steps_of(journey).get("partners") == "told"
    ]
    return settled if len(settled) == len(files) else None
