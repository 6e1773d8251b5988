"""Steps that tests of handlers take: an approved file, its requests, and its journey as it stands."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.domain import State
from services.selection.handlers.terms import meet_deadline
from services.selection.tables import candidacies
from services.selection.tests import builders
from shared.testing.kernel import Bench, Published


async def approved(bench: Bench, **overrides: Any) -> tuple[UUID, dict[str, str]]:
    """An approved candidacy and the ids of its requests by kind: `candidacy`, `accommodation-request`, …"""
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx, **overrides)
    return candidacy_id, requests(await bench.published())


async def without_extracts(bench: Bench) -> None:
    """The registry's deadlines are met, so that what rings afterwards is the test's own."""
    async with bench.transaction() as tx:
        for candidacy_id in list((await tx.conn.execute(sa.select(candidacies.c.id))).scalars()):
            await meet_deadline(tx, domain.Due.EXTRACT, candidacy_id)


async def of_acts(bench: Bench) -> list[Published]:
    """What was published, but for the facts of a file's preparation: that it was handed in and assessed."""
    preparation = {"selection.candidacy.submitted.v1", "selection.candidacy.assessed.v1"}
    return [event for event in await bench.published() if event.event_type not in preparation]


def requests(published: list[Published]) -> dict[str, str]:
    return {event.event_type.split(".")[1]: event.headers["ce_id"] for event in published}


async def steps(bench: Bench, candidacy_id: UUID) -> dict[str, domain.Step]:
    return {step.step: step for step in (await journey(bench, candidacy_id)).steps}


async def journey(bench: Bench, candidacy_id: UUID) -> domain.Journey:
    async with bench.engine.connect() as conn:
        row = await store.candidacy_row(conn, candidacy_id)
        return await handlers.read_journey(conn, candidacy_id, State(row.state), bench.clock())


def kinds(published: list[Published]) -> list[str]:
    """What was published, in order, such as `candidacy.approved`."""
    return [event.event_type.split(".", 1)[1].removesuffix(".v1") for event in published]
