"""What the training lead and others see and do over HTTP, and what they may not."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.citizen_space.api import PROBLEMS, REFUSALS, router
from services.citizen_space.domain import Refusal
from services.citizen_space.settings import Settings
from services.citizen_space.tests.builders import a_cancellation, a_change, a_request
from shared.testing.api import ISSUER, Tokens, client, once
from shared.testing.kernel import Bench
from shared.web import create_app


@pytest.fixture
def tokens() -> Tokens:
    return Tokens("DON")


@pytest.fixture
async def api(engine: AsyncEngine, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        SITE="DON",
        database_url=SecretStr(str(engine.url)),
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=ISSUER,
        idempotency_secret=SecretStr("s" * 32),
        api_port=1,
        worker_port=1,
    )
    app = create_app(
        "citizen_space",
        router,
        settings,
        REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=lambda: datetime(2029, 11, 23, 9, 0, tzinfo=UTC),
    )
    async with client(app) as api:
        yield api


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def read(api: httpx.AsyncClient, tokens: Tokens, path: str, **parameters: Any) -> Any:
    answer = await api.get(path, params=parameters, headers=tokens.bearer("training_lead"))
    assert answer.status_code == 200
    return answer.json()


async def confirm(api: httpx.AsyncClient, tokens: Tokens, enrolment: str, key: str | None = None) -> httpx.Response:
    headers = tokens.bearer("training_lead") | once(key)
    return await api.post(f"/v1/enrolments/{enrolment}/confirm", headers=headers)


def test_every_refusal_has_its_problem() -> None:
    assert set(PROBLEMS) == set(Refusal)
    assert all(problem.code == refusal for refusal, problem in PROBLEMS.items())


async def test_activities_show_cohorts_seats_and_how_many_wait(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    await bench.deliver(a_request(wishes=("DON-ONE", "DON-LAUNDRY")), subject=uuid7())
    items = {one["code"]: one for one in (await read(api, tokens, "/v1/activities"))["items"]}
    assert {code.split("-")[0] for code in items} == {"DON"}
    assert items["DON-ONE"] == {
        "code": "DON-ONE",
        "title": "One",
        "kind": "training",
        "places": 1,
        "waiting": 1,
        "cohorts": [
            {
                "code": "DON-ONE-A",
                "starts_on": "2030-02-04",
                "ends_on": "2030-04-26",
                "capacity": 1,
                "taken": 1,
                "free": 0,
            }
        ],
    }
    assert (items["DON-LAUNDRY"]["kind"], items["DON-LAUNDRY"]["cohorts"]) == ("work", [])
    assert items["DON-LAUNDRY"]["waiting"] == 0
    assert len(items["DON-BASIC"]["cohorts"]) == 12


async def test_enrolments_show_ranks_and_whether_an_earlier_decision_waits(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    holder, third, second = uuid7(), uuid7(), uuid7()
    (reserved,) = await bench.deliver(a_request(file_number=5), subject=holder)
    await bench.deliver(a_request(wishes=("DON-TWO",)), subject=uuid7())
    await bench.deliver(a_request(file_number=9, wishes=("DON-TWO", "DON-GREEN", "DON-ONE")), subject=third)
    await bench.deliver(a_request(file_number=7, decided_on=date(2029, 11, 1)), subject=second)
    shown = {one["candidacy_id"]: one for one in (await read(api, tokens, "/v1/enrolments"))["items"]}
    assert shown[str(third)]["ranks"] == [{"activity": "DON-TWO", "rank": 1}, {"activity": "DON-ONE", "rank": 2}]
    assert shown[str(third)]["waiting_reason"] == "no_free_seat"
    assert shown[str(second)]["ranks"] == [{"activity": "DON-ONE", "rank": 1}]
    mine = shown.pop(str(holder))
    assert mine["earlier_decision_waits"] is True
    assert not any(one["earlier_decision_waits"] for one in shown.values())
    assert (mine["id"], mine["ranks"]) == (reserved.body["enrolment_id"], [])
    assert (mine["activity"], mine["starts_on"]) == (reserved.body["activity"], reserved.body["starts_on"])


async def test_enrolments_are_filtered_and_come_in_pages(api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> None:
    people = [uuid7() for _ in range(5)]
    for number, candidacy in enumerate(people):
        await bench.deliver(a_request(file_number=number), subject=candidacy)
    await bench.deliver(a_cancellation(), subject=uuid7())
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (2, 2, 1):
        page = await read(api, tokens, "/v1/enrolments", limit=2, **cursor)
        assert len(page["items"]) == size
        seen += [one["candidacy_id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert seen == list(map(str, people))
    waiting = await read(api, tokens, "/v1/enrolments", state="waitlisted")
    assert len(waiting["items"]) == 4
    (one,) = (await read(api, tokens, "/v1/enrolments", candidacy_id=str(people[3])))["items"]
    assert one["ranks"] == [{"activity": "DON-ONE", "rank": 3}]


async def test_a_cursor_that_the_list_did_not_give_is_refused(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for cursor in ("x", "!!!", "é", "bm9uc2Vuc2U", "WzEsMiwzXQ"):
        answer = await api.get("/v1/enrolments", params={"cursor": cursor}, headers=tokens.bearer("inspector"))
        assert problem(answer) == (422, "cursor-invalid")


async def test_a_confirmation_is_told_once_however_often_it_is_sent(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    (reserved,) = await bench.deliver(a_request(), subject=uuid7())
    enrolment = reserved.body["enrolment_id"]
    answer = await confirm(api, tokens, enrolment, "once")
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert answer.json()["confirmed_by_function"] == "training_lead"
    again = await confirm(api, tokens, enrolment, "once")
    assert (again.status_code, again.json()) == (200, answer.json())
    (told,) = await bench.published()
    assert told.event_type == "citizen-space.enrolment.confirmed.v1"
    assert problem(await confirm(api, tokens, enrolment)) == (409, "enrolment-confirmed")


async def test_an_enrolment_that_is_not_reserved_is_not_confirmed(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    holder = uuid7()
    (reserved,) = await bench.deliver(a_request(), subject=holder)
    await bench.deliver(a_request(file_number=2), subject=uuid7())
    (waiting,) = (await read(api, tokens, "/v1/enrolments", state="waitlisted"))["items"]
    assert problem(await confirm(api, tokens, waiting["id"])) == (409, "enrolment-waiting")
    assert problem(await confirm(api, tokens, str(uuid7()))) == (404, "enrolment-unknown")
    await bench.deliver(a_change(projected_exit=date(2031, 8, 1)), subject=holder, version=2)
    assert problem(await confirm(api, tokens, reserved.body["enrolment_id"])) == (409, "enrolment-cancelled")


async def test_only_the_training_lead_confirms(api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> None:
    (reserved,) = await bench.deliver(a_request(), subject=uuid7())
    path = f"/v1/enrolments/{reserved.body['enrolment_id']}/confirm"
    for officer in ("spip", "decision_authority", "inspector", "placement_officer", "companion"):
        assert problem(await api.post(path, headers=tokens.bearer(officer) | once())) == (403, "role-missing")
    assert problem(await api.post(path, headers=once())) == (401, "token-missing")
    assert await bench.published() == []


async def test_only_those_concerned_may_read(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for path in ("/v1/activities", "/v1/enrolments"):
        for officer in ("training_lead", "decision_authority", "spip", "inspector"):
            assert (await api.get(path, headers=tokens.bearer(officer))).status_code == 200
        for officer in ("placement_officer", "companion", "partner_admin", "operator"):
            assert problem(await api.get(path, headers=tokens.bearer(officer))) == (403, "role-missing")
