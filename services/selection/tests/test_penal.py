"""A new extract of the penal file: kept for ever, looked at by itself, and shown to a human where it differs."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.domain import Refusal
from services.selection.tables import candidacies, opinions
from services.selection.tests import builders
from services.selection.tests.builders import TODAY, Clock, record_penal, some_facts
from services.selection.tests.officers import NOBODY, Api, problem
from services.selection.tests.steps import approved, kinds, of_acts
from services.selection.tests.test_handlers import everything, refusal_of
from shared.messaging import Tx
from shared.testing.kernel import Bench

SHORT = date(2027, 11, 22)
"""An end with a day less than a year left on `TODAY`."""
LATER = date(2029, 1, 31)


async def reviews(bench: Bench, candidacy_id: UUID) -> dict[str, dict[str, Any]]:
    async with bench.engine.connect() as conn:
        return {row.cause: row.detail for row in await store.open_reviews(conn, candidacy_id)}


async def file_of(bench: Bench, candidacy_id: UUID) -> store.AnyRow:
    async with bench.engine.connect() as conn:
        return await store.candidacy_row(conn, candidacy_id)


async def extracts(tx: Tx, candidacy_id: UUID) -> list[store.AnyRow]:
    """What the registry owed and owes, the earliest due first."""
    return [row for row in await store.deadline_rows(tx.conn, candidacy_id) if row.kind == "extract"]


async def results(bench: Bench) -> list[str]:
    """Of all opinions, the oldest first."""
    async with bench.engine.connect() as conn:
        return list((await conn.execute(sa.select(opinions.c.result).order_by(opinions.c.id))).scalars())


async def test_every_version_of_the_penal_facts_is_kept_with_who_and_when(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
    clock.now += timedelta(hours=1)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=SHORT, source=domain.ExtractSource.COURT)
        new, old = await store.penal_rows(tx.conn, candidacy_id)
    assert (old.version, old.sentence_end, old.extract_on, old.source, old.result) == (
        1,
        date(2028, 11, 23),
        date(2026, 11, 20),
        None,
        "favourable",
    )
    assert (new.version, new.sentence_end, new.extract_on, new.source, new.result) == (
        2,
        SHORT,
        TODAY,
        "court",
        "unfavourable",
    )
    assert (new.recorded_by, new.recorded_by_function, new.recorded_at) == ("registrar-1", "director", clock.now)


async def test_a_submitted_file_gets_a_new_estimate_and_no_review(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
    file = await file_of(bench, candidacy_id)
    assert (file.state, file.estimate["result"], file.opinion_id) == ("submitted", "unfavourable", None)
    assert await results(bench) == []
    assert await reviews(bench, candidacy_id) == {}
    assert kinds(await bench.published()) == ["candidacy.submitted", "candidacy.penal_situation_updated"]


async def test_an_assessed_file_gets_a_new_opinion_which_is_then_the_latest(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, first = await builders.an_assessed_candidacy(tx)
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
    file = await file_of(bench, candidacy_id)
    assert file.state == "assessed"
    assert file.opinion_id != first
    assert await results(bench) == ["favourable", "unfavourable"]
    assert await reviews(bench, candidacy_id) == {
        "result_changed": {
            "was": "favourable",
            "now": "unfavourable",
            "codes": ["REMAINDER_UNDER_1Y"],
            "projected_exit": ["2028-11-23", "2027-11-22"],
        }
    }
    assert await refusal_of(bench, lambda tx: builders.approve(tx, candidacy_id)) is Refusal.OPINION_NOT_FAVOURABLE


async def test_the_same_result_calls_nobody(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        await record_penal(tx, candidacy_id, sentence_end=LATER)
    assert await results(bench) == ["favourable", "favourable"]
    assert await reviews(bench, candidacy_id) == {}


async def test_an_approval_keeps_its_opinion_and_its_effects_and_a_human_is_called(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    before = await file_of(bench, candidacy_id)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
    published = await bench.published()
    assert kinds(published) == ["candidacy.penal_situation_updated", "candidacy.projected_exit_changed"]
    versions = [int(event.headers["ce_aggregateversion"]) for event in published]
    assert versions == [before.version + 1, before.version + 2]
    assert all(event.body == {} for event in published)
    file = await file_of(bench, candidacy_id)
    assert (file.state, file.version) == ("approved", versions[-1])
    assert (file.opinion_id, file.decision_number) == (before.opinion_id, before.decision_number)
    assert await results(bench) == ["favourable", "unfavourable"]
    assert set(await reviews(bench, candidacy_id)) == {"result_changed", "exit_moved"}


async def test_an_exit_that_moves_within_the_criteria_is_shown_and_one_that_stays_is_not(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id)
    assert kinds(await bench.published()) == ["candidacy.penal_situation_updated"]
    assert await reviews(bench, candidacy_id) == {}
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=LATER)
    assert await reviews(bench, candidacy_id) == {"exit_moved": {"projected_exit": ["2028-11-23", "2029-01-31"]}}


async def test_an_extract_that_puts_things_right_again_updates_the_line_and_a_human_still_closes_it(
    bench: Bench,
) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
        await record_penal(tx, candidacy_id)
    exits = ["2028-11-23", "2028-11-23"]
    assert await reviews(bench, candidacy_id) == {
        "result_changed": {"was": "favourable", "now": "favourable", "codes": [], "projected_exit": exits},
        "exit_moved": {"projected_exit": exits},
    }


async def test_a_file_that_was_to_complete_and_is_not_any_more_says_so_once(bench: Bench) -> None:
    async with bench.transaction() as tx:
        submission = builders.a_submission(facts=some_facts(sentence_end=None))
        candidacy_id = await handlers.create_candidacy(tx, submission, builders.POLICY)
        await record_penal(tx, candidacy_id)
        await handlers.assess(tx, candidacy_id, builders.PREPARING, builders.POLICY)
    assert kinds(await bench.published()) == [
        "candidacy.submitted",
        "candidacy.penal_situation_updated",
        "candidacy.completed",
        "candidacy.assessed",
    ]


async def test_an_assessment_that_finds_nothing_missing_any_more_says_so_too(bench: Bench, clock: Clock) -> None:
    facts = some_facts(extract_on=date(2026, 11, 24))
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(facts=facts), builders.POLICY)
        await tx.conn.execute(sa.update(candidacies).values(estimate={"result": "to_complete"}))
    clock.now += timedelta(days=1)
    async with bench.transaction() as tx:
        await handlers.assess(tx, candidacy_id, builders.PREPARING, builders.POLICY)
    published = await bench.published()
    assert kinds(published)[1:] == ["candidacy.assessed", "candidacy.completed"]
    assert [event.headers["ce_aggregateversion"] for event in published] == ["1", "2", "3"]
    assert (await file_of(bench, candidacy_id)).version == 3


async def test_a_draft_takes_an_extract_in_silence(bench: Bench) -> None:
    async with bench.transaction() as tx:
        submission = builders.a_submission(draft=True)
        candidacy_id = await handlers.create_candidacy(tx, submission, builders.POLICY)
        await record_penal(tx, candidacy_id, sentence_end=SHORT)
        new, _ = await store.penal_rows(tx.conn, candidacy_id)
    assert (new.version, new.result) == (2, None)
    assert await bench.published() == []


async def test_what_an_extract_does_not_say_is_not_known_any_more(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=None, status=None)
    detail = (await reviews(bench, candidacy_id))["result_changed"]
    assert (detail["now"], detail["projected_exit"]) == ("to_complete", ["2028-11-23", None])
    assert "DATA_MISSING" in detail["codes"]


async def test_a_flag_stays_until_an_extract_says_otherwise_and_each_version_keeps_its_own(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, terrorism=True)
        await record_penal(tx, candidacy_id)
        await record_penal(tx, candidacy_id, terrorism=False)
        rows = await store.penal_rows(tx.conn, candidacy_id)
        file = await store.candidacy_row(tx.conn, candidacy_id)
    assert [row.terrorism for row in rows] == [False, True, True, False]
    assert file.terrorism is False


async def test_a_flag_that_an_extract_raises_calls_a_human_by_its_code(bench: Bench) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, separation=True)
    detail = (await reviews(bench, candidacy_id))["result_changed"]
    assert (detail["was"], detail["now"], len(detail["codes"])) == ("favourable", "to_examine", 1)


@pytest.mark.parametrize(
    "overrides",
    [
        {"extract_on": TODAY + timedelta(days=1)},
        {"extract_on": date(1899, 12, 31)},
        {"sentence_end": TODAY - timedelta(days=1)},
        {"sentence_end": date(2200, 1, 1)},
    ],
)
async def test_an_extract_that_no_day_can_have_is_refused(bench: Bench, overrides: dict[str, Any]) -> None:
    candidacy_id, _ = await approved(bench)
    before = await everything(bench)
    assert await refusal_of(bench, lambda tx: record_penal(tx, candidacy_id, **overrides)) is Refusal.IMPOSSIBLE_DATES
    assert await everything(bench) == before


async def test_an_end_before_the_entry_is_a_fact_of_an_approval_and_a_contradiction_before_it(bench: Bench) -> None:
    async with bench.transaction() as tx:
        assessed, _ = await builders.an_assessed_candidacy(tx)
    candidacy_id, _ = await approved(bench)
    end = builders.FACTS.planned_entry
    refusal = await refusal_of(bench, lambda tx: record_penal(tx, assessed, sentence_end=end))
    assert refusal is Refusal.IMPOSSIBLE_DATES
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, sentence_end=end)
    assert (await reviews(bench, candidacy_id))["result_changed"]["now"] == "unfavourable"


async def test_the_registry_owes_a_new_extract_before_the_last_one_grows_stale(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        (first,) = await extracts(tx, candidacy_id)
    assert (first.kind, first.owner, first.due_on, first.remind_on) == (
        "extract",
        "registry",
        date(2026, 12, 20),
        date(2026, 12, 14),
    )
    clock.now = datetime(2026, 12, 14, 8, tzinfo=UTC)
    assert await bench.timers.fire() == 1
    async with bench.transaction() as tx:
        await record_penal(tx, candidacy_id, extract_on=date(2026, 12, 14))
        old, new = await extracts(tx, candidacy_id)
    assert (old.reminded_at, old.escalated_at, old.met_at) == (clock.now, None, clock.now)
    assert (new.due_on, new.met_at) == (date(2027, 1, 13), None)
    clock.now = datetime(2027, 1, 13, 23, tzinfo=UTC)
    await bench.timers.fire()
    async with bench.transaction() as tx:
        _, new = await extracts(tx, candidacy_id)
    assert new.escalated_at == clock.now


@pytest.mark.parametrize("end", ["withdraw", "refuse"])
async def test_of_a_closed_file_no_extract_is_due(bench: Bench, end: str) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        if end == "withdraw":
            await builders.withdraw(tx, candidacy_id)
        else:
            order = handlers.RefusalOrder((domain.RefusalReason.OTHER,), builders.GROUNDS, builders.DIRECTOR)
            await handlers.refuse(tx, candidacy_id, order, builders.DECIDING, builders.POLICY)
        (row,) = await extracts(tx, candidacy_id)
    assert row.met_at is not None
    refusal = await refusal_of(bench, lambda tx: record_penal(tx, candidacy_id))
    assert refusal is (Refusal.CANDIDACY_WITHDRAWN if end == "withdraw" else Refusal.ALREADY_DECIDED)


A_PENAL_BODY = {
    "status": "finally_convicted",
    "sentences": [{"pronounced": {"years": 4}}],
    "sentence_end": "2028-11-23",
    "extract_on": "2026-11-23",
    "source": "registry",
}


async def test_the_registry_enters_an_extract_and_all_versions_are_read_back(api: Api) -> None:
    candidacy_id = await api.assessed()
    body = A_PENAL_BODY | {"sentence_end": "2027-11-22"}
    answer = await api.change("PUT", f"/{candidacy_id}/penal", body, by="registry")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    shown = (await api.get(f"/{candidacy_id}/penal", by="inspector")).json()
    assert shown == answer.json()
    assert [(one["version"], one["result"], one["source"]) for one in shown["situations"]] == [
        (3, "unfavourable", "registry"),
        (1, "favourable", None),
    ]
    for officer in ("placement_officer", "training_lead", "operator"):
        assert problem(await api.get(f"/{candidacy_id}/penal", by=officer)) == (403, "role-missing")
    assert problem(await api.get(f"/{candidacy_id}/penal", by="origin_spip")) == (404, "candidacy-unknown")


WRONG: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"extract_on": "2026-11-24"}, (422, "impossible-dates")),
    ({"extract_on": "2026-02-30"}, (422, "impossible-dates")),
    ({"extract_on": None}, (422, "validation-failed")),
    ({"source": "hearsay"}, (422, "validation-failed")),
    ({"sentence_end": "2026-11-22"}, (422, "impossible-dates")),
    ({"sentence_end": "2027-01-11"}, (422, "impossible-dates")),
    ({"sentence_end": "9999-12-31"}, (422, "impossible-dates")),
    ({"sentences": [{"pronounced": {"years": -1}}]}, (422, "validation-failed")),
    ({"sentences": [{"pronounced": {"years": 10**12}}]}, (422, "validation-failed")),
    ({"sentences": [{"pronounced": {"days": 20}}]}, (422, "sentence-not-as-pronounced")),
    ({"sentences": [{"pronounced": {"years": 1, "days": 31}}]}, (422, "sentence-not-as-pronounced")),
    ({"sentences": [{"pronounced": {"years": 1}, "firm": {"years": 2}}]}, (422, "firm-part-too-long")),
    ({"sentences": [{"pronounced": {"years": 1}}] * 51}, (422, "validation-failed")),
    ({"offence": "any"}, (422, "unknown-field")),
]


async def test_an_extract_that_cannot_be_changes_nothing(api: Api) -> None:
    candidacy_id = await api.assessed()
    before = await api.stored()
    path = f"/{candidacy_id}/penal"
    for overrides, expected in WRONG:
        answer = await api.change("PUT", path, json.loads(json.dumps(A_PENAL_BODY | overrides)), by="registry")
        assert problem(answer) == expected, overrides
    assert problem(await api.change("PUT", path, A_PENAL_BODY, version=9)) == (412, "stale-version")
    assert problem(await api.change("PUT", path, A_PENAL_BODY, by="origin_head")) == (403, "role-missing")
    assert problem(await api.change("PUT", f"/{NOBODY}/penal", A_PENAL_BODY)) == (404, "candidacy-unknown")
    assert await api.stored() == before


async def test_after_a_withdrawal_no_extract_is_taken(api: Api) -> None:
    candidacy_id = await api.create()
    await api.post(f"/{candidacy_id}/withdraw")
    answer = await api.change("PUT", f"/{candidacy_id}/penal", A_PENAL_BODY)
    assert problem(answer) == (409, "candidacy-withdrawn")


async def test_the_longest_sentences_that_can_be_typed_are_too_long_and_nothing_overflows(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        await record_penal(tx, candidacy_id, sentences=(builders.a_sentence(1000, 12_000, 30),) * 50)
    assert await results(bench) == ["favourable", "unfavourable"]
    assert kinds(await of_acts(bench)) == ["candidacy.penal_situation_updated"]
