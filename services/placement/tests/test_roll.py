"""Who sleeps where now, and what officers count: expected, counted, explained, and what stays open."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.placement.domain import Counted, Explanation, Inhabited, Line, Refusal, Refused, held_against
from services.placement.tables import metadata
from services.placement.tests.conftest import SettableClock
from services.placement.tests.test_api import problem, read
from services.placement.tests.test_arrivals import CAME, arrive, confirmed
from services.placement.tests.test_constraints import code_of
from services.placement.tests.test_movements import MAN, table
from shared.contracts.selection import CellType
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

COUNTS = "/v1/sites/DON/roll-counts"
EMPTY = {"DON-H1": 0, "DON-H2": 0, "DON-F1-U1": 0, "DON-F1-U2": 0, "DON-SW-C01": 0}
"""Every cell of Donchery, once."""


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    """It is the evening of the planned entry."""
    clock.now = datetime(2027, 1, 4, 20, tzinfo=UTC)


async def count(
    api: httpx.AsyncClient,
    tokens: Tokens,
    counted: dict[str, int],
    explanations: dict[str, dict[str, int]] | None = None,
    corrects: str | None = None,
    officer: str = "placement_officer",
    key: str | None = None,
) -> httpx.Response:
    lines = [
        {"place": place, "counted": many, "explanations": (explanations or {}).get(place, {})}
        for place, many in counted.items()
    ]
    body = {"lines": lines} | ({"corrects": corrects} if corrects else {})
    return await api.post(COUNTS, json=body, headers=tokens.bearer(officer) | once(key))


async def three_present(bench: Bench) -> list[UUID]:
    """Two men in arrival cells of the first wing, and a woman in an adapted cell."""
    stays = [await confirmed(bench, uuid7(), **MAN, file_number=number) for number in (1, 2)]
    stays.append(await confirmed(bench, uuid7(), file_number=3, cell_type=CellType.ADAPTED))
    for stay in stays:
        await arrive(bench, stay, CAME)
    return stays


async def test_the_roll_tells_who_sleeps_in_which_cell_now(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    stays = await three_present(bench)
    await confirmed(bench, uuid7(), **MAN, file_number=4)
    items = (await read(api, tokens, "/v1/sites/DON/roll"))["items"]
    assert [(one["cell"], one["unit"], one["wing"], one["file_number"]) for one in items] == [
        ("DON-F1-U2-C10", "DON-F1-U2", "DON-F1", 3),
        ("DON-H1-U1-C01", "DON-H1-U1", "DON-H1", 1),
        ("DON-H1-U1-C02", "DON-H1-U1", "DON-H1", 2),
    ]
    assert {one["stay_id"] for one in items} == set(map(str, stays))
    answer = await api.get("/v1/sites/DON/roll?format=csv", headers=tokens.bearer("inspector"))
    assert table(answer)[1] == ["DON-F1", "DON-F1-U2", "DON-F1-U2-C10", "3", str(stays[2]), "04/01/2027"]


async def test_a_count_is_held_against_whoever_is_present_and_says_what_nothing_explains(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench
) -> None:
    await three_present(bench)
    counted = EMPTY | {"DON-H1": 1, "DON-F1-U1": 1, "DON-F1-U2": 0}
    answer = await count(api, tokens, counted, {"DON-F1-U2": {"hospital": 1}}, key="once")
    assert answer.status_code == 201
    shown = answer.json()
    lines = {line.pop("place"): tuple(line.values()) for line in shown.pop("lines")}
    assert lines == {
        "DON-F1-U1": (0, 1, 0, -1, {}),
        "DON-F1-U2": (1, 0, 1, 0, {"hospital": 1}),
        "DON-H1": (2, 1, 0, 1, {}),
        "DON-H2": (0, 0, 0, 0, {}),
        "DON-SW-C01": (0, 0, 0, 0, {}),
    }
    # One is missing here and one too many there: the sum is nothing, and the count does not agree all the same.
    assert shown == {
        "id": shown["id"],
        "at": "2027-01-04T20:00:00Z",
        "counted_by": "agent-3001",
        "counted_by_function": "placement_officer",
        "corrects": None,
        "corrected_by": None,
        "expected": 3,
        "counted": 2,
        "explained": 1,
        "unexplained": 0,
        "agrees": False,
    }
    again = await count(api, tokens, counted, {"DON-F1-U2": {"hospital": 1}}, key="once")
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")
    assert (await read(api, tokens, f"{COUNTS}/{shown['id']}")) == answer.json()
    assert len((await read(api, tokens, COUNTS))["items"]) == 1
    assert await bench.published() == []


async def test_a_count_is_corrected_by_another_one_and_what_stays_open_is_listed(
    api: httpx.AsyncClient, tokens: Tokens, bench: Bench, clock: SettableClock
) -> None:
    await three_present(bench)
    right = EMPTY | {"DON-H1": 2, "DON-F1-U2": 1}
    ids = []
    for counted in (right, right | {"DON-H1": 1}, right | {"DON-F1-U2": 0}):
        ids.append((await count(api, tokens, counted)).json()["id"])
        clock.forward(timedelta(minutes=30))

    async def listed(**asked: Any) -> list[str]:
        return [one["id"] for one in (await read(api, tokens, COUNTS, **asked))["items"]]

    assert await listed() == ids[::-1]
    assert await listed(unexplained=True) == [ids[2], ids[1]]
    better = await count(api, tokens, right, corrects=ids[1])
    assert (better.json()["corrects"], better.json()["agrees"]) == (ids[1], True)
    assert await listed(unexplained=True) == [ids[2]]
    wrong = await read(api, tokens, f"{COUNTS}/{ids[1]}")
    assert (wrong["corrected_by"], wrong["unexplained"]) == (better.json()["id"], 1)
    assert problem(await count(api, tokens, right, corrects=ids[1])) == (409, "count-corrected")
    assert problem(await count(api, tokens, right, corrects=str(uuid7()))) == (404, "count-unknown")
    page = await read(api, tokens, COUNTS, limit=3)
    rest = await read(api, tokens, COUNTS, limit=3, cursor=page["next_cursor"])
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([ids[0]], None)
    answer = await api.get(f"{COUNTS}?format=csv&unexplained=true", headers=tokens.bearer("site_head"))
    lines = table(answer)
    assert lines[0][-5:] == ["Attendus", "Comptés", "Expliqués", "Explications", "Écart sans explication"]
    assert ["DON-F1-U2", "1", "0", "0", "", "1"] in [line[5:] for line in lines]
    assert lines[1][:5] == [ids[2], "04/01/2027 22:00", "agent-3001", "placement_officer", ""]


async def test_of_two_who_correct_the_same_count_one_is_told_that_it_is_corrected(
    api: httpx.AsyncClient, tokens: Tokens
) -> None:
    first = (await count(api, tokens, EMPTY)).json()["id"]
    answers = await asyncio.gather(*(count(api, tokens, EMPTY, corrects=first) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_somebody_without_the_role_counts_nobody(api: httpx.AsyncClient, tokens: Tokens) -> None:
    for officer in ("spip", "decision_authority", "inspector", "site_head", "companion", "operator"):
        assert problem(await count(api, tokens, EMPTY, officer=officer)) == (403, "role-missing")
    assert (await read(api, tokens, COUNTS))["items"] == []


async def test_a_count_that_cannot_be_is_refused_and_nothing_is_noted(api: httpx.AsyncClient, tokens: Tokens) -> None:
    without = {place: many for place, many in EMPTY.items() if place != "DON-F1-U2"}
    bad: list[tuple[dict[str, int], dict[str, dict[str, int]], tuple[int, str]]] = [
        (without, {}, (422, "places-not-counted-once")),
        (EMPTY | {"DON-F1": 0}, {}, (422, "places-not-counted-once")),
        (EMPTY | {"ARR-H1": 0}, {}, (422, "place-unknown")),
        (EMPTY | {"DON-H1-U1-C01": 0}, {}, (422, "place-unknown")),
        (EMPTY | {"DON-H1": -1}, {}, (422, "validation-failed")),
        (EMPTY | {"DON-H1": 1001}, {}, (422, "validation-failed")),
        (EMPTY | {"somewhere": 1}, {}, (422, "validation-failed")),
        (EMPTY, {"DON-H1": {"gone": 1}}, (422, "validation-failed")),
        (EMPTY, {"DON-H1": {"court": 0}}, (422, "validation-failed")),
        ({}, {}, (422, "validation-failed")),
    ]
    for counted, explanations, expected in bad:
        assert problem(await count(api, tokens, counted, explanations)) == expected
    headers = tokens.bearer("placement_officer") | once()
    lines = [{"place": place, "counted": 0} for place in (*EMPTY, "DON-H1")]
    twice = await api.post(COUNTS, json={"lines": lines}, headers=headers)
    assert problem(twice) == (422, "places-not-counted-once")
    noted = await api.post(
        COUNTS, json={"lines": lines[:5], "note": "seen"}, headers=tokens.bearer("placement_officer") | once()
    )
    assert problem(noted) == (422, "unknown-field")
    elsewhere = await api.post(
        "/v1/sites/ARR/roll-counts", json={"lines": lines[:5]}, headers=tokens.bearer("placement_officer") | once()
    )
    assert problem(elsewhere) == (403, "wrong-site")
    answer = await api.get(f"{COUNTS}/{uuid7()}", headers=tokens.bearer("inspector"))
    assert problem(answer) == (404, "count-unknown")
    assert (await read(api, tokens, COUNTS))["items"] == []


async def test_a_count_is_never_edited_nor_deleted_by_anybody(
    api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    first = (await count(api, tokens, EMPTY)).json()["id"]
    await count(api, tokens, EMPTY, corrects=first)
    for statement in (
        "UPDATE roll_counts SET officer = 'somebody else'",
        "UPDATE roll_count_lines SET counted = 1",
        "DELETE FROM roll_count_lines",
        "DELETE FROM roll_counts",
    ):
        assert await code_of(engine, statement) == "23001"
    again = f"SELECT uuidv7(), site, '{first}', officer, function, at FROM roll_counts LIMIT 1"
    columns = "(id, site, corrects, officer, function, at)"
    assert await code_of(engine, f"INSERT INTO roll_counts {columns} {again}") == "23505"
    few = "INSERT INTO roll_count_lines (count_id, place, expected, counted, explained, explanations)"
    assert await code_of(engine, f"{few} SELECT id, 'X', 0, -1, 0, '{{}}' FROM roll_counts") == "23514"


def test_each_place_counts_its_own_cells() -> None:
    cells = (
        Inhabited("A-U1-C1", "A-U1", "A", True),
        Inhabited("A-U2-C1", "A-U2", "A", True),
        Inhabited("A-SW", None, None, False),
    )
    gone = {Explanation.COURT: 1, Explanation.HOSPITAL: 1}
    lines = held_against((Counted("A", 0, gone), Counted("A-SW", 1, {})), cells)
    assert lines == (Line("A", 2, 0, gone), Line("A-SW", 0, 1, {}))
    assert lines[0].explained == 2
    with pytest.raises(Refused) as refused:
        held_against((Counted("A", 0, {}),), cells)
    assert refused.value.refusal is Refusal.PLACES_NOT_COUNTED_ONCE


async def test_the_migrations_build_what_the_tables_of_counts_say(engine: AsyncEngine) -> None:
    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        names = ("roll_count", "sheet_confirmations", "ix_bed_uses_period")
        return [one for one in compare_metadata(context, metadata) if any(name in str(one) for name in names)]

    async with engine.connect() as conn:
        assert await conn.run_sync(differences) == []
