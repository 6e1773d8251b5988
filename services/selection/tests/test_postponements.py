"""A decision that is not taken yet: adjourned, deferred, taken up again; each a signed act with its number."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.selection import domain, store
from services.selection.domain import Refusal
from services.selection.tests.builders import TODAY, Clock, some_facts
from services.selection.tests.officers import GROUNDS, NOBODY, Api, problem
from services.selection.tests.steps import of_acts
from shared.testing.kernel import Bench

UNTIL = "2027-03-01"


async def due(bench: Bench, candidacy_id: str) -> dict[str, store.AnyRow]:
    """What is open on a file, by kind."""
    async with bench.engine.connect() as conn:
        rows = await store.deadline_rows(conn, UUID(candidacy_id))
    return {row.kind: row for row in rows if row.met_at is None}


async def defer(api: Api, candidacy_id: str, until: str = UNTIL, **overrides: Any) -> Any:
    return await api.post(f"/{candidacy_id}/defer", {**GROUNDS, "until": until} | overrides, by="decision_authority")


@pytest.mark.parametrize(
    ("until", "possible"),
    [
        (TODAY, False),
        (TODAY + timedelta(days=1), True),
        (date(2028, 11, 23), True),
        (date(2028, 11, 24), False),
    ],
)
def test_a_file_is_deferred_to_a_day_to_come_up_to_the_projected_exit(until: date, possible: bool) -> None:
    facts = some_facts(sentence_end=date(2028, 11, 23))
    if possible:
        domain.check_deferral(until, TODAY, facts)
        return
    with pytest.raises(domain.Refused) as refused:
        domain.check_deferral(until, TODAY, facts)
    assert refused.value.refusal is Refusal.IMPOSSIBLE_DATES


async def test_an_adjourned_file_goes_back_to_be_prepared_with_a_numbered_act(api: Api, bench: Bench) -> None:
    candidacy_id = await api.assessed()
    await bench.published()
    adjourned = await api.post(f"/{candidacy_id}/adjourn", GROUNDS, by="decision_authority")
    assert adjourned.status_code == 201
    body = adjourned.json()
    assert (body["kind"], body["decision_number"], body["delegation"]) == ("adjourned", "DON-2026-000001", "2026-014")
    assert (body["effects"], body["reason_codes"]) == ([], [])
    async with api.engine.connect() as conn:
        row = await store.candidacy_row(conn, UUID(candidacy_id))
        act = await store.decision_row(conn, UUID(body["id"]))
    assert (row.state, row.version, row.decision_number) == ("submitted", body["version"], None)
    assert act.act_digest == store.digest_of(act._asdict())
    assert await of_acts(bench) == []
    assert (await api.post(f"/{candidacy_id}/assess")).status_code == 201
    assert (await api.approve(candidacy_id)).json()["decision_number"] == "DON-2026-000002"


async def test_a_deferred_file_says_until_when_and_is_due_on_that_day(api: Api, bench: Bench) -> None:
    candidacy_id = await api.assessed()
    await bench.published()
    deferred = await defer(api, candidacy_id)
    assert deferred.status_code == 201
    body = deferred.json()
    assert body["effects"] == [{"kind": "deferral", "until": UNTIL}]
    async with api.engine.connect() as conn:
        row = await store.candidacy_row(conn, UUID(candidacy_id))
        act = (await store.decision_row(conn, UUID(body["id"])))._asdict()
    assert (row.state, row.deferred_until, row.decision_number) == ("deferred", date(2027, 3, 1), None)
    assert act["act_digest"] == store.digest_of(act)
    assert act["act_digest"] != store.digest_of(act | {"effects": [{"kind": "deferral", "until": "2027-03-02"}]})
    (event,) = await of_acts(bench)
    assert (event.event_type, event.body) == (
        "selection.candidacy.deferred.v1",
        {"decision_number": "DON-2026-000001"},
    )
    assert event.headers["ce_aggregateversion"] == str(row.version) == str(body["version"])
    open_now = await due(bench, candidacy_id)
    assert (open_now["deferral"].due_on, open_now["deferral"].owner) == (date(2027, 3, 1), "spip")
    # Five working days before a Monday.
    assert open_now["deferral"].remind_on == date(2027, 2, 22)
    assert (await api.get(f"/{candidacy_id}/journey")).json()["missing_replies"] == []


async def test_a_deferred_file_is_taken_up_again_and_its_answer_is_due_anew(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id = await api.assessed()
    await defer(api, candidacy_id)
    clock.now = datetime(2027, 2, 1, 9, tzinfo=UTC)
    resumed = await api.post(f"/{candidacy_id}/resume", by="registry")
    assert (resumed.status_code, resumed.json()["state"]) == (200, "submitted")
    async with api.engine.connect() as conn:
        row = await store.candidacy_row(conn, UUID(candidacy_id))
    assert row.deferred_until is None
    assert "agent-1003" in row.preparers
    open_now = await due(bench, candidacy_id)
    assert "deferral" not in open_now
    assert open_now["decision"].due_on == date(2027, 4, 1)
    assert problem(await api.post(f"/{candidacy_id}/resume")) == (409, "not-deferred")


async def test_a_deferral_answers_the_person_and_an_adjournment_does_not(api: Api, bench: Bench) -> None:
    for act, more, still_due in (("adjourn", {}, True), ("defer", {"until": UNTIL}, False)):
        candidacy_id = await api.assessed()
        assert "decision" in await due(bench, candidacy_id)
        answer = await api.post(f"/{candidacy_id}/{act}", {**GROUNDS, **more}, by="decision_authority")
        assert answer.status_code == 201
        assert ("decision" in await due(bench, candidacy_id)) is still_due


async def test_a_deferral_that_nobody_takes_up_escalates_and_decides_nothing(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id = await api.assessed()
    await defer(api, candidacy_id)
    clock.now = datetime(2027, 3, 2, 9, tzinfo=UTC)
    await bench.timers.fire()
    assert (await due(bench, candidacy_id))["deferral"].escalated_at == clock.now
    async with api.engine.connect() as conn:
        assert (await store.candidacy_row(conn, UUID(candidacy_id))).state == "deferred"


async def test_a_deferral_to_an_impossible_day_or_without_one_is_refused(api: Api) -> None:
    candidacy_id = await api.assessed()
    before = await api.stored()
    for until, code in (
        ("2026-11-23", "impossible-dates"),
        ("2028-11-24", "impossible-dates"),
        ("2027-02-30", "impossible-dates"),
        ("soon", "validation-failed"),
        (None, "validation-failed"),
    ):
        assert problem(await defer(api, candidacy_id, until)) == (422, code)  # type: ignore[arg-type]
    assert problem(await defer(api, candidacy_id, forever=True)) == (422, "unknown-field")
    assert await api.stored() == before


async def test_a_postponement_needs_its_grounds_its_right_and_other_eyes(api: Api) -> None:
    candidacy_id = await api.create(by="head_of_spip")
    await api.post(f"/{candidacy_id}/assess")
    before = await api.stored()
    for act, more in (("adjourn", {}), ("defer", {"until": UNTIL})):
        body = {**GROUNDS, **more}
        path = f"/{candidacy_id}/{act}"
        for field in GROUNDS:
            answer = await api.post(path, body | {field: " "}, by="decision_authority")
            assert problem(answer) == (422, f"{field}-missing")
        foreign = await api.post(path, body | {"delegation": "2026-999"}, by="decision_authority")
        assert problem(foreign) == (403, "delegation-out-of-scope")
        assert problem(await api.post(path, body, by="head_of_spip")) == (403, "decision-by-preparer")
        assert problem(await api.post(path, body, by="decision_authority", version=9)) == (412, "stale-version")
        for officer in ("spip", "registry", "site_head", "inspector", "placement_officer", "operator"):
            assert problem(await api.post(path, body, by=officer)) == (403, "role-missing")
    for officer in ("decision_authority", "site_head", "inspector"):
        assert problem(await api.post(f"/{candidacy_id}/resume", by=officer)) == (403, "role-missing")
    assert await api.stored() == before


async def test_only_an_assessed_file_is_postponed(api: Api) -> None:
    candidacy_id = await api.create()
    for act, more in (("adjourn", {}), ("defer", {"until": UNTIL})):
        answer = await api.post(f"/{candidacy_id}/{act}", {**GROUNDS, **more}, by="decision_authority")
        assert problem(answer) == (409, "not-assessed")
        unknown = await api.post(f"/{NOBODY}/{act}", {**GROUNDS, **more}, by="decision_authority")
        assert problem(unknown) == (404, "candidacy-unknown")
    await api.post(f"/{candidacy_id}/assess")
    await defer(api, candidacy_id)
    assert problem(await defer(api, candidacy_id)) == (409, "candidacy-deferred")
    assert (await api.post(f"/{candidacy_id}/withdraw")).json()["state"] == "withdrawn"


async def test_an_officer_of_another_establishment_neither_resumes_nor_sees_the_file(api: Api) -> None:
    candidacy_id = await api.assessed()
    await defer(api, candidacy_id)
    answer = await api.post(f"/{candidacy_id}/resume", by="origin_spip")
    assert problem(answer) == (404, "candidacy-unknown")
