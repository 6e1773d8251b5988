"""Keep-apart: a hard rule for every cell that is given, a list for what is there already, and nobody learns why."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.placement.tests.builders import a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.test_handlers import assert_no_deadlock, rows
from shared.contracts.selection import CellType
from shared.testing.kernel import record

WHY = "Words that nobody but the signer reads."


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


def pair(one: UUID, other: UUID, **more: Any) -> dict[str, Any]:
    return {"one": str(one), "other": str(other), "starts_on": "2027-01-04", "reason": WHY} | more


async def test_who_is_kept_apart_from_somebody_gets_a_cell_in_another_unit(desk: Desk) -> None:
    one, _, first = await desk.ask(planned_entry=date(2027, 1, 10))
    other = uuid7()
    await desk.must("separations", pair(one, other))
    await desk.bench.published()
    told = await desk.bench.deliver(_order(), subject=other)
    assert first == "DON-F1-U1-C01"
    # Neither the second arrival cell of the wing nor the rest of the unit.
    assert (told[0].body["cell"], told[0].body["unit_cell"]) == ("DON-F1-U2-C01", None)
    stay = told[0].body["stay_id"]
    chosen = (await desk.get(f"stays/{stay}/explanation"))["chosen"]
    assert chosen["excluded"]["kept_apart"] == 8
    assert str(one) not in str(chosen)
    refused = await desk.refused(f"stays/{stay}/place", {"cell": "DON-F1-U1-C05", "reason": WHY})
    assert refused == "kept-apart"


def _order() -> Any:
    return a_request(cell_type=CellType.STANDARD, file_number=99, planned_entry=date(2027, 1, 10))


async def test_two_who_are_together_already_are_listed_and_nobody_is_moved(desk: Desk) -> None:
    one, first, _ = await desk.ask()
    other, second, _ = await desk.ask()
    before = await rows(desk.bench.engine, "SELECT id, cell, nights FROM bed_uses ORDER BY id")
    declared = await desk.must("separations", pair(one, other))
    assert declared["near"] == "planned"
    assert ("kept_apart_planned", None) in await desk.attention()
    await desk.come(first)
    await desk.come(second)
    assert (await desk.get("separations"))["items"][0]["near"] == "together"
    assert ("kept_apart_together", None) in await desk.attention()
    assert ("kept_apart_planned", None) not in await desk.attention()
    assert await rows(desk.bench.engine, "SELECT id, cell, nights FROM bed_uses ORDER BY id") == before
    await desk.must(f"stays/{second}/move", {"cell": "DON-F1-U2-C03", "reason": "relations"})
    shown = await desk.get(f"separations/{declared['id']}")
    assert shown["near"] is None
    assert await desk.refused(f"stays/{second}/move", {"cell": "DON-F1-U1-C06", "reason": "other"}) == "kept-apart"


async def test_two_who_were_together_and_were_moved_apart_are_listed_no_more(desk: Desk, clock: SettableClock) -> None:
    one, first, _ = await desk.ask()
    other, second, _ = await desk.ask()
    declared = await desk.must("separations", pair(one, other))
    await desk.come(first)
    await desk.come(second)
    clock.forward(timedelta(days=7))
    assert ("kept_apart_together", None) in await desk.attention()
    await desk.must(f"stays/{second}/move", {"cell": "DON-F1-U2-C03", "reason": "relations"})
    # A week of nights near one another lies behind them, and none before them.
    assert (await desk.get(f"separations/{declared['id']}"))["near"] is None
    assert [kind for kind, _ in await desk.attention() if kind.startswith("kept_apart")] == []


async def test_a_separation_is_told_without_its_reason_and_ends_by_name(desk: Desk) -> None:
    one, other = sorted((uuid7(), uuid7()))
    declared = await desk.must("separations", pair(other, one, until="2027-06-01"))
    (event,) = await desk.bench.published()
    assert event.event_type == "placement.separation.declared.v1"
    assert event.body == {"one": str(one), "other": str(other), "starts_on": "2027-01-04", "until": "2027-06-01"}
    assert await desk.refused("separations", pair(one, other)) == "separation-exists"
    path = f"separations/{declared['id']}/lift"
    stale = await desk.post(path, **{"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert (await desk.post(path, **{"If-Match": '"1"'})).status_code == 200
    assert await desk.told() == ["lifted"]
    again = await desk.post(path, **{"If-Match": '"2"'})
    assert again.json()["code"] == "separation-lifted"
    assert (await desk.get("separations"))["items"] == []


async def test_lifting_a_separation_proposes_what_it_blocked(desk: Desk) -> None:
    for unit in ("1", "2"):
        for number in range(2, 11):
            cell = f"DON-F1-U{unit}-C{number:02}"
            if cell not in {"DON-F1-U1-C03", "DON-F1-U1-C04", "DON-F1-U2-C10"}:
                body = {"reason": "works", "owner": "Maintenance", "starts_on": "2027-01-04"}
                await desk.must(f"cells/{cell}/outages", body)
    await desk.must("cells/DON-F1-U2-C01/outages", {"reason": "works", "owner": "M", "starts_on": "2027-01-04"})
    one, _, _ = await desk.ask()
    other = uuid7()
    declared = await desk.must("separations", pair(one, other))
    told = await desk.bench.deliver(_order(), subject=other)
    assert told[-1].event_type == "placement.stay.bed_waitlisted.v1"
    items = (await desk.get("sites/DON/waiting-list"))["items"]
    assert items[0]["blocked_by"] == "kept_apart"
    assert (await desk.post(f"separations/{declared['id']}/lift", **{"If-Match": '"1"'})).status_code == 200
    assert await desk.told() == ["lifted", "bed_assigned"]


async def test_why_is_read_by_the_authority_only_and_each_read_is_kept(desk: Desk) -> None:
    declared = await desk.must("separations", pair(uuid7(), uuid7()))
    path = f"separations/{declared['id']}"
    assert WHY not in str(declared) + str(await desk.get("separations")) + str(await desk.get(path))
    for by in ("placement_officer", "spip", "inspector"):
        answer = await desk.api.get(f"/v1/{path}/reason", headers=desk.tokens.bearer(by) | {"Purpose": "appeal"})
        assert answer.status_code == 403
    bare = await desk.api.get(f"/v1/{path}/reason", headers=desk.tokens.bearer("decision_authority"))
    assert (bare.status_code, bare.json()["code"]) == (400, "purpose-missing")
    other = await desk.api.get(
        f"/v1/{path}/reason", headers=desk.tokens.bearer("decision_authority") | {"Purpose": "curiosity"}
    )
    assert (other.status_code, other.json()["code"]) == (400, "purpose-missing")
    assert (await desk.get(f"{path}/reason", "decision_authority", Purpose="appeal"))["reason"] == WHY
    kept = await rows(desk.bench.engine, "SELECT what, purpose, subject::text FROM reads")
    assert kept == [("separation_reason", "appeal", declared["id"])]


async def test_what_cannot_be_meant_is_refused(desk: Desk) -> None:
    one = uuid7()
    assert await desk.refused("separations", pair(one, one)) == "same-person"
    assert await desk.refused("separations", pair(one, uuid7(), starts_on="2027-01-03")) == "date-past"
    assert await desk.refused("separations", pair(one, uuid7(), until="2027-01-04")) == "impossible-dates"
    assert await desk.refused("separations", pair(one, uuid7(), reason=" ")) == "validation-failed"
    assert (await desk.post("separations", pair(one, uuid7()), by="spip")).status_code == 403


async def test_separations_and_orders_at_once_wait_for_one_another_in_one_order(desk: Desk) -> None:
    people = [uuid7() for _ in range(8)]

    async def order(number: int) -> None:
        await desk.bench.dispatcher.dispatch([_record(people[number], number)])

    pairs = [desk.must("separations", pair(people[n], people[n + 1])) for n in range(7)]
    await asyncio.gather(*(order(number) for number in range(8)), *pairs)
    near = [one["near"] for one in (await desk.get("separations"))["items"]]
    # Whoever was declared after the beds were given is listed; whoever before is apart.
    assert set(near) <= {None, "planned"}
    await assert_no_deadlock(desk.bench.engine)


def _record(candidacy: UUID, number: int) -> Any:
    need = {"cell_type": CellType.STANDARD, "file_number": number, "decision_number": f"DON-{number}"}
    return record(a_request(**need), subject=candidacy)


async def test_a_pair_is_near_only_because_of_its_own_two(desk: Desk) -> None:
    one, _, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    near, _, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    far = uuid7()
    apart = await desk.must("separations", pair(one, far))
    await desk.bench.deliver(_order(), subject=far)
    together = await desk.must("separations", pair(one, near))
    assert (await desk.get(f"separations/{apart['id']}"))["near"] is None
    items = (await desk.get("attention"))["items"]
    assert [one["separation_id"] for one in items if one["kind"] == "kept_apart_planned"] == [together["id"]]


async def test_who_is_kept_apart_waits_for_the_day_on_which_the_other_has_left(desk: Desk) -> None:
    works = {"reason": "works", "owner": "M", "starts_on": "2027-01-04"}
    kept = {"DON-F1-U1-C03", "DON-F1-U1-C04", "DON-F1-U2-C10"}
    for cell in {f"DON-F1-U{unit}-C{number:02}" for unit in (1, 2) for number in range(1, 11)} - kept:
        await desk.must(f"cells/{cell}/outages", works)
    one, _, taken = await desk.ask(planned_entry=date(2027, 1, 10), projected_exit=date(2027, 9, 1))
    other = uuid7()
    await desk.must("separations", pair(one, other))
    await desk.bench.deliver(_order(), subject=other)
    (item,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert (item["blocked_by"], item["next_free_on"], item["waits_in_vain"]) == ("kept_apart", "2027-09-01", False)
    assert taken in kept
