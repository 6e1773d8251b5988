"""A moved exit reaches cell and seat by a named officer's act alone."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from services.selection import domain, handlers, store
from services.selection.domain import Refusal, Refused, Status
from services.selection.tables import candidacies, exit_adoptions, reviews
from services.selection.tests import builders
from services.selection.tests.builders import DIRECTOR, adopt, record_penal
from services.selection.tests.officers import Api, problem
from services.selection.tests.steps import approved, journey, kinds, requests, steps
from services.selection.tests.test_handlers import refusal_of
from services.selection.tests.test_journeys import a_bed
from services.selection.tests.test_penal import A_PENAL_BODY, LATER, SHORT
from services.selection.tests.test_penal import reviews as open_reviews
from shared.testing.kernel import Bench


async def test_an_adopted_exit_changes_both_orders_under_the_same_decision(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
    last = (await bench.published())[-1]
    async with bench.transaction() as tx:
        await adopt(tx, candidacy_id)
    published = await bench.published()
    assert kinds(published) == ["accommodation-request.changed", "training-request.changed"]
    number = "DON-2026-000001"
    accommodation, training = (event.body for event in published)
    assert accommodation == {
        "decision_number": number,
        "decided_on": "2026-11-23",
        "file_number": 1,
        "wing_sex": "M",
        "cell_type": "standard",
        "planned_entry": "2027-01-11",
        "projected_exit": "2029-01-31",
    }
    assert training == {
        "decision_number": number,
        "decided_on": "2026-11-23",
        "file_number": 1,
        "wishes": ["DON-WEB", "DON-BASIC"],
        "earliest_start": "2027-02-01",
        "projected_exit": "2029-01-31",
    }
    before = int(last.headers["ce_aggregateversion"])
    assert [int(event.headers["ce_aggregateversion"]) for event in published] == [before + 1, before + 2]
    assert {event.headers["ce_decisionnumber"] for event in published} == {number}


async def test_the_replies_to_a_changed_order_are_awaited_and_shown(bench: Bench) -> None:
    candidacy_id, asked = await approved(bench)
    stay = uuid7()
    await bench.deliver(a_bed(candidacy_id, asked["accommodation-request"]), subject=stay, version=1)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
        await adopt(tx, candidacy_id)
    changed = requests(await bench.published())
    missing = {reply.request_id: reply.step for reply in (await journey(bench, candidacy_id)).missing}
    assert missing[changed["accommodation-request"]] == "accommodation"
    assert missing[changed["training-request"]] == "training"
    new = a_bed(candidacy_id, changed["accommodation-request"], cell="DON-H1-U1-C01", ends_on=LATER)
    await bench.deliver(new, subject=stay, version=2)
    bed = (await steps(bench, candidacy_id))["accommodation"]
    assert (bed.status, bed.detail["cell"], bed.detail["ends_on"]) == (Status.PROPOSED, "DON-H1-U1-C01", "2029-01-31")
    assert changed["accommodation-request"] not in {
        reply.request_id for reply in (await journey(bench, candidacy_id)).missing
    }


async def test_an_adoption_is_kept_with_who_and_why_and_takes_the_file_off_the_list(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
        await handlers.terms.ask_review(tx, candidacy_id, domain.Cause.DORMANT, {})
        await adopt(tx, candidacy_id)
    assert set(await open_reviews(bench, candidacy_id)) == {"dormant"}
    async with bench.engine.connect() as conn:
        row = (await conn.execute(sa.select(exit_adoptions))).one()
        closed = (await conn.execute(sa.select(reviews).where(reviews.c.closed_at.is_not(None)))).all()
    assert (row.ordered_until, row.projected_exit, row.decision_number) == (
        date(2028, 11, 23),
        SHORT,
        "DON-2026-000001",
    )
    assert (row.signer_id, row.signer_name, row.signer_function) == (
        DIRECTOR.id,
        DIRECTOR.name,
        DIRECTOR.function,
    )
    assert row.reasons
    assert {(one.cause, one.closed_by, one.outcome) for one in closed} == {
        ("result_changed", DIRECTOR.id, "exit_adopted"),
        ("exit_moved", DIRECTOR.id, "exit_adopted"),
    }


async def test_what_is_ordered_already_is_not_ordered_again(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.NOTHING_TO_ADOPT
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
        await adopt(tx, candidacy_id)
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.NOTHING_TO_ADOPT
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id)
    assert await open_reviews(bench, candidacy_id) == {"exit_moved": {"projected_exit": ["2029-01-31", "2028-11-23"]}}
    async with bench.transaction() as tx:
        await adopt(tx, candidacy_id)
        assert await store.ordered_until(tx.conn, "DON-2026-000001") == date(2028, 11, 23)
        await record_penal(tx, candidacy_id, sentence_end=None)
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.NOTHING_TO_ADOPT


async def test_no_order_ends_before_it_begins(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=builders.FACTS.planned_entry)
    await bench.published()
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.IMPOSSIBLE_DATES
    assert await bench.published() == []


async def test_after_arrival_the_bed_is_not_given_up_for_a_date(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
        await tx.conn.execute(sa.update(candidacies).values(arrived_on=builders.TODAY))
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.PERSON_HAS_ARRIVED


@pytest.mark.parametrize("officer", [builders.PREPARER, builders.REGISTRAR.id])
async def test_nobody_who_prepared_the_file_or_entered_the_extract_adopts_it(bench: Bench, officer: str) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
    signer = domain.Signer(officer, "Same Person", "director")
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id, signer)) is Refusal.DECISION_BY_PREPARER


def test_an_adoption_gives_reasons() -> None:
    with pytest.raises(Refused) as refused:
        handlers.Adoption(" \n", DIRECTOR)
    assert refused.value.refusal is Refusal.REASONS_MISSING


async def test_a_file_that_does_not_stand_adopts_nothing(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.ALREADY_SUBMITTED
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    assert await refusal_of(bench, lambda tx: adopt(tx, candidacy_id)) is Refusal.CANDIDACY_WITHDRAWN


@pytest.mark.parametrize(
    ("overrides", "constraint"),
    [({"reasons": " "}, "ck_exit_adoptions_reasons_given"), ({"ordered_until": LATER}, "ck_exit_adoptions_exit_moved")],
)
async def test_the_database_keeps_no_adoption_without_reasons_or_without_a_move(
    bench: Bench, overrides: dict[str, Any], constraint: str
) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
        await adopt(tx, candidacy_id)
    async with bench.engine.connect() as conn:
        row = (await conn.execute(sa.select(exit_adoptions))).one()._asdict()
        with pytest.raises(IntegrityError) as error:
            await conn.execute(exit_adoptions.insert(), row | {"version": 99} | overrides)
    assert constraint in str(error.value)


async def test_over_http_a_named_officer_adopts_with_reasons(api: Api) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    path = f"/{candidacy_id}/adopt-projected-exit"
    await api.change("PUT", f"/{candidacy_id}/penal", A_PENAL_BODY | {"sentence_end": "2029-01-31"}, by="registry")
    by = "decision_authority"
    assert problem(await api.post(path, {"reasons": " "}, by=by)) == (422, "reasons-missing")
    assert problem(await api.post(path, {"reasons": "Moved."}, by="spip")) == (403, "role-missing")
    answer = await api.post(path, {"reasons": "Moved."}, by=by)
    assert answer.status_code == 201
    assert answer.headers["etag"] == f'"{await api.version(candidacy_id)}"'
    assert answer.json() | {"version": 0, "signed_at": 0} == {
        "candidacy_id": candidacy_id,
        "version": 0,
        "decision_number": "DON-2026-000001",
        "ordered_until": "2028-11-23",
        "projected_exit": "2029-01-31",
        "reasons": "Moved.",
        "signer_name": "Solange Brisefer",
        "signer_function": "deputy_director",
        "signed_at": 0,
    }
    assert problem(await api.post(path, {"reasons": "Moved."}, by=by)) == (409, "nothing-to-adopt")
