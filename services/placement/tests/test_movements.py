"""The arrivals sheet, what is confirmed from it, and the departures of a day."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.placement import handlers
from services.placement.domain import Departure, DepartureReason
from services.placement.tests.builders import a_cancellation, a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.test_api import problem, read
from services.placement.tests.test_arrivals import CAME, confirmed, depart
from services.placement.tests.test_arrivals import arrive as came
from services.placement.tests.test_handlers import ASSIGNED, types
from shared.contracts.selection import CellType, WingSex
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

SHEET = "/v1/sites/DON/arrivals"
JANUARY = {"from": "2027-01-01", "until": "2027-02-01"}
MAN: dict[str, Any] = {"wing_sex": WingSex.MEN, "cell_type": CellType.STANDARD}


async def proposed(bench: Bench, number: int, **overrides: Any) -> UUID:
    """A stay with a proposed bed."""
    given = MAN | {"file_number": number} | overrides
    told = await bench.deliver(a_request(**given), subject=uuid7())
    (own,) = [one for one in told if one.event_type == ASSIGNED]
    return UUID(own.body["stay_id"])


async def confirm_all(
    api: httpx.AsyncClient,
    tokens: Tokens,
    stays: list[UUID],
    key: str | None = None,
    officer: str = "placement_officer",
) -> httpx.Response:
    body = {"stay_ids": list(map(str, stays))}
    return await api.post(f"{SHEET}/confirm", json=body, headers=tokens.bearer(officer) | once(key))


def table(answer: httpx.Response) -> list[list[str]]:
    """The lines of a table for a spreadsheet."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


