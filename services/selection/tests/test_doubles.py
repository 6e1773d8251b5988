"""A double file ends, and its person becomes one with the other's."""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import store
from services.selection.domain import Cause, Due, Role
from services.selection.handlers.terms import ask_review, open_deadline
from services.selection.tables import candidacies, deadlines, disclosures, file_history, identities, merges
from services.selection.tests.builders import NOW, TODAY
from services.selection.tests.officers import NOBODY, Api, problem
from services.selection.tests.test_persons import HOMONYMS, SEARCH, look, named, person_of
from shared.testing.kernel import Bench


async def row_of(api: Api, candidacy_id: str) -> Any:
    async with api.engine.connect() as conn:
        return (await conn.execute(sa.select(candidacies).where(candidacies.c.id == UUID(candidacy_id)))).one()


async def twice(api: Api, **overrides: Any) -> tuple[str, str]:
    """The same identity entered twice, by a mistake."""
    kept = await api.create(identity=named("Martin"))
    return await api.create(identity=named("Martin"), different_person=True, **overrides), kept


async def test_a_double_ends_and_its_person_becomes_one_with_the_other(api: Api) -> None:
    double, kept = await twice(api)
    person, kept_person = await person_of(api, double), await person_of(api, kept)
    told = (await api.stored())["messaging.outbox"]
    answer = await api.post(f"/{double}/merge", {"into": kept})
    assert (answer.status_code, answer.json()["state"], answer.json()["merged_into"]) == (200, "merged", kept)
    assert (await row_of(api, double)).person_id == (await row_of(api, kept)).person_id == UUID(kept_person)
    assert (await row_of(api, kept)).state == "submitted"
    async with api.engine.connect() as conn:
        vault = (await conn.execute(sa.select(identities).where(identities.c.person_id == UUID(person)))).one()
        (noted,) = (await conn.execute(sa.select(merges))).all()
        acts = (await conn.execute(sa.select(file_history.c.act).where(file_history.c.act == "merge"))).all()
    assert vault.merged_into == UUID(kept_person)
    assert (noted.person_id, noted.kept_person_id, noted.merged_by) == (UUID(person), UUID(kept_person), "agent-1001")
    assert len(acts) == 2
    assert (await api.post(f"/{double}/assess")).json()["code"] == "candidacy-merged"
    assert (await api.stored())["messaging.outbox"] == told


async def test_who_was_entered_twice_is_found_once_under_both_spellings(api: Api) -> None:
    kept = await api.create(identity=named("Valjean", "Jean"))
    double = await api.create(identity=named("Madeleine", "Paul", birth_date="1991-01-01"))
    await api.post(f"/{double}/merge", {"into": kept, "statement": "Same écrou, name taken later."})
    for sought in ("valjean", "madeleine"):
        (found,) = await look(api, SEARCH, q=sought)
        assert found["person_id"] == await person_of(api, kept)
        assert [file["state"] for file in found["files"]] == ["merged", "submitted"]
    query = {"last_name": "Madeleine", "first_names": "Paul", "birth_date": "1991-01-01"}
    assert [one["person_id"] for one in await look(api, HOMONYMS, **query)] == [await person_of(api, kept)]


async def test_whoever_was_merged_into_a_double_follows_it(api: Api) -> None:
    third, second = await twice(api)
    first = await api.create(identity=named("Martin"), different_person=True)
    for double, into in ((third, second), (second, first)):
        assert (await api.post(f"/{double}/merge", {"into": into})).status_code == 200
    async with api.engine.connect() as conn:
        merged = await conn.execute(sa.select(identities.c.merged_into).where(identities.c.merged_into.is_not(None)))
        assert set(merged.scalars()) == {UUID(await person_of(api, first))}
    assert len({await person_of(api, one) for one in (first, second, third)}) == 1


async def test_files_of_different_persons_are_merged_for_written_reasons_only(api: Api) -> None:
    kept = await api.create(identity=named("Martin"))
    double = await api.create(identity=named("Martin", birth_date="1990-03-01"))
    before = await api.stored()
    for body in ({"into": kept}, {"into": kept, "statement": " \n"}):
        assert problem(await api.post(f"/{double}/merge", body)) == (409, "not-a-double")
    assert await api.stored() == before
    merged = await api.post(f"/{double}/merge", {"into": kept, "statement": "Birth date was mistyped."})
    assert merged.status_code == 200
    assert "mistyped" in (await api.stored())["public.merges"][0]


