"""Files go from officer to officer and from prison to prison, and nobody moves what is not in sight."""

from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers
from services.selection.store.scope import readable, writable
from services.selection.tables import candidacies
from services.selection.tests import builders
from services.selection.tests.officers import Api, problem
from services.selection.tests.test_doubles import row_of
from services.selection.tests.test_persons import named
from shared.testing.api import once
from shared.testing.kernel import Bench

CASELOADS = "/v1/caseloads/reassign"
SPIP, HEAD_OF_SPIP = "agent-1001", "agent-1002"


async def reassign(api: Api, *, by: str = "spip", key: str | None = None, **body: str) -> Any:
    order = {"from_officer": SPIP, "to_officer": HEAD_OF_SPIP} | body
    return await api.http.post(CASELOADS, json=order, headers={**api.tokens.bearer(by), **once(key)})


async def test_a_file_is_reassigned_with_a_line_of_its_history(api: Api) -> None:
    candidacy_id = await api.create()
    answer = await api.post(f"/{candidacy_id}/reassign", {"to_officer": HEAD_OF_SPIP}, by="origin_head")
    assert (answer.status_code, answer.json()["referent"], answer.json()["state"]) == (200, HEAD_OF_SPIP, "submitted")
    assert answer.headers["etag"] == '"2"'
    row = await row_of(api, candidacy_id)
    assert (row.referent, row.preparers) == (HEAD_OF_SPIP, [SPIP])
    assert "reassign" in "".join((await api.stored())["public.file_history"])


async def test_a_caseload_is_reassigned_as_a_whole_open_files_only(api: Api) -> None:
    files = [await api.create() for _ in range(3)]
    closed = await api.create()
    await api.post(f"/{closed}/withdraw")
    answer = await reassign(api, key="once")
    assert (answer.status_code, answer.json()["files"]) == (200, 3)
    for candidacy_id in files:
        row = await row_of(api, candidacy_id)
        assert (row.referent, row.version) == (HEAD_OF_SPIP, 2)
    assert (await row_of(api, closed)).referent == SPIP
    lines = [line for line in (await api.stored())["public.file_history"] if "reassign" in line]
    assert len(lines) == 3
    again = await reassign(api, key="once")
    assert (again.status_code, again.json()) == (200, answer.json())
    assert (await reassign(api)).json()["files"] == 0


async def test_a_caseload_is_reassigned_within_sight_only(api: Api) -> None:
    await api.create()
    other = await api.create()
    async with api.engine.begin() as conn:
        moved = {"establishment": "MA-CHALONS"}
        await conn.execute(sa.update(candidacies).where(candidacies.c.id == UUID(other)).values(moved))
    assert (await reassign(api)).json()["files"] == 1
    assert (await row_of(api, other)).referent == SPIP
    assert (await reassign(api, by="origin_spip")).json()["files"] == 1


async def test_what_has_arrived_is_reassigned_by_the_site_alone(api: Api) -> None:
    candidacy_id = await api.create()
    async with api.engine.begin() as conn:
        await conn.execute(sa.update(candidacies).values(arrived_on=date(2027, 1, 11)))
    assert (await reassign(api)).json()["files"] == 0
    assert problem(await api.post(f"/{candidacy_id}/reassign", {"to_officer": "x"})) == (403, "passed-to-site")
    assert (await reassign(api, by="site_head")).json()["files"] == 1


async def test_handing_over_needs_the_role_and_another_officer(api: Api) -> None:
    candidacy_id = await api.create()
    for officer in ("registry", "decision_authority", "inspector", "operator"):
        assert problem(await reassign(api, by=officer)) == (403, "role-missing")
        answer = await api.post(f"/{candidacy_id}/reassign", {"to_officer": HEAD_OF_SPIP}, by=officer)
        assert problem(answer) == (403, "role-missing")
    for officer in (SPIP, "", "a b", "é"):
        assert problem(await reassign(api, to_officer=officer)) == (422, "validation-failed")
    foreign = await api.post(f"/{candidacy_id}/reassign", {"to_officer": HEAD_OF_SPIP}, by="origin_spip")
    assert problem(foreign) == (404, "candidacy-unknown")
    await api.post(f"/{candidacy_id}/withdraw")
    closed = await api.post(f"/{candidacy_id}/reassign", {"to_officer": HEAD_OF_SPIP})
    assert problem(closed) == (409, "candidacy-withdrawn")


MOVE = {"establishment": "MA-CHALONS", "ecrou_number": "C-777"}


async def test_a_file_follows_its_person_to_another_prison_and_leaves_the_old_ones_sight(api: Api) -> None:
    candidacy_id = await api.assessed(identity=named("Martin"))
    moved = await api.post(f"/{candidacy_id}/change-prison", MOVE, by="registry")
    assert (moved.status_code, moved.json()["state"], moved.json()["establishment"]) == (200, "assessed", "MA-CHALONS")
    assert problem(await api.get(f"/{candidacy_id}", Purpose="assessment")) == (404, "candidacy-unknown")
    assert problem(await api.get(f"/{candidacy_id}/journey")) == (404, "candidacy-unknown")
    read = await api.get(f"/{candidacy_id}", by="origin_spip", Purpose="assessment")
    assert read.json()["identity"]["ecrou_number"] == "C-777"
    kept = {table for table, rows in (await api.stored()).items() if "C-777" in "".join(rows)}
    assert kept == {"vault.identities"}


async def test_a_file_changes_prison_by_who_works_on_it_before_it_is_decided(api: Api) -> None:
    candidacy_id = await api.assessed()
    before = await api.stored()
    for officer in ("decision_authority", "inspector", "operator"):
        answer = await api.post(f"/{candidacy_id}/change-prison", MOVE, by=officer)
        assert problem(answer) == (403, "role-missing")
    foreign = await api.post(f"/{candidacy_id}/change-prison", MOVE, by="origin_spip")
    assert problem(foreign) == (404, "candidacy-unknown")
    for wrong in ({"establishment": "ma reims"}, {"ecrou_number": " "}, {"ecrou_number": "1" * 41}):
        answer = await api.post(f"/{candidacy_id}/change-prison", MOVE | wrong)
        assert problem(answer) == (422, "validation-failed")
    assert await api.stored() == before
    await api.approve(candidacy_id)
    assert problem(await api.post(f"/{candidacy_id}/change-prison", MOVE)) == (409, "already-decided")


@pytest.mark.parametrize("officer", [None, "MA-REIMS", "MA-CHALONS", "DON"])
async def test_queries_see_and_change_exactly_what_the_rule_of_scope_lets(bench: Bench, officer: str | None) -> None:
    scope = domain.Scope("DON", officer)
    cases = list(product((None, "MA-REIMS", "MA-CHALONS", "DON"), (None, date(2027, 1, 11))))
    async with bench.transaction() as tx:
        expected: dict[str, set[Any]] = {"read": set(), "write": set()}
        for establishment, arrived_on in cases:
            submission = builders.a_submission(establishment=establishment)
            candidacy_id = await handlers.create_candidacy(tx, submission, builders.POLICY)
            change = sa.update(candidacies).where(candidacies.c.id == candidacy_id).values(arrived_on=arrived_on)
            await tx.conn.execute(change)
            for name, check in (("read", scope.check_read), ("write", scope.check_write)):
                try:
                    check(establishment, arrived_on)
                except domain.Refused:
                    continue
                expected[name].add(candidacy_id)
        for name, condition in (("read", readable(scope)), ("write", writable(scope))):
            found = await tx.conn.execute(sa.select(candidacies.c.id).where(condition))
            assert set(found.scalars()) == expected[name], name
