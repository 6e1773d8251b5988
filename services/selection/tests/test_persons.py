"""Nobody is entered twice by mistake, nobody is taken for another, and who is looked up is logged."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection.tables import candidacies, identities
from services.selection.tests.builders import a_body
from services.selection.tests.officers import CANDIDACIES, NOBODY, Api, problem
from shared.testing.api import once

HOMONYMS = "/v1/persons/homonyms"
SEARCH = "/v1/persons/search"


def named(last_name: str, first_names: str = "Dominique", **overrides: Any) -> dict[str, Any]:
    """The identity of somebody of that name."""
    identity: dict[str, Any] = a_body()["identity"]
    return identity | {"last_name": last_name, "first_names": first_names} | overrides


async def look(
    api: Api, path: str, by: str = "spip", purpose: str = "assessment", **query: str
) -> list[dict[str, Any]]:
    headers = {**api.tokens.bearer(by), "Purpose": purpose}
    answer = await api.http.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def person_of(api: Api, candidacy_id: str) -> str:
    async with api.engine.connect() as conn:
        query = sa.select(candidacies.c.person_id).where(candidacies.c.id == UUID(candidacy_id))
        return str((await conn.execute(query)).scalar_one())


async def reads(api: Api) -> list[str]:
    return (await api.stored())["vault.identity_reads"]


async def test_a_person_of_a_known_name_and_birth_date_is_not_entered_without_a_word(api: Api) -> None:
    await api.create(identity=named("Thénardier", "Éponine Marie"))
    before = await api.stored()
    for last_name, first_names in (
        ("Thénardier", "Éponine Marie"),
        ("THENARDIER", "EPONINE-MARIE"),
        ("  thenardier ", "Eponine  Marie"),
    ):
        answer = await api.post("", a_body(identity=named(last_name, first_names)))
        assert problem(answer) == (409, "possible-homonym")
        assert set(answer.json()) == {"type", "title", "status", "code"}
    assert await api.stored() == before
    await api.create(identity=named("Thénardier", "Éponine Marie", birth_date="1990-03-01"))
    await api.create(identity=named("Thénardier", "Azelma"))


async def test_letters_that_are_two_in_one_are_compared_as_two(api: Api) -> None:
    await api.create(identity=named("Lœuvre", "Ægidius"))
    answer = await api.post("", a_body(identity=named("LOEUVRE", "AEGIDIUS")))
    assert problem(answer) == (409, "possible-homonym")


async def test_another_person_of_the_same_name_is_entered_and_the_officers_word_is_kept(api: Api) -> None:
    first = await person_of(api, await api.create(identity=named("Martin")))
    second = await person_of(api, await api.create(identity=named("Martin"), different_person=True))
    assert first != second
    async with api.engine.connect() as conn:
        row = (await conn.execute(sa.select(identities).where(identities.c.person_id == UUID(second)))).one()
    assert row.different_from == [UUID(first)]


async def test_a_known_person_gets_a_new_file_once_the_old_one_is_closed(api: Api) -> None:
    identity = named("Martin")
    candidacy_id = await api.create(identity=identity)
    person_id = await person_of(api, candidacy_id)
    again = a_body(identity=identity | {"ecrou_number": "000456"}, person_id=person_id)
    assert problem(await api.post("", again)) == (409, "open-candidacy-exists")
    await api.post(f"/{candidacy_id}/withdraw")
    second = await api.create(**again)
    assert await person_of(api, second) == person_id
    read = await api.get(f"/{second}", Purpose="assessment")
    assert read.json()["identity"]["ecrou_number"] == "000456"


async def test_a_file_is_opened_for_nobody_but_the_person_that_was_named(api: Api) -> None:
    identity = named("Martin")
    person_id = await person_of(api, await api.create(identity=identity))
    before = await api.stored()
    for wrong in (
        a_body(identity=identity, person_id=NOBODY),
        a_body(identity=named("Durand"), person_id=person_id),
        a_body(identity=identity | {"birth_date": "1990-03-01"}, person_id=person_id),
        a_body(identity=identity | {"sex": "F"}, person_id=person_id),
    ):
        assert problem(await api.post("", wrong)) == (404, "person-unknown")
    both = a_body(identity=identity, person_id=person_id, different_person=True)
    assert problem(await api.post("", both)) == (422, "validation-failed")
    assert await api.stored() == before


async def test_of_two_officers_who_enter_the_same_person_at_once_one_is_asked_whether_it_is_the_same(api: Api) -> None:
    identity = named("Martin")
    answers = await asyncio.gather(*(api.post("", a_body(identity=identity)) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {problem(one) for one in answers if one.status_code == 409} == {(409, "possible-homonym")}


async def test_of_two_files_opened_at_once_for_one_person_one_is_opened(api: Api) -> None:
    identity = named("Martin")
    candidacy_id = await api.create(identity=identity)
    person_id = await person_of(api, candidacy_id)
    await api.post(f"/{candidacy_id}/withdraw")
    body = a_body(identity=identity, person_id=person_id)
    answers = await asyncio.gather(*(api.post("", body) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {problem(one) for one in answers if one.status_code == 409} == {(409, "open-candidacy-exists")}


async def test_homonyms_are_found_in_every_prison_with_whom_to_ask_and_without_their_files(api: Api) -> None:
    identity = named("Martin")
    mine = await person_of(api, await api.create(identity=identity))
    other = await api.create(identity=identity, different_person=True, by="origin_spip")
    await api.post(f"/{other}/withdraw", by="origin_spip")
    query = {name: str(identity[name]) for name in ("last_name", "first_names", "birth_date")}
    found = await look(api, HOMONYMS, **query)
    assert found == [
        {"person_id": mine, "sex": "M", "establishment": "MA-REIMS", "has_open_file": True},
        {
            "person_id": await person_of(api, other),
            "sex": "M",
            "establishment": "MA-CHALONS",
            "has_open_file": False,
        },
    ]
    assert len(await reads(api)) == 2
    assert await look(api, HOMONYMS, **(query | {"birth_date": "1990-03-01"})) == []
    assert len(await reads(api)) == 2


async def test_a_search_finds_names_whatever_their_spelling_and_numbers_exactly(api: Api) -> None:
    valjean = await api.create(identity=named("Valjean", "Jean", ecrou_number="F-24601"))
    await api.create(identity=named("Thénardier", "Éponine", ecrou_number="F-246"))
    for sought in ("valjean", "VALJEAN Jean", "jean valjean", "valj", "F-24601", "1"):
        (found,) = await look(api, SEARCH, q=sought)
        assert [file["id"] for file in found["files"]] == [valjean], sought
        assert found["identity"]["last_name"] == "Valjean"
    for sought in ("thenardier", "Thénadier", "éponine thenardier"):
        assert [one["identity"]["first_names"] for one in await look(api, SEARCH, q=sought)] == ["Éponine"], sought
    for sought in ("24601", "F-2460", "Javert", "99999999999999999999", "%%%a%%b_c"):
        assert await look(api, SEARCH, q=sought) == []


async def test_a_search_says_enough_to_mean_somebody(api: Api) -> None:
    headers = {**api.tokens.bearer("spip"), "Purpose": "assessment"}
    for sought in ("", "ab", " a b ", "---", "a" * 201):
        answer = await api.http.get(SEARCH, params={"q": sought}, headers=headers)
        assert problem(answer) == (422, "validation-failed")


async def test_a_search_shows_twenty_persons_at_most_the_most_alike_first(api: Api) -> None:
    for number in range(22):
        await api.create(identity=named("Martinet", f"Paul-{number}"))
    await api.create(identity=named("Martin", "Paul"))
    found = await look(api, SEARCH, q="martin paul")
    assert len(found) == 20
    assert found[0]["identity"]["last_name"] == "Martin"


async def test_each_person_that_a_search_shows_is_logged_and_what_was_typed_is_kept_nowhere(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    await api.create(identity=named("Valjean", "Jean"))
    await api.create(identity=named("Valjean", "Jeanne"))
    headers = api.tokens.bearer("spip")
    for purpose in ({}, {"Purpose": "curiosity"}):
        refused = await api.http.get(SEARCH, params={"q": "valjean"}, headers={**headers, **purpose})
        assert problem(refused) == (400, "purpose-missing")
    assert await reads(api) == []
    await look(api, SEARCH, q="valjaen jean")
    logged = await reads(api)
    assert len(logged) == 2
    assert all("GET /v1/persons/search" in line and "agent-1001" in line and "assessment" in line for line in logged)
    everything = "\n".join(line for rows in (await api.stored()).values() for line in rows) + caplog.text
    assert "valjaen" not in everything.lower()


async def test_an_officer_finds_persons_of_the_own_prison_alone_and_those_of_the_site_find_all(api: Api) -> None:
    await api.create(identity=named("Valjean", "Jean"))
    await api.create(identity=named("Valjean", "Jeanne"), by="origin_spip")
    assert [one["identity"]["first_names"] for one in await look(api, SEARCH, q="valjean")] == ["Jean"]
    assert await look(api, SEARCH, by="origin_spip", q="1") == []
    assert len(await look(api, SEARCH, by="site_spip", q="valjean")) == 2
    assert len(await look(api, SEARCH, by="decision_authority", q="valjean")) == 2
    assert len(await reads(api)) == 5


async def test_only_who_works_on_files_looks_persons_up(api: Api) -> None:
    for officer in ("placement_officer", "training_lead", "inspector", "operator", "companion", "partner_admin"):
        headers = {**api.tokens.bearer(officer), "Purpose": "assessment"}
        for path, query in (
            (SEARCH, {"q": "valjean"}),
            (HOMONYMS, {"last_name": "a", "first_names": "b", "birth_date": "1990-01-01"}),
        ):
            answer = await api.http.get(path, params=query, headers=headers)
            assert problem(answer) == (403, "role-missing")


async def test_the_same_creation_repeated_is_no_homonym_of_itself(api: Api) -> None:
    body = a_body()
    headers = {**api.tokens.bearer("spip"), **once("the-same")}
    answers = [await api.http.post(CANDIDACIES, json=body, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
