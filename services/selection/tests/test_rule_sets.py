"""Rule sets over time: which one applies, and old opinions that stay what they were."""

import importlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain import Criterion, LineKind, Result
from services.selection.domain.rule_sets import ALL_CRITERIA, PUBLISHED_CRITERIA, RULE_SETS
from services.selection.tests import builders
from services.selection.tests.builders import POLICY, TODAY, a_case, a_sentence, some_facts
from shared.database import create_engine
from shared.testing.fixtures import Databases
from shared.testing.kernel import Bench

FIRST_OPINIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "first_opinions.json").read_text(encoding="utf-8")
)
"""Opinions as the first rules gave them, with the facts of their files as they lay in the database. Never edited."""


def test_rule_sets_follow_one_another_without_gap_or_overlap() -> None:
    assert [one.valid_until for one in RULE_SETS] == [*(one.valid_from for one in RULE_SETS[1:]), None]
    assert RULE_SETS[0].valid_from == date.min
    assert len({one.version for one in RULE_SETS}) == len(RULE_SETS)
    assert RULE_SETS[-1].version == domain.RULE_VERSION


def test_every_criterion_has_a_text_for_every_day() -> None:
    for rules in RULE_SETS:
        for rule in (*rules.rules, *rules.at_entry):
            untils = [basis.until for basis in rule.bases]
            assert untils[-1] is None
            assert all(untils[:-1])


def test_the_reference_date_picks_the_rules() -> None:
    changed_on = ALL_CRITERIA.valid_from
    for day, rules in (
        (changed_on - timedelta(days=1), PUBLISHED_CRITERIA),
        (changed_on, ALL_CRITERIA),
        (date(2199, 12, 31), ALL_CRITERIA),
    ):
        opinion = domain.assess(a_case(), day, POLICY)
        assert opinion.rule_version == rules.version
        assert [line.criterion for line in opinion.lines] == [rule.criterion for rule in rules.rules]
    assert [rule.criterion for rule in PUBLISHED_CRITERIA.rules] == [
        Criterion(number) for number in ("C1", "C2", "C3a", "C3b", "C4")
    ]


def test_an_opinion_is_recomputed_by_its_own_rules_whatever_those_of_today_say() -> None:
    before = ALL_CRITERIA.valid_from - timedelta(days=1)
    facts = some_facts(
        sentences=(a_sentence(1, 6, 20), a_sentence(1, 0, 15)), specially_flagged=True, sentence_end=date(2028, 6, 1)
    )
    old, new = (domain.assess(a_case(facts), day, POLICY) for day in (before, before + timedelta(days=1)))
    assert domain.recompute(old) == old
    assert {line.code for line in old.lines} != {line.code for line in new.lines}
    assert len(old.lines) == 5


def test_an_opinion_is_recomputed_with_the_settings_that_it_was_made_with() -> None:
    strict = domain.Policy(extract_days=1, quantum_rule=domain.QuantumRule.LONGEST)
    opinion = domain.assess(a_case(), TODAY, strict)
    assert opinion.result is Result.TO_COMPLETE
    assert domain.recompute(opinion) == opinion


def test_rules_that_nobody_knows_recompute_nothing() -> None:
    with pytest.raises(LookupError):
        domain.rule_set_of("2025.1")


async def test_a_stored_opinion_reads_back_as_it_was_given(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx)
        stored = await store.opinion_of_file(tx.conn, candidacy_id, opinion_id)
    assert stored is not None
    assert stored == domain.assess(a_case(others_wait=False, gathered=stored.inputs.gathered), TODAY, POLICY)
    assert stored.inputs.gathered.advice >= set(POLICY.required_advice)


async def test_opinions_of_the_first_rules_survive_the_change_and_say_the_same_again(databases: Databases) -> None:
    engine = create_engine(await databases.empty(), application="selection-tests")
    async with engine.begin() as conn:
        await _migrate(conn, "0001_candidacies", "0002_files_in_full")
        ids = [await _insert(conn, one["facts"], one["opinion"]) for one in FIRST_OPINIONS]
        await _migrate(conn, "0003_criteria")
        rows = {row.id: row for row in await conn.execute(sa.text("SELECT * FROM opinions"))}
    await engine.dispose()
    for opinion_id, first in zip(ids, FIRST_OPINIONS, strict=True):
        opinion = store.opinion_of(rows[opinion_id])
        assert domain.reproduces(opinion), first["name"]
        assert opinion.inputs.adult_at_entry is True
        again = store.opinion_data(domain.recompute(opinion))
        assert {line.pop("kind") for line in again["lines"]} == {LineKind.SUBSTANTIVE.value}
        assert {name: again[name] for name in first["opinion"]} == first["opinion"], first["name"]
        assert domain.explain(opinion).reproduced


async def _migrate(conn: AsyncConnection, *revisions: str) -> None:
    for revision in revisions:
        module = importlib.import_module(f"services.selection.migrations.versions.{revision}")
        for statement in module.STATEMENTS:
            await conn.execute(sa.text(statement))


async def _insert(conn: AsyncConnection, facts: dict[str, Any], opinion: dict[str, Any]) -> Any:
    """A file and its opinion as they lay in the database before the change; gives the opinion's id."""
    person, file, opinion_id = uuid7(), uuid7(), uuid7()
    await conn.execute(
        sa.text("INSERT INTO vault.identities VALUES (:id, 'Fictif', 'Dominique', '1990-02-28', '000123', 'M')"),
        {"id": person},
    )
    await conn.execute(
        sa.text(
            """
            INSERT INTO candidacies (id, person_id, site, state, version, round, prepared_by, preparers, referent,
                penal_status, sentences, sentence_end, extract_on, consent_signed_on, consent_withdrawn_on,
                planned_entry, adapted_cell, training_wishes, partner_categories, created_at, submitted_at)
            SELECT :file, :person, 'DON', 'assessed', 2, 1, 'cpip-1', '{cpip-1}', 'cpip-1',
                penal_status, sentences, sentence_end, extract_on, consent_signed_on, consent_withdrawn_on,
                planned_entry, false, '{}', '{}', now(), now()
            FROM jsonb_to_record(CAST(:facts AS jsonb)) AS f (penal_status text, sentences jsonb, sentence_end date,
                extract_on date, consent_signed_on date, consent_withdrawn_on date, planned_entry date)
            """
        ),
        {"file": file, "person": person, "facts": json.dumps(facts)},
    )
    await conn.execute(
        sa.text(
            """
            INSERT INTO opinions (id, candidacy_id, rule_version, reference_on, result, eligible_on, at_entry, lines,
                assessed_by, assessed_at)
            SELECT :id, :file, rule_version, reference_on, result, eligible_on, at_entry, lines, 'cpip-1', now()
            FROM jsonb_to_record(CAST(:opinion AS jsonb)) AS o (rule_version text, reference_on date, result text,
                eligible_on date, at_entry text, lines jsonb)
            """
        ),
        {"id": opinion_id, "file": file, "opinion": json.dumps(opinion)},
    )
    return opinion_id
