"""Guards that hold in the database itself, whatever the code above forgets."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.tables import candidacies, decisions, identities, identity_reads, metadata
from services.selection.tests import builders
from services.selection.tests.builders import DIRECTOR, NOW
from shared.testing.kernel import Bench


def constraint_of(error: IntegrityError) -> str:
    """Name of the constraint that was broken."""
    return str(error.orig.__cause__.constraint_name)  # type: ignore[union-attr]


async def test_the_migrations_build_what_the_tables_say(engine: AsyncEngine) -> None:
    def differences(connection: sa.Connection) -> list[Any]:
        options = {
            "compare_server_default": False,
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name in {None, "vault"},
        }
        context = MigrationContext.configure(connection, opts=options)
        return [one for one in compare_metadata(context, metadata) if "alembic_version" not in str(one)]

    async with engine.connect() as conn:
        assert await conn.run_sync(differences) == []


BROKEN_ACTS: list[tuple[dict[str, object], str]] = [
    ({"signer_id": builders.PREPARER}, "ck_decisions_four_eyes"),
    ({"preparers": [builders.PREPARER, DIRECTOR.id]}, "ck_decisions_four_eyes"),
    ({"prepared_by": "somebody-else"}, "fk_decisions_candidacy_id_prepared_by_candidacies"),
    ({"reasons": " \n"}, "ck_decisions_reasons_given"),
    ({"authority": ""}, "ck_decisions_authority_given"),
    ({"delegation": "\t"}, "ck_decisions_delegation_given"),
    ({"opinion_id": None}, "ck_decisions_approved_on_opinion"),
    ({"kind": "refused"}, "ck_decisions_refused_with_code"),
    ({"act_digest": b"short"}, "ck_decisions_act_digest"),
]


async def test_the_register_takes_no_act_that_breaks_a_rule(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx)
    async with bench.engine.connect() as conn:
        row = await store.decision_row_of(conn, candidacy_id)
        assert row is not None
        act = row._asdict() | {"id": uuid7(), "number": "DON-2026-999999"}
        assert await _broken_by(conn, act) == "uq_decisions_approved_candidacy_id_round"
        await conn.execute(decisions.delete())
        for overrides, constraint in BROKEN_ACTS:
            assert await _broken_by(conn, act | overrides) == constraint
        await conn.execute(decisions.insert(), act)


async def _broken_by(conn: AsyncConnection, act: dict[str, object]) -> str:
    """Name of the constraint that keeps the act out."""
    with pytest.raises(IntegrityError) as error:
        async with conn.begin_nested():
            await conn.execute(decisions.insert(), act)
    return constraint_of(error.value)


async def test_no_candidacy_is_decided_without_an_act(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
    async with bench.engine.connect() as conn:
        with pytest.raises(IntegrityError) as error:
            await conn.execute(sa.update(candidacies).values(state="approved").where(candidacies.c.id == candidacy_id))
    assert constraint_of(error.value) == "ck_candidacies_decided_by_act"


async def test_a_database_error_does_not_repeat_what_was_written(bench: Bench) -> None:
    canary = "Zzcanaryzz"
    person = uuid7()
    identity = domain.Identity(canary, canary, builders.TODAY, canary, domain.Sex.FEMALE)
    async with bench.transaction() as tx:
        await store.insert_identity(tx.conn, person, identity)
    with pytest.raises(IntegrityError) as error:
        async with bench.transaction() as tx:
            await store.insert_identity(tx.conn, person, identity)
    assert canary not in str(error.value)


async def test_a_read_of_the_vault_is_logged_with_who_when_why_and_where(bench: Bench) -> None:
    person = uuid7()
    async with bench.transaction() as tx:
        await store.insert_identity(tx.conn, person, builders.IDENTITY)
        row = await store.read_identity(
            tx.conn,
            store.Read(
                DIRECTOR.id, DIRECTOR.function, tx.now, domain.Purpose.DECISION, person, "GET /v1/candidacies/{id}"
            ),
        )
    assert row.last_name == builders.IDENTITY.last_name
    async with bench.engine.connect() as conn:
        logged = (await conn.execute(sa.select(identity_reads))).one()
        assert (await conn.execute(sa.select(sa.func.count()).select_from(identities))).scalar_one() == 1
    assert (logged.reader, logged.reader_function, logged.read_at, logged.purpose, logged.person_id, logged.route) == (
        DIRECTOR.id,
        "director",
        NOW,
        "decision",
        person,
        "GET /v1/candidacies/{id}",
    )
    assert isinstance(logged.person_id, UUID)
