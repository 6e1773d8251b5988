"""Corrections of a file: what is named is changed, by who may change it, and what it was before stays unsaid."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from services.selection import domain, handlers, store
from services.selection.domain import Refusal
from services.selection.tables import amendments, file_history, identity_reads
from services.selection.tests import builders
from services.selection.tests.builders import Clock
from services.selection.tests.officers import CANDIDACIES, NOBODY, Api, problem
from services.selection.tests.steps import of_acts
from services.selection.tests.test_handlers import _blocked, refusal_of
from shared.testing.api import once
from shared.testing.kernel import Bench


async def test_what_is_named_is_changed_and_the_rest_stays(api: Api) -> None:
    candidacy_id = await api.create()
    changed = {
        "planned_entry": "2027-02-01",
        "adapted_cell": True,
        "training_wishes": ["DON-WEB"],
        "local_project": True,
    }
    answer = await api.change("PATCH", f"/{candidacy_id}", changed)
    assert (answer.status_code, answer.headers["etag"], answer.json()["state"]) == (200, '"2"', "submitted")
    shown = (await api.get(f"/{candidacy_id}", Purpose="assessment")).json()
    assert {name: shown[name] for name in changed} == changed
    assert shown["partner_categories"] == ["employment_service", "region"]
    answer = await api.change("PATCH", f"/{candidacy_id}", {"training_wishes": []}, by="origin_head")
    assert answer.status_code == 200
    shown = (await api.get(f"/{candidacy_id}", Purpose="assessment")).json()
    assert (shown["training_wishes"], shown["adapted_cell"]) == ([], True)


async def test_a_rectification_is_logged_as_a_read_and_keeps_the_names_of_fields_alone(api: Api) -> None:
    candidacy_id = await api.create()
    before = (await api.get(f"/{candidacy_id}", Purpose="assessment")).json()["identity"]
    identity = {"last_name": "Rectifié", "birth_date": "1991-03-01"}
    answer = await api.change("PATCH", f"/{candidacy_id}", {"identity": identity}, by="registry")
    assert answer.status_code == 200
    async with api.engine.connect() as conn:
        _, logged = (await conn.execute(sa.select(identity_reads).order_by(identity_reads.c.id))).all()
        (line,) = (await conn.execute(sa.select(amendments))).all()
        done = (
            await conn.execute(
                sa.select(file_history).where(
                    file_history.c.candidacy_id == line.candidacy_id, file_history.c.version == line.version
                )
            )
        ).one()
    assert (logged.purpose, logged.reader, logged.route) == (
        "rectification",
        "agent-1003",
        "PATCH /v1/candidacies/{candidacy_id}",
    )
    assert line.fields == ["identity.last_name", "identity.birth_date"]
    assert (done.act, done.officer, done.officer_function) == ("amend", "agent-1003", "registrar")
    shown = (await api.get(f"/{candidacy_id}", Purpose="rectification")).json()["identity"]
    assert shown == before | identity
    stored = await api.stored()
    for value in ("Rectifié", "1991-03-01"):
        assert {table for table, rows in stored.items() if value in "".join(rows)} == {"vault.identities"}
    assert "Fictif" not in str(stored)


async def test_the_registry_changes_no_wish_and_nothing_of_the_attempt_is_kept(api: Api) -> None:
    candidacy_id = await api.create()
    before = await api.stored()
    for body in ({"adapted_cell": True}, {"identity": {"last_name": "Zzcanaryzz"}, "planned_entry": "2027-03-01"}):
        answer = await api.change("PATCH", f"/{candidacy_id}", body, by="registry")
        assert problem(answer) == (403, "field-not-yours")
        assert "2027" not in answer.text
        assert "Zzcanaryzz" not in answer.text
    assert await api.stored() == before


WRONG: list[tuple[Any, tuple[int, str]]] = [
    ({}, (422, "validation-failed")),
    ({"identity": {}}, (422, "validation-failed")),
    ({"planned_entry": None}, (422, "validation-failed")),
    ({"identity": {"last_name": None}}, (422, "validation-failed")),
    ({"identity": {"last_name": " "}}, (422, "validation-failed")),
    ({"identity": {"sex": "X"}}, (422, "validation-failed")),
    ({"adapted_cell": 1}, (422, "validation-failed")),
    ({"training_wishes": ["DON-WEB", "DON-WEB"]}, (422, "validation-failed")),
    ({"partner_categories": []}, (422, "unknown-field")),
    ({"sentence_end": "2028-01-01"}, (422, "unknown-field")),
    ({"state": "approved"}, (422, "unknown-field")),
    ({"planned_entry": "2027-02-30"}, (422, "impossible-dates")),
    ({"planned_entry": "2028-11-23"}, (422, "impossible-dates")),
    ({"planned_entry": "1899-12-31"}, (422, "impossible-dates")),
    ({"identity": {"birth_date": "2027-01-11"}}, (422, "impossible-dates")),
    ({"identity": {"birth_date": "2200-01-01"}}, (422, "impossible-dates")),
]


async def test_a_correction_that_cannot_be_changes_nothing(api: Api) -> None:
    candidacy_id = await api.create()
    before = await api.stored()
    for body, expected in WRONG:
        assert problem(await api.change("PATCH", f"/{candidacy_id}", body)) == expected, body
    assert problem(await api.change("PATCH", f"/{NOBODY}", {"adapted_cell": True})) == (404, "candidacy-unknown")
    stale = await api.change("PATCH", f"/{candidacy_id}", {"adapted_cell": True}, version=9)
    assert problem(stale) == (412, "stale-version")
    path, bearer = f"{CANDIDACIES}/{candidacy_id}", api.tokens.bearer("spip")
    answer = await api.http.patch(path, json={"adapted_cell": True}, headers={**bearer, **once()})
    assert problem(answer) == (428, "if-match-missing")
    answer = await api.http.patch(path, json={"adapted_cell": True}, headers={**bearer, "If-Match": '"1"'})
    assert problem(answer) == (400, "idempotency-key-missing")
    for officer, expected in (("origin_spip", (404, "candidacy-unknown")), ("director", (403, "role-missing"))):
        answer = await api.change("PATCH", f"/{candidacy_id}", {"adapted_cell": True}, by=officer)
        assert problem(answer) == expected
    assert await api.stored() == before


async def test_what_is_decided_or_withdrawn_is_corrected_no_more(api: Api) -> None:
    approved = await api.assessed()
    await api.approve(approved)
    assert problem(await api.change("PATCH", f"/{approved}", {"adapted_cell": True})) == (409, "already-decided")
    withdrawn = await api.create()
    await api.post(f"/{withdrawn}/withdraw")
    answer = await api.change("PATCH", f"/{withdrawn}", {"adapted_cell": True})
    assert problem(answer) == (409, "candidacy-withdrawn")


async def test_the_same_correction_repeated_is_made_once(api: Api) -> None:
    candidacy_id = await api.create()
    for _ in range(2):
        answer = await api.change("PATCH", f"/{candidacy_id}", {"adapted_cell": True}, key="one", version=1)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)


async def test_whoever_corrects_a_file_does_not_decide_it_and_nothing_is_published(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        editor = domain.Editor(builders.DIRECTOR.id, builders.SITE, None)
        amendment = domain.Amendment(adapted_cell=True)
        await handlers.amend(tx, candidacy_id, amendment, editor, roles=["spip"], route="PATCH")
    assert await of_acts(bench) == []
    assert await refusal_of(bench, lambda tx: builders.approve(tx, candidacy_id)) is Refusal.DECISION_BY_PREPARER


async def test_an_officer_who_waited_for_a_rectification_sees_the_new_identity(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
    changed, seen = asyncio.Event(), asyncio.Event()
    amendment = domain.Amendment(identity=domain.IdentityChange(sex=domain.Sex.FEMALE))

    async def rectify() -> None:
        async with bench.transaction() as tx:
            await handlers.amend(tx, candidacy_id, amendment, builders.PREPARING, roles=["spip"], route="PATCH")
            changed.set()
            await seen.wait()

    async def look() -> domain.File:
        await changed.wait()
        async with bench.transaction() as tx:
            waiting = asyncio.create_task(store.lock_file(tx.conn, candidacy_id))
            await _blocked(bench)
            seen.set()
            return await waiting

    _, file = await asyncio.gather(rectify(), look())
    assert file.case.sex is domain.Sex.FEMALE


def test_the_repr_of_a_rectification_says_nothing() -> None:
    change = domain.IdentityChange(last_name="Zzcanaryzz", ecrou_number="Zzcanaryzz")
    assert "Zzcanaryzz" not in repr(domain.Amendment(identity=change))


@pytest.mark.parametrize("value", [True, False])
def test_a_no_is_a_change_as_well(value: bool) -> None:
    amendment = domain.Amendment(adapted_cell=value)
    assert amendment.fields == ["adapted_cell"]
    assert amendment.wishes_after(builders.WISHES).adapted_cell is value
