"""The site's commission sits with a quorum, on an agenda of file numbers, and advises on each file."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.selection import store
from services.selection.domain import AdviceKind
from services.selection.tests.builders import a_body
from services.selection.tests.officers import NOBODY, Api, problem
from shared.testing.api import once

CHAIR = {"name": "Hermance Vauquelin", "function": "head_of_prison"}
MEMBERS = [
    {"name": "Léopoldine Garance", "function": "cpip"},
    {"name": "Anselme Fictif", "function": "training_lead"},
]


async def write(api: Api, path: str, body: Any, *, by: str = "site_head") -> httpx.Response:
    return await api.http.post(f"/v1/sittings{path}", json=body, headers={**api.tokens.bearer(by), **once()})


async def read(api: Api, path: str = "", *, by: str = "site_head") -> httpx.Response:
    return await api.http.get(f"/v1/sittings{path}", headers=api.tokens.bearer(by))


async def planned(api: Api, *agenda: str, sits_on: str = "2026-11-23") -> str:
    answer = await write(api, "", {"sits_on": sits_on, "agenda": list(agenda)})
    assert answer.status_code == 201, answer.text
    sitting_id: str = answer.json()["id"]
    return sitting_id


def minutes(*advice: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    return {"chair": CHAIR, "members": MEMBERS, "minutes": "Zzcanaryzz was long.", "advice": list(advice)} | overrides


def says(candidacy_id: str, sense: str = "favourable") -> dict[str, Any]:
    return {"candidacy_id": candidacy_id, "sense": sense, "words": "Zzcanaryzz of the board."}


async def test_an_agenda_lists_ids_and_file_numbers_in_its_order_and_no_names(api: Api) -> None:
    first, second = await api.create(gathered=False), await api.create(gathered=False)
    sitting_id = await planned(api, second, first)
    answer = await read(api, f"/{sitting_id}")
    assert [(item["candidacy_id"], item["file_number"]) for item in answer.json()["agenda"]] == [
        (second, 2),
        (first, 1),
    ]
    assert "Fictif" not in answer.text
    assert await api.version(first) == 1, "being on an agenda does not change a file"


async def test_what_the_commission_says_becomes_its_advice_on_each_file_and_the_rest_is_put_off(api: Api) -> None:
    heard, put_off = await api.create(gathered=False), await api.create(gathered=False)
    sitting_id = await planned(api, heard, put_off)
    held = await write(api, f"/{sitting_id}/hold", minutes(says(heard, "unfavourable")))
    assert held.status_code == 200, held.text
    assert [item["sense"] for item in held.json()["agenda"]] == ["unfavourable", None]
    (line,) = (await api.get(f"/{heard}/advice")).json()["items"]
    assert (line["kind"], line["sense"], line["given_on"], line["author_name"]) == (
        "selection_board",
        "unfavourable",
        "2026-11-23",
        "Hermance Vauquelin",
    )
    assert (await api.get(f"/{put_off}/advice")).json()["items"] == []
    async with api.engine.begin() as conn:
        file = await store.lock_file(conn, UUID(heard))
    assert file.case.gathered.advice == {AdviceKind.SELECTION_BOARD}
    assert (file.version, file.preparers) == (2, ("agent-1001", "agent-1008"))
    again = await write(api, f"/{sitting_id}/hold", minutes())
    assert problem(again) == (409, "sitting-held")


@pytest.mark.parametrize(
    "members",
    [
        [],
        MEMBERS[:1],
        [MEMBERS[0], CHAIR],
        [MEMBERS[0], {"name": "  léopoldine  GARANCE ", "function": "other"}],
    ],
)
async def test_without_three_persons_present_there_is_no_sitting(api: Api, members: list[dict[str, str]]) -> None:
    candidacy_id = await api.create(gathered=False)
    sitting_id = await planned(api, candidacy_id)
    before = await api.stored()
    answer = await write(api, f"/{sitting_id}/hold", minutes(says(candidacy_id), members=members))
    assert problem(answer) == (422, "no-quorum")
    assert await api.stored() == before


async def test_a_sitting_that_cannot_be_held_changes_none_of_its_files(api: Api) -> None:
    first, gone, other = [await api.create(gathered=False) for _ in range(3)]
    sitting_id = await planned(api, first, gone)
    later = await planned(api, first, sits_on="2026-11-24")
    too_early = await planned(api, first, sits_on="2026-11-01")
    await api.post(f"/{gone}/withdraw")
    before = await api.stored()
    wrong: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
        (sitting_id, minutes(says(first), says(gone)), (409, "candidacy-withdrawn")),
        (sitting_id, minutes(says(other)), (422, "not-on-agenda")),
        (sitting_id, minutes(says(first), says(first)), (422, "validation-failed")),
        (sitting_id, minutes({**says(first), "sense": "perhaps"}), (422, "validation-failed")),
        (sitting_id, minutes({**says(first), "health": "any"}), (422, "unknown-field")),
        (sitting_id, minutes(chair={"name": " ", "function": "head"}), (422, "validation-failed")),
        (later, minutes(says(first)), (422, "impossible-dates")),
        (too_early, minutes(says(first)), (422, "impossible-dates")),
        (NOBODY, minutes(), (404, "sitting-unknown")),
    ]
    for which, body, expected in wrong:
        assert problem(await write(api, f"/{which}/hold", body)) == expected, body
    assert await api.stored() == before


async def test_a_sitting_that_cannot_be_planned_is_not(api: Api) -> None:
    candidacy_id, gone = await api.create(gathered=False), await api.create(gathered=False)
    await api.post(f"/{gone}/withdraw")
    before = await api.stored()
    wrong: list[tuple[Any, Any, tuple[int, str]]] = [
        ("2026-11-23", [], (422, "validation-failed")),
        ("2026-11-23", [candidacy_id, candidacy_id], (422, "validation-failed")),
        ("2026-11-23", [NOBODY], (404, "candidacy-unknown")),
        ("2026-11-23", [candidacy_id, gone], (409, "candidacy-withdrawn")),
        ("1026-11-23", [candidacy_id], (422, "impossible-dates")),
        ("2026-11-31", [candidacy_id], (422, "impossible-dates")),
        (20261123, [candidacy_id], (422, "validation-failed")),
    ]
    for sits_on, agenda, expected in wrong:
        assert problem(await write(api, "", {"sits_on": sits_on, "agenda": agenda})) == expected
    assert await api.stored() == before


async def test_the_commission_is_the_sites_and_establishments_of_origin_have_no_part_in_it(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    sitting_id = await planned(api, candidacy_id)
    before = await api.stored()
    body = {"sits_on": "2026-11-23", "agenda": [candidacy_id]}
    for answer in (
        await write(api, "", body, by="origin_head"),
        await write(api, f"/{sitting_id}/hold", minutes(says(candidacy_id)), by="spip"),
        await read(api, by="spip"),
        await read(api, f"/{sitting_id}", by="registry"),
    ):
        assert problem(answer) == (403, "not-of-the-site")
    for officer in ("decision_authority", "inspector", "placement_officer"):
        assert problem(await write(api, "", body, by=officer)) == (403, "role-missing")
        held = await write(api, f"/{sitting_id}/hold", minutes(says(candidacy_id)), by=officer)
        assert problem(held) == (403, "role-missing")
    for officer in ("placement_officer", "training_lead", "companion", "partner_admin"):
        assert problem(await read(api, by=officer)) == (403, "role-missing")
        assert problem(await read(api, f"/{sitting_id}", by=officer)) == (403, "role-missing")
    assert problem(await read(api, f"/{NOBODY}")) == (404, "sitting-unknown")
    assert await api.stored() == before


async def test_who_only_inspects_sees_dates_and_senses_of_a_sitting(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    sitting_id = await planned(api, candidacy_id)
    await write(api, f"/{sitting_id}/hold", minutes(says(candidacy_id)))
    whole = (await read(api, f"/{sitting_id}", by="decision_authority")).json()
    assert (whole["minutes"], whole["agenda"][0]["words"]) == ("Zzcanaryzz was long.", "Zzcanaryzz of the board.")
    assert whole["members"] == MEMBERS
    seen = await read(api, f"/{sitting_id}", by="inspector")
    assert "Zzcanaryzz" not in seen.text
    assert "Vauquelin" not in seen.text
    assert seen.json()["agenda"][0]["sense"] == "favourable"


async def test_sittings_are_listed_page_by_page_the_latest_first(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    made = [await planned(api, candidacy_id, sits_on=f"2026-11-{day}") for day in ("05", "23", "12")]
    first = (await read(api, "?limit=2")).json()
    assert [(one["id"], one["files"], one["held_at"]) for one in first["items"]] == [
        (made[1], 1, None),
        (made[2], 1, None),
    ]
    rest = (await read(api, f"?limit=2&cursor={first['next_cursor']}")).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([made[0]], None)
    assert problem(await read(api, "?cursor=nonsense")) == (422, "cursor-invalid")


async def test_the_agenda_goes_to_the_commission_as_a_table_with_names_and_each_person_is_logged(api: Api) -> None:
    first = await api.assessed()
    second = await api.create(gathered=False, identity=a_body()["identity"] | {"last_name": "=Fictif-Formule"})
    sitting_id = await planned(api, second, first)
    path = f"/v1/sittings/{sitting_id}/agenda"
    before = len((await api.stored())["vault.identity_reads"])
    answer = await api.http.get(path, headers={**api.tokens.bearer("site_head"), "Purpose": "assessment"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert header.startswith("rank;file_number;last_name;")
    assert lines[0].split(";")[:3] == ["1", "2", "'=Fictif-Formule"]
    assert lines[1].split(";")[8] == "favourable"
    assert len((await api.stored())["vault.identity_reads"]) == before + 2
    for headers, expected in (
        (api.tokens.bearer("site_head"), (400, "purpose-missing")),
        ({**api.tokens.bearer("spip"), "Purpose": "assessment"}, (403, "not-of-the-site")),
        ({**api.tokens.bearer("inspector"), "Purpose": "assessment"}, (403, "role-missing")),
    ):
        assert problem(await api.http.get(path, headers=headers)) == expected
    nothing = await api.http.get(
        f"/v1/sittings/{NOBODY}/agenda", headers={**api.tokens.bearer("site_head"), "Purpose": "assessment"}
    )
    assert problem(nothing) == (404, "sitting-unknown")
