"""How lists are asked for and answered: which days, and as JSON or as a table for a spreadsheet."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from services.placement.domain import Days
from services.placement.sheets import Table, csv_of
from shared.boundary import Read, reading
from shared.problems import WRONG_SITE, Problem

Format = Annotated[
    Literal["json", "csv"],
    Query(description="`csv`: a table with French headings, in UTF-8 with a mark, semicolons."),
]
Reader = Annotated[Read, Depends(reading("placement_officer", "decision_authority", "spip", "inspector"))]
Counter = Annotated[Read, Depends(reading("placement_officer", "head", "inspector"))]
"""Who may see who sleeps in which cell."""

LONGEST = timedelta(days=3 * 365 + 1)
"""Three years: no list is asked for more days."""


def _days(first: Annotated[date, Query(alias="from")], until: date) -> Days:
    """The days that are asked for, the last one left out.

    Raises:
        Problem: `impossible-dates` for no day at all, `too-many-days` for more than three years.
    """
    days = Days(first, until)
    if not days:
        raise Problem(422, "impossible-dates", "The days end before they begin.")
    if until - first > LONGEST:
        raise Problem(422, "too-many-days", "A list is of three years at most.")
    return days


Asked = Annotated[Days, Depends(_days)]


def check_site(code: str, served: str) -> None:
    """Refuses, as `wrong-site`, what concerns another site than this stack serves."""
    if code != served:
        raise WRONG_SITE.problem()


def table_of(table: Table) -> Response:
    """A table to be saved and opened by a spreadsheet."""
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.csv"', "Cache-Control": "no-store"}
    return Response(csv_of(table), media_type="text/csv; charset=utf-8", headers=headers)
