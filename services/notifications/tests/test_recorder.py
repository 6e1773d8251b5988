"""Outcomes on their way to the database: one that cannot be recorded keeps none of the others, and nothing runs hot."""

import asyncio
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.notifications.delivery import outcome, recorder
from services.notifications.delivery.outcome import Ended
from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.worker import Desk
from shared.database import create_engine
from shared.messaging import Tx
from shared.messaging.event import utc_now
from shared.testing.waiting import eventually


@pytest.fixture
def clock() -> SettableClock:
    """Begins at the real time: the partner's library refuses what is older than five minutes."""
    return SettableClock(utc_now())


async def test_one_outcome_that_cannot_be_recorded_does_not_keep_the_others(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    cursed = (await desk.rows())[2].id
    record, open_ = outcome.record, asyncio.Event()

    async def recording(tx: Tx, ended: list[Ended]) -> Any:
        if not open_.is_set() and any(one.claimed.id == cursed for one in ended):
            raise ValueError("a defect")
        return await record(tx, ended)

    monkeypatch.setattr(recorder, "record", recording)
    async with desk.working() as worker:

        async def others() -> bool:
            return worker.counts["delivered"] == 5

        await eventually(others)
        assert [row.state for row in await desk.rows() if row.id == cursed] == ["pending"]
        open_.set()
        await desk.become(*["delivered"] * 6)
    assert len(receiver.ids) == 6


async def test_what_cannot_be_recorded_while_its_lease_lasts_is_left_to_whoever_comes(
    desk: Desk, unused_tcp_port: int
) -> None:
    await desk.approve()
    (claimed,) = await desk.claim()
    nowhere = create_engine(f"postgresql+asyncpg://u:p@127.0.0.1:{unused_tcp_port}/none", application="tests")
    away = Desk(nowhere, desk.bench, desk.clock)
    recording = recorder.Recorder(away.transaction, lambda: None)
    recording.put(desk.ended(claimed, 200), asyncio.get_running_loop().time())
    recording.close()
    async with asyncio.timeout(10):
        await recording.run()
    assert (recording.counts["unrecorded"], recording.waiting) == (1, 0)


async def test_outcomes_that_cannot_be_recorded_are_tried_again_with_a_pause(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    calls: list[int] = []

    async def recording(_: Tx, ended: list[Ended]) -> Any:
        calls.append(len(ended))
        raise ValueError("a defect")

    monkeypatch.setattr(recorder, "record", recording)
    loop = asyncio.get_running_loop()
    recorded = recorder.Recorder(desk.transaction, lambda: None)
    for claimed in await desk.claim():
        recorded.put(desk.ended(claimed, 200), loop.time() + 1)
    recorded.close()
    async with asyncio.timeout(20):
        await recorded.run()
    assert recorded.counts["unrecorded"] == 3
    # In a second at most six rounds of one batch and its three by themselves; without a pause it would be hundreds.
    assert calls[:4] == [3, 1, 1, 1]
    assert len(calls) <= 6 * 4


async def test_a_database_that_goes_away_in_the_middle_is_not_asked_for_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        await desk.bench.deliver(an_approval(), subject=uuid7())
    record, calls = outcome.record, list[int]()

    async def recording(tx: Tx, ended: list[Ended]) -> Any:
        calls.append(len(ended))
        match len(calls):
            case 1:
                raise ValueError("a defect")
            case 2:
                raise OSError("gone")
        return await record(tx, ended)

    monkeypatch.setattr(recorder, "record", recording)
    recorded = recorder.Recorder(desk.transaction, lambda: None)
    for claimed in await desk.claim():
        recorded.put(desk.ended(claimed, 200), asyncio.get_running_loop().time() + 20)
    recorded.close()
    async with asyncio.timeout(20):
        await recorded.run()
    assert calls == [4, 1, 4]
    assert recorded.counts["delivered"] == 4
