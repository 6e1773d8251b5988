"""A decision is handed over once, and only from then on does the time of an appeal run."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.tables import candidacies
from services.selection.tests.builders import POLICY, SITE, Clock
from services.selection.tests.officers import NOBODY, Api, problem
from services.selection.tests.test_postponements import due
from shared.testing.kernel import Bench

SIGNED = {"handed_on": "2026-11-23", "outcome": "signed"}


async def hand_over(api: Api, decision: dict[str, Any], by: str = "registry", **overrides: Any) -> httpx.Response:
    return await api.send(f"/decisions/{decision['id']}/hand-over", SIGNED | overrides, by=by)


@pytest.mark.parametrize(
    ("handed_on", "until"),
    [
        (date(2026, 11, 23), date(2027, 1, 25)),  # the 23rd is a Saturday
        (date(2026, 12, 31), date(2027, 3, 1)),  # February is shorter, and its last day a Sunday
        (date(2026, 11, 1), date(2027, 1, 4)),  # New Year's Day is a Friday
        (date(2026, 11, 24), date(2027, 1, 25)),
    ],
)
def test_an_appeal_is_in_time_for_two_months_and_to_the_next_working_day(handed_on: date, until: date) -> None:
    assert domain.appeal_until(handed_on, POLICY, french_holiday) == until


async def test_a_signed_decision_is_to_be_handed_over_by_the_registry_in_a_few_working_days(
    api: Api, bench: Bench
) -> None:
    decision = await api.refused()
    found = (await due(bench, decision["candidacy_id"]))["hand_over"]
    assert (str(found.subject), found.owner, found.due_on) == (decision["id"], "registry", date(2026, 11, 26))


async def test_a_hand_over_meets_what_was_due_and_starts_the_time_of_the_appeal(api: Api, bench: Bench) -> None:
    decision = await api.refused()
    async with api.engine.connect() as conn:
        assert await store.appeal_in_time_until(conn, UUID(decision["id"])) is None
    answer = await hand_over(api, decision)
    assert answer.status_code == 201
    assert answer.json()["hand_over"] == {
        "handed_on": "2026-11-23",
        "outcome": "signed",
        "language": None,
        "handed_by_function": "registrar",
        "recorded_at": "2026-11-23T09:00:00Z",
        "appeal_until": "2027-01-25",
    }
    open_now = await due(bench, decision["candidacy_id"])
    assert "hand_over" not in open_now
    assert (str(open_now["appeal_period"].subject), open_now["appeal_period"].due_on) == (
        decision["id"],
        date(2027, 1, 25),
    )
    async with api.engine.connect() as conn:
        assert await store.appeal_in_time_until(conn, UUID(decision["id"])) == date(2027, 1, 25)
        assert await store.appeal_in_time_until(conn, UUID(NOBODY)) is None


async def test_the_time_of_an_appeal_ends_without_anybody_being_late(api: Api, bench: Bench, clock: Clock) -> None:
    decision = await api.refused()
    await hand_over(api, decision)
    clock.now = datetime(2027, 1, 25, 22, 59, tzinfo=UTC)
    await bench.timers.fire()
    assert "appeal_period" in await due(bench, decision["candidacy_id"])
    clock.now = datetime(2027, 1, 25, 23, 0, tzinfo=UTC)
    await bench.timers.fire()
    assert "appeal_period" not in await due(bench, decision["candidacy_id"])
    async with bench.engine.connect() as conn:
        late = await store.overdue(conn, date(2027, 1, 26), SITE, after=None, limit=10)
    assert [row.kind for row in late] == []


async def test_a_decision_that_nobody_hands_over_escalates(api: Api, bench: Bench, clock: Clock) -> None:
    decision = await api.refused()
    clock.now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    await bench.timers.fire()
    assert (await due(bench, decision["candidacy_id"]))["hand_over"].escalated_at == clock.now


async def test_a_decision_is_handed_over_once(api: Api) -> None:
    decision = await api.refused()
    first = await api.send(f"/decisions/{decision['id']}/hand-over", SIGNED, by="registry", key="one")
    before = await api.stored()
    again = await api.send(f"/decisions/{decision['id']}/hand-over", SIGNED, by="registry", key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    for by in ("registry", "spip", "origin_head"):
        assert problem(await hand_over(api, decision, by, outcome="refused_to_sign")) == (409, "already-handed-over")
    assert await api.stored() == before


async def test_a_person_may_refuse_to_sign_or_be_told_through_an_interpreter(api: Api) -> None:
    refused = await hand_over(api, await api.refused(), outcome="refused_to_sign")
    assert refused.json()["hand_over"]["outcome"] == "refused_to_sign"
    told = await hand_over(api, await api.refused(), outcome="interpreter", language="ar")
    assert (told.json()["hand_over"]["outcome"], told.json()["hand_over"]["language"]) == ("interpreter", "ar")


async def test_a_hand_over_that_cannot_be_is_refused_and_nothing_is_stored(api: Api, clock: Clock) -> None:
    decision = await api.refused()
    clock.now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    before = await api.stored()
    for overrides, code in (
        ({"handed_on": "2026-11-26"}, "impossible-dates"),
        ({"handed_on": "2026-11-22"}, "impossible-dates"),
        ({"handed_on": "2026-11-31"}, "impossible-dates"),
        ({"handed_on": None}, "validation-failed"),
        ({"outcome": "shouted"}, "validation-failed"),
        ({"outcome": "interpreter"}, "validation-failed"),
        ({"language": "ar"}, "validation-failed"),
        ({"outcome": "interpreter", "language": "Arabic, his mother's"}, "validation-failed"),
        ({"witness": "x"}, "unknown-field"),
    ):
        assert problem(await hand_over(api, decision, **overrides)) == (422, code), overrides
    unknown = await api.send(f"/decisions/{NOBODY}/hand-over", SIGNED, by="registry")
    assert problem(unknown) == (404, "decision-unknown")
    assert await api.stored() == before


async def test_only_who_works_on_the_file_hands_its_decisions_over_and_lists_them(api: Api) -> None:
    decision = await api.refused()
    path = f"/candidacies/{decision['candidacy_id']}/decisions"
    before = await api.stored()
    for by in ("decision_authority", "inspector", "placement_officer", "operator"):
        assert problem(await hand_over(api, decision, by)) == (403, "role-missing")
    for by in ("inspector", "placement_officer", "training_lead", "operator"):
        assert problem(await api.see(path, by=by)) == (403, "role-missing")
    assert problem(await hand_over(api, decision, "origin_spip")) == (404, "decision-unknown")
    assert problem(await api.see(path, by="origin_spip")) == (404, "candidacy-unknown")
    assert problem(await api.see(f"/candidacies/{NOBODY}/decisions", by="spip")) == (404, "candidacy-unknown")
    assert await api.stored() == before


async def test_after_arrival_the_site_hands_over_and_no_longer_the_origin(api: Api) -> None:
    decision = await api.refused()
    async with api.engine.begin() as conn:
        await conn.execute(sa.update(candidacies).values(arrived_on=date(2026, 11, 23)))
    assert problem(await hand_over(api, decision, "registry")) == (403, "passed-to-site")
    assert (await hand_over(api, decision, "site_registry")).status_code == 201


async def test_all_decisions_of_a_file_are_listed_with_their_hand_overs_and_without_reasons(api: Api) -> None:
    candidacy_id = await api.assessed()
    grounds = {"reasons": "Zzcanaryzz", "authority": "DISP", "delegation": "2026-014"}
    adjourned = (await api.post(f"/{candidacy_id}/adjourn", grounds, by="decision_authority")).json()
    await hand_over(api, adjourned)
    await api.post(f"/{candidacy_id}/assess")
    approved = (await api.approve(candidacy_id)).json()
    for by in ("spip", "registry", "origin_head", "decision_authority"):
        listed = await api.see(f"/candidacies/{candidacy_id}/decisions", by=by)
        items = listed.json()["items"]
        assert {(one["id"], one["kind"]) for one in items} == {
            (approved["id"], "approved"),
            (adjourned["id"], "adjourned"),
        }
        given = {one["id"]: one["hand_over"] for one in items}
        assert given[approved["id"]] is None
        assert given[adjourned["id"]]["appeal_until"] == "2027-01-25"
        assert "Zzcanaryzz" not in listed.text
