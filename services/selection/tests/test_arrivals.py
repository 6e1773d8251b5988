"""The file follows the person: arrival gives it to the site, departure ends it; what crossed on the way is seen."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain import Status
from services.selection.tables import file_history
from services.selection.tests import builders
from services.selection.tests.builders import TODAY, a_reply, arrive
from services.selection.tests.steps import approved, requests, steps
from services.selection.tests.test_journeys import a_bed
from shared.contracts.placement import Arrived, Departed, ReleaseAwaitsDeparture
from shared.messaging.tables import failed_event
from shared.testing.kernel import Bench, record


async def arrived(bench: Bench) -> tuple[UUID, str, UUID]:
    """Somebody who has arrived: candidacy, id of the accommodation request, placement's request."""
    candidacy_id, asked = await approved(bench)
    request, subject = asked["accommodation-request"], uuid7()
    await bench.deliver(a_bed(candidacy_id, request), subject=subject, version=1)
    await arrive(bench, candidacy_id, request, subject)
    return candidacy_id, request, subject


async def lines(bench: Bench, candidacy_id: UUID) -> list[tuple[str, str, str]]:
    async with bench.engine.connect() as conn:
        found = await conn.execute(
            sa.select(file_history.c.act, file_history.c.state, file_history.c.officer)
            .where(file_history.c.candidacy_id == candidacy_id)
            .order_by(file_history.c.version)
        )
        return [tuple(row) for row in found]


async def file_row(bench: Bench, candidacy_id: UUID) -> store.AnyRow:
    async with bench.engine.connect() as conn:
        return await store.candidacy_row(conn, candidacy_id)


async def test_an_arrival_gives_the_file_to_the_site_with_a_version_and_a_line_of_its_own(bench: Bench) -> None:
    candidacy_id, _, _ = await arrived(bench)
    row = await file_row(bench, candidacy_id)
    assert (row.arrived_on, row.state, row.version) == (TODAY, "approved", 6)
    assert (await lines(bench, candidacy_id))[-1] == ("arrived", "approved", "")
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["cell"], bed.detail["arrived_on"]) == (
        Status.ARRIVED,
        "DON-H1-U2-C07",
        TODAY.isoformat(),
    )
    origin = domain.Scope("DON", "MA-REIMS")
    with pytest.raises(domain.Refused) as refused:
        origin.check_write("MA-REIMS", row.arrived_on)
    assert refused.value.refusal is domain.Refusal.PASSED_TO_SITE


async def test_an_arrival_that_comes_twice_is_written_once(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    request, subject = asked["accommodation-request"], uuid7()
    event = Arrived(**a_reply(candidacy_id, request), stay_id=subject, arrived_on=TODAY)
    same = str(uuid7())
    await bench.deliver(event, subject=subject, version=1, event_id=same)
    await bench.deliver(event, subject=subject, version=1, event_id=same)
    await bench.deliver(event, subject=subject, version=2)
    assert [act for act, _, _ in await lines(bench, candidacy_id)].count("arrived") == 1
    assert (await file_row(bench, candidacy_id)).version == 6


async def test_a_departure_ends_the_stay_in_the_file_and_in_the_journey(bench: Bench) -> None:
    candidacy_id, request, subject = await arrived(bench)
    left = Departed(
        **a_reply(candidacy_id, request), stay_id=subject, departed_on=date(2027, 5, 1), reason="end_of_sentence"
    )
    await bench.deliver(left, subject=subject, version=3)
    row = await file_row(bench, candidacy_id)
    assert (row.departed_on, row.state, row.version) == (date(2027, 5, 1), "approved", 7)
    assert (await lines(bench, candidacy_id))[-1] == ("departed", "approved", "")
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["reason"], bed.detail["cell"]) == (
        Status.DEPARTED,
        "end_of_sentence",
        "DON-H1-U2-C07",
    )
    # Who has left may come again.
    async with bench.transaction() as tx:
        again = await builders.an_approved_candidacy(tx)
        await tx.conn.execute(
            sa.text("UPDATE candidacies SET person_id = (SELECT person_id FROM candidacies WHERE id = :one)"),
            {"one": candidacy_id},
        )
    assert again != candidacy_id


async def test_an_arrival_of_nobody_is_a_dead_event(bench: Bench) -> None:
    event = Arrived(**a_reply(uuid7(), str(uuid7())), stay_id=uuid7(), arrived_on=TODAY)
    await bench.dispatcher.dispatch([record(event, subject=uuid7(), clock=bench.clock)])
    async with bench.engine.connect() as conn:
        found = await conn.execute(sa.select(failed_event.c.state, failed_event.c.reason_code))
        assert [tuple(row) for row in found] == [("dead", "candidacy-unknown")]


async def test_whoever_arrived_while_the_withdrawal_was_on_its_way_is_seen_and_keeps_the_bed(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    subject = uuid7()
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    cancelled = requests(await bench.published())["accommodation-request"]
    await arrive(bench, candidacy_id, asked["accommodation-request"], subject)
    kept = ReleaseAwaitsDeparture(**a_reply(candidacy_id, cancelled), stay_id=subject)
    await bench.deliver(kept, subject=subject, version=3)
    row = await file_row(bench, candidacy_id)
    assert (row.state, row.arrived_on) == ("withdrawn", TODAY)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["arrived_on"]) == (Status.RELEASE_AWAITS_DEPARTURE, TODAY.isoformat())
    async with bench.engine.connect() as conn:
        (change,) = await store.change_rows(conn, candidacy_id)
        (review,) = await store.open_reviews(conn, candidacy_id)
        due = [one.kind for one in await store.deadline_rows(conn, candidacy_id) if one.met_at is None]
    assert (change.cause, change.state, review.cause) == ("consent_withdrawn", "open", "arrived_unapproved")
    assert due == ["change_of_assignment"]
