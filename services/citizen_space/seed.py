"""The activities of the sites as plain data, and how they and the cohorts of trainings get into the database."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


class Activity(NamedTuple):
    """Something a person can be given to do, with its places."""

    code: str
    title: str
    places: int
    """Of the post, or of each cohort of the training."""
    weeks: int | None = None
    """How long a cohort lasts; None for a work post. Our assumption."""


ACTIVITIES = (
    Activity("DON-BASIC", "Basic skills", 16, weeks=12),
    Activity("DON-REMOTE", "Remote services", 12, weeks=12),
    Activity("DON-LAUNDRY", "Laundry", 12),
    Activity("DON-REUSE", "Reuse and recycling", 10),
    Activity("DON-BIKE", "Bike mechanics", 8),
    Activity("DON-GREEN", "Green spaces", 10),
    Activity("DON-CATERING", "Catering", 10),
    Activity("DON-GENERAL", "General service", 22),
    Activity("ARR-BASIC", "Basic skills and French", 24, weeks=12),
    Activity("ARR-WEB", "Web and accessibility testing", 10, weeks=16),
    Activity("ARR-DRAWING", "Computer-aided drawing", 8, weeks=16),
    Activity("ARR-REMOTE", "Remote customer service", 12, weeks=12),
    Activity("ARR-LAUNDRY", "Industrial laundry", 16),
    Activity("ARR-LOGISTICS", "Logistics", 12),
    Activity("ARR-CATERING", "Catering", 12),
    Activity("ARR-BIKE", "Bike mechanics", 10),
    Activity("ARR-REUSE", "Reuse and recycling operator", 12),
    Activity("ARR-GENERAL", "General service", 40),
)


async def load(conn: AsyncConnection) -> None:
    """Writes what is not there yet, in the caller's transaction; what is there stays as it is.

    Run in a later month, it adds the cohorts of the months that have come within reach.
    """
    codes, titles, places, weeks = (list(column) for column in zip(*ACTIVITIES, strict=True))
    await conn.execute(_ACTIVITIES, {"codes": codes, "titles": titles, "places": places, "weeks": weeks})
    await conn.execute(_COHORTS, {"codes": codes, "weeks": weeks})


_TEXTS, _NUMBERS = sa.ARRAY(sa.Text), sa.ARRAY(sa.Integer)

_ACTIVITIES = sa.text(
    """
    INSERT INTO activities (code, site, title, kind, places)
    SELECT code, split_part(code, '-', 1), title, CASE WHEN weeks IS NULL THEN 'work' ELSE 'training' END, places
    FROM unnest(:codes, :titles, :places, :weeks) AS seed (code, title, places, weeks)
    ON CONFLICT DO NOTHING
    """
).bindparams(
    sa.bindparam("codes", type_=_TEXTS),
    sa.bindparam("titles", type_=_TEXTS),
    sa.bindparam("places", type_=_NUMBERS),
    sa.bindparam("weeks", type_=_NUMBERS),
)

# A cohort on the first Monday of each of the next twelve months, for which the database's date is today.
_COHORTS = sa.text(
    """
    INSERT INTO cohorts (code, activity, starts_on, ends_on, capacity)
    SELECT format('%s-%s', activities.code, monday), activities.code, monday, monday + weeks * 7 - 3, places
    FROM unnest(:codes, :weeks) AS seed (code, weeks)
    JOIN activities USING (code)
    CROSS JOIN generate_series(1, 12) AS month
    CROSS JOIN LATERAL (SELECT (date_trunc('month', current_date) + make_interval(months => month))::date AS first)
    CROSS JOIN LATERAL (SELECT first + (8 - extract(isodow FROM first)::int) % 7 AS monday)
    WHERE kind = 'training'
    ON CONFLICT DO NOTHING
    """
).bindparams(sa.bindparam("codes", type_=_TEXTS), sa.bindparam("weeks", type_=_NUMBERS))
