"""Roll, cell plan and arrivals of today, written to be printed when the platform is down."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement import domain, store
from services.placement.domain import Days
from services.placement.sheets import tables, words
from services.placement.sheets.folder import Folder
from services.placement.sheets.table import csv_of
from shared import telemetry

_log = structlog.get_logger()
_editions = telemetry.meter().create_counter("inserre.placement.sheets", description="editions by outcome")


class Group(NamedTuple):
    """A part of a sheet that stays together on paper."""

    name: str
    rows: Sequence[tuple[str | int, ...]]


class Sheet(NamedTuple):
    """What is printed of one list."""

    title: str
    summary: Sequence[tuple[str, int]]
    """Figures to begin with, each with its words."""
    headings: Sequence[str]
    groups: Sequence[Group]
    ticks: Sequence[str] = ()
    """Headings of columns to be filled in by hand."""
    columns: int = 1
    """How many groups stand side by side."""


class Printer:
    """Makes the sheets and puts them into a folder.

    Args:
        folder: where they go.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    async def __call__(self, conn: AsyncConnection, site: str, now: datetime) -> bool:
        """Writes the sheets of this instant; tells in log and metrics, and gives False, if the folder did not let it.

        Args:
            conn: open for reading.
            site: code of the site.
            now: UTC.
        """
        made = domain.time_in_paris(now)
        today = made.date()
        there = await store.roll(conn, site)
        cells = await store.plan(conn, site, today, today)
        coming = await store.arrivals(conn, Days(today, today + timedelta(days=1)))
        sheets = (
            (tables.roll(there), _roll(there)),
            (tables.plan(cells), _plan(cells)),
            (tables.arrivals(coming), _arrivals(coming, there)),
        )
        files = {}
        for table, sheet in sheets:
            files[f"{table.name}.html"] = page_of(sheet, site, made).encode()
            files[f"{table.name}.csv"] = csv_of(table)
        try:
            # The zone tells the two hours apart in which the clocks are put back.
            await asyncio.to_thread(self._folder.write, files, f"{made:%Y-%m-%d_%Hh%M_%Z}")
        except OSError as error:
            _log.error("the sheets were not written", error=error, errno=error.errno)
            _editions.add(1, {"outcome": "failed"})
            return False
        _editions.add(1, {"outcome": "written"})
        return True


def page_of(sheet: Sheet, site: str, made: datetime) -> str:
    """A sheet as HTML that is complete in itself: no script, nothing to fetch.

    Args:
        sheet: what it shows.
        site: code of the site.
        made: as the clocks at the site show it.
    """
    following = domain.next_sheets(made)
    return _template().render(
        sheet=sheet,
        site=site,
        day=words.day_in_words(made.date()),
        hour=words.hour(made),
        following=words.hour(following),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sheet.html.j2")


def _roll(rows: Sequence[Any]) -> Sheet:
    def unit(row: Any) -> str:
        return str(row.unit or words.NO_WING)

    return Sheet(
        "Appel",
        [("Présents", len(rows)), *((wing, len(found)) for wing, found in _by(rows, _wing))],
        ("Cellule", "Dossier", "Arrivé le"),
        [
            Group(name, [(row.cell, row.file_number, words.day(row.arrived_on)) for row in found])
            for name, found in _by(rows, unit)
        ],
        ticks=("Vu", "Remarque"),
    )


def _plan(rows: Sequence[Any]) -> Sheet:
    counted = [(status, sum(row.status == status for row in rows)) for status in words.STATUSES]
    return Sheet(
        "Plan des cellules",
        [(words.STATUSES[status].capitalize(), many) for status, many in counted if many],
        ("Cellule", "Type", "État", "Dossier", "Changement"),
        [
            Group(
                name,
                [
                    (
                        # Two columns of cells have to fit, and the head of the group says the rest.
                        row.cell.rpartition("-")[2] if row.wing else row.cell,
                        *(words.CELL_TYPES[row.cell_type], words.STATUSES[row.status], row.file_number or ""),
                        f"{words.day(row.next_on)} {words.STATUSES[row.next_status]}" if row.next_on else "",
                    )
                    for row in found
                ],
            )
            for name, found in _by(rows, lambda row: row.cell.rpartition("-")[0] if row.wing else words.NO_WING)
        ],
        columns=2,
    )


def _arrivals(rows: Sequence[Any], there: Sequence[Any]) -> Sheet:
    inside = {row.cell: row for row in there}

    def remark(row: Any) -> str:
        found = []
        if row.state == "proposed":
            found.append("NON CONFIRMÉ, hors délai" if row.overdue else "NON CONFIRMÉ")
        if row.arrived_on is None and row.cell in inside:
            found.append(f"CELLULE OCCUPÉE (dossier {inside[row.cell].file_number})")
        return ", ".join(found)

    shown = [
        (
            *(row.file_number, words.STATES[row.state], row.cell, row.unit_cell or "", words.day(row.unit_from)),
            remark(row),
        )
        for row in rows
    ]
    return Sheet(
        "Arrivées du jour",
        [
            ("Dossiers", len(rows)),
            *((words.STATES[state].capitalize(), sum(row.state == state for row in rows)) for state in words.STATES),
        ],
        ("Dossier", "État", "Cellule", "Puis", "À partir du", "À savoir"),
        [Group("Première nuit aujourd'hui", shown)] if shown else [],
        ticks=("Heure",),
    )


def _wing(row: Any) -> str:
    return str(row.wing or words.NO_WING)


def _by(rows: Sequence[Any], key: Any) -> list[tuple[str, list[Any]]]:
    return [(name, list(found)) for name, found in groupby(rows, key)]
