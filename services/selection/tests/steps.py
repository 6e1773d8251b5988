"""Steps that tests of handlers take: an approved file, its requests, and its journey as it stands."""

from typing import Any
from uuid import UUID

from services.selection import domain, handlers, store
from services.selection.domain import State
from services.selection.tests import builders
from shared.testing.kernel import Bench, Published


async def approved(bench: Bench, **overrides: Any) -> tuple[UUID, dict[str, str]]:
    """An approved candidacy and the ids of its requests by kind: `candidacy`, `accommodation-request`, …"""
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx, **overrides)
    return candidacy_id, requests(await bench.published())


def requests(published: list[Published]) -> dict[str, str]:
    return {event.event_type.split(".")[1]: event.headers["ce_id"] for event in published}


async def steps(bench: Bench, candidacy_id: UUID) -> dict[str, domain.Step]:
    return {step.step: step for step in (await journey(bench, candidacy_id)).steps}


async def journey(bench: Bench, candidacy_id: UUID) -> domain.Journey:
    async with bench.engine.connect() as conn:
        row = await store.candidacy_row(conn, candidacy_id)
        return await handlers.read_journey(conn, candidacy_id, State(row.state), bench.clock())
