"""Tables of files: each line whole or not at all, told by line and code, and harmless when sent again."""

import asyncio

import httpx
import pytest

from services.selection.tests.officers import Api, problem
from shared.testing.api import once

HEADER = (
    "reference;last_name;first_names;birth_date;ecrou_number;sex;penal_status;sentences;sentence_end;extract_on;"
    "consent_signed_on;planned_entry;adapted_cell;training_wishes;partner_categories"
)


def a_line(reference: str = "R-1", **cells: str) -> str:
    """A favourable file as a line, but for the cells."""
    row = {
        "reference": reference,
        "last_name": f"Fictif-{reference}",
        "first_names": "Dominique",
        "birth_date": "1990-02-28",
        "ecrou_number": f"F-{reference}",
        "sex": "M",
        "penal_status": "finally_convicted",
        "sentences": "4/0/0",
        "sentence_end": "2028-11-23",
        "extract_on": "2026-11-20",
        "consent_signed_on": "2026-11-02",
        "planned_entry": "2027-01-11",
        "adapted_cell": "no",
        "training_wishes": "DON-WEB|DON-BASIC",
        "partner_categories": "region",
    } | cells
    return ";".join(row[name] for name in HEADER.split(";"))


def a_table(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


async def send(
    api: Api, content: bytes, *, dry_run: bool = False, by: str = "spip", key: str | None = None
) -> httpx.Response:
    headers = {**api.tokens.bearer(by), **once(key), "Content-Type": "text/csv"}
    return await api.http.post(
        "/v1/imports", params={"dry_run": str(dry_run).lower()}, content=content, headers=headers
    )


async def test_a_line_becomes_a_file_and_a_line_that_cannot_be_taken_stops_no_other(api: Api) -> None:
    answer = await send(api, a_table(a_line("R-1"), a_line("R-2", sentence_end="2027-02-31"), a_line("R-3")))
    assert answer.status_code == 201
    assert answer.json()["counts"] == {"created": 2, "refused": 1}
    first, second, third = answer.json()["report"]
    assert (second["line"], second["reference"], second["codes"]) == (3, "R-2", ["impossible-dates"])
    assert second["candidacy_id"] is None
    for one in (first, third):
        file = (await api.get(f"/{one['candidacy_id']}", Purpose="assessment")).json()
        assert (file["state"], file["training_wishes"]) == ("submitted", ["DON-WEB", "DON-BASIC"])
        assert file["identity"]["last_name"] == f"Fictif-{one['reference']}"


async def test_a_dry_run_reports_the_same_and_leaves_only_its_report(api: Api) -> None:
    table = a_table(a_line("R-1"), a_line("R-2", sex="X"))
    before = await api.stored()
    shown = await send(api, table, dry_run=True)
    assert shown.json()["counts"] == {"refused": 1, "would_be_created": 1}
    after = await api.stored()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"public.imports", "messaging.idempotency"}
    done = await send(api, table)
    assert done.json()["counts"] == {"created": 1, "refused": 1}
    assert [line["codes"] for line in done.json()["report"]] == [line["codes"] for line in shown.json()["report"]]


async def test_sent_again_a_table_opens_nothing_twice(api: Api) -> None:
    first = await send(api, a_table(a_line("R-1")))
    again = await send(api, a_table(a_line("R-1"), a_line("R-2")))
    assert again.json()["counts"] == {"created": 1, "known": 1}
    assert again.json()["report"][0]["candidacy_id"] == first.json()["report"][0]["candidacy_id"]
    assert len((await api.stored())["public.candidacies"]) == 2


async def test_a_request_repeated_with_its_key_is_answered_again(api: Api) -> None:
    first = await send(api, a_table(a_line("R-1")), key="the-same")
    again = await send(api, a_table(a_line("R-1")), key="the-same")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_the_same_reference_twice_in_a_table_is_one_file(api: Api) -> None:
    answer = await send(api, a_table(a_line("R-1"), a_line("R-1")))
    assert answer.json()["counts"] == {"created": 1, "known": 1}


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({"last_name": "=HYPERLINK(1)"}, ["last_name: formula-cell"]),
        ({"first_names": "@SUM(A1)"}, ["first_names: formula-cell"]),
        ({"ecrou_number": "+33"}, ["ecrou_number: formula-cell"]),
        ({"last_name": ""}, ["last_name: missing"]),
        ({"birth_date": "28/02/1990"}, ["birth_date: date-as-text"]),
        ({"sentences": "four years"}, ["sentences: model-type"]),
        ({"sentences": "0/0/900"}, ["sentence-not-as-pronounced"]),
        ({"sentences": "3/0/0:7/0/0"}, ["firm-part-too-long"]),
        ({"adapted_cell": "perhaps"}, ["adapted_cell: bool-type"]),
        ({"training_wishes": "ask his brother"}, ["training_wishes: string-pattern-mismatch"]),
        ({"partner_categories": "press"}, ["partner_categories: enum"]),
        ({"planned_entry": ""}, ["file-incomplete"]),
        ({"penal_status": "guilty"}, ["penal_status: enum"]),
        ({"reference": "two words"}, ["reference: not-a-reference"]),
    ],
)
async def test_a_bad_cell_is_told_by_its_column_and_a_code(api: Api, cells: dict[str, str], codes: list[str]) -> None:
    answer = await send(api, a_table(a_line(**cells)), dry_run=True)
    (line,) = answer.json()["report"]
    assert (line["outcome"], line["codes"]) == ("refused", codes)


