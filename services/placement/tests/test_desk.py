"""Every morning it is said how much waits for which function: what the attention list has, as counts alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.placement import handlers
from services.placement.store.attention import KINDS
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import OUTAGE, Desk
from shared.contracts.placement import PlacementMatter
from shared.contracts.selection import CellType
from shared.messaging import Consumer, at
from shared.messaging.tables import timer
from shared.testing.kernel import Bench

OPERATOR = {"held_keys": 0, "dead_events": 0}


@pytest.fixture
def morning(engine: AsyncEngine, clock: SettableClock) -> Bench:
    """The timer alone: what a day changes waits for another test."""
    row = at(handlers.DESK, handlers.Desk, handlers.count_desk)
    return Bench(engine, Consumer("placement", (row,)), site="DON", clock=clock)


async def said(morning: Bench) -> Any:
    """What the one event of the morning says."""
    async with morning.transaction() as tx:
        await handlers.begin_counting(tx)
    (event,) = await morning.fire_timers()
    assert (event.event_type, event.topic) == ("placement.desk.waiting_counted.v1", "placement.desk.v1")
    assert event.body.keys() == {"day", "counts"}
    return event.body


async def test_where_nothing_waits_every_matter_of_the_contract_is_said_to_be_none(morning: Bench) -> None:
    counts = (await said(morning))["counts"]
    assert counts == {"placement_officer": dict.fromkeys(KINDS, 0), "operator": OPERATOR}
    assert {*KINDS, *OPERATOR} == set(PlacementMatter)


async def test_as_much_is_counted_as_the_attention_list_has(morning: Bench, desk: Desk, clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)
    for _ in range(2):
        await desk.ask(planned_entry=date(2027, 1, 10))
    await desk.ask(cell_type=CellType.ADAPTED)
    await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 6, 1))
    await desk.must("cells/DON-F1-U1-C09/outages", OUTAGE)
    clock.now = datetime(2027, 2, 2, 9, tzinfo=UTC)
    listed = [kind for kind, _ in await desk.attention()]
    assert {"arrival_unconfirmed", "waits_in_vain", "outage_overdue"} <= set(listed)
    assert len(listed) > len(set(listed))
    await desk.bench.published()
    body = await said(morning)
    assert body["day"] == "2027-02-02"
    assert body["counts"]["placement_officer"] == {kind: listed.count(kind) for kind in KINDS}


async def test_operators_have_what_is_held(morning: Bench) -> None:
    async with morning.engine.begin() as conn:
        await conn.execute(
            sa.text(
                "INSERT INTO messaging.parked_key (consumer, topic, key, since, attempts, reason_code)"
                " VALUES ('placement', 'selection.accommodation-request.v1', '1', now(), 1, 'unexpected')"
            )
        )
    assert (await said(morning))["counts"]["operator"] == OPERATOR | {"held_keys": 1}


async def test_it_is_said_once_a_day_at_six_at_the_sites(morning: Bench, clock: SettableClock) -> None:
    await said(morning)
    async with morning.transaction() as tx:
        await handlers.begin_counting(tx)
    due = datetime(2026, 11, 24, 5, tzinfo=UTC)
    async with morning.engine.connect() as conn:
        assert (await conn.execute(sa.select(timer.c.kind, timer.c.due))).all() == [("desk", due)]
    clock.now = due - timedelta(seconds=1)
    assert await morning.fire_timers() == []
    clock.now = due
    (event,) = await morning.fire_timers()
    assert (event.body["day"], event.headers["ce_aggregateversion"]) == (
        "2026-11-24",
        str(date(2026, 11, 24).toordinal()),
    )
