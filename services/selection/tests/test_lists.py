"""Lists show what is in sight, page by page without gap or repeat, and say what is stuck, by what and since when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.domain import Due, Role
from services.selection.handlers.terms import ask_review, open_deadline
from services.selection.tables import candidacies, expected_replies
from services.selection.tests import builders, steps
from services.selection.tests.builders import TODAY, Clock
from services.selection.tests.officers import Api, problem
from shared.contracts import placement
from shared.testing.kernel import Bench

LIST = "/v1/candidacies"
DEADLINES = "/v1/deadlines"
POLICY = domain.Policy()


async def page(api: Api, path: str = LIST, *, by: str = "spip", **query: Any) -> dict[str, Any]:
    answer = await api.http.get(path, params=query, headers=api.tokens.bearer(by))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids(api: Api, **query: Any) -> list[str]:
    return [one["id"] for one in (await page(api, **query))["items"]]


async def change(api: Api, candidacy_id: str, **values: Any) -> None:
    async with api.engine.begin() as conn:
        await conn.execute(sa.update(candidacies).where(candidacies.c.id == UUID(candidacy_id)).values(values))


async def test_pages_follow_one_another_without_gap_or_repeat_while_files_come_in_and_move(api: Api) -> None:
    files = [await api.create() for _ in range(7)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        shown = await page(api, limit=2, **cursor)
        seen += [one["id"] for one in shown["items"]]
        if shown["next_cursor"] is None:
            break
        cursor = {"cursor": shown["next_cursor"]}
        if len(files) < 9:
            files.append(await api.create())
        await api.post(f"/{files[0]}/assess")
    assert seen == files


async def test_a_cursor_that_the_list_did_not_give_is_refused(api: Api) -> None:
    for path in (LIST, DEADLINES):
        for cursor in ("x", "!!!", "é", "bm9uc2Vuc2U", "WzEsMiwzXQ", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"):
            answer = await api.http.get(path, params={"cursor": cursor}, headers=api.tokens.bearer("spip"))
            assert problem(answer) == (422, "cursor-invalid")


async def test_lists_show_what_is_in_sight_and_no_identity(api: Api) -> None:
    mine = await api.create()
    theirs = await api.create(by="origin_spip")
    assert await ids(api) == [mine]
    assert await ids(api, by="origin_spip") == [theirs]
    for officer in ("site_spip", "decision_authority", "inspector"):
        assert await ids(api, by=officer) == [mine, theirs]
    assert await ids(api, establishment="MA-CHALONS") == []
    assert await ids(api, by="site_spip", establishment="MA-CHALONS") == [theirs]
    answer = await api.http.get(LIST, headers=api.tokens.bearer("spip"))
    for word in ("Fictif", "Dominique", "000123", "1990"):
        assert word not in answer.text
    for path in (LIST, DEADLINES, "/v1/today"):
        for officer in ("placement_officer", "training_lead", "companion", "operator", "partner_admin"):
            refused = await api.http.get(path, headers=api.tokens.bearer(officer))
            assert problem(refused) == (403, "role-missing")


async def test_files_are_listed_by_state_referent_and_what_is_due(api: Api, bench: Bench) -> None:
    first, second = await api.create(), await api.assessed()
    await api.post(f"/{first}/reassign", {"to_officer": "agent-1002"})
    async with bench.transaction() as tx:
        await open_deadline(tx, UUID(second), Due.ADVICE, TODAY + timedelta(3), owner=Role.SPIP)
        await open_deadline(tx, UUID(second), Due.OBSERVATIONS, TODAY + timedelta(9), owner=Role.REGISTRY)
    assert await ids(api, state="assessed") == [second]
    assert await ids(api, referent="agent-1002") == [first]
    assert await ids(api, referent="agent-1001") == [second]
    assert await ids(api, due_before="2026-11-27") == [second]
    assert await ids(api, due_before="2026-11-26") == []
    (shown,) = (await page(api, state="assessed"))["items"]
    assert (shown["next_due_on"], shown["version"], shown["file_number"]) == ("2026-11-26", 2, 2)
    for wrong in ({"state": "x"}, {"stage": "x"}, {"due_before": "2026-02-31"}, {"limit": "0"}, {"referent": ""}):
        answer = await api.http.get(LIST, params=wrong, headers=api.tokens.bearer("spip"))
        assert answer.status_code == 422


async def test_each_file_is_in_one_stage_and_found_by_it(api: Api, bench: Bench) -> None:
    expected: dict[str, str] = {"preparing": await api.create(), "awaiting_decision": await api.assessed()}
    facts = {
        "awaiting_bed": None,
        "awaiting_confirmation": "bed_assigned",
        "awaiting_arrival": "assignment_confirmed",
        "arrived": "assignment_confirmed",
        "closed": None,
    }
    for stage, fact in facts.items():
        candidacy_id = await api.assessed()
        await api.approve(candidacy_id)
        expected[stage] = candidacy_id
        if fact is not None:
            async with api.engine.begin() as conn:
                await conn.execute(
                    sa.text(
                        "INSERT INTO journey_steps VALUES (:id, 'accommodation', 1, :fact, 'r', NULL, '{}', now())"
                    ),
                    {"id": UUID(candidacy_id), "fact": fact},
                )
    await change(api, expected["arrived"], arrived_on=TODAY)
    await api.post(f"/{expected['closed']}/withdraw")
    everything = (await page(api))["items"]
    assert {one["stage"]: one["id"] for one in everything} == expected
    for stage, candidacy_id in expected.items():
        assert await ids(api, stage=stage) == [candidacy_id]
    await change(api, expected["arrived"], departed_on=TODAY)
    assert await ids(api, stage="arrived") == []


async def _stuck(api: Api, candidacy_id: str) -> list[tuple[str, str, str]]:
    shown = (await page(api, stuck="true"))["items"]
    return [(s["snag"], s["what"], s["since"]) for one in shown if one["id"] == candidacy_id for s in one["stuck"]]


async def test_a_reply_that_is_missing_for_five_minutes_makes_a_file_stuck(api: Api, clock: Clock) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    clock.now += timedelta(minutes=5)
    assert await _stuck(api, candidacy_id) == []
    clock.now += timedelta(seconds=1)
    assert sorted(await _stuck(api, candidacy_id)) == [
        ("reply_missing", step, "2026-11-23T09:00:00Z") for step in ("accommodation", "partners", "training")
    ]
    assert await ids(api, stuck="false") == []
    async with api.engine.begin() as conn:
        await conn.execute(sa.update(expected_replies).values(answered_at=clock.now))
    assert await _stuck(api, candidacy_id) == []
    assert await ids(api, stuck="false") == [candidacy_id]


async def test_a_passed_deadline_and_a_passed_level_make_a_file_stuck_from_that_midnight_in_paris(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id = await api.create()
    async with bench.transaction() as tx:
        await open_deadline(tx, UUID(candidacy_id), Due.DEFERRAL, TODAY + timedelta(2), owner=Role.SPIP)
    clock.now = datetime(2026, 11, 25, 22, 59, tzinfo=UTC)
    assert await _stuck(api, candidacy_id) == []
    clock.now += timedelta(minutes=2)
    deadline = ("deadline_passed", "deferral", "2026-11-25T23:00:00Z")
    assert await _stuck(api, candidacy_id) == [deadline]
    clock.now = datetime(2026, 12, 9, 0, tzinfo=UTC)
    complete = ("level_passed", "file_complete", "2026-12-08T23:00:00Z")
    assert await _stuck(api, candidacy_id) == [deadline, complete]
    await api.post(f"/{candidacy_id}/withdraw")
    assert await ids(api, stuck="true") == []
    assert await ids(api, stuck="false") == [candidacy_id]


@pytest.mark.parametrize("days", [0, 15, 16, 45, 46, 100])
async def test_the_list_and_the_journey_agree_on_what_is_late(bench: Bench, clock: Clock, days: int) -> None:
    async with bench.transaction() as tx:
        files = [
            await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY),
            await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY),
            (await builders.an_assessed_candidacy(tx))[0],
            await builders.an_approved_candidacy(tx),
        ]
        await tx.conn.execute(sa.update(expected_replies).values(answered_at=tx.now))
        adjourned = (await builders.an_assessed_candidacy(tx))[0]
        await tx.conn.execute(sa.update(candidacies).where(candidacies.c.id == adjourned).values(state="submitted"))
    confirmed, requests = await steps.approved(bench)
    reply = builders.a_reply(confirmed, requests["accommodation-request"])
    await bench.deliver(
        placement.AssignmentConfirmed(**reply, stay_id=confirmed, confirmed_by_function="placement_officer"),
        subject=confirmed,
    )
    clock.now += timedelta(days=days)
    today = domain.date_in_paris(clock.now)
    async with bench.engine.connect() as conn:
        rows = await store.candidacies_page(
            conn, store.Sought(), builders.SITE, POLICY, now=clock.now, after=None, limit=10
        )
        listed = {row.id: {one["what"] for one in row.stuck or () if one["snag"] == "level_passed"} for row in rows}
        expected = {}
        for candidacy_id in (*files, adjourned, confirmed):
            row = await store.candidacy_row(conn, candidacy_id)
            journey = await handlers.read_journey(conn, candidacy_id, domain.State(row.state), clock.now)
            standings = await handlers.read_levels(conn, row, journey, clock.now, POLICY)
            late = (one for one in standings if one.reached_on is None and one.due_on < today)
            expected[candidacy_id] = {one.level.value for one in late}
    assert listed == expected


async def test_the_escalation_list_has_what_is_late_by_owner_and_in_sight_the_longest_first(
    api: Api, bench: Bench, clock: Clock
) -> None:
    mine, theirs = await api.create(), await api.create(by="origin_spip")
    async with bench.transaction() as tx:
        for candidacy_id, kind, days, owner in (
            (mine, Due.DEFERRAL, 3, Role.SPIP),
            (mine, Due.OBSERVATIONS, 1, Role.REGISTRY),
            (mine, Due.HAND_OVER, 30, Role.SPIP),
            (theirs, Due.DEFERRAL, 2, Role.SPIP),
        ):
            await open_deadline(tx, UUID(candidacy_id), kind, TODAY + timedelta(days), owner=owner)
    clock.now += timedelta(days=10)
    shown = (await page(api, DEADLINES))["items"]
    assert [(one["kind"], one["owner"], one["due_on"]) for one in shown] == [
        ("observations", "registry", "2026-11-24"),
        ("deferral", "spip", "2026-11-26"),
    ]
    assert [one["kind"] for one in (await page(api, DEADLINES, owner="spip"))["items"]] == ["deferral"]
    seen = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        one = await page(api, DEADLINES, by="site_spip", limit=1, **cursor)
        seen.append(one["items"][0]["due_on"])
        cursor = {"cursor": one["next_cursor"]}
    assert one["next_cursor"] is None
    assert seen == ["2026-11-24", "2026-11-25", "2026-11-26"]


async def today(api: Api, by: str) -> dict[str, tuple[int, list[str | None]]]:
    shown = (await page(api, "/v1/today", by=by))["headings"]
    return {one["heading"]: (one["count"], [item["what"] for item in one["items"]]) for one in shown}


async def test_a_day_has_the_headings_of_the_officers_roles(api: Api, bench: Bench, clock: Clock) -> None:
    drafted = await api.create(draft=True)
    await api.assessed()
    incomplete = await api.assessed(penal={"status": "finally_convicted"})
    async with bench.transaction() as tx:
        candidacy_id = UUID(drafted)
        await open_deadline(tx, candidacy_id, Due.DEFERRAL, date(2026, 11, 25), owner=Role.SPIP)
        await open_deadline(tx, candidacy_id, Due.OBSERVATIONS, date(2026, 11, 25), owner=Role.REGISTRY)
        remind_on = date(2026, 11, 26)
        await open_deadline(tx, candidacy_id, Due.ADVICE, date(2026, 12, 20), owner=Role.SPIP, remind_on=remind_on)
        await ask_review(tx, UUID(incomplete), domain.Cause.DORMANT, {})
    clock.now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert await today(api, "spip") == {
        "to_complete": (2, ["draft", "to_complete"]),
        "late": (0, []),
        "reminders": (0, []),
        "to_review": (1, ["dormant"]),
    }
    clock.now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert await today(api, "spip") == {
        "to_complete": (2, ["draft", "to_complete"]),
        "late": (1, ["deferral"]),
        "reminders": (1, ["advice"]),
        "to_review": (1, ["dormant"]),
    }
    assert (await today(api, "registry"))["late"] == (1, ["observations"])
    assert await today(api, "decision_authority") == {
        "to_sign": (2, [None, None]),
        "late": (0, []),
        "reminders": (0, []),
        "to_review": (1, ["dormant"]),
    }
    assert {count for count, _ in (await today(api, "origin_spip")).values()} == {0}


async def test_nobody_is_shown_to_sign_what_the_same_officer_prepared(api: Api) -> None:
    candidacy_id = await api.create(by="head_of_spip")
    await api.post(f"/{candidacy_id}/assess")
    assert (await today(api, "head_of_spip"))["to_sign"] == (0, [])
    assert (await today(api, "decision_authority"))["to_sign"] == (1, [None])


async def test_a_heading_shows_twenty_and_counts_all(api: Api) -> None:
    for _ in range(22):
        await api.create()
    count, items = (await today(api, "spip"))["to_complete"]
    assert (count, len(items)) == (22, 20)
