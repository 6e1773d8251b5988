"""The tables of placement: the estate, the requests and assignments, and who has a bed on which days."""

from services.placement.tables.acts import (
    estate_changes,
    evacuations,
    holds,
    outages,
    reads,
    stay_records,
    turn_changes,
)
from services.placement.tables.base import metadata
from services.placement.tables.counts import roll_count_lines, roll_counts, sheet_confirmations
from services.placement.tables.days import bed_use_history, bed_uses, separation_reasons, separations, vacancies
from services.placement.tables.estate import cells, pools, sites, units, wings
from services.placement.tables.requests import assignments, requests

__all__ = [
    "assignments",
    "bed_use_history",
    "bed_uses",
    "cells",
    "estate_changes",
    "evacuations",
    "holds",
    "metadata",
    "outages",
    "pools",
    "reads",
    "requests",
    "roll_count_lines",
    "roll_counts",
    "separation_reasons",
    "separations",
    "sheet_confirmations",
    "sites",
    "stay_records",
    "turn_changes",
    "units",
    "vacancies",
    "wings",
]
