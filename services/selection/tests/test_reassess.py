"""After a change of the rules all open files are assessed again; a human is asked where the result differs."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.selection import domain, handlers
from services.selection.handlers.reassess import Reassessed
from services.selection.tables import candidacies, file_history, opinions, reviews
from services.selection.tests import builders
from services.selection.tests.builders import POLICY, Clock
from shared.testing.kernel import Bench


async def reassess(bench: Bench, after: int = 0, limit: int = 500) -> Reassessed:
    async with bench.transaction() as tx:
        return await handlers.reassess(tx, POLICY, after=after, limit=limit)


async def rows(bench: Bench, table: sa.Table) -> list[Any]:
    async with bench.engine.connect() as conn:
        return list(await conn.execute(sa.select(table)))


async def test_opinions_are_kept_and_differences_reviewed_while_files_stay_as_they_are(
    bench: Bench, clock: Clock
) -> None:
    async with bench.transaction() as tx:
        still_fine, _ = await builders.an_assessed_candidacy(tx)
        old_extract = builders.some_facts(extract_on=builders.TODAY - timedelta(days=25))
        stale, _ = await builders.an_assessed_candidacy(tx, facts=old_extract)
        await handlers.create_candidacy(tx, builders.a_submission(), POLICY)
        closed, _ = await builders.an_assessed_candidacy(tx)
        await builders.withdraw(tx, closed)
    await bench.published()
    files, history = await rows(bench, candidacies), await rows(bench, file_history)
    clock.now += timedelta(days=10)
    assert await reassess(bench) == Reassessed(last=2, files=2, differing=1)
    assert (await rows(bench, candidacies), await rows(bench, file_history)) == (files, history)
    assert await bench.published() == []
    new = [row for row in await rows(bench, opinions) if row.assessed_by == ""]
    assert {row.candidacy_id: row.result for row in new} == {still_fine: "favourable", stale: "to_complete"}
    (review,) = await rows(bench, reviews)
    assert (review.candidacy_id, review.cause) == (stale, "result_changed")
    assert review.detail == {"was": "favourable", "now": "to_complete", "rule_version": domain.RULE_VERSION}


async def test_a_run_that_broke_off_goes_on_and_none_is_assessed_twice_on_a_day(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        for _ in range(5):
            await builders.an_assessed_candidacy(tx)
    assert await reassess(bench) == Reassessed(None, 0, 0), "the opinions that stand are of today"
    clock.now += timedelta(days=1)
    first = await reassess(bench, limit=2)
    assert (first.last, first.files) == (2, 2)
    again = await reassess(bench, limit=2)
    assert (again.last, again.files) == (4, 2)
    rest = await reassess(bench, after=4, limit=2)
    assert (rest.last, rest.files) == (5, 1)
    assert await reassess(bench) == Reassessed(None, 0, 0)
    assert len(await rows(bench, opinions)) == 10