async def test_the_sheet_shows_who_is_to_sleep_here_for_the_first_time_and_in_which_cells(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stay = await proposed(bench, 7, planned_entry=date(2027, 1, 11))
    await proposed(bench, 8, planned_entry=date(2027, 2, 1))
    await proposed(bench, 9, planned_entry=date(2026, 12, 31))
    (one,) = (await read(api, tokens, SHEET, **JANUARY))["items"]
    # The first three weeks are spent in an arrival cell (R212-17).
    assert one == {
        "stay_id": str(stay),
        "candidacy_id": one["candidacy_id"],
        "file_number": 7,
        "decided_on": "2026-11-02",
        "state": "proposed",
        "starts_on": "2027-01-11",
        "ends_on": "2028-07-01",
        "cell": "DON-H1-U1-C01",
        "unit_cell": one["unit_cell"],
        "unit_from": "2027-02-01",
        "overdue": False,
        "earlier_decision_waits": False,
        "arrived_on": None,
        "departed_on": None,
    }
    assert one["unit_cell"] != one["cell"]


async def test_the_sheet_tells_states_overdue_proposals_and_that_an_earlier_decision_waits(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    holder = uuid7()
    await bench.deliver(a_request(file_number=5), subject=holder)
    await bench.deliver(a_request(file_number=4, decided_on=date(2026, 11, 1)), subject=uuid7())
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    await bench.fire_timers()
    arrived = await confirmed(bench, uuid7(), **MAN, file_number=6)
    await came(bench, arrived)
    gone = await confirmed(bench, uuid7(), **MAN, file_number=7)
    await came(bench, gone)
    clock.now = datetime(2027, 1, 6, 20, tzinfo=UTC)
    await depart(bench, gone, Departure(DepartureReason.TRANSFERRED, date(2027, 1, 6)))
    given_up = uuid7()
    await bench.deliver(a_request(**MAN, file_number=8), subject=given_up)
    await bench.deliver(a_cancellation(), subject=given_up, version=2)
    shown = (await read(api, tokens, SHEET, **JANUARY))["items"]
    names = ("file_number", "state", "overdue", "earlier_decision_waits", "arrived_on")
    assert [tuple(one[name] for name in names) for one in shown] == [
        (5, "proposed", True, True, None),
        (6, "arrived", False, False, "2027-01-04"),
        (7, "departed", False, False, "2027-01-04"),
    ]


async def test_confirming_from_the_sheet_tells_each_stay_and_says_of_the_others_why_not(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stays = [await proposed(bench, number) for number in range(3)]
    await confirm_all(api, tokens, stays[1:2])
    await bench.published()
    unknown = uuid7()
    answer = await confirm_all(api, tokens, [stays[2], stays[1], unknown, stays[0]], "once")
    assert answer.status_code == 200
    assert answer.json() == {
        "items": [
            {"stay_id": str(stays[2]), "confirmed": True, "refusal": None},
            {"stay_id": str(stays[1]), "confirmed": False, "refusal": "stay-confirmed"},
            {"stay_id": str(unknown), "confirmed": False, "refusal": "stay-unknown"},
            {"stay_id": str(stays[0]), "confirmed": True, "refusal": None},
        ]
    }
    told = await bench.published()
    assert types(told) == ["assignment_confirmed"] * 2
    assert [one.body["stay_id"] for one in told] == [str(stays[2]), str(stays[0])]
    assert {one.body["confirmed_by_function"] for one in told} == {"placement_officer"}
    again = await confirm_all(api, tokens, [stays[2], stays[1], unknown, stays[0]], "once")
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")
    assert await bench.published() == []


async def test_only_a_placement_officer_confirms_from_the_sheet_and_each_stay_once(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stay = await proposed(bench, 1)
    for officer in ("spip", "decision_authority", "inspector", "head"):
        held = "site_head" if officer == "head" else officer
        assert problem(await confirm_all(api, tokens, [stay], officer=held)) == (403, "role-missing")
    for stays in ([], [stay, stay], [uuid7() for _ in range(201)]):
        assert problem(await confirm_all(api, tokens, stays)) == (422, "validation-failed")
    headers = tokens.bearer("placement_officer") | once()
    elsewhere = await api.post("/v1/sites/ARR/arrivals/confirm", json={"stay_ids": [str(stay)]}, headers=headers)
    assert problem(elsewhere) == (403, "wrong-site")
    await bench.published()
    assert (await read(api, tokens, "/v1/stays"))["items"][0]["state"] == "proposed"


async def test_a_sheet_is_confirmed_only_while_nobody_else_works_on_a_waiting_list(bench: Bench) -> None:
    """Two who lock several requests would otherwise wait for one another."""
    await proposed(bench, 1)
    async with bench.transaction() as tx:
        await handlers.confirm_stays(tx, "DON", [uuid7()], "officer-7")
        async with bench.engine.connect() as conn:
            free = await conn.execute(
                sa.text("SELECT code FROM pools WHERE site = 'DON' AND cell_type <> 'arrival' FOR UPDATE SKIP LOCKED")
            )
            assert free.all() == []


async def departures(api: httpx.AsyncClient, tokens: Tokens, on: str) -> list[tuple[Any, ...]]:
    shown = (await read(api, tokens, "/v1/sites/DON/departures", on=on))["items"]
    return [tuple(one[name] for name in ("file_number", "state", "ends_on", "late", "departed_on")) for one in shown]


async def test_departures_of_a_day_are_those_planned_for_it_those_done_and_those_that_should_have_been(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    ends = {1: date(2027, 3, 1), 2: date(2027, 3, 5), 3: date(2027, 3, 9), 4: date(2027, 3, 5)}
    stays = {n: await confirmed(bench, uuid7(), **MAN, file_number=n, projected_exit=end) for n, end in ends.items()}
    for number in (1, 2, 3):
        await came(bench, stays[number], CAME)
    clock.now = datetime(2027, 3, 5, 20, tzinfo=UTC)
    await depart(bench, stays[3], Departure(DepartureReason.SUPERVISED_RELEASE, date(2027, 3, 5)))
    assert await departures(api, tokens, "2027-03-05") == [
        (1, "arrived", "2027-03-01", True, None),
        (2, "arrived", "2027-03-05", False, None),
        (3, "departed", "2027-03-05", False, "2027-03-05"),
        (4, "confirmed", "2027-03-05", False, None),
    ]
    # Of days to come, only whoever is late today is late; before the day that was planned, nobody is.
    assert [one[0] for one in await departures(api, tokens, "2027-06-01")] == [1]
    assert await departures(api, tokens, "2027-02-01") == []
    assert [one[0] for one in await departures(api, tokens, "2027-03-01")] == [1]


async def test_lists_of_movements_come_as_tables_for_a_spreadsheet(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stay = await proposed(bench, 7, planned_entry=date(2027, 1, 11))
    headers = tokens.bearer("spip")
    answer = await api.get(SHEET, params=JANUARY | {"format": "csv"}, headers=headers)
    heading, line = table(answer)
    assert answer.headers["content-disposition"] == 'attachment; filename="arrivees.csv"'
    assert heading[:5] == ["Première nuit", "Dossier", "Séjour", "État", "Cellule"]
    assert line[:5] == ["11/01/2027", "7", str(stay), "proposé", "DON-H1-U1-C01"]
    leaving = await api.get("/v1/sites/DON/departures", params={"on": "2028-07-01", "format": "csv"}, headers=headers)
    heading, line = table(leaving)
    assert dict(zip(heading, line, strict=True)) | {"Cellule": ""} == {
        "Départ prévu": "01/07/2028",
        "Dossier": "7",
        "Séjour": str(stay),
        "État": "proposé",
        "Cellule": "",
        "Départ dépassé": "",
        "Parti le": "",
    }


async def test_lists_are_of_three_years_at_most_and_of_this_site(api: httpx.AsyncClient, tokens: Tokens) -> None:
    headers = tokens.bearer("placement_officer")
    bad: list[tuple[dict[str, str], tuple[int, str]]] = [
        ({"from": "2027-01-01", "until": "2027-01-01"}, (422, "impossible-dates")),
        ({"from": "2027-01-02", "until": "2027-01-01"}, (422, "impossible-dates")),
        ({"from": "2027-01-01", "until": "2030-01-02"}, (422, "too-many-days")),
        ({"from": "0001-01-01", "until": "9999-12-31"}, (422, "too-many-days")),
        ({"from": "soon", "until": "2027-01-01"}, (422, "validation-failed")),
        (JANUARY | {"format": "xlsx"}, (422, "validation-failed")),
    ]
    for path in ("arrivals", "occupancy/days", "forecast"):
        for given, expected in bad:
            answer = await api.get(f"/v1/sites/DON/{path}", params=given, headers=headers)
            assert problem(answer) == expected
        assert problem(await api.get(f"/v1/sites/ARR/{path}", params=JANUARY, headers=headers)) == (403, "wrong-site")
        longest = {"from": "2027-01-01", "until": "2030-01-01"}
        assert (await api.get(f"/v1/sites/DON/{path}", params=longest, headers=headers)).status_code == 200
    for path in ("departures", "plan"):
        for day in ("0001-01-01", "9999-12-31"):
            answer = await api.get(f"/v1/sites/DON/{path}", params={"on": day}, headers=headers)
            assert answer.status_code == 200
        assert problem(await api.get(f"/v1/sites/DON/{path}", headers=headers)) == (422, "validation-failed")
        answer = await api.get(f"/v1/sites/ARR/{path}", params={"on": "2027-01-01"}, headers=headers)
        assert problem(answer) == (403, "wrong-site")


async def test_who_may_look_at_which_list(api: httpx.AsyncClient, tokens: Tokens) -> None:
    everybody = {"placement_officer", "decision_authority", "spip", "inspector"}
    cells = {"placement_officer", "site_head", "inspector"}
    lists = {
        "arrivals?from=2027-01-01&until=2027-02-01": everybody,
        "departures?on=2027-01-01": everybody,
        "occupancy/days?from=2027-01-01&until=2027-02-01": everybody,
        "forecast?from=2027-01-01&until=2027-02-01": everybody,
        "plan?on=2027-01-01": cells,
        "roll": cells,
        "roll-counts": cells,
    }
    for path, allowed in lists.items():
        for officer in everybody | cells | {"training_lead", "companion", "partner_admin", "operator"}:
            for suffix in ("", f"{'&' if '?' in path else '?'}format=csv"):
                answer = await api.get(f"/v1/sites/DON/{path}{suffix}", headers=tokens.bearer(officer))
                assert answer.status_code == (200 if officer in allowed else 403), (path, officer)
