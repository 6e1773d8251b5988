"""The sheets that an officer works with while the platform is down: whole, protected, and there every half hour."""

import asyncio
import errno
import os
import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from services.placement import handlers, main
from services.placement.consumers import consumer
from services.placement.domain import next_sheets
from services.placement.settings import Settings
from services.placement.sheets import Folder, Printer, Table, csv_of
from services.placement.sheets import printing as sheets
from services.placement.sheets.folder import KEPT
from services.placement.tests.conftest import SettableClock
from services.placement.tests.test_arrivals import arrive, confirmed
from services.placement.tests.test_daily import only_one_arrival_cell
from services.placement.tests.test_handlers import rows
from services.placement.tests.test_movements import MAN, proposed
from shared.messaging import Consumer, at
from shared.messaging import serve as worker
from shared.testing.kernel import Bench
from shared.testing.waiting import eventually

NAMES = ["appel.csv", "appel.html", "arrivees.csv", "arrivees.html", "plan.csv", "plan.html"]


def with_sheets(folder: Path) -> Consumer:
    """The consumers of a worker that writes its sheets there."""
    printing = handlers.printing(Printer(Folder(folder)))
    return replace(consumer, rows=(*consumer.rows, at(handlers.SHEETS, handlers.Sheets, printing)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sheets"


@pytest.fixture
def bench(engine: AsyncEngine, clock: SettableClock, folder: Path) -> Bench:
    """It is the evening of the planned entry, 20:40 at the site."""
    clock.now = datetime(2027, 1, 4, 19, 40, tzinfo=UTC)
    return Bench(engine, with_sheets(folder), site="DON", clock=clock)


async def begin(bench: Bench) -> None:
    async with bench.transaction() as tx:
        await handlers.begin_sheets(tx)


async def due(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    """When the next sheets are due, and how often these were tried in vain."""
    statement = "SELECT due, attempts FROM messaging.timer WHERE kind = 'sheets'"
    return [tuple(row) for row in await rows(engine, statement)]


def latest(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "_" not in path.name)


def contents(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(pattern)}


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def allow(folder: Path, mode: int) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)


class Editions:
    """Counts as the worker's metric does."""

    def __init__(self) -> None:
        self.counted: list[tuple[int, dict[str, str]]] = []

    def add(self, many: int, attributes: dict[str, str]) -> None:
        self.counted.append((many, attributes))


@pytest.fixture
def editions(monkeypatch: pytest.MonkeyPatch) -> Editions:
    made = Editions()
    monkeypatch.setattr(sheets, "_editions", made)
    return made


async def test_roll_plan_and_arrivals_are_written_for_nobody_else_and_complete_in_themselves(
    bench: Bench, folder: Path
) -> None:
    await arrive(bench, await confirmed(bench, uuid7(), **MAN, file_number=41))
    await proposed(bench, 42)
    await proposed(bench, 43, planned_entry=date(2027, 1, 5))
    await begin(bench)
    await bench.fire_timers()
    assert latest(folder) == NAMES
    assert modes(folder) == {0o700, 0o600}
    pages = {name: (folder / name).read_text(encoding="utf-8") for name in NAMES if name.endswith("html")}
    for name, page in pages.items():
        assert "Établi le <strong>lundi 4 janvier 2027 à 20 h 40</strong>" in page
        assert "Prochaine édition à 21 h 00." in page
        assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import|http", page)
        assert (folder / f"{name[:-5]}_2027-01-04_20h40_CET.html").read_text(encoding="utf-8") == page
    assert ["41" in page for page in pages.values()] == [True, True, True]
    # Who is not there is not called; who comes tomorrow is not on today's sheet.
    assert [">42<" in page for page in pages.values()] == [False, True, True]
    assert ">43<" not in pages["arrivees.html"]
    assert "NON CONFIRMÉ" in pages["arrivees.html"]
    assert pages["plan.html"].count("<tr>") == 101 + 11
    assert (folder / "appel.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("DON-H1;DON-H1-U1;")
    assert len((folder / "plan.csv").read_text(encoding="utf-8-sig").splitlines()) == 102


async def test_the_sheet_of_arrivals_warns_of_a_cell_in_which_somebody_still_is(
    bench: Bench, engine: AsyncEngine, folder: Path, clock: SettableClock
) -> None:
    await only_one_arrival_cell(engine)
    await arrive(bench, await confirmed(bench, uuid7(), **MAN, file_number=41))
    clock.now = datetime(2027, 1, 27, 19, 40, tzinfo=UTC)
    await proposed(bench, 42, planned_entry=date(2027, 1, 27))
    await begin(bench)
    await bench.fire_timers()
    page = (folder / "arrivees.html").read_text(encoding="utf-8")
    assert "NON CONFIRMÉ, CELLULE OCCUPÉE (dossier 41)" in page


async def test_sheets_of_an_empty_site_say_so(bench: Bench, folder: Path) -> None:
    await begin(bench)
    await bench.fire_timers()
    for name in ("appel.html", "arrivees.html"):
        assert "Personne." in (folder / name).read_text(encoding="utf-8")


async def test_sheets_are_made_every_half_hour_once_by_several_workers(
    bench: Bench, engine: AsyncEngine, folder: Path, clock: SettableClock
) -> None:
    other = Bench(engine, with_sheets(folder), site="DON", clock=clock)
    for one in (bench, other):
        await begin(one)
    assert await due(engine) == [(clock.now, 0)]
    fired = await asyncio.gather(bench.timers.fire(), other.timers.fire())
    assert sum(fired) == 1
    assert await due(engine) == [(datetime(2027, 1, 4, 20, 0, tzinfo=UTC), 0)]
    # Another worker starts, or this one again: nothing is made before its time, and nothing is put off.
    await begin(other)
    clock.forward(timedelta(minutes=19))
    assert await other.timers.fire() == 0
    clock.forward(timedelta(hours=3))
    await begin(other)
    assert await bench.timers.fire() == 1
    assert await due(engine) == [(datetime(2027, 1, 4, 23, 0, tzinfo=UTC), 0)]
    assert len(contents(folder, "plan_*.html")) == 2


async def test_a_folder_that_is_open_to_others_gets_nothing_and_is_tried_again_within_a_minute(
    bench: Bench, engine: AsyncEngine, folder: Path, clock: SettableClock, editions: Editions
) -> None:
    allow(folder, 0o750)
    await begin(bench)
    with capture_logs() as logs:
        assert await bench.timers.fire() == 1
    assert [(line["event"], line["log_level"]) for line in logs] == [("the sheets were not written", "error")]
    assert editions.counted == [(1, {"outcome": "failed"})]
    assert contents(folder) == {}
    assert await due(engine) == [(clock.now + timedelta(minutes=1), 0)]
    allow(folder, 0o700)
    clock.forward(timedelta(minutes=1))
    await bench.timers.fire()
    assert latest(folder) == NAMES
    assert editions.counted[1:] == [(1, {"outcome": "written"})]
    assert await due(engine) == [(datetime(2027, 1, 4, 20, 0, tzinfo=UTC), 0)]


async def test_a_full_disk_leaves_the_sheets_that_were_there_whole(
    bench: Bench, engine: AsyncEngine, folder: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(bench)
    await bench.fire_timers()
    before = contents(folder)
    clock.forward(timedelta(minutes=30))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    await bench.timers.fire()
    assert contents(folder) == before
    assert await due(engine) == [(clock.now + timedelta(minutes=1), 0)]


def test_a_day_of_editions_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    for number in range(KEPT + 2):
        Folder(folder).write({"plan.html": str(number).encode(), "plan.csv": b""}, f"2027-01-{number:02}")
    (folder / "note of an officer.txt").touch()
    Folder(folder).write({"plan.html": b"last", "plan.csv": b""}, "2027-02-01")
    assert KEPT == 48
    assert sorted(path.name for path in folder.glob("plan_*.html")) == [
        *(f"plan_2027-01-{number:02}.html" for number in range(3, KEPT + 2)),
        "plan_2027-02-01.html",
    ]
    assert len(list(folder.glob("plan_*.csv"))) == KEPT
    assert (folder / "plan.html").read_bytes() == b"last"
    assert (folder / "note of an officer.txt").exists()


def test_what_a_crash_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    Folder(folder).write({"plan.html": b"old"}, "1")
    (folder / ".plan.html").write_bytes(b"half")
    (folder / ".plan.html").chmod(0o644)
    Folder(folder).write({"plan.html": b"new"}, "2")
    assert sorted(path.name for path in folder.iterdir()) == ["plan.html", "plan_1.html", "plan_2.html"]
    assert (folder / "plan.html").read_bytes() == b"new"
    assert stat.S_IMODE((folder / "plan.html").stat().st_mode) == 0o600


def test_the_next_sheets_are_due_on_the_full_or_half_hour() -> None:
    for minute, second, expected in ((0, 0, 30), (0, 1, 30), (29, 59, 30), (30, 0, 60), (59, 59, 60)):
        hour = datetime(2027, 1, 4, 20, tzinfo=UTC)
        assert next_sheets(hour + timedelta(minutes=minute, seconds=second)) == hour + timedelta(minutes=expected)


def test_no_cell_of_a_table_is_taken_for_a_formula() -> None:
    cells = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a;b", 'say "x"', -1)
    written = csv_of(Table("x", ("a",) * len(cells), [cells])).decode("utf-8-sig")
    assert written.split("\r\n", 1)[1] == '\'=1+1;\'+1;\'-1;\'@SUM(A1);\'\t=1;"\'\r=1";"a;b";"say ""x""";-1\r\n'


async def test_a_worker_has_the_sheets_made_from_its_start(
    engine: AsyncEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Any, ...]] = []
    monkeypatch.setattr(worker, "serve_worker", lambda *arguments: started.append(arguments))
    main.run_worker(
        Settings(
            SITE="DON",
            database_url=SecretStr(str(engine.url)),
            kafka_bootstrap="127.0.0.1:1",
            oidc_issuer="http://issuer.test",
            idempotency_secret=SecretStr("s" * 32),
            selection_url="http://selection.test",
            api_port=1,
            worker_port=1,
            sheets_dir=folder,
        )
    )
    _, _, own, background = started[0]
    assert set(own.events) == set(consumer.events)
    loop = asyncio.ensure_future(background(engine, lambda channels: None).run())
    await eventually(lambda: due(engine))
    loop.cancel()
    # The sheets, the day, and what waits on the desk.
    assert await Bench(engine, own, site="DON").timers.fire() == 3
    assert latest(folder) == NAMES
