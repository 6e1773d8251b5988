"""Appeals run from the hand-over alone, are answered by somebody else, and a reversal has the file examined again."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain import AppealOutcome, Contested, Kind, Refusal, Refused, State
from services.selection.tables import appeals, decisions
from services.selection.tests.builders import NOW, TODAY, Clock
from services.selection.tests.officers import GROUNDS, NOBODY, Api, problem
from services.selection.tests.test_store import constraint_of
from shared.testing.kernel import Bench

REFUSED = {**GROUNDS, "reason_codes": ["PROJECT_INSUFFICIENT"]}
APPEAL = {
    "decision_number": "DON-2026-000001",
    "lodged_on": "2026-11-23",
    "channel": "letter",
    "grounds": "My project is solid.",
}

HANDED_OVER = {"handed_on": "2026-11-23", "outcome": "signed"}


async def refused(api: Api) -> str:
    """A file that was refused; gives its id."""
    candidacy_id = await api.assessed()
    assert (await api.post(f"/{candidacy_id}/refuse", REFUSED, by="decision_authority")).status_code == 201
    return candidacy_id


async def appealed(api: Api) -> tuple[str, str]:
    """A refused file with an appeal; gives the id of the file and the path of the answer."""
    candidacy_id = await refused(api)
    lodged = await api.post(f"/{candidacy_id}/appeals", APPEAL)
    assert lodged.status_code == 201, lodged.text
    return candidacy_id, f"/{candidacy_id}/appeals/{lodged.json()['id']}/decide"


async def receipts_of(bench: Bench, candidacy_id: str) -> list[store.AnyRow]:
    async with bench.engine.connect() as conn:
        return await store.receipt_rows(conn, UUID(candidacy_id))


def answer(outcome: str = "reversed", reasons: str = "The project was misread.") -> dict[str, str]:
    return {"outcome": outcome, "reasons": reasons}


async def open_deadlines(bench: Bench, candidacy_id: str) -> dict[str, date]:
    async with bench.engine.connect() as conn:
        rows = await store.deadline_rows(conn, UUID(candidacy_id))
    return {row.kind: row.due_on for row in rows if row.met_at is None}


async def test_an_appeal_is_acknowledged_with_what_silence_means_and_announced(api: Api, bench: Bench) -> None:
    candidacy_id = await refused(api)
    await bench.published()
    lodged = await api.post(f"/{candidacy_id}/appeals", APPEAL, by="registry")
    assert lodged.status_code == 201
    shown = lodged.json()
    assert (shown["answer_due_on"], shown["silence_means"], shown["state"]) == ("2027-01-23", "rejection", "refused")
    assert shown["acknowledged_at"] == NOW.isoformat().replace("+00:00", "Z")
    (event,) = await bench.published()
    assert (event.event_type, event.body) == (
        "selection.candidacy.appeal_lodged.v1",
        {"decision_number": "DON-2026-000001"},
    )
    assert int(event.headers["ce_aggregateversion"]) == shown["version"]
    assert (await open_deadlines(bench, candidacy_id))["appeal_answer"] == date(2027, 1, 23)
    journey = (await api.get(f"/{candidacy_id}/journey")).json()
    assert [one["step"] for one in journey["missing_replies"]] == ["partners"]
    (listed,) = (await api.get(f"/{candidacy_id}/appeals", by="decision_authority")).json()["items"]
    assert listed["grounds"] == "My project is solid."
    for officer in ("inspector", "placement_officer", "training_lead"):
        assert problem(await api.get(f"/{candidacy_id}/appeals", by=officer)) == (403, "role-missing")


async def test_an_appeal_names_an_unfavourable_decision_of_the_file_and_only_one_is_open(api: Api) -> None:
    candidacy_id = await refused(api)
    path = f"/{candidacy_id}/appeals"
    other = APPEAL | {"decision_number": "DON-2026-000099"}
    assert problem(await api.post(path, other)) == (404, "decision-not-contestable")
    for day in ("2026-11-22", "2026-11-24"):
        assert problem(await api.post(path, APPEAL | {"lodged_on": day})) == (422, "impossible-dates")
    assert (await api.post(path, APPEAL)).status_code == 201
    assert problem(await api.post(path, APPEAL)) == (409, "appeal-under-way")
    approved = await api.assessed()
    await api.approve(approved)
    mine = APPEAL | {"decision_number": "DON-2026-000002"}
    assert problem(await api.post(f"/{approved}/appeals", mine)) == (404, "decision-not-contestable")


async def test_an_appeal_out_of_time_changes_nothing(api: Api, clock: Clock) -> None:
    decision = await api.refused()
    path = f"/{decision['candidacy_id']}/appeals"
    await api.send(f"/decisions/{decision['id']}/hand-over", HANDED_OVER, by="registry")
    clock.now = NOW + timedelta(days=64)
    before = await api.stored()
    late = APPEAL | {"lodged_on": "2027-01-26"}
    assert problem(await api.post(path, late)) == (409, "appeal-out-of-time")
    assert await api.stored() == before
    assert (await api.post(path, APPEAL | {"lodged_on": "2027-01-25"})).status_code == 201


async def test_before_the_hand_over_an_appeal_is_in_time_however_late(api: Api, bench: Bench, clock: Clock) -> None:
    decision = await api.refused()
    candidacy_id = decision["candidacy_id"]
    clock.now = NOW + timedelta(days=400)
    late = APPEAL | {"lodged_on": "2027-12-28"}
    lodged = await api.post(f"/{candidacy_id}/appeals", late)
    assert lodged.status_code == 201
    assert lodged.json()["answer_due_on"] == "2028-02-28"
    (receipt,) = [one for one in await receipts_of(bench, candidacy_id) if one.kind == "appeal"]
    assert receipt.silent_from == date(2028, 2, 28)


async def test_an_appeal_that_is_lodged_ends_its_time(api: Api, bench: Bench) -> None:
    decision = await api.refused()
    candidacy_id = decision["candidacy_id"]
    await api.send(f"/decisions/{decision['id']}/hand-over", HANDED_OVER, by="registry")
    assert "appeal_period" in await open_deadlines(bench, candidacy_id)
    assert (await api.post(f"/{candidacy_id}/appeals", APPEAL)).status_code == 201
    assert "appeal_period" not in await open_deadlines(bench, candidacy_id)


@pytest.mark.parametrize(
    ("lodged_on", "until", "refusal"),
    [
        (TODAY, None, None),
        (TODAY, TODAY, None),
        (TODAY, TODAY - timedelta(days=1), Refusal.APPEAL_OUT_OF_TIME),
        (TODAY + timedelta(days=1), None, Refusal.IMPOSSIBLE_DATES),
    ],
)
def test_no_time_runs_before_the_person_holds_the_decision(
    lodged_on: date, until: date | None, refusal: Refusal | None
) -> None:
    contested = Contested(uuid7(), "N1", Kind.REFUSED, "director-1", TODAY - timedelta(days=400))
    if refusal is None:
        domain.check_lodged(contested, lodged_on, until, TODAY)
        return
    with pytest.raises(Refused) as found:
        domain.check_lodged(contested, lodged_on, until, TODAY)
    assert found.value.refusal is refusal


async def test_the_first_decider_and_the_preparer_never_answer(api: Api, bench: Bench) -> None:
    candidacy_id, path = await appealed(api)
    before = await api.stored()
    assert problem(await api.post(path, answer(), by="decision_authority")) == (403, "appeal-by-first-decider")
    assert problem(await api.post(path, answer(), by="spip")) == (403, "role-missing")
    assert problem(await api.post(path, answer(reasons=" "), by="director")) == (422, "reasons-missing")
    unknown = f"/{candidacy_id}/appeals/{NOBODY}/decide"
    assert problem(await api.post(unknown, answer(), by="director")) == (404, "appeal-unknown")
    assert await api.stored() == before
    with pytest.raises(IntegrityError) as error:
        async with bench.engine.begin() as conn:
            await conn.execute(
                sa.update(appeals).values(
                    outcome="upheld",
                    reasons="x",
                    decided_at=NOW,
                    decided_by="agent-2001",
                    decided_by_name="x",
                    decided_by_function="x",
                )
            )
    assert constraint_of(error.value) == "ck_appeals_not_by_first_decider"


async def test_a_reversal_reopens_the_file_for_a_second_round_with_deadlines_anew(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id, path = await appealed(api)
    await bench.published()
    reversed_ = await api.post(path, answer(), by="appeal_authority")
    assert (reversed_.status_code, reversed_.json()["state"]) == (200, "submitted")
    (event,) = await bench.published()
    assert (event.event_type, event.body) == (
        "selection.candidacy.appeal_decided.v1",
        {"decision_number": "DON-2026-000001", "reversed": True},
    )
    deadlines = await open_deadlines(bench, candidacy_id)
    # From date to date, and never to a day on which offices are closed: the 23rd is a Saturday.
    assert deadlines["decision"] == date(2027, 1, 25)
    assert "appeal_answer" not in deadlines
    assert problem(await api.post(path, answer(), by="appeal_authority")) == (409, "appeal-is-decided")
    assert (await api.post(f"/{candidacy_id}/assess")).status_code == 201
    assert (await api.approve(candidacy_id)).json()["decision_number"] == "DON-2026-000002"
    async with bench.engine.connect() as conn:
        rows = await conn.execute(sa.select(decisions.c.kind, decisions.c.round).order_by(decisions.c.number))
        assert [tuple(row) for row in rows] == [("refused", 1), ("approved", 2)]


@pytest.mark.parametrize("outcome", ["upheld", "inadmissible"])
async def test_an_appeal_that_fails_leaves_the_decision(api: Api, bench: Bench, outcome: str) -> None:
    candidacy_id, path = await appealed(api)
    await bench.published()
    failed = await api.post(path, answer(outcome), by="director")
    assert (failed.json()["state"], failed.json()["outcome"]) == ("refused", outcome)
    (event,) = await bench.published()
    assert event.body["reversed"] is False
    assert "appeal_answer" not in await open_deadlines(bench, candidacy_id)


async def test_after_a_reversed_revocation_a_second_approval_has_a_round_of_its_own(api: Api, bench: Bench) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    notice = {"grounds": "Facts.", "handed_over_on": "2026-11-23"}
    await api.post(f"/{candidacy_id}/revocation", notice, by="origin_head")
    said = {"observations": None, "counsel": False, "received_on": "2026-11-23"}
    await api.post(f"/{candidacy_id}/revocation/observations", said)
    assert (await api.post(f"/{candidacy_id}/revoke", GROUNDS, by="decision_authority")).status_code == 201
    lodged = await api.post(f"/{candidacy_id}/appeals", APPEAL | {"decision_number": "DON-2026-000002"})
    path = f"/{candidacy_id}/appeals/{lodged.json()['id']}/decide"
    assert (await api.post(path, answer(), by="director")).json()["state"] == "submitted"
    await api.post(f"/{candidacy_id}/assess")
    assert (await api.approve(candidacy_id)).json()["decision_number"] == "DON-2026-000003"
    async with bench.engine.connect() as conn:
        row = (await conn.execute(sa.select(decisions).where(decisions.c.number == "DON-2026-000003"))).one()
    assert row.round == 2
    twice = {**row._asdict(), "id": uuid7(), "number": "DON-2026-000099"}
    async with bench.engine.connect() as conn:
        with pytest.raises(IntegrityError) as error:
            await conn.execute(decisions.insert(), twice)
    assert constraint_of(error.value) == "uq_decisions_approved_candidacy_id_round"


async def test_a_file_is_not_reopened_beside_another_open_one_of_the_same_person(api: Api) -> None:
    candidacy_id, path = await appealed(api)
    other = await api.create()
    async with api.engine.begin() as conn:
        same = sa.text("UPDATE candidacies SET person_id = (SELECT person_id FROM candidacies WHERE id = :id)")
        await conn.execute(same, {"id": UUID(candidacy_id)})
    assert problem(await api.post(path, answer(), by="director")) == (409, "other-file-open")
    assert (await api.post(f"/{other}/withdraw")).status_code == 200
    assert (await api.post(path, answer(), by="director")).json()["state"] == "submitted"


CONTESTED = Contested(uuid7(), "N1", Kind.REFUSED, "director-1", TODAY)


@pytest.mark.parametrize("state", list(State))
def test_only_the_decision_that_stands_falls_with_effect(state: State) -> None:
    reversible = {State.DEFERRED, State.REFUSED, State.REVOKED, State.LAPSED}

    def after(outcome: AppealOutcome, standing: UUID) -> Any:
        return domain.reopened(state, CONTESTED, standing, outcome)

    expected = State.SUBMITTED if state in reversible else None
    assert after(AppealOutcome.REVERSED, CONTESTED.id) is expected
    assert after(AppealOutcome.REVERSED, uuid7()) is None
    assert after(AppealOutcome.UPHELD, CONTESTED.id) is None
