"""The journey on a real PostgreSQL: each reply in its place, in whatever order they come."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain import Status
from services.selection.tests.builders import NOW, Clock, a_reply, withdraw
from services.selection.tests.steps import approved, journey, requests, steps
from shared.contracts.citizen_space import Enrolled, EnrolmentCancelled, EnrolmentConfirmed
from shared.contracts.notifications import AlertsPlanned, PartnerAlerted, PartnerAlertFailed
from shared.contracts.placement import AssignmentConfirmed, AssignmentExpired, BedAssigned, BedReleased, BedWaitlisted
from shared.testing.kernel import Bench


def a_bed(candidacy_id: UUID, request: str, **overrides: Any) -> BedAssigned:
    given: dict[str, Any] = {
        "stay_id": uuid7(),
        "cell": "DON-H1-U2-C07",
        "confirm_by": NOW + timedelta(days=21),
        "starts_on": date(2027, 1, 11),
        "ends_on": date(2028, 11, 23),
        "from_waiting_list": False,
    }
    return BedAssigned(**a_reply(candidacy_id, request), **given | overrides)


async def test_a_proposed_bed_shows_in_the_journey_and_keeps_its_cell_when_confirmed(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    request, subject = asked["accommodation-request"], uuid7()
    await bench.deliver(a_bed(candidacy_id, request), subject=subject, version=1)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["cell"], bed.since) == (Status.PROPOSED, "DON-H1-U2-C07", NOW)
    assert [reply.step for reply in (await journey(bench, candidacy_id)).missing] == ["partners", "training"]
    confirmed = AssignmentConfirmed(
        **a_reply(candidacy_id, request), stay_id=uuid7(), confirmed_by_function="placement_officer"
    )
    await bench.deliver(confirmed, subject=subject, version=2)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["cell"]) == (Status.CONFIRMED, "DON-H1-U2-C07")
    assert bed.detail["confirmed_by_function"] == "placement_officer"


async def test_a_proposal_past_its_date_is_overdue(bench: Bench, clock: Clock) -> None:
    candidacy_id, asked = await approved(bench)
    request, subject = asked["accommodation-request"], uuid7()
    await bench.deliver(a_bed(candidacy_id, request), subject=subject, version=1)
    clock.now = NOW + timedelta(days=22)
    assert (await steps(bench, candidacy_id))["accommodation"].status is Status.OVERDUE
    expired = AssignmentExpired(**a_reply(candidacy_id, request), stay_id=uuid7())
    await bench.deliver(expired, subject=subject, version=2)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["cell"], bed.since) == (Status.OVERDUE, "DON-H1-U2-C07", NOW + timedelta(days=21))


async def test_a_bed_after_the_waiting_list_says_nothing_of_the_list_any_more(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    request, subject = asked["accommodation-request"], uuid7()
    waitlisted = BedWaitlisted(**a_reply(candidacy_id, request), reason="no_free_bed")
    await bench.deliver(waitlisted, subject=subject, version=1)
    assert (await steps(bench, candidacy_id))["accommodation"].status is Status.WAITLISTED
    await bench.deliver(a_bed(candidacy_id, request, from_waiting_list=True), subject=subject, version=2)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert bed.status is Status.PROPOSED
    assert "reason" not in bed.detail


async def test_an_older_fact_never_replaces_a_newer_one(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    request = asked["accommodation-request"]

    def a_fact(fact: str) -> domain.Outcome:
        return domain.Outcome("accommodation", fact, request, "DON-2026-000001", {}, NOW)

    for fact, version in (("bed_released", 3), ("bed_assigned", 2), ("bed_waitlisted", 3)):
        async with bench.transaction() as tx:
            await store.record_fact(tx.conn, candidacy_id, a_fact(fact), version=version, adds=False, now=NOW)
    assert (await steps(bench, candidacy_id))["accommodation"].fact == "bed_released"


async def test_two_deliveries_of_one_candidacy_are_two_steps(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    reply = a_reply(candidacy_id, asked["candidacy"])
    cause = UUID(asked["candidacy"])
    await bench.deliver(AlertsPlanned(**reply, count=2), subject=cause)
    assert (await steps(bench, candidacy_id))["partners"].status is Status.IN_PROGRESS
    told = PartnerAlerted(**reply, notice="candidacy.approved", partner="Mission fictive", attempts=1)
    failed = PartnerAlertFailed(
        **reply, notice="candidacy.approved", partner="Atelier fictif", attempts=8, reason="retries_exhausted"
    )
    one, other = uuid7(), uuid7()
    await bench.deliver(told, subject=one)
    await bench.deliver(failed, subject=other)
    found = await steps(bench, candidacy_id)
    assert found[f"partners/{one}"].status is Status.TOLD
    assert found[f"partners/{other}"].status is Status.NOT_TOLD
    assert found[f"partners/{one}"].detail["partner"] == "Mission fictive"
    assert found["partners"].status is Status.NOT_TOLD


async def test_after_a_withdrawal_what_was_reserved_is_superseded_until_it_is_released(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    stay, seat, delivery = uuid7(), uuid7(), uuid7()
    await bench.deliver(a_bed(candidacy_id, asked["accommodation-request"]), subject=stay, version=1)
    enrolled = Enrolled(
        **a_reply(candidacy_id, asked["training-request"]),
        enrolment_id=uuid7(),
        activity="DON-WEB",
        starts_on=date(2027, 2, 1),
    )
    await bench.deliver(enrolled, subject=seat, version=1)
    confirmed = EnrolmentConfirmed(
        **a_reply(candidacy_id, asked["training-request"]),
        enrolment_id=uuid7(),
        confirmed_by_function="training_lead",
    )
    await bench.deliver(confirmed, subject=seat, version=2)
    told = a_reply(candidacy_id, asked["candidacy"])
    await bench.deliver(AlertsPlanned(**told, count=1), subject=UUID(asked["candidacy"]))
    await bench.deliver(
        PartnerAlerted(**told, notice="candidacy.approved", partner="Mission fictive", attempts=1), subject=delivery
    )
    assert (await journey(bench, candidacy_id)).missing == ()

    async with bench.transaction() as tx:
        await withdraw(tx, candidacy_id)
    cancelled = requests(await bench.published())
    found = await steps(bench, candidacy_id)
    assert {step.status for step in found.values()} == {Status.SUPERSEDED}
    assert [reply.step for reply in (await journey(bench, candidacy_id)).missing] == [
        "partners",
        "accommodation",
        "training",
    ]

    released = BedReleased(**a_reply(candidacy_id, cancelled["accommodation-request"]), stay_id=uuid7())
    await bench.deliver(released, subject=stay, version=2)
    gone = EnrolmentCancelled(**a_reply(candidacy_id, cancelled["training-request"]), enrolment_id=uuid7())
    await bench.deliver(gone, subject=seat, version=3)
    retracting = a_reply(candidacy_id, cancelled["candidacy"])
    await bench.deliver(AlertsPlanned(**retracting, count=1), subject=UUID(cancelled["candidacy"]))
    retraction = uuid7()
    await bench.deliver(
        PartnerAlerted(**retracting, notice="candidacy.withdrawn", partner="Mission fictive", attempts=1),
        subject=retraction,
    )
    found = await steps(bench, candidacy_id)
    assert {name: step.status for name, step in found.items()} == {
        "accommodation": Status.RELEASED,
        "training": Status.RELEASED,
        "partners": Status.TOLD,
        f"partners/{delivery}": Status.SUPERSEDED,
        f"partners/{retraction}": Status.TOLD,
    }
    assert (await journey(bench, candidacy_id)).missing == ()
