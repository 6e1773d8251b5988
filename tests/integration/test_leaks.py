"""Canaries in every identity field and free text: only the vault, the advice and the decision have them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.http import ask
from deploy.local.officers import Officers, steps_of
from deploy.local.papers import Person, file_of
from shared.testing.waiting import eventually
from tests.integration.test_journeys import standing

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

LAST, FIRST, ECROU, REASONS, DELEGATION, BIRTH, WORDS = (
    "Canarisnom",
    "Canarisprenom",
    "CANARI-4711",
    "Canarismotif du refus",
    "Canarisdelegation",
    "1987-03-17",
    "Canarisavis",
)
CANARIES = (LAST, FIRST, ECROU, REASONS, DELEGATION, BIRTH, WORDS)
ALLOWED = {
    ("selection", "vault.identities"): {LAST, FIRST, ECROU, BIRTH},
    ("selection", "public.decisions"): {REASONS, DELEGATION},
    ("selection", "public.advice"): {WORDS},
    ("selection", "public.delegations"): {DELEGATION},
}
"""Where a canary may lie: the vault, an advice, the decision's own words, and the delegation that it names."""


def found(text: str) -> set[str]:
    return {canary for canary in CANARIES if canary.lower() in text.lower()}


async def test_no_canary_leaves_the_vault_the_advice_and_the_decision(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Partenaire curieux", "region", inbox)
    answers = await _provoke(officers)
    candidacy = await _decide(officers)
    await standing(officers, candidacy, partners="told")
    read = await officers.must(
        "spip", "GET", "selection", f"/v1/candidacies/{candidacy}", headers={"Purpose": "assessment"}
    )
    advice = await officers.must("spip", "GET", "selection", f"/v1/candidacies/{candidacy}/advice")
    shown = found(json.dumps([read.body, advice.body]))
    assert shown == set(CANARIES), "an authorised reader sees it all: the search works"

    assert {where for where, text in answers if found(text)} == set()
    assert found(json.dumps(await officers.notices(inbox, count=1))) == set()
    spans = await eventually(lambda: _spans(officers))
    assert found(spans) == set()
    assert await _in_kafka(officers) == {}
    assert await _in_databases(officers) == ALLOWED
    assert {path.name for path in _logs(officers) if found(path.read_text(errors="replace"))} == set()


async def _provoke(officers: Officers) -> list[tuple[str, str]]:
    """Errors of every kind whose input holds canaries; gives the answers."""
    person = Person(LAST, FIRST, categories=("region",), ecrou=ECROU)
    good = file_of(person, "DON", officers.today)
    good["identity"]["birth_date"] = BIRTH
    # The canaries are one name: each file with them is of another person.
    good["different_person"] = True
    path, key = "/v1/candidacies", str(uuid4())
    wrong: dict[str, Any] = {
        "unknown field": {**good, LAST: REASONS},
        "wrong type": {**good, "identity": {**good["identity"], "last_name": [LAST], "birth_date": f"{BIRTH}T{LAST}"}},
        "too long": {**good, "identity": {**good["identity"], "first_names": FIRST * 500}},
        "NUL": {**good, "identity": {**good["identity"], "last_name": f"{LAST}\0"}},
        "wrong site": {**good, "site": "ARR"},
    }
    answers = [(name, await officers.call("spip", "POST", "selection", path, body)) for name, body in wrong.items()]
    answers.append(("malformed", await officers.call("spip", "POST", "selection", path, data=f'{{"{LAST}'.encode())))
    answers.append(("oversized", await officers.call("spip", "POST", "selection", path, data=LAST.encode() * 9000)))
    assert all(answer.status >= 400 for _, answer in answers), [(n, a.status) for n, a in answers]
    # The same key with another body, and a database error that carries the row.
    first = await officers.call("spip", "POST", "selection", path, good, key=key)
    again = await officers.call("spip", "POST", "selection", path, {**good, "adapted_cell": True}, key=key)
    assert (first.status, again.status) == (201, 422)
    answers.append(("key reused", again))
    server = officers.stack.postgres.url.removesuffix("/postgres") + "/selection"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(
            f"ALTER TABLE vault.identities ADD CONSTRAINT mute CHECK (last_name <> '{LAST}') NOT VALID"
        )
        broken = await officers.call("spip", "POST", "selection", path, good)
    finally:
        await connection.execute("ALTER TABLE vault.identities DROP CONSTRAINT mute")
        await connection.close()
    assert broken.status == 500
    answers.append(("database error", broken))
    return [(name, json.dumps([answer.body, dict(answer.headers)])) for name, answer in answers]


async def _decide(officers: Officers) -> str:
    person = Person(LAST, FIRST, categories=("region",), ecrou=ECROU)
    identity = {**file_of(person, "DON", officers.today)["identity"], "birth_date": BIRTH}
    candidacy = await officers.prepare(person, identity=identity, different_person=True)
    received = {
        "author": {"name": "Éponine Larrivée", "function": "sentence_judge"},
        "given_on": officers.today.isoformat(),
        "sense": "reserved",
        "words": WORDS,
    }
    await officers.act("registry", candidacy, "advice", {"kind": "sentence_judge", "received": received})
    await officers.delegate(DELEGATION)
    # What was typed into a search stands in the address.
    sought = f"/v1/persons/search?q={LAST}"
    shown = await officers.must("spip", "GET", "selection", sought, headers={"Purpose": "assessment"})
    assert shown.body["items"]
    preview = await officers.preview(candidacy)
    act = {
        "opinion_id": preview["opinion_id"],
        "effects": preview["effects"],
        "reasons": REASONS,
        "authority": "DISP",
        "delegation": DELEGATION,
    }
    await officers.act("decision_authority", candidacy, "approve", act, version=preview["version"])
    await eventually(lambda: _told(officers, candidacy))
    return candidacy


async def _told(officers: Officers, candidacy: str) -> bool:
    return steps_of(await officers.journey(candidacy)).get("partners") == "told"


async def _spans(officers: Officers) -> str:
    """Every span received, once there are some of each service."""
    otlp = officers.stack.urls["otlp"]
    ids = await asyncio.to_thread(ask, "GET", f"{otlp}/traces?limit=100000")
    texts = [json.dumps(await asyncio.to_thread(officers.stack.spans, one)) for one in ids]
    everything = "\n".join(texts)
    return everything if all(f"inserre-{service}" in everything for service in officers.stack.services) else ""


async def _in_kafka(officers: Officers) -> dict[str, set[str]]:
    """Canaries by topic, in any key, value or header."""
    bootstrap = officers.stack.kafka.bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
    await admin.close()
    reader = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await reader.start()
    hits: dict[str, set[str]] = {}
    seen = 0
    try:
        ends = await reader.end_offsets(reader.assignment())
        while any([await reader.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await reader.getmany(timeout_ms=200)).items():
                for record in records:
                    seen += 1
                    if canaries := found(repr((record.key, record.value, record.headers))):
                        hits.setdefault(partition.topic, set()).update(canaries)
    finally:
        await reader.stop()
    assert seen > 0
    return hits


async def _in_databases(officers: Officers) -> dict[tuple[str, str], set[str]]:
    """Canaries by service and table, in any column of any row."""
    hits: dict[tuple[str, str], set[str]] = {}
    for service in officers.stack.services:
        connection = await asyncpg.connect(officers.stack.environment.database(service).replace("+asyncpg", ""))
        try:
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'messaging', 'vault')"
            )
            for schema, table in tables:
                rows = await connection.fetch(f'SELECT * FROM "{schema}"."{table}"')
                if canaries := found(repr([tuple(row) for row in rows])) | _dates(rows):
                    hits[service, f"{schema}.{table}"] = canaries
        finally:
            await connection.close()
    return hits


def _dates(rows: list[asyncpg.Record]) -> set[str]:
    return {BIRTH for row in rows for value in row if str(value) == BIRTH}


def _logs(officers: Officers) -> Iterator[Any]:
    return officers.stack.run.path.glob("*.log")
