"""The motivation interview is reported by topics, never with a score; documents are referred to, never stored."""

from typing import Any
from uuid import UUID

import pytest

from services.selection import store
from services.selection.tests.builders import TODAY
from services.selection.tests.officers import NOBODY, Api, problem


def report(**overrides: Any) -> dict[str, Any]:
    return {
        "interviewer": {"name": "Maëlle Kervadec", "function": "cpip"},
        "held_on": "2026-11-20",
        "discussed": ["volunteering", "work"],
        "words": "Zzcanaryzz wants to mend bicycles.",
    } | overrides


def document(**overrides: Any) -> dict[str, Any]:
    return {"kind": "judgment", "reference": "AD08/2024-1187", "dated": "2024-03-05"} | overrides


async def test_an_interview_is_kept_with_what_was_discussed_and_the_latest_date_counts(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    first = await api.post(f"/{candidacy_id}/interview", report(), version=1)
    assert (first.status_code, first.json()["version"]) == (201, 2)
    await api.post(f"/{candidacy_id}/interview", report(held_on="2026-11-10", discussed=[]))
    listed = (await api.get(f"/{candidacy_id}/interview", by="decision_authority")).json()["items"]
    assert [(one["held_on"], one["discussed"]) for one in listed] == [
        ("2026-11-20", ["volunteering", "work"]),
        ("2026-11-10", []),
    ]
    assert listed[0]["words"] == "Zzcanaryzz wants to mend bicycles."
    async with api.engine.begin() as conn:
        gathered = (await store.lock_file(conn, UUID(candidacy_id))).case.gathered
    assert gathered.interviewed_on == TODAY.replace(day=20)


async def test_who_only_inspects_sees_that_an_interview_was_held_and_of_what_it_spoke(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    await api.post(f"/{candidacy_id}/interview", report())
    seen = await api.get(f"/{candidacy_id}/interview", by="inspector")
    assert "Zzcanaryzz" not in seen.text
    (line,) = seen.json()["items"]
    assert (line["held_on"], line["interviewer_name"], line["words"]) == ("2026-11-20", None, None)
    kept = {table for table, rows in (await api.stored()).items() if any("Zzcanaryzz" in row for row in rows)}
    assert kept == {"public.interviews"}


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"held_on": "2026-11-24"}, (422, "impossible-dates")),
        ({"held_on": "2026-11-01"}, (422, "impossible-dates")),
        ({"discussed": ["health"]}, (422, "validation-failed")),
        ({"discussed": ["work", "work"]}, (422, "validation-failed")),
        ({"score": 5}, (422, "unknown-field")),
        ({"interviewer": {"name": "", "function": "cpip"}}, (422, "validation-failed")),
    ],
)
async def test_an_interview_that_cannot_be_changes_nothing(
    api: Api, overrides: dict[str, Any], expected: tuple[int, str]
) -> None:
    candidacy_id = await api.create(gathered=False)
    before = await api.stored()
    assert problem(await api.post(f"/{candidacy_id}/interview", report(**overrides))) == expected
    assert await api.stored() == before


async def test_a_document_is_referred_to_by_whom_and_of_when(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    answer = await api.post(f"/{candidacy_id}/documents", document(), by="registry", version=1)
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    (line,) = (await api.get(f"/{candidacy_id}/documents", by="decision_authority")).json()["items"]
    assert (line["kind"], line["reference"], line["dated"], line["recorded_by_function"]) == (
        "judgment",
        "AD08/2024-1187",
        "2024-03-05",
        "registrar",
    )
    assert problem(await api.get(f"/{candidacy_id}/documents", by="inspector")) == (403, "role-missing")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"dated": "2026-11-24"}, (422, "impossible-dates")),
        ({"dated": "0204-03-05"}, (422, "impossible-dates")),
        ({"kind": "diary"}, (422, "validation-failed")),
        ({"reference": ""}, (422, "validation-failed")),
        ({"reference": "two\nlines"}, (422, "validation-failed")),
        ({"reference": "r" * 101}, (422, "validation-failed")),
        ({"content": "JVBERi0="}, (422, "unknown-field")),
    ],
)
async def test_a_document_that_cannot_be_changes_nothing(
    api: Api, overrides: dict[str, Any], expected: tuple[int, str]
) -> None:
    candidacy_id = await api.create(gathered=False)
    before = await api.stored()
    assert problem(await api.post(f"/{candidacy_id}/documents", document(**overrides))) == expected
    assert await api.stored() == before


@pytest.mark.parametrize(("path", "body"), [("interview", report()), ("documents", document())])
async def test_others_neither_report_nor_refer(api: Api, path: str, body: dict[str, Any]) -> None:
    candidacy_id = await api.create(gathered=False)
    before = await api.stored()
    for officer in ("decision_authority", "inspector", "placement_officer", "companion"):
        assert problem(await api.post(f"/{candidacy_id}/{path}", body, by=officer)) == (403, "role-missing")
    assert problem(await api.post(f"/{candidacy_id}/{path}", body, by="origin_spip")) == (404, "candidacy-unknown")
    assert problem(await api.post(f"/{candidacy_id}/{path}", body, version=9)) == (412, "stale-version")
    assert problem(await api.post(f"/{NOBODY}/{path}", body)) == (404, "candidacy-unknown")
    assert problem(await api.get(f"/{candidacy_id}/{path}", by="origin_spip")) == (404, "candidacy-unknown")
    assert problem(await api.get(f"/{candidacy_id}/{path}", by="companion")) == (403, "role-missing")
    assert await api.stored() == before
