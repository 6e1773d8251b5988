"""The lists of officers as tables: which columns, in which words.

Rows are what the store gives or what the API shows: only the names of their fields matter.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from services.placement.domain import time_in_paris
from services.placement.sheets import words
from services.placement.sheets.table import Table
from services.placement.sheets.words import day, yes

_STATUSES = ("occupied", "confirmed", "proposed", "held", "cleaning", "out_of_service", "free")


def arrivals(rows: Iterable[Any]) -> Table:
    """Who is to come, and came."""
    headings = (
        *("Première nuit", "Dossier", "Séjour", "État", "Cellule", "Cellule suivante", "À partir du"),
        *("Hors délai", "Décision antérieure en attente", "Date de décision", "Arrivé le"),
    )
    return Table(
        "arrivees",
        headings,
        [
            (
                *(day(row.starts_on), row.file_number, str(row.stay_id), words.STATES[row.state]),
                *(row.cell, row.unit_cell or "", day(row.unit_from)),
                *(yes(row.overdue), yes(row.earlier_decision_waits), day(row.decided_on), day(row.arrived_on)),
            )
            for row in rows
        ],
    )


def departures(rows: Iterable[Any]) -> Table:
    """Who is to leave, left, or should have left."""
    return Table(
        "departs",
        ("Départ prévu", "Dossier", "Séjour", "État", "Cellule", "Départ dépassé", "Parti le"),
        [
            (
                *(day(row.ends_on), row.file_number, str(row.stay_id), words.STATES[row.state]),
                *(row.cell_now or row.unit_cell or row.cell, yes(row.late), day(row.departed_on)),
            )
            for row in rows
        ],
    )


def occupancy_by_day(rows: Iterable[Any]) -> Table:
    """What the cells of each wing and type are on each day."""
    return Table(
        "occupation",
        ("Jour", "Bâtiment", "Type", "Cellules", *(words.STATUSES[one].capitalize() for one in _STATUSES)),
        [
            (
                *(day(row.day), row.wing, words.CELL_TYPES[row.cell_type], row.cells),
                *(row.occupied, row.confirmed, row.proposed, row.held),
                *(row.cleaning, row.out_of_service, row.free),
            )
            for row in rows
        ],
    )


def forecast(rows: Iterable[Any], first: date) -> Table:
    """What is expected to be free, a row for each kind of bed and week; the first week begins on `first`."""
    return Table(
        "prevision",
        ("Sexe", "Type", "Semaine du", "Places", "Libres toute la semaine", "En attente", "Première place libre"),
        [
            (
                *(words.SEXES[row.sex], words.CELL_TYPES[row.cell_type], day(first + timedelta(weeks=week))),
                *(row.places, free, row.waiting, day(row.first_free_on)),
            )
            for row in rows
            for week, free in enumerate(row.free)
        ],
    )


def roll(rows: Iterable[Any]) -> Table:
    """Who sleeps where now."""
    return Table(
        "appel",
        ("Bâtiment", "Unité", "Cellule", "Dossier", "Séjour", "Arrivé le"),
        [
            (
                row.wing or words.NO_WING,
                row.unit or "",
                row.cell,
                row.file_number,
                str(row.stay_id),
                day(row.arrived_on),
            )
            for row in rows
        ],
    )


def plan(rows: Iterable[Any]) -> Table:
    """What each cell is on a day, and what it is next."""
    return Table(
        "plan",
        ("Bâtiment", "Cellule", "Type", "État", "Dossier", "Séjour", "Prochain changement", "Devient"),
        [
            (
                *(row.wing or words.NO_WING, row.cell, words.CELL_TYPES[row.cell_type], words.STATUSES[row.status]),
                *(row.file_number or "", str(row.stay_id or ""), day(row.next_on)),
                words.STATUSES[row.next_status] if row.next_status else "",
            )
            for row in rows
        ],
    )


def counts(made: Sequence[Any]) -> Table:
    """Roll counts, a row for each place."""
    return Table(
        "comptages",
        (
            *("Comptage", "Fait le", "Par", "Qualité", "Remplacé", "Lieu"),
            *("Attendus", "Comptés", "Expliqués", "Explications", "Écart sans explication"),
        ),
        [
            (
                *(
                    str(count.id),
                    f"{time_in_paris(count.at):%d/%m/%Y %H:%M}",
                    count.counted_by,
                    count.counted_by_function,
                ),
                *(yes(count.corrected_by), line.place, line.expected, line.counted, line.explained),
                ", ".join(f"{words.EXPLANATIONS[code]} : {many}" for code, many in line.explanations.items()),
                line.unexplained,
            )
            for count in made
            for line in count.lines
        ],
    )
