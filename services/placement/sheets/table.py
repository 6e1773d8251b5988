"""A list as a table of texts, and the table as a file for a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it (OWASP: CSV injection)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A list with French headings.

    Args:
        name: of its file, without ending.
        headings: of the columns.
        rows: as many texts or numbers each.
    """

    name: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str | int, ...]]


def csv_of(table: Table) -> bytes:
    """The table in UTF-8 with a mark, semicolons and CRLF, as French spreadsheets expect; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(table.headings)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