async def test_several_sentences_and_suspended_parts_are_read_as_pronounced(api: Api) -> None:
    answer = await send(api, a_table(a_line(sentences="7/0/0:3/0/0|0/6/15")))
    (line,) = answer.json()["report"]
    file = (await api.get(f"/{line['candidacy_id']}", Purpose="assessment")).json()
    assert file["sentences"] == [{"pronounced": [7, 0, 0], "firm": [3, 0, 0]}, {"pronounced": [0, 6, 15], "firm": None}]


async def test_a_table_that_cannot_be_read_has_a_problem_and_changes_nothing(api: Api) -> None:
    before = await api.stored()
    latin = a_table(a_line(last_name="Éponine")).decode().encode("latin-1")
    utf16 = a_table(a_line()).decode().encode("utf-16")
    for content, code in (
        (latin, "import-encoding"),
        (utf16, "import-encoding"),
        (b"\n", "import-columns"),
        (a_table(a_line(), header=HEADER.replace("sex", "religion")), "import-columns"),
        (a_table(a_line(), header=HEADER.replace("sex", "last_name")), "import-columns"),
        (a_table(), "import-empty"),
        (a_table(*["x;y"] * 501), "import-too-long"),
    ):
        assert problem(await send(api, content)) == (422, code)
    assert await api.stored() == before


async def test_excel_writes_a_mark_and_commas_serve_as_well(api: Api) -> None:
    commas = a_table(a_line()).decode().replace(";", ",").encode("utf-8-sig")
    assert (await send(api, commas, dry_run=True)).json()["counts"] == {"would_be_created": 1}


async def test_a_report_names_nobody_and_is_its_own_establishments(api: Api) -> None:
    answer = await send(api, a_table(a_line("R-1", last_name="Canariname"), a_line("R-2", last_name="=Canariname")))
    assert "Canariname" not in answer.text
    stored = await api.stored()
    assert not [row for name, rows in stored.items() if name != "vault.identities" for row in rows if "Canari" in row]
    path = f"/v1/imports/{answer.json()['id']}"
    assert (await api.http.get(path, headers=api.tokens.bearer("spip"))).json() == answer.json()
    assert (await api.http.get(path, headers=api.tokens.bearer("site_spip"))).status_code == 200
    assert problem(await api.http.get(path, headers=api.tokens.bearer("origin_spip"))) == (404, "not-found")


async def test_references_of_two_establishments_do_not_meet(api: Api) -> None:
    await send(api, a_table(a_line("R-1")))
    other = await send(api, a_table(a_line("R-1", last_name="Autre", ecrou_number="F-9")), by="origin_spip")
    assert other.json()["counts"] == {"created": 1}


async def test_of_two_who_bring_the_same_reference_in_at_once_one_opens_the_file(api: Api) -> None:
    tables = [a_table(a_line("R-1", last_name=name), a_line(f"R-{name}")) for name in ("Un", "Deux")]
    answers = await asyncio.gather(*(send(api, table) for table in tables))
    assert sorted(answer.json()["report"][0]["outcome"] for answer in answers) == ["created", "known"]
    assert len({answer.json()["report"][0]["candidacy_id"] for answer in answers}) == 1
    assert all(answer.json()["report"][1]["outcome"] == "created" for answer in answers)
    stored = await api.stored()
    assert len(stored["public.candidacies"]) == len(stored["vault.identities"]) == 3


async def test_only_who_may_open_a_file_brings_files_in(api: Api) -> None:
    for officer in ("decision_authority", "inspector", "placement_officer"):
        assert problem(await send(api, a_table(a_line()), by=officer)) == (403, "role-missing")
