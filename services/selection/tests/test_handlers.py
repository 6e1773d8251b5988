"""Use cases on a real PostgreSQL: what they save, what they publish, what they refuse."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import domain, handlers, store
from services.selection.domain import Refusal, Refused
from services.selection.tables import candidacies, decisions, expected_replies, identities, journey_steps, opinions
from services.selection.tests import builders
from services.selection.tests.builders import DIRECTOR, GROUNDS, NOW, Clock, some_facts
from services.selection.tests.steps import approved, journey, of_acts
from shared.messaging import Tx
from shared.testing.kernel import Bench

STRANGER = domain.Editor("cpip-9", domain.Scope("DON", "MA-CHALONS"), None)
"""Works for another establishment."""


async def refusal_of(bench: Bench, act: Any) -> Refusal:
    """Runs the act in a transaction of its own; it must be refused."""
    with pytest.raises(Refused) as refused:
        async with bench.transaction() as tx:
            await act(tx)
    return refused.value.refusal


async def everything(bench: Bench) -> list[Any]:
    """All that selection has stored, to compare before and after."""
    tables = (identities, candidacies, opinions, decisions, expected_replies, journey_steps)
    async with bench.engine.connect() as conn:
        return [(await conn.execute(sa.select(table))).all() for table in tables]


async def test_a_new_file_is_submitted_with_an_estimate_and_says_only_that_it_was(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        row = await store.candidacy_row(tx.conn, candidacy_id)
    assert (row.state, row.version, row.file_number) == ("submitted", 1, 1)
    assert row.estimate["result"] == "favourable"
    (event,) = await bench.published()
    assert (event.event_type, event.body) == ("selection.candidacy.submitted.v1", {})
    assert event.headers["ce_aggregateversion"] == "1"


async def test_an_assessment_keeps_the_opinion_with_rule_version_inputs_and_basis(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx)
        row = await store.opinion_row(tx.conn, opinion_id)
        file = await store.candidacy_row(tx.conn, candidacy_id)
    assert (file.state, file.opinion_id) == ("assessed", opinion_id)
    assert (row.rule_version, row.result, row.reference_on) == (domain.RULE_VERSION, "favourable", builders.TODAY)
    assert [line["criterion"] for line in row.lines] == list(domain.Criterion)
    assert all(line["inputs"] and line["legal_basis"] for line in row.lines)


async def test_an_approval_orders_its_effects_in_three_events_of_one_transaction(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx)
    published = await of_acts(bench)
    number = "DON-2026-000001"
    assert [event.event_type for event in published] == [
        "selection.candidacy.approved.v1",
        "selection.accommodation-request.requested.v1",
        "selection.training-request.requested.v1",
    ]
    assert [event.headers["ce_aggregateversion"] for event in published] == ["3", "4", "5"]
    assert {event.key for event in published} == {candidacy_id}
    assert {event.headers["ce_subject"] for event in published} == {str(candidacy_id)}
    assert {event.headers["ce_decisionnumber"] for event in published} == {number}
    assert {event.headers["ce_siteid"] for event in published} == {"DON"}
    assert len({event.headers["ce_correlationid"] for event in published}) == 1
    candidacy, accommodation, training = (event.body for event in published)
    assert candidacy == {"decision_number": number, "partner_categories": ["employment_service", "region"]}
    assert accommodation == {
        "decision_number": number,
        "decided_on": "2026-11-23",
        "file_number": 1,
        "wing_sex": "M",
        "cell_type": "standard",
        "planned_entry": "2027-01-11",
        "projected_exit": "2028-11-23",
    }
    assert training == {
        "decision_number": number,
        "decided_on": "2026-11-23",
        "file_number": 1,
        "wishes": ["DON-WEB", "DON-BASIC"],
        "earliest_start": "2027-02-01",
        "projected_exit": "2028-11-23",
    }
    missing = (await journey(bench, candidacy_id)).missing
    assert [(reply.step, reply.request_id) for reply in missing] == [
        ("partners", published[0].headers["ce_id"]),
        ("accommodation", published[1].headers["ce_id"]),
        ("training", published[2].headers["ce_id"]),
    ]


async def test_the_next_event_of_a_candidacy_has_a_higher_version_than_any_before(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx)
        await builders.withdraw(tx, candidacy_id)
    versions = [int(event.headers["ce_aggregateversion"]) for event in await bench.published()]
    assert versions == sorted(set(versions))


async def test_the_act_as_stored_still_has_the_digest_it_was_signed_with(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx)
    async with bench.engine.connect() as conn:
        row = await store.decision_row_of(conn, candidacy_id)
    assert row is not None
    assert row.act_digest == store.digest_of(row._asdict())
    assert row.act_digest != store.digest_of(row._asdict() | {"reasons": "others"})
    assert (row.prepared_by, row.signer_id, row.decided_on) == (builders.PREPARER, DIRECTOR.id, builders.TODAY)
    assert row.criteria["result"] == "favourable"


async def test_numbers_are_counted_per_year_of_the_decision_in_paris(bench: Bench, clock: Clock) -> None:
    numbers = []
    facts = some_facts(sentence_end=date(2028, 12, 31), extract_on=date(2026, 12, 15))
    for now in (
        NOW + timedelta(days=25),
        datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
    ):
        clock.now = now
        async with bench.transaction() as tx:
            candidacy_id = await builders.an_approved_candidacy(tx, facts=facts)
            row = await store.decision_row_of(tx.conn, candidacy_id)
            assert row is not None
            numbers.append((row.number, row.decided_on))
    assert numbers == [
        ("DON-2026-000001", date(2026, 12, 18)),
        ("DON-2026-000002", date(2026, 12, 31)),
        ("DON-2027-000001", date(2027, 1, 1)),
    ]


async def test_a_refused_approval_leaves_no_gap_in_the_register(bench: Bench) -> None:
    first, _ = await approved(bench)
    await refusal_of(bench, lambda tx: builders.approve(tx, first))
    async with bench.transaction() as tx:
        second = await builders.an_approved_candidacy(tx)
        row = await store.decision_row_of(tx.conn, second)
    assert row is not None
    assert row.number == "DON-2026-000002"


async def test_an_adapted_cell_in_a_womens_wing_is_asked_for_as_needed(bench: Bench) -> None:
    identity = domain.Identity("Fictif", "Alix", date(1990, 1, 1), "000124", domain.Sex.FEMALE)
    wishes = domain.Wishes(adapted_cell=True, training=(), partner_categories=())
    async with bench.transaction() as tx:
        await builders.an_approved_candidacy(tx, identity=identity, wishes=wishes)
    published = await of_acts(bench)
    assert (published[1].body["wing_sex"], published[1].body["cell_type"]) == ("F", "adapted")
    assert published[2].body["wishes"] == []
    assert published[0].body["partner_categories"] == []


async def test_nobody_approves_what_was_not_previewed(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
    before = await everything(bench)
    for effects in ([], [{"kind": "partners", "categories": []}]):
        assert await refusal_of(bench, lambda tx, e=effects: builders.approve(tx, candidacy_id, effects=e)) is (
            Refusal.EFFECTS_CHANGED
        )
    assert await everything(bench) == before
    assert await of_acts(bench) == []


async def test_the_preparer_neither_approves_nor_refuses(bench: Bench) -> None:
    signer = domain.Signer(id=builders.PREPARER, name="Same Person", function="director")
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
    before = await everything(bench)
    assert await refusal_of(bench, lambda tx: builders.approve(tx, candidacy_id, signer=signer)) is (
        Refusal.DECISION_BY_PREPARER
    )
    order = handlers.RefusalOrder((domain.RefusalReason.OTHER,), GROUNDS, signer)
    assert (
        await refusal_of(bench, lambda tx: handlers.refuse(tx, candidacy_id, order, builders.DECIDING, builders.POLICY))
        is Refusal.DECISION_BY_PREPARER
    )
    assert await everything(bench) == before


async def test_an_opinion_of_another_file_is_unknown_and_an_older_one_is_stale(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, older = await builders.an_assessed_candidacy(tx)
        _, others = await builders.an_assessed_candidacy(tx)
        await handlers.assess(tx, candidacy_id, builders.PREPARING, builders.POLICY)
    for opinion_id, refusal in (
        (uuid7(), Refusal.OPINION_UNKNOWN),
        (others, Refusal.OPINION_UNKNOWN),
        (older, Refusal.OPINION_STALE),
    ):
        assert (
            await refusal_of(bench, lambda tx, o=opinion_id: builders.approve(tx, candidacy_id, opinion_id=o))
            is refusal
        )


async def test_an_unfavourable_opinion_approves_nothing(bench: Bench) -> None:
    facts = some_facts(sentence_end=date(2027, 11, 22))
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx, facts=facts)
    order = handlers.ApprovalOrder(opinion_id, [], GROUNDS, DIRECTOR)
    assert (
        await refusal_of(
            bench, lambda tx: handlers.approve(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
        )
        is Refusal.OPINION_NOT_FAVOURABLE
    )


async def test_an_opinion_that_time_has_overtaken_is_stale(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx)
        approval = (
            await handlers.preview_effects(tx.conn, candidacy_id, tx.now, builders.SITE, builders.POLICY)
        ).approval
    clock.now = NOW + timedelta(days=40)
    order = handlers.ApprovalOrder(opinion_id, approval.effects.listed(), GROUNDS, DIRECTOR)
    assert (
        await refusal_of(
            bench, lambda tx: handlers.approve(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
        )
        is Refusal.OPINION_STALE
    )


async def test_a_file_is_decided_once_even_by_two_officers_at_the_same_instant(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx)
        approval = (
            await handlers.preview_effects(tx.conn, candidacy_id, tx.now, builders.SITE, builders.POLICY)
        ).approval
    order = handlers.ApprovalOrder(opinion_id, approval.effects.listed(), GROUNDS, DIRECTOR)

    async def sign() -> Refusal | None:
        try:
            async with bench.transaction() as tx:
                await handlers.approve(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
        except Refused as refused:
            return refused.refusal
        return None

    outcomes = await asyncio.gather(*(sign() for _ in range(5)))
    assert sorted(map(str, outcomes)) == ["None", *["already-decided"] * 4]
    assert len(await of_acts(bench)) == 3


async def test_a_withdrawal_at_the_instant_of_the_approval_cancels_it_or_comes_first(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx)
        approval = (
            await handlers.preview_effects(tx.conn, candidacy_id, tx.now, builders.SITE, builders.POLICY)
        ).approval
    order = handlers.ApprovalOrder(opinion_id, approval.effects.listed(), GROUNDS, DIRECTOR)
    deciding, withdrawing = asyncio.Event(), asyncio.Event()

    async def sign() -> None:
        async with bench.transaction() as tx:
            await handlers.approve(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
            deciding.set()
            await withdrawing.wait()

    async def withdraw() -> None:
        await deciding.wait()
        async with bench.transaction() as tx:
            waiting = asyncio.create_task(builders.withdraw(tx, candidacy_id))
            await _blocked(bench)
            withdrawing.set()
            await waiting

    await asyncio.gather(sign(), withdraw())
    assert [event.event_type.split(".", 1)[1] for event in await of_acts(bench)][3:] == [
        "candidacy.withdrawn.v1",
        "accommodation-request.cancelled.v1",
        "training-request.cancelled.v1",
    ]


async def _blocked(bench: Bench) -> None:
    """Waits until some session waits for a lock."""
    from shared.testing.waiting import eventually

    async def somebody() -> bool:
        async with bench.engine.connect() as conn:
            found = await conn.execute(
                sa.text(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
            )
            return found.first() is not None

    await eventually(somebody)


async def test_a_refusal_says_publicly_only_that_it_was_decided(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        order = handlers.RefusalOrder((domain.RefusalReason.PROJECT_INSUFFICIENT,), GROUNDS, DIRECTOR)
        await handlers.refuse(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
        row = await store.decision_row_of(tx.conn, candidacy_id)
    assert row is not None
    assert (row.kind, row.reason_codes, row.reasons) == ("refused", ["PROJECT_INSUFFICIENT"], GROUNDS.reasons)
    (event,) = await of_acts(bench)
    assert event.event_type == "selection.candidacy.refused.v1"
    assert event.body == {"decision_number": "DON-2026-000001"}
    assert [reply.step for reply in (await journey(bench, candidacy_id)).missing] == ["partners"]
    for act in (
        lambda tx: builders.approve(tx, candidacy_id),
        lambda tx: handlers.refuse(tx, candidacy_id, order, builders.DECIDING, builders.POLICY),
    ):
        assert await refusal_of(bench, act) is Refusal.ALREADY_DECIDED


async def test_a_withdrawal_before_any_decision_cancels_nothing(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        await builders.withdraw(tx, candidacy_id)
    (event,) = await of_acts(bench)
    assert event.event_type == "selection.candidacy.withdrawn.v1"
    assert event.body == {"decision_number": None}
    assert "ce_decisionnumber" not in event.headers


async def test_a_withdrawal_after_the_approval_cancels_cell_and_seat(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    published = await bench.published()
    assert [event.event_type.split(".", 1)[1] for event in published] == [
        "candidacy.withdrawn.v1",
        "accommodation-request.cancelled.v1",
        "training-request.cancelled.v1",
    ]
    assert {event.body["decision_number"] for event in published} == {"DON-2026-000001"}
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id, builders.TODAY)
    assert await bench.published() == []
    assert await refusal_of(bench, lambda tx: builders.approve(tx, candidacy_id)) is Refusal.CANDIDACY_WITHDRAWN


async def test_a_withdrawal_is_dated_between_signature_and_today(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    for on in (date(2026, 11, 24), date(2026, 11, 1)):
        refusal = await refusal_of(bench, lambda tx, on=on: builders.withdraw(tx, candidacy_id, on))
        assert refusal is Refusal.IMPOSSIBLE_DATES


async def test_an_officer_of_another_establishment_finds_no_file(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(
            tx, builders.a_submission(establishment="MA-REIMS"), builders.POLICY
        )

    async def assess(tx: Tx) -> None:
        await handlers.assess(tx, candidacy_id, STRANGER, builders.POLICY)

    async def withdraw(tx: Tx) -> None:
        await handlers.withdraw(tx, candidacy_id, STRANGER, withdrawn_on=None)

    assert await refusal_of(bench, assess) is Refusal.CANDIDACY_UNKNOWN
    assert await refusal_of(bench, withdraw) is Refusal.CANDIDACY_UNKNOWN


async def test_what_does_not_exist_is_unknown(bench: Bench) -> None:
    nobody = uuid7()
    for act in (
        lambda tx: handlers.assess(tx, nobody, builders.PREPARING, builders.POLICY),
        lambda tx: builders.withdraw(tx, nobody),
        lambda tx: handlers.preview_effects(tx.conn, nobody, tx.now, builders.SITE, builders.POLICY),
        lambda tx: handlers.approve(
            tx, nobody, handlers.ApprovalOrder(uuid7(), [], GROUNDS, DIRECTOR), builders.DECIDING, builders.POLICY
        ),
    ):
        assert await refusal_of(bench, act) is Refusal.CANDIDACY_UNKNOWN
