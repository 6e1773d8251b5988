"""Every request of a person gets a receipt, numbered without gaps, which says what silence means."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.handlers.receipts import issue_receipt
from services.selection.tables import receipts
from services.selection.tests import builders
from services.selection.tests.builders import NOW, Clock, a_body
from services.selection.tests.officers import NOBODY, Api, problem
from shared.testing.kernel import Bench


async def numbers(bench: Bench) -> list[str]:
    async with bench.engine.connect() as conn:
        return list((await conn.execute(sa.select(receipts.c.number).order_by(receipts.c.number))).scalars())


async def test_a_file_that_is_handed_in_gets_a_receipt_and_has_to_be_answered_in_time(api: Api) -> None:
    candidacy_id = await api.create()
    answer = (await api.get(f"/{candidacy_id}/receipts")).json()
    (receipt,) = answer["items"]
    assert (receipt["number"], receipt["kind"], receipt["issued_at"]) == (
        "DON-R-2026-000001",
        "submission",
        "2026-11-23T09:00:00Z",
    )
    assert receipt["requested"] == "Vous avez déposé une candidature au programme InSERRE."
    assert receipt["silent_from"] == "2027-01-23"
    assert "le 23 janvier 2027, votre demande sera considérée comme refusée" in receipt["silence_means"]
    async with api.engine.connect() as conn:
        rows = await store.deadline_rows(conn, UUID(candidacy_id))
    (row,) = [row for row in rows if row.kind == "decision"]
    # The 23rd is a Saturday.
    assert (row.kind, row.owner, row.due_on, row.remind_on) == (
        "decision",
        "decision_authority",
        date(2027, 1, 25),
        date(2027, 1, 18),
    )


async def test_a_draft_is_no_request_until_it_is_handed_in(api: Api) -> None:
    candidacy_id = (await api.post("", a_body(draft=True))).json()["id"]
    assert (await api.get(f"/{candidacy_id}/receipts")).json()["items"] == []
    async with api.engine.connect() as conn:
        assert "decision" not in [row.kind for row in await store.deadline_rows(conn, UUID(candidacy_id))]
    await api.post(f"/{candidacy_id}/submit")
    assert [one["kind"] for one in (await api.get(f"/{candidacy_id}/receipts")).json()["items"]] == ["submission"]
    async with api.engine.connect() as conn:
        assert "decision" in [row.kind for row in await store.deadline_rows(conn, UUID(candidacy_id))]


async def test_a_withdrawal_takes_effect_without_an_answer(api: Api) -> None:
    candidacy_id = await api.create()
    await api.post(f"/{candidacy_id}/withdraw")
    await api.post(f"/{candidacy_id}/withdraw")
    found = (await api.get(f"/{candidacy_id}/receipts", by="inspector")).json()["items"]
    assert [(one["number"][-1], one["kind"], one["silent_from"]) for one in found] == [
        ("1", "submission", "2027-01-23"),
        ("2", "withdrawal", None),
        ("3", "withdrawal", None),
    ]
    assert found[1]["silence_means"] == "Votre demande prend effet sans réponse de l'administration."


async def test_a_decision_is_the_answer_and_its_deadline_rings_no_more(bench: Bench, api: Api, clock: Clock) -> None:
    late = await api.create()
    decided = await api.assessed()
    await api.approve(decided)
    for now in (datetime(2027, 1, 18, 9, tzinfo=UTC), datetime(2027, 1, 25, 23, tzinfo=UTC)):
        clock.now = now
        await bench.timers.fire()
    async with api.engine.connect() as conn:
        listed = await store.overdue(conn, date(2027, 1, 26), builders.SITE, after=None, limit=10)
        state = domain.State((await store.candidacy_row(conn, UUID(late))).state)
    answers = [row for row in listed if row.kind == "decision"]
    assert [str(row.candidacy_id) for row in answers] == [late]
    assert answers[0].escalated_at == clock.now
    assert state is domain.State.SUBMITTED


async def test_numbers_have_no_gap_when_requests_come_at_once_and_some_fail(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY)

    async def request(fails: bool) -> None:
        async with bench.transaction() as tx:
            await issue_receipt(tx, candidacy_id, domain.Requested.APPEAL, site="DON", answer_months=2)
            if fails:
                raise InterruptedError

    outcomes = await asyncio.gather(*(request(number % 3 == 0) for number in range(30)), return_exceptions=True)
    assert sum(isinstance(outcome, InterruptedError) for outcome in outcomes) == 10
    assert await numbers(bench) == [f"DON-R-2026-{number:06}" for number in range(1, 21)]


async def test_numbers_are_counted_per_site_and_year_in_paris(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY)
    for now, site in (
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "DON"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "DON"),
        (NOW, "ARR"),
    ):
        clock.now = now
        async with bench.transaction() as tx:
            await issue_receipt(tx, candidacy_id, domain.Requested.CHANGE_OF_ASSIGNMENT, site=site, answer_months=2)
    assert await numbers(bench) == ["ARR-R-2026-000001", "DON-R-2026-000001", "DON-R-2027-000001"]


async def test_receipts_are_read_by_who_works_on_the_file(api: Api) -> None:
    candidacy_id = await api.create()
    for officer in ("placement_officer", "training_lead", "companion", "partner_admin", "operator"):
        assert problem(await api.get(f"/{candidacy_id}/receipts", by=officer)) == (403, "role-missing")
    assert problem(await api.get(f"/{candidacy_id}/receipts", by="origin_spip")) == (404, "candidacy-unknown")
    assert problem(await api.get(f"/{NOBODY}/receipts")) == (404, "candidacy-unknown")
