"""What officers see and do over HTTP, and what they may not."""

from datetime import date, timedelta
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from services.placement.api import PROBLEMS
from services.placement.domain import Refusal
from services.placement.tests.builders import a_cancellation, a_change, a_request
from services.placement.tests.conftest import SettableClock
from shared.contracts.selection import CellType
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def read(api: httpx.AsyncClient, tokens: Tokens, path: str, **parameters: Any) -> Any:
    answer = await api.get(path, params=parameters, headers=tokens.bearer("placement_officer"))
    assert answer.status_code == 200
    return answer.json()


async def confirm(api: httpx.AsyncClient, tokens: Tokens, stay: str, key: str | None = None) -> httpx.Response:
    headers = tokens.bearer("placement_officer") | once(key)
    return await api.post(f"/v1/stays/{stay}/confirm", headers=headers)


def test_every_refusal_has_its_problem() -> None:
    assert set(PROBLEMS) == set(Refusal)
    assert all(problem.code == refusal for refusal, problem in PROBLEMS.items())


async def test_sites_are_listed_with_their_status(api: httpx.AsyncClient, tokens: Tokens) -> None:
    items = (await read(api, tokens, "/v1/sites"))["items"]
    assert [(one["code"], one["status"]) for one in items] == [
        ("ARR", "preparation"),
        ("DON", "preparation"),
        ("TOU", "suspended"),
    ]


