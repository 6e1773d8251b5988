"""Every write names the version that its officer saw; drafts are kept, and handed in once."""

from typing import Any

from services.selection.tests.builders import a_body
from services.selection.tests.officers import CANDIDACIES, Api, problem
from shared.testing.api import once


async def test_a_write_without_the_version_that_was_read_changes_nothing(api: Api) -> None:
    candidacy_id = await api.create()
    before = await api.stored()
    path = f"{CANDIDACIES}/{candidacy_id}/assess"
    asked: list[tuple[dict[str, str], tuple[int, str]]] = [
        ({}, (428, "if-match-missing")),
        ({"If-Match": "*"}, (400, "if-match-invalid")),
        ({"If-Match": 'W/"1"'}, (400, "if-match-invalid")),
        ({"If-Match": '"1", "2"'}, (400, "if-match-invalid")),
        ({"If-Match": '"01"'}, (400, "if-match-invalid")),
        ({"If-Match": '"9"'}, (412, "stale-version")),
    ]
    for headers, expected in asked:
        answer = await api.http.post(path, headers={**api.tokens.bearer("spip"), **once(), **headers})
        assert problem(answer) == expected
    twice = [("If-Match", '"1"'), ("If-Match", '"2"')]
    doubled = [*{**api.tokens.bearer("spip"), **once()}.items(), *twice]
    assert problem(await api.http.post(path, headers=doubled)) == (400, "if-match-invalid")
    assert await api.stored() == before


async def test_each_answer_carries_the_tag_for_the_next_write(api: Api) -> None:
    created = await api.post("", a_body())
    assert created.headers["etag"] == '"1"'
    candidacy_id = created.json()["id"]
    await api.gather(candidacy_id)
    assessed = await api.post(f"/{candidacy_id}/assess", version=1)
    assert assessed.headers["etag"] == '"2"'
    read = await api.get(f"/{candidacy_id}", Purpose="assessment")
    assert read.headers["etag"] == '"2"'
    decided = await api.approve(candidacy_id)
    assert decided.headers["etag"] == f'"{decided.json()["version"]}"'


async def test_of_two_officers_who_saw_the_same_file_one_is_told_that_it_changed(api: Api) -> None:
    candidacy_id = await api.create()
    assert (await api.post(f"/{candidacy_id}/assess", version=1)).status_code == 201
    assert problem(await api.post(f"/{candidacy_id}/withdraw", version=1)) == (412, "stale-version")


async def test_the_same_write_repeated_is_answered_again_though_its_version_is_old_by_then(api: Api) -> None:
    candidacy_id = await api.create()
    first = await api.post(f"/{candidacy_id}/assess", key="the-same", version=1)
    again = await api.post(f"/{candidacy_id}/assess", key="the-same", version=1)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]


def a_draft() -> dict[str, Any]:
    return {"site": "DON", "draft": True, "identity": a_body()["identity"]}


async def test_a_draft_says_what_is_known_and_is_handed_in_once_it_has_an_entry(api: Api) -> None:
    drafted = await api.post("", a_draft())
    assert (drafted.status_code, drafted.json()["state"], drafted.json()["estimate"]) == (201, "draft", None)
    candidacy_id = drafted.json()["id"]
    refused = await api.post(f"/{candidacy_id}/submit")
    assert problem(refused) == (422, "file-incomplete")
    early = await api.post(f"/{candidacy_id}/assess")
    assert problem(early) == (409, "still-a-draft")
    assert early.json()["state"] == "draft"
    assert "submit" in early.json()["allowed"]
    assert "approve" not in early.json()["allowed"]


async def test_a_complete_draft_is_submitted_with_its_estimate(api: Api) -> None:
    drafted = await api.post("", a_body(draft=True))
    candidacy_id = drafted.json()["id"]
    submitted = await api.post(f"/{candidacy_id}/submit")
    assert (submitted.status_code, submitted.json()["state"]) == (200, "submitted")
    assert submitted.json()["estimate"]["result"] == "favourable"
    assert problem(await api.post(f"/{candidacy_id}/submit")) == (409, "already-submitted")


async def test_a_file_that_is_handed_in_without_an_entry_is_refused(api: Api) -> None:
    before = await api.stored()
    body = a_body()
    del body["planned_entry"]
    assert problem(await api.post("", body)) == (422, "file-incomplete")
    assert await api.stored() == before


async def test_the_history_has_a_line_for_every_write(api: Api) -> None:
    candidacy_id = await api.create()
    await api.post(f"/{candidacy_id}/assess")
    await api.approve(candidacy_id)
    lines = (await api.stored())["public.file_history"]
    assert [line.split(",")[2:4] for line in sorted(lines)] == [
        ["submit", "submitted"],
        ["assess", "assessed"],
        ["approve", "approved"],
    ]
