"""Nobody arrives on an unconfirmed bed, and a bed that somebody sleeps in is free at the departure, not before."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.placement import domain, handlers
from services.placement.domain import Arrival, Departure, DepartureReason, Refusal, Refused, State
from services.placement.tests.builders import DECISION, a_cancellation, a_change, a_request
from services.placement.tests.conftest import Selection, SettableClock
from services.placement.tests.test_api import confirm, problem, read
from services.placement.tests.test_domain import STAY, a_known
from services.placement.tests.test_handlers import (
    ASSIGNED,
    OFFICER,
    RELEASED,
    assert_vacancies_are_what_uses_leave,
    rows,
    the,
    types,
)
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench, Published

ENTRY = date(2027, 1, 4)
"""Planned in `a_request`."""
CAME = Arrival("OT-2027/0113", ENTRY)
LEFT = Departure(DepartureReason.TRANSFERRED, date(2027, 3, 1))


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    """It is the evening of the planned entry."""
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)


async def confirmed(bench: Bench, candidacy: UUID, **overrides: Any) -> UUID:
    """A confirmed bed; gives its stay."""
    stay = UUID(the(await bench.deliver(a_request(**overrides), subject=candidacy), ASSIGNED).body["stay_id"])
    async with bench.transaction(OFFICER) as tx:
        await handlers.confirm_stay(tx, stay, "officer-7")
    await bench.published()
    return stay


async def arrive(bench: Bench, stay: UUID, arrival: Arrival = CAME) -> list[Published]:
    async with bench.transaction(OFFICER) as tx:
        await handlers.arrive(tx, stay, arrival, "officer-7")
    return await bench.published()


async def depart(bench: Bench, stay: UUID, departure: Departure = LEFT) -> list[Published]:
    async with bench.transaction(OFFICER) as tx:
        await handlers.depart(tx, stay, departure, "officer-7")
    return await bench.published()


async def refusal(act: Any) -> Refusal:
    with pytest.raises(Refused) as refused:
        await act
    return refused.value.refusal


async def test_an_arrival_is_told_once_with_the_next_version_however_often_it_is_recorded(bench: Bench) -> None:
    candidacy = uuid7()
    stay = await confirmed(bench, candidacy)
    (told,) = await arrive(bench, stay)
    assert (told.event_type, told.key) == ("placement.stay.arrived.v1", candidacy)
    assert told.headers["ce_aggregateversion"] == "3"
    assert told.body == {
        "candidacy_id": str(candidacy),
        "request_id": told.body["request_id"],
        "decision_number": DECISION,
        "stay_id": str(stay),
        "arrived_on": "2027-01-04",
    }
    assert await arrive(bench, stay) == []
    for other in (replace(CAME, transfer_order="OT-2027/0114"), replace(CAME, arrived_on=date(2027, 1, 3))):
        assert await refusal(arrive(bench, stay, other)) is Refusal.STAY_ARRIVED


async def test_ten_officers_at_once_record_one_arrival(bench: Bench, engine: AsyncEngine) -> None:
    stay = await confirmed(bench, uuid7())

    async def once_more() -> None:
        async with bench.transaction(OFFICER) as tx:
            await handlers.arrive(tx, stay, CAME, "officer-7")

    await asyncio.gather(*(once_more() for _ in range(5)))
    assert types(await bench.published()) == ["arrived"]
    assert await rows(engine, "SELECT state, version FROM requests") == [("arrived", 3)]


async def test_nobody_arrives_without_a_confirmed_bed(bench: Bench) -> None:
    holder, waiting = uuid7(), uuid7()
    stay = UUID(the(await bench.deliver(a_request(), subject=holder), ASSIGNED).body["stay_id"])
    await bench.deliver(a_request(file_number=2), subject=waiting)
    assert await refusal(arrive(bench, stay)) is Refusal.STAY_UNCONFIRMED
    assert await refusal(arrive(bench, uuid7())) is Refusal.STAY_UNKNOWN
    async with bench.engine.connect() as conn:
        listed = sa.text("SELECT stay_id FROM requests WHERE state = 'waitlisted'")
        in_line = (await conn.execute(listed)).scalar_one()
    assert await refusal(arrive(bench, in_line)) is Refusal.STAY_WAITING
    await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert await refusal(arrive(bench, stay)) is Refusal.STAY_RELEASED


@pytest.mark.parametrize(
    ("arrived_on", "today", "refused"),
    [
        (date(2026, 12, 31), ENTRY, Refusal.ARRIVAL_OUT_OF_DATES),
        (date(2027, 1, 1), ENTRY, None),
        (ENTRY, ENTRY, None),
        (date(2027, 1, 5), ENTRY, Refusal.ARRIVAL_OUT_OF_DATES),
        (date(2028, 6, 30), date(2028, 12, 1), None),
        (date(2028, 7, 1), date(2028, 12, 1), Refusal.ARRIVAL_OUT_OF_DATES),
    ],
)
def test_an_arrival_lies_within_the_stay_or_a_few_days_before_and_never_in_the_future(
    arrived_on: date, today: date, refused: Refusal | None
) -> None:
    def come() -> domain.Request:
        nights = (domain.Use(STAY, "DON-F1-U2-C10", domain.Days(ENTRY, date(2028, 7, 1))),)
        arrival = replace(CAME, arrived_on=arrived_on)
        return domain.arrive(a_known(State.CONFIRMED), STAY, arrival, None, nights, today)

    if refused is None:
        assert come().state is State.ARRIVED
        return
    with pytest.raises(Refused) as found:
        come()
    assert found.value.refusal is refused


async def test_who_comes_early_has_the_bed_from_that_night_on(bench: Bench, engine: AsyncEngine) -> None:
    stay = await confirmed(bench, uuid7())
    assert types(await arrive(bench, stay, replace(CAME, arrived_on=date(2027, 1, 2)))) == ["arrived"]
    assert await rows(engine, "SELECT lower(nights) FROM bed_uses") == [(date(2027, 1, 2),)]
    await assert_vacancies_are_what_uses_leave(engine)
    await depart(bench, stay, Departure(DepartureReason.OTHER, date(2027, 1, 3)))
    await assert_vacancies_are_what_uses_leave(engine)


async def test_nobody_comes_while_the_one_before_has_the_cell(bench: Bench, clock: SettableClock) -> None:
    before, after = uuid7(), uuid7()
    first = await confirmed(bench, before, projected_exit=date(2027, 2, 1))
    second = await confirmed(
        bench, after, file_number=2, planned_entry=date(2027, 2, 2), projected_exit=date(2028, 1, 1)
    )
    await arrive(bench, first)
    clock.now = datetime(2027, 2, 1, 20, tzinfo=UTC)
    # The first is to leave on that day; the bed is cleaned on it.
    early = replace(CAME, arrived_on=date(2027, 2, 1))
    assert await refusal(arrive(bench, second, early)) is Refusal.CELL_OCCUPIED
    clock.now = datetime(2027, 2, 2, 20, tzinfo=UTC)
    late = replace(CAME, arrived_on=date(2027, 2, 2))
    # The first stays longer than planned.
    assert await refusal(arrive(bench, second, late)) is Refusal.CELL_OCCUPIED
    await depart(bench, first, Departure(DepartureReason.END_OF_SENTENCE, date(2027, 2, 2)))
    assert types(await arrive(bench, second, late)) == ["arrived"]


async def test_a_cancellation_after_the_arrival_frees_nothing_until_the_departure(
    bench: Bench, engine: AsyncEngine, clock: SettableClock
) -> None:
    holder, next_one = uuid7(), uuid7()
    stay = await confirmed(bench, holder)
    await bench.deliver(a_request(file_number=2), subject=next_one)
    await arrive(bench, stay)
    (told,) = await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel")
    assert told.event_type == "placement.stay.release_awaits_departure.v1"
    assert (told.body["request_id"], told.body["stay_id"]) == ("cancel", str(stay))
    assert await rows(engine, "SELECT state FROM assignments") == [("confirmed",)]
    assert await bench.deliver(a_cancellation(), subject=holder, version=2, event_id="cancel") == []
    clock.now = datetime(2027, 3, 1, 20, tzinfo=UTC)
    left = await depart(bench, stay)
    assert types(left) == ["departed", "bed_assigned"]
    assert {key: left[0].body[key] for key in ("request_id", "departed_on", "reason")} == {
        "request_id": "cancel",
        "departed_on": "2027-03-01",
        "reason": "transferred",
    }
    assert left[1].key == next_one
    assert left[1].body["from_waiting_list"] is True
    assert RELEASED not in {one.event_type for one in left}
    assert types(await bench.deliver(a_cancellation(), subject=holder, version=3)) == ["nothing_to_release"]
    await assert_vacancies_are_what_uses_leave(engine)


async def test_a_departure_is_told_once_and_another_one_is_refused(bench: Bench, clock: SettableClock) -> None:
    stay = await confirmed(bench, uuid7())
    assert await refusal(depart(bench, stay)) is Refusal.STAY_NOT_ARRIVED
    await arrive(bench, stay)
    for day in (date(2027, 1, 3), date(2027, 1, 5)):
        assert await refusal(depart(bench, stay, replace(LEFT, departed_on=day))) is Refusal.DEPARTURE_OUT_OF_DATES
    clock.now = datetime(2027, 3, 2, 20, tzinfo=UTC)
    assert types(await depart(bench, stay)) == ["departed"]
    assert await depart(bench, stay) == []
    assert await arrive(bench, stay) == []
    other = replace(LEFT, reason=DepartureReason.OTHER)
    assert await refusal(depart(bench, stay, other)) is Refusal.STAY_DEPARTED


async def test_an_order_after_the_arrival_moves_nobody_and_changes_the_forecast(
    bench: Bench, engine: AsyncEngine
) -> None:
    holder = uuid7()
    stay = await confirmed(bench, holder)
    await arrive(bench, stay)
    changed = a_change(projected_exit=date(2028, 8, 1))
    told, dates = await bench.deliver(changed, subject=holder, version=2, event_id="change")
    assert (told.event_type, told.body["request_id"], told.body["stay_id"]) == (
        "placement.stay.arrived.v1",
        "change",
        str(stay),
    )
    assert (dates.event_type, dates.body["ends_on"]) == ("placement.stay.dates_changed.v1", "2028-08-01")
    assert await rows(engine, "SELECT upper(nights) FROM bed_uses") == [(date(2028, 8, 1),)]
    await assert_vacancies_are_what_uses_leave(engine)


async def test_the_placement_officer_records_arrival_and_departure(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    candidacy = uuid7()
    (proposed,) = await bench.deliver(a_request(), subject=candidacy)
    stay = proposed.body["stay_id"]
    assert (await confirm(api, tokens, stay)).status_code == 200
    path, body = f"/v1/stays/{stay}", COMES

    async def post(act: str, body: dict[str, str], officer: str = "placement_officer") -> httpx.Response:
        return await api.post(f"{path}/{act}", json=body, headers=tokens.bearer(officer) | once())

    assert problem(await post("arrive", body, "spip")) == (403, "role-missing")
    assert problem(await post("arrive", body | {"transfer_order": "moved by night, see note"}))[0] == 422
    assert problem(await post("arrive", body | {"arrived_on": "2027-01-05"})) == (422, "arrival-out-of-dates")
    arrived = await post("arrive", body)
    assert (arrived.status_code, arrived.json()["state"], arrived.json()["arrived_on"]) == (200, "arrived", ENTRY_TEXT)
    assert "OT-2027" not in arrived.text
    assert (await post("arrive", body)).status_code == 200
    assert problem(await post("arrive", body | {"transfer_order": "OT-1"})) == (409, "stay-arrived")
    assert problem(await confirm(api, tokens, stay)) == (409, "stay-arrived")
    occupancy = await read(api, tokens, "/v1/sites/DON/occupancy")
    assert (occupancy["confirmed"], occupancy["free"]) == (1, 99)
    clock.forward(timedelta(days=60))
    left = await post("depart", {"reason": "end_of_sentence", "departed_on": "2027-03-01"})
    assert (left.status_code, left.json()["state"], left.json()["departure_reason"]) == (
        200,
        "departed",
        "end_of_sentence",
    )
    told = await bench.published()
    assert types(told)[1:] == ["arrived", "departed"]
    assert not any("OT-2027" in str(one.body) for one in told)


ENTRY_TEXT = ENTRY.isoformat()
COMES = {"transfer_order": "OT-2027/0113", "committal_number": "DON-27-0113", "arrived_on": ENTRY_TEXT}


async def arrival(api: httpx.AsyncClient, tokens: Tokens, stay: str, **changed: Any) -> httpx.Response:
    """An arrival as the placement officer records it."""
    headers = tokens.bearer("placement_officer") | once()
    return await api.post(f"/v1/stays/{stay}/arrive", json=COMES | changed, headers=headers)


async def test_the_committal_number_goes_to_selection_in_the_officers_name_and_stays_nowhere(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, selection: Selection
) -> None:
    candidacy = uuid7()
    stay = str(await confirmed(bench, candidacy))
    headers = tokens.bearer("placement_officer") | once()
    assert (await api.post(f"/v1/stays/{stay}/arrive", json=COMES, headers=headers)).status_code == 200
    ((path, sent, body),) = selection.asked
    assert (path, body) == (f"/v1/candidacies/{candidacy}/committal-number", {"number": "DON-27-0113"})
    assert sent["Authorization"] == headers["Authorization"]
    assert sent["Idempotency-Key"] == headers["Idempotency-Key"]
    async with bench.engine.connect() as conn:
        all_of = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        tables = await conn.execute(sa.text(f"{all_of} WHERE schemaname IN ('public', 'messaging')"))
        for table in tables.scalars().all():
            kept = f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%DON-27-0113%'"
            assert (table, (await conn.execute(sa.text(kept))).scalar_one()) == (table, 0)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (409, {"code": "committal-number-taken", "title": "Another has it."}, (409, "committal-number-taken")),
        (409, {"code": "present-elsewhere", "title": "Is there."}, (409, "present-elsewhere")),
        (403, {"code": "role-missing", "title": "No."}, (403, "role-missing")),
        (500, {"code": "internal", "title": "Oh."}, (503, "selection-unreachable")),
        (302, None, (503, "selection-unreachable")),
        (404, ["what is this"], (503, "selection-unreachable")),
    ],
)
async def test_nobody_arrives_whose_number_is_not_recorded(
    api: httpx.AsyncClient,
    tokens: Tokens,
    bench: Bench,
    selection: Selection,
    status: int,
    body: Any,
    expected: tuple[int, str],
) -> None:
    stay = str(await confirmed(bench, uuid7()))
    selection.status, selection.body = status, body
    assert problem(await arrival(api, tokens, stay)) == expected
    assert await rows(bench.engine, "SELECT state FROM requests") == [("confirmed",)]
    selection.status = 200
    assert (await arrival(api, tokens, stay)).status_code == 200


@pytest.mark.parametrize("selection_url", ["http://127.0.0.1:1"])
async def test_nobody_arrives_while_selection_cannot_be_reached(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stay = str(await confirmed(bench, uuid7()))
    assert problem(await arrival(api, tokens, stay)) == (503, "selection-unreachable")
    assert await rows(bench.engine, "SELECT state FROM requests") == [("confirmed",)]


async def test_a_hopeless_arrival_hands_no_number_over(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, selection: Selection
) -> None:
    (proposed,) = await bench.deliver(a_request(), subject=uuid7())
    assert problem(await arrival(api, tokens, proposed.body["stay_id"])) == (409, "stay-unconfirmed")
    assert problem(await arrival(api, tokens, str(uuid7()))) == (404, "stay-unknown")
    for number in ("", "x", "<b>", None):
        assert problem(await arrival(api, tokens, proposed.body["stay_id"], committal_number=number))[0] == 422
    assert selection.asked == []
