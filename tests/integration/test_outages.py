"""Servers that go away under load: approvals go on, and everything catches up."""

import asyncio
import signal
import time
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.officers import Officers, steps_of
from deploy.local.papers import GROUNDS, Person
from shared.testing.waiting import eventually

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

DOWN = 30.0
"""Seconds without Kafka."""


async def settled(officers: Officers, files: list[str]) -> bool:
    """Whether everybody has a bed or a place on a list, and a seat or a place on a list, with nothing missing."""
    for journey in await asyncio.gather(*map(officers.journey, files)):
        steps = steps_of(journey)
        if journey["missing_replies"] or "waiting" in steps.values():
            return False
        assert steps["accommodation"] in ("proposed", "waitlisted")
        assert steps["training"] in ("reserved", "waitlisted")
    return True


async def nothing_held(officers: Officers) -> None:
    """No service holds a key or keeps a failed event."""
    environment = officers.stack.environment
    for service in environment.services:
        url = environment.database(service).replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            assert await connection.fetchval("SELECT count(*) FROM messaging.parked_key") == 0, service
            assert await connection.fetchval("SELECT count(*) FROM messaging.failed_event") == 0, service
        finally:
            await connection.close()


async def test_with_kafka_down_for_half_a_minute_approvals_go_on_and_everything_catches_up(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Région fictive", "region", inbox)
    await asyncio.to_thread(officers.stack.stop_kafka)
    files: list[str] = []
    began = time.monotonic()
    while time.monotonic() - began < DOWN:
        candidacy, _ = await officers.approve(Person(f"Absent-{len(files)}", "Personne", categories=("region",)))
        files.append(candidacy)
        assert steps_of(await officers.journey(candidacy))["accommodation"] == "waiting"
        # Looks for a second, which paces the load too.
        assert await officers.notices(inbox, count=1, within=1) == []
    await asyncio.to_thread(officers.stack.start_kafka)
    assert len(files) > 10
    await eventually(lambda: settled(officers, files), within=90, every=0.5)
    await nothing_held(officers)
    told = {notice["id"] for notice in await officers.notices(inbox, count=len(files))}
    assert len(told) == len(files)


async def test_with_postgresql_restarted_under_load_nothing_is_lost_or_held(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Service public fictif", "region", inbox)
    files = [await officers.prepare(Person(f"Debout-{n}", "Personne", categories=("region",))) for n in range(12)]
    previews = [await officers.preview(candidacy) for candidacy in files]

    async def sign(candidacy: str, preview: object) -> None:
        key = str(uuid4())
        act = {"opinion_id": preview["opinion_id"], "effects": preview["effects"], **GROUNDS}  # type: ignore[index]
        path = f"/v1/candidacies/{candidacy}/approve"
        seen = {"If-Match": f'"{preview["version"]}"'}  # type: ignore[index]

        async def taken() -> bool:
            # The same key: a signature whose answer was lost is not signed twice.
            answer = await officers.call("decision_authority", "POST", "selection", path, act, key=key, headers=seen)
            assert answer.status in (201, 409, 503), answer.body
            return answer.status == 201

        await eventually(taken, within=60, every=0.2)

    signing = [asyncio.create_task(sign(c, p)) for c, p in zip(files, previews, strict=True)]
    await asyncio.to_thread(officers.stack.postgres.restart)
    await asyncio.gather(*signing)
    await eventually(lambda: settled(officers, files), within=90, every=0.5)
    await nothing_held(officers)
    told = {notice["id"] for notice in await officers.notices(inbox, "candidacy.approved", count=len(files))}
    assert len(told) == len(files)


async def test_a_worker_told_to_stop_finishes_leaves_and_ends_well(officers: Officers) -> None:
    stack = officers.stack
    files = [(await officers.approve(Person(f"Relais-{n}", "Personne", categories=())))[0] for n in range(4)]
    for service in stack.services:
        stack.child(f"{service}-worker").send(signal.SIGTERM)
    for service in stack.services:
        assert await asyncio.to_thread(stack.child(f"{service}-worker").wait, 30) == 0, service
        stack.start_worker(service)
    # Nobody left the group without saying so: the next workers need no session timeout.
    await eventually(lambda: settled(officers, files), within=60, every=0.2)
    await nothing_held(officers)
