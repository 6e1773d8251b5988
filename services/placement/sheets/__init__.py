"""What officers read, in French: lists as tables for a spreadsheet, and sheets to be printed."""

from services.placement.sheets.folder import Folder
from services.placement.sheets.printing import Printer
from services.placement.sheets.table import Table, csv_of
from services.placement.sheets.tables import (
    arrivals,
    counts,
    departures,
    forecast,
    occupancy_by_day,
    plan,
    roll,
)

__all__ = [
    "Folder",
    "Printer",
    "Table",
    "arrivals",
    "counts",
    "csv_of",
    "departures",
    "forecast",
    "occupancy_by_day",
    "plan",
    "roll",
]
