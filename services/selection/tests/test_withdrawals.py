"""A withdrawal is never refused; what it undoes is told before, and once the person has arrived it frees nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import domain, handlers, store
from services.selection.domain import Refusal, Undone
from services.selection.tables import candidacies
from services.selection.tests import builders
from services.selection.tests.builders import NOW, TODAY, a_reply
from services.selection.tests.officers import Api, problem
from services.selection.tests.steps import approved
from services.selection.tests.test_arrivals import arrived, file_row
from services.selection.tests.test_domain import NUMBER, an_outcome
from services.selection.tests.test_domain import a_reply as an_expected
from services.selection.tests.test_handlers import refusal_of
from services.selection.tests.test_journeys import a_bed
from shared.contracts.citizen_space import EnrolmentWaitlisted
from shared.contracts.notifications import AlertsPlanned, PartnerAlerted, PartnerAlertFailed
from shared.testing.kernel import Bench


async def preview(bench: Bench, candidacy_id: UUID) -> handlers.WithdrawalPreview:
    async with bench.engine.connect() as conn:
        return await handlers.preview_withdrawal(conn, candidacy_id, bench.clock(), builders.SITE)


async def test_the_dry_run_tells_each_service_what_it_would_undo_and_changes_nothing(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    waiting = await preview(bench, candidacy_id)
    assert [line.what for line in waiting.undoing.undone] == [
        Undone.CANCELS_BED_ORDER,
        Undone.CANCELS_SEAT_ORDER,
        Undone.STOPS_NOTICES,
    ]
    await bench.deliver(a_bed(candidacy_id, asked["accommodation-request"]), subject=uuid7())
    listed = EnrolmentWaitlisted(**a_reply(candidacy_id, asked["training-request"]), reason="no_free_seat")
    await bench.deliver(listed, subject=uuid7())
    told = a_reply(candidacy_id, asked["candidacy"])
    await bench.deliver(AlertsPlanned(**told, count=3), subject=UUID(asked["candidacy"]))
    common = {**told, "notice": "candidacy.approved"}
    await bench.deliver(PartnerAlerted(**common, partner="Mission fictive", attempts=1), subject=uuid7())
    for partner, attempts in (("Atelier fictif", 9), ("Disparue", 0)):
        failed = PartnerAlertFailed(**common, partner=partner, attempts=attempts, reason="retries_exhausted")
        await bench.deliver(failed, subject=uuid7())
    shown = await preview(bench, candidacy_id)
    found = [(line.service, line.what, dict(line.detail)) for line in shown.undoing.undone]
    assert found[0][:2] == ("placement", Undone.FREES_BED)
    assert found[0][2]["cell"] == "DON-H1-U2-C07"
    assert found[1] == ("citizen_space", Undone.LEAVES_SEAT_LISTS, {"reason": "no_free_seat"})
    assert found[2:] == [
        ("notifications", Undone.RETRACTS_NOTICE, {"partner": "Mission fictive"}),
        ("notifications", Undone.RETRACTS_NOTICE, {"partner": "Atelier fictif"}),
    ]
    assert shown.undoing.opens == ()
    assert (shown.version, shown.decision_number) == ((await file_row(bench, candidacy_id)).version, NUMBER)
    assert await bench.published() == []


@pytest.mark.parametrize("state", [one for one in domain.State if one is not domain.State.APPROVED])
def test_without_an_approval_nothing_is_undone(state: domain.State) -> None:
    journey = domain.journey(
        state, [an_outcome("accommodation", "bed_assigned")], [an_expected("accommodation")], NOW + timedelta(hours=1)
    )
    assert domain.undoing(state, journey, arrived=False, departed=False).undone == ()


async def test_after_arrival_a_withdrawal_frees_nothing_and_asks_for_another_prison(bench: Bench) -> None:
    candidacy_id, _, _ = await arrived(bench)
    shown = (await preview(bench, candidacy_id)).undoing
    assert shown == domain.AFTER_ARRIVAL
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    assert await bench.published() == []
    row = await file_row(bench, candidacy_id)
    assert (row.state, row.consent_withdrawn_on, row.decision_number) == ("approved", TODAY, NUMBER)
    async with bench.engine.connect() as conn:
        (change,) = await store.change_rows(conn, candidacy_id)
        (review,) = await store.open_reviews(conn, candidacy_id)
        (due,) = [one for one in await store.deadline_rows(conn, candidacy_id) if one.kind == "change_of_assignment"]
        (receipt,) = [one for one in await store.receipt_rows(conn, candidacy_id) if one.kind != "submission"]
    assert (change.cause, change.state, change.requested_on) == ("consent_withdrawn", "open", TODAY)
    assert (due.subject, due.due_on, due.met_at) == (change.id, domain.add_months(TODAY, 2), None)
    assert review.cause == "consent_withdrawn"
    assert (receipt.kind, receipt.silent_from) == ("change_of_assignment", domain.add_months(TODAY, 2))
    # Once more is not refused, and opens no second request.
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
        assert len(await store.change_rows(tx.conn, candidacy_id)) == 1


async def test_a_draft_that_is_withdrawn_tells_nobody(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(draft=True), builders.POLICY)
        await builders.withdraw(tx, candidacy_id)
    assert await bench.published() == []
    assert (await file_row(bench, candidacy_id)).state == "withdrawn"


async def test_a_withdrawal_names_an_approval_that_stands_and_no_other_decision(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        # As an adjournment or a deferral may leave it.
        await tx.conn.execute(sa.update(candidacies).values(decision_number="DON-2026-000009"))
        await builders.withdraw(tx, candidacy_id)
    event = (await bench.published())[-1]
    assert (event.event_type, event.body) == ("selection.candidacy.withdrawn.v1", {"decision_number": None})


def answer(granted: bool = True, reasons: str = "A place is free elsewhere.") -> dict[str, Any]:
    return {"outcome": "granted" if granted else "refused", "reasons": reasons}


async def test_a_change_of_assignment_is_answered_once_with_reasons_by_somebody_who_did_not_prepare(
    api: Api, bench: Bench
) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    asked = {one.event_type.split(".")[1]: one.headers["ce_id"] for one in await bench.published()}
    await builders.arrive(bench, UUID(candidacy_id), asked["accommodation-request"], uuid7())
    assert problem(await api.post(f"/{candidacy_id}/withdraw")) == (403, "passed-to-site")
    dry = await api.http.post(
        f"/v1/candidacies/{candidacy_id}/withdraw/preview", headers=api.tokens.bearer("site_spip")
    )
    assert (dry.status_code, dry.json()["undone"], dry.json()["opens"]) == (
        200,
        [],
        ["change_of_assignment", "review"],
    )
    withdrawn = await api.post(f"/{candidacy_id}/withdraw", by="site_spip")
    assert withdrawn.status_code == 200, withdrawn.text
    change = withdrawn.json()["change_of_assignment"]
    assert (withdrawn.json()["state"], change is None) == ("approved", False)
    journey = (await api.get(f"/{candidacy_id}/journey", by="inspector")).json()
    assert journey["change_of_assignment"] == {"id": change, "requested_on": "2026-11-23", "state": "open"}
    path = f"/{candidacy_id}/change-of-assignment/{change}/close"
    assert problem(await api.post(path, answer(), by="site_spip")) == (403, "role-missing")
    assert problem(await api.post(path, answer(reasons=" "), by="director")) == (422, "reasons-missing")
    other = path.replace(change, candidacy_id)
    assert problem(await api.post(other, answer(), by="director")) == (404, "change-unknown")
    closed = await api.post(path, answer(), by="director")
    assert (closed.status_code, closed.json()["state"]) == (200, "granted")
    assert problem(await api.post(path, answer(granted=False), by="director")) == (409, "change-is-closed")
    (listed,) = (await api.get(f"/{candidacy_id}/change-of-assignment", by="site_head")).json()["items"]
    assert listed["reasons"] == answer()["reasons"]
    inspector = await api.get(f"/{candidacy_id}/change-of-assignment", by="inspector")
    assert problem(inspector) == (403, "role-missing")
    async with bench.engine.connect() as conn:
        kinds = [one.kind for one in await store.deadline_rows(conn, UUID(candidacy_id)) if one.met_at is None]
    assert "change_of_assignment" not in kinds


async def test_nobody_lapses_or_revokes_a_person_who_has_arrived(bench: Bench) -> None:
    candidacy_id, _, _ = await arrived(bench)
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    for act in (handlers.lapse, handlers.revoke):
        refused = await refusal_of(
            bench,
            lambda tx, act=act: act(
                tx, candidacy_id, builders.GROUNDS, builders.DIRECTOR, builders.DECIDING, builders.POLICY
            ),
        )
        assert refused is Refusal.PERSON_HAS_ARRIVED