async def test_a_file_is_no_double_of_itself_of_nothing_or_of_a_closed_one(api: Api) -> None:
    double, kept = await twice(api)
    assert problem(await api.post(f"/{double}/merge", {"into": double})) == (409, "not-a-double")
    assert problem(await api.post(f"/{double}/merge", {"into": NOBODY})) == (404, "candidacy-unknown")
    await api.post(f"/{kept}/withdraw")
    assert problem(await api.post(f"/{double}/merge", {"into": kept})) == (409, "not-a-double")


async def test_a_decided_file_is_not_merged_away(api: Api) -> None:
    kept = await api.create(identity=named("Martin"))
    double = await api.assessed(identity=named("Martin"), different_person=True)
    await api.approve(double)
    assert problem(await api.post(f"/{double}/merge", {"into": kept})) == (409, "already-decided")
    # The other way round the approval stands.
    assert (await api.post(f"/{kept}/merge", {"into": double})).status_code == 200
    assert (await row_of(api, double)).state == "approved"


async def test_a_merge_needs_the_role_and_both_files_in_sight(api: Api) -> None:
    double, kept = await twice(api, by="origin_spip")
    for officer in ("origin_head", "decision_authority", "inspector", "operator"):
        assert problem(await api.post(f"/{double}/merge", {"into": kept}, by=officer)) == (403, "role-missing")
    for officer in ("spip", "origin_spip"):
        answer = await api.post(f"/{double}/merge", {"into": kept}, by=officer)
        assert problem(answer) == (404, "candidacy-unknown")
    assert problem(await api.post(f"/{double}/merge", {"into": kept}, by="site_spip", version=9))[1] == "stale-version"
    assert (await api.post(f"/{double}/merge", {"into": kept}, by="site_registry")).status_code == 200


async def test_who_prepared_the_double_does_not_decide_the_file_that_goes_on(api: Api) -> None:
    kept = await api.create(identity=named("Martin"))
    double = await api.create(identity=named("Martin"), different_person=True, by="head_of_spip")
    await api.post(f"/{double}/merge", {"into": kept})
    await api.post(f"/{kept}/assess")
    order = await api.order(kept)
    answer = await api.post(f"/{kept}/approve", order, by="head_of_spip")
    assert problem(answer) == (403, "decision-by-preparer")


async def test_nothing_is_due_and_nothing_to_review_on_a_double(api: Api, bench: Bench) -> None:
    double, kept = await twice(api)
    async with bench.transaction() as tx:
        await open_deadline(tx, UUID(double), Due.DEFERRAL, TODAY, owner=Role.SPIP)
        await ask_review(tx, UUID(double), Cause.DORMANT, {})
    await api.post(f"/{double}/merge", {"into": kept})
    stored = await api.stored()
    assert all("merged" in line for line in stored["public.reviews"])
    async with api.engine.connect() as conn:
        due = (await conn.execute(sa.select(deadlines).where(deadlines.c.met_at.is_(None)))).all()
    assert {row.candidacy_id for row in due} == {UUID(kept)}
    alarms = [line for line in stored["messaging.timer"] if "deadline" in line]
    assert len(alarms) == len(due)


async def test_what_partners_were_shown_of_a_double_stays_known_of_the_person(api: Api) -> None:
    double, kept = await twice(api)
    async with api.engine.begin() as conn:
        shown = {
            "at": NOW,
            "partner_id": uuid7(),
            "reader": "partner-1",
            "person_id": UUID(await person_of(api, double)),
            "fields": ["quarter"],
            "purpose": "training",
            "basis": "R240-6",
            "outcome": "shown",
        }
        await conn.execute(disclosures.insert(), shown)
    await api.post(f"/{double}/merge", {"into": kept})
    async with api.engine.connect() as conn:
        (row,) = await store.disclosure_rows(conn, UUID(await person_of(api, kept)), before=None, limit=10)
    assert row.reader == "partner-1"


async def test_of_two_officers_who_merge_two_files_into_one_another_one_succeeds(api: Api) -> None:
    one, other = await twice(api)
    answers = await asyncio.gather(
        api.post(f"/{one}/merge", {"into": other}, version=1), api.post(f"/{other}/merge", {"into": one}, version=1)
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
    async with api.engine.connect() as conn:
        states = (await conn.execute(sa.select(candidacies.c.state))).scalars()
        assert sorted(states) == ["merged", "submitted"]
