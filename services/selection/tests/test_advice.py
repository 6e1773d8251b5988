"""Advice is asked for, reminded of, received or taken in unasked, and read by those who may."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.selection import domain, store
from services.selection.domain import AdviceKind
from services.selection.tables import candidacies
from services.selection.tests.builders import NOW, SITE, Clock
from services.selection.tests.officers import NOBODY, Api, problem
from services.selection.tests.steps import of_acts, without_extracts
from shared.testing.kernel import Bench

HEAD = {"name": "Fulgence Ancelot", "function": "head_of_prison"}
JUDGE = {"name": "Éponine Larrivée", "function": "sentence_judge"}


def given(**overrides: Any) -> dict[str, Any]:
    return {
        "author": JUDGE,
        "given_on": "2026-11-23",
        "sense": "reserved",
        "words": "Zzcanaryzz of the judge.",
        "reference": "JAP 2026/114",
    } | overrides


async def asked(api: Api, candidacy_id: str, kind: str = "sentence_judge") -> str:
    answer = await api.post(f"/{candidacy_id}/advice", {"kind": kind})
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["id"]
    return request_id


async def gathered(api: Api, candidacy_id: str) -> domain.Gathered:
    async with api.engine.begin() as conn:
        return (await store.lock_file(conn, UUID(candidacy_id))).case.gathered


async def due(api: Api, candidacy_id: str) -> dict[str, store.AnyRow]:
    """Deadlines of advice by their subject."""
    async with api.engine.connect() as conn:
        rows = await store.deadline_rows(conn, UUID(candidacy_id))
    return {str(row.subject): row for row in rows if row.kind == "advice"}


async def test_an_advice_is_due_in_working_days_and_its_owner_is_reminded_before(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    answer = await api.post(f"/{candidacy_id}/advice", {"kind": "origin_head"}, version=1)
    assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (201, 2, '"2"')
    assert (answer.json()["due_on"], answer.json()["received_at"], answer.json()["sense"]) == ("2026-12-14", None, None)
    row = (await due(api, candidacy_id))[answer.json()["id"]]
    assert (row.owner, row.due_on, row.remind_on) == ("head", date(2026, 12, 14), date(2026, 12, 7))
    assert (await gathered(api, candidacy_id)).advice == frozenset()


async def test_christmas_is_no_working_day(api: Api, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 15, 9, tzinfo=UTC)
    candidacy_id = await api.create(gathered=False)
    request_id = await asked(api, candidacy_id)
    row = (await due(api, candidacy_id))[request_id]
    assert (row.owner, row.due_on, row.remind_on) == ("spip", date(2027, 1, 7), date(2026, 12, 30))


async def test_an_advice_that_does_not_come_is_reminded_of_then_escalated_and_decides_nothing(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id = await api.create(gathered=False)
    await without_extracts(bench)
    request_id = await asked(api, candidacy_id)
    clock.now = datetime(2026, 12, 7, 4, 59, tzinfo=UTC)
    assert await bench.timers.fire() == 0
    clock.now = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)
    assert await bench.timers.fire() == 1
    row = (await due(api, candidacy_id))[request_id]
    assert (row.reminded_at, row.escalated_at) == (clock.now, None)
    clock.now = datetime(2026, 12, 14, 23, 0, tzinfo=UTC)
    assert await bench.timers.fire() == 1
    assert (await due(api, candidacy_id))[request_id].escalated_at == clock.now
    async with api.engine.connect() as conn:
        (late,) = await store.overdue(conn, date(2026, 12, 15), SITE, after=None, limit=10)
        assert (await conn.execute(sa.select(candidacies.c.state))).scalar_one() == "submitted"
    assert str(late.subject) == request_id


async def test_an_advice_that_is_received_counts_and_rings_no_more(api: Api, bench: Bench, clock: Clock) -> None:
    candidacy_id = await api.create(gathered=False)
    await without_extracts(bench)
    request_id = await asked(api, candidacy_id)
    clock.now = datetime(2026, 12, 1, 9, tzinfo=UTC)
    answer = await api.post(f"/{candidacy_id}/advice/{request_id}/receive", given(given_on="2026-11-30"))
    assert (answer.status_code, answer.json()["version"], answer.json()["sense"]) == (200, 3, "reserved")
    assert (await gathered(api, candidacy_id)).advice == {AdviceKind.SENTENCE_JUDGE}
    clock.now = datetime(2026, 12, 30, 9, tzinfo=UTC)
    assert await bench.timers.fire() == 0
    again = await api.post(f"/{candidacy_id}/advice/{request_id}/receive", given(given_on="2026-11-30"))
    assert problem(again) == (409, "advice-not-awaited")


async def test_asked_anew_the_advice_before_counts_no_longer_and_is_kept(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    first = await asked(api, candidacy_id)
    await api.post(f"/{candidacy_id}/advice/{first}/receive", given())
    second = await asked(api, candidacy_id)
    assert (await gathered(api, candidacy_id)).advice == frozenset()
    third = await asked(api, candidacy_id)
    late = await api.post(f"/{candidacy_id}/advice/{second}/receive", given())
    assert problem(late) == (409, "advice-not-awaited")
    deadlines = await due(api, candidacy_id)
    assert [deadlines[one].met_at is None for one in (first, second, third)] == [False, False, True]
    taken = await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge", "received": given()})
    assert taken.status_code == 201
    assert (await gathered(api, candidacy_id)).advice == {AdviceKind.SENTENCE_JUDGE}
    assert (await due(api, candidacy_id))[third].met_at is not None
    listed = (await api.get(f"/{candidacy_id}/advice")).json()["items"]
    assert [(one["sense"], one["replaced_at"] is None) for one in listed] == [
        ("reserved", False),
        (None, False),
        (None, False),
        ("reserved", True),
    ]


async def test_the_head_of_origin_gives_the_advice_with_an_own_token_and_has_then_prepared_the_file(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    request_id = await asked(api, candidacy_id, "origin_head")
    answer = await api.post(f"/{candidacy_id}/advice/{request_id}/receive", given(author=HEAD), by="origin_head")
    assert (answer.status_code, answer.json()["author_name"]) == (200, "Fulgence Ancelot")
    async with api.engine.connect() as conn:
        preparers = (await conn.execute(sa.select(candidacies.c.preparers))).scalar_one()
    assert preparers == ["agent-1001", "agent-1004"]


async def test_who_only_inspects_sees_kinds_dates_and_senses(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge", "received": given()})
    for officer in ("spip", "registry", "origin_head", "decision_authority"):
        (whole,) = (await api.get(f"/{candidacy_id}/advice", by=officer)).json()["items"]
        assert (whole["words"], whole["author_name"]) == ("Zzcanaryzz of the judge.", "Éponine Larrivée")
    seen = await api.get(f"/{candidacy_id}/advice", by="inspector")
    assert "Zzcanaryzz" not in seen.text
    (line,) = seen.json()["items"]
    assert (line["kind"], line["given_on"], line["sense"]) == ("sentence_judge", "2026-11-23", "reserved")
    assert [line[field] for field in ("author_name", "author_function", "words", "reference")] == [None] * 4


async def test_only_who_works_on_files_gathers_and_only_of_the_own_establishment(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    request_id = await asked(api, candidacy_id)
    before = await api.stored()
    writes = (("advice", {"kind": "spip"}), (f"advice/{request_id}/receive", given()))
    for path, body in writes:
        for officer in ("decision_authority", "inspector", "placement_officer", "training_lead", "partner_admin"):
            assert problem(await api.post(f"/{candidacy_id}/{path}", body, by=officer)) == (403, "role-missing")
        stranger = await api.post(f"/{candidacy_id}/{path}", body, by="origin_spip")
        assert problem(stranger) == (404, "candidacy-unknown")
    for officer in ("placement_officer", "training_lead", "companion", "partner_admin", "operator"):
        assert problem(await api.get(f"/{candidacy_id}/advice", by=officer)) == (403, "role-missing")
    assert problem(await api.get(f"/{candidacy_id}/advice", by="origin_spip")) == (404, "candidacy-unknown")
    assert await api.stored() == before


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"given_on": "2026-11-24"}, (422, "impossible-dates")),
        ({"given_on": "2026-11-01"}, (422, "impossible-dates")),
        ({"given_on": "2026-02-30"}, (422, "impossible-dates")),
        ({"given_on": "23/11/2026"}, (422, "validation-failed")),
        ({"sense": "enthusiastic"}, (422, "validation-failed")),
        ({"author": {"name": " ", "function": "judge"}}, (422, "validation-failed")),
        ({"author": {"name": "Somebody"}}, (422, "validation-failed")),
        ({"reference": "see\nbelow"}, (422, "validation-failed")),
        ({"words": "w" * 20_001}, (422, "validation-failed")),
        ({"words": "a\u0000b"}, (422, "validation-failed")),
        ({"score": 7}, (422, "unknown-field")),
    ],
)
async def test_an_advice_that_cannot_be_changes_nothing(
    api: Api, overrides: dict[str, Any], expected: tuple[int, str]
) -> None:
    candidacy_id = await api.create(gathered=False)
    request_id = await asked(api, candidacy_id)
    before = await api.stored()
    body = given(**overrides)
    unasked = await api.post(f"/{candidacy_id}/advice", {"kind": "spip", "received": body})
    assert problem(unasked) == expected
    assert problem(await api.post(f"/{candidacy_id}/advice/{request_id}/receive", body)) == expected
    assert await api.stored() == before


async def test_an_answer_is_not_older_than_its_question_but_what_comes_unasked_may_be(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    request_id = await asked(api, candidacy_id)
    before = await api.stored()
    answer = await api.post(f"/{candidacy_id}/advice/{request_id}/receive", given(given_on="2026-11-22"))
    assert problem(answer) == (422, "impossible-dates")
    assert await api.stored() == before
    unasked = {"kind": "sentence_judge", "received": given(given_on="2026-11-02")}
    assert (await api.post(f"/{candidacy_id}/advice", unasked)).status_code == 201


async def test_requests_that_are_not_there_and_files_that_are_closed_take_no_advice(api: Api) -> None:
    candidacy_id, other = await api.create(gathered=False), await api.create(gathered=False)
    request_id = await asked(api, candidacy_id)
    before = await api.stored()
    for path in (f"/{candidacy_id}/advice/{NOBODY}/receive", f"/{other}/advice/{request_id}/receive"):
        assert problem(await api.post(path, given())) == (404, "advice-unknown")
    assert problem(await api.post(f"/{NOBODY}/advice", {"kind": "spip"})) == (404, "candidacy-unknown")
    assert problem(await api.get(f"/{NOBODY}/advice")) == (404, "candidacy-unknown")
    for kind in ("astrologer", "", None):
        assert problem(await api.post(f"/{candidacy_id}/advice", {"kind": kind})) == (422, "validation-failed")
    stale = await api.post(f"/{candidacy_id}/advice", {"kind": "spip"}, version=1)
    assert problem(stale) == (412, "stale-version")
    assert await api.stored() == before
    await api.post(f"/{candidacy_id}/withdraw")
    closed = await api.post(f"/{candidacy_id}/advice/{request_id}/receive", given())
    assert problem(closed) == (409, "candidacy-withdrawn")


async def test_the_commission_gives_no_advice_but_at_a_sitting(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    before = await api.stored()
    for body in ({"kind": "selection_board"}, {"kind": "selection_board", "received": given()}):
        assert problem(await api.post(f"/{candidacy_id}/advice", body)) == (422, "advice-by-sitting")
    assert await api.stored() == before


async def test_words_of_an_advice_lie_in_its_row_alone(api: Api, bench: Bench, caplog: Any, capfd: Any) -> None:
    candidacy_id = await api.create(gathered=False)
    await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge", "received": given()})
    broken = await api.post(f"/{candidacy_id}/advice", {"kind": "Zzcanaryzz", "received": given(sense="Zzcanaryzz")})
    kept = {table: "\n".join(rows) for table, rows in (await api.stored()).items()}
    assert {table for table, rows in kept.items() if "Zzcanaryzz" in rows} == {"public.advice"}
    assert "Zzcanaryzz" not in broken.text + caplog.text + "".join(capfd.readouterr())
    assert await of_acts(bench) == []
    assert "Zzcanaryzz" not in repr(
        domain.Advice(domain.Author("a", "b"), NOW.date(), domain.Sense.RESERVED, "Zzcanaryzz")
    )