async def test_occupancy_counts_what_is_held_free_and_waited_for(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    (first,) = await bench.deliver(a_request(), subject=uuid7())
    await bench.deliver(a_request(), subject=uuid7())
    await bench.deliver(a_request(cell_type=CellType.STANDARD), subject=uuid7())
    assert (await confirm(api, tokens, first.body["stay_id"])).status_code == 200
    shown = await read(api, tokens, "/v1/sites/DON/occupancy")
    totals = {name: shown[name] for name in ("site", "capacity", "proposed", "confirmed", "free", "waiting")}
    # The secure waiting cell is outside the capacity of 80 and 20.
    assert totals == {"site": "DON", "capacity": 100, "proposed": 1, "confirmed": 1, "free": 98, "waiting": 1}
    women = [one for one in shown["cells"] if one["wing"] == "DON-F1"]
    assert [(one["cell_type"], one["capacity"], one["proposed"], one["confirmed"], one["free"]) for one in women] == [
        ("adapted", 1, 0, 1, 0),
        ("arrival", 2, 0, 0, 2),
        ("standard", 17, 1, 0, 16),
    ]
    assert shown["waiting_lists"] == [{"sex": "F", "cell_type": "adapted", "waiting": 1}]


async def vacancies(api: httpx.AsyncClient, tokens: Tokens, **asked: Any) -> tuple[int, str | None]:
    given = {"sex": "F", "cell_type": "adapted", "from": "2027-01-04", "until": "2028-07-01"} | asked
    shown = await read(api, tokens, "/v1/sites/DON/vacancies", **given)
    return shown["free"], shown["next_free_on"]


async def test_vacancies_tell_what_is_free_for_a_whole_stay_and_from_when(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    assert await vacancies(api, tokens) == (1, "2027-01-04")
    assert await vacancies(api, tokens, cell_type="standard") == (17, "2027-01-04")
    holder = uuid7()
    await bench.deliver(a_request(planned_entry=date(2027, 3, 1), projected_exit=date(2027, 9, 1)), subject=holder)
    # Before, across and after the stay of the only such cell, which is cleaned for a day after each.
    assert await vacancies(api, tokens, until="2027-02-28") == (1, "2027-01-04")
    assert await vacancies(api, tokens, until="2027-03-01") == (0, None)
    assert await vacancies(api, tokens) == (0, "2027-09-02")
    assert await vacancies(api, tokens, **{"from": "2027-09-02"}) == (1, "2027-09-02")
    await bench.deliver(a_cancellation(), subject=holder, version=2)
    assert await vacancies(api, tokens) == (1, "2027-01-04")


async def test_vacancies_are_asked_for_a_kind_that_decisions_give_and_for_a_stay_that_can_be(
    api: httpx.AsyncClient, tokens: Tokens
) -> None:
    good = {"sex": "F", "cell_type": "adapted", "from": "2027-01-04", "until": "2028-07-01"}
    bad: list[tuple[dict[str, str], tuple[int, str]]] = [
        ({"sex": "X"}, (422, "validation-failed")),
        ({"cell_type": "secure_waiting"}, (422, "validation-failed")),
        ({"from": "soon"}, (422, "validation-failed")),
        ({"until": "2027-01-04"}, (422, "impossible-dates")),
    ]
    for overrides, expected in bad:
        answer = await api.get(
            "/v1/sites/DON/vacancies", params=good | overrides, headers=tokens.bearer("decision_authority")
        )
        assert problem(answer) == expected
    missing = await api.get("/v1/sites/DON/vacancies", headers=tokens.bearer("decision_authority"))
    assert problem(missing) == (422, "validation-failed")
    elsewhere = await api.get("/v1/sites/ARR/vacancies", params=good, headers=tokens.bearer("decision_authority"))
    assert problem(elsewhere) == (403, "wrong-site")
    for officer in ("training_lead", "companion", "partner_admin", "operator"):
        answer = await api.get("/v1/sites/DON/vacancies", params=good, headers=tokens.bearer(officer))
        assert problem(answer) == (403, "role-missing")


async def test_another_sites_occupancy_is_not_shown(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for code in ("ARR", "XXX", "don"):
        answer = await api.get(f"/v1/sites/{code}/occupancy", headers=tokens.bearer("placement_officer"))
        assert problem(answer) == (403, "wrong-site")


async def test_stays_show_ranks_and_whether_an_earlier_decision_waits(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    holder, third, second = uuid7(), uuid7(), uuid7()
    (proposed,) = await bench.deliver(a_request(file_number=5), subject=holder)
    await bench.deliver(a_request(file_number=9), subject=third)
    shown = (await read(api, tokens, "/v1/stays"))["items"]
    assert [(one["state"], one["rank"], one["earlier_decision_waits"]) for one in shown] == [
        ("proposed", None, False),
        ("waitlisted", 1, False),
    ]
    await bench.deliver(a_request(file_number=7, decided_on=date(2026, 11, 1)), subject=second)
    shown = (await read(api, tokens, "/v1/stays"))["items"]
    assert [(one["candidacy_id"], one["rank"], one["earlier_decision_waits"]) for one in shown] == [
        (str(second), 1, False),
        (str(holder), None, True),
        (str(third), 2, False),
    ]
    assert shown[0]["waiting_reason"] == "no_free_bed"
    body = {name: shown[1][name] for name in ("id", "cell", "starts_on", "ends_on", "confirm_by")}
    said = proposed.body
    assert body == {"id": said["stay_id"], **{name: said[name] for name in list(body)[1:]}}


async def test_stays_are_filtered_and_come_in_pages(api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> None:
    people = [uuid7() for _ in range(5)]
    for number, candidacy in enumerate(people):
        await bench.deliver(a_request(file_number=number), subject=candidacy)
    await bench.deliver(a_cancellation(), subject=uuid7())
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (2, 2, 1):
        page = await read(api, tokens, "/v1/stays", limit=2, **cursor)
        assert len(page["items"]) == size
        seen += [one["candidacy_id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert seen == list(map(str, people))
    waiting = await read(api, tokens, "/v1/stays", state="waitlisted")
    assert len(waiting["items"]) == 4
    (one,) = (await read(api, tokens, "/v1/stays", candidacy_id=str(people[3])))["items"]
    assert one["rank"] == 3


async def test_a_cursor_that_the_list_did_not_give_is_refused(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for cursor in ("x", "!!!", "é", "bm9uc2Vuc2U", "WzEsMiwzXQ"):
        answer = await api.get("/v1/stays", params={"cursor": cursor}, headers=tokens.bearer("inspector"))
        assert problem(answer) == (422, "cursor-invalid")


async def test_a_confirmation_is_told_once_however_often_it_is_sent(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    (proposed,) = await bench.deliver(a_request(), subject=uuid7())
    stay = proposed.body["stay_id"]
    answer = await confirm(api, tokens, stay, "once")
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert answer.json()["confirmed_by_function"] == "placement_officer"
    again = await confirm(api, tokens, stay, "once")
    assert (again.status_code, again.json()) == (200, answer.json())
    (told,) = await bench.published()
    assert told.event_type == "placement.stay.assignment_confirmed.v1"
    assert problem(await confirm(api, tokens, stay)) == (409, "stay-confirmed")


async def test_a_stay_that_is_not_proposed_or_is_overdue_is_not_confirmed(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    holder = uuid7()
    (proposed,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(file_number=2), subject=uuid7())
    (waiting,) = (await read(api, tokens, "/v1/stays", state="waitlisted"))["items"]
    assert problem(await confirm(api, tokens, waiting["id"])) == (409, "stay-waiting")
    assert problem(await confirm(api, tokens, str(uuid7()))) == (404, "stay-unknown")
    clock.forward(timedelta(days=21))
    await bench.fire_timers()
    assert problem(await confirm(api, tokens, proposed.body["stay_id"])) == (409, "proposal-overdue")
    await bench.deliver(a_change(planned_entry=date(2027, 1, 5)), subject=holder, version=2)
    assert problem(await confirm(api, tokens, proposed.body["stay_id"])) == (409, "stay-released")


async def test_only_a_placement_officer_confirms(api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> None:
    (proposed,) = await bench.deliver(a_request(), subject=uuid7())
    path = f"/v1/stays/{proposed.body['stay_id']}/confirm"
    for officer in ("spip", "decision_authority", "inspector", "training_lead", "companion"):
        assert problem(await api.post(path, headers=tokens.bearer(officer) | once())) == (403, "role-missing")
    assert problem(await api.post(path, headers=once())) == (401, "token-missing")
    assert await bench.published() == []


async def test_only_those_concerned_may_read(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for path in ("/v1/sites", "/v1/sites/DON/occupancy", "/v1/stays"):
        for officer in ("placement_officer", "decision_authority", "spip", "inspector"):
            assert (await api.get(path, headers=tokens.bearer(officer))).status_code == 200
        for officer in ("training_lead", "companion", "partner_admin", "operator"):
            assert problem(await api.get(path, headers=tokens.bearer(officer))) == (403, "role-missing")
