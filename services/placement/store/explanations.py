"""Why this cell, and why not another: each cell of a site with the first rule that excludes it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.domain import Days
from services.placement.store.types import DATE, UUID_
from services.placement.tables import assignments

TELLING = ("kept_apart", "out_of_service", "held")
"""Rules of which a proposal keeps the cells by name, not only their number."""


async def excluded(
    conn: AsyncConnection, request_id: UUID, days: Days, unit_from: date | None = None
) -> Sequence[sa.Row[Any]]:
    """Each cell of the site and the first rule by which the request is not given it.

    A cell of a unit is looked at for the nights that would be slept in it, cleaning included, an arrival cell for the
    first weeks: so that of somebody who waits no cell is without its rule.

    Args:
        conn: open for reading.
        request_id: whose need it is.
        days: first night, and first day after the stay.
        unit_from: the first night in the unit, of somebody who has an arrival cell until then.

    Returns:
        Rows of `code, rule, until`: `other_sex`, `other_type`, `retired`, `out_of_service`, `held`, `taken`,
        `kept_apart`, `first_weeks_only` (a free arrival cell without a cell of a unit to follow), or None where nothing
        stands against it. `until` is the first day on which what is in the way has ended, if it ends. Never who.
    """
    given = {"request_id": request_id, "start": days.start, "end": days.end, "unit_from": unit_from}
    return (await conn.execute(_EXCLUDED, given)).all()


# No site cleans for more than 14 days. A bed that is cleaned on the first night is no obstacle: who has no arrival
# cell comes when it is clean.
_EXCLUDED = sa.text(
    """
    WITH placed AS (
        SELECT cells.*, wings.sex, requests.candidacy_id, requests.sex AS own_sex, requests.cell_type, cleaning_days,
            day.first, day.until, CASE WHEN type = 'arrival' OR CAST(:unit_from AS date) IS NOT NULL THEN day.first
                ELSE least(day.first + cleaning_days, day.until - 1) END AS latest
        FROM requests JOIN cells ON cells.site = requests.site JOIN sites ON sites.code = requests.site
        LEFT JOIN units ON units.code = cells.unit LEFT JOIN wings ON wings.code = units.wing
        CROSS JOIN LATERAL (
            SELECT CASE WHEN type = 'arrival' THEN :start ELSE coalesce(:unit_from, :start) END AS first,
                CASE WHEN type = 'arrival' THEN least(:start + arrival_days, :end) ELSE :end END AS until
        ) AS day
        WHERE requests.id = :request_id
    ),
    used AS (
        SELECT placed.code, array_agg(DISTINCT kind) AS kinds,
            CASE WHEN NOT bool_or(upper_inf(period)) THEN max(upper(period)) END AS until
        FROM placed JOIN bed_uses ON bed_uses.cell = placed.code
        WHERE given_up_at IS NULL AND period && daterange(:start, :end + 14)
            AND period && daterange(placed.first, placed.until + cleaning_days)
            AND coalesce(upper(period), 'infinity') > placed.latest
        GROUP BY placed.code
    ),
    apart AS MATERIALIZED (
        SELECT EXISTS (
            SELECT FROM requests JOIN separations ON candidacy_id IN (one, other)
            WHERE requests.id = :request_id AND lifted_at IS NULL
        ) AS known
    )
    SELECT placed.code, CASE WHEN sex IS DISTINCT FROM own_sex THEN 'other_sex'
            WHEN type <> cell_type AND NOT (type = 'arrival' AND cell_type = 'standard') THEN 'other_type'
            WHEN NOT in_service THEN 'retired'
            WHEN kinds @> '{outage}' THEN 'out_of_service'
            WHEN kinds @> '{hold}' THEN 'held'
            WHEN kinds IS NOT NULL THEN 'taken'
            WHEN apart.known AND kept_apart(candidacy_id, placed.code, daterange(placed.first, placed.until))
                THEN 'kept_apart'
            WHEN type = 'arrival' AND CAST(:unit_from AS date) IS NULL THEN 'first_weeks_only' END AS rule,
        used.until
    FROM placed CROSS JOIN apart LEFT JOIN used ON used.code = placed.code ORDER BY placed.code
    """
).bindparams(
    sa.bindparam("request_id", type_=UUID_),
    sa.bindparam("start", type_=DATE),
    sa.bindparam("end", type_=DATE),
    sa.bindparam("unit_from", type_=DATE),
)


async def keep(conn: AsyncConnection, stay_id: UUID, chosen: dict[str, Any]) -> None:
    """Keeps with a proposal why it is this cell."""
    await conn.execute(_KEEP, {"stay_id": stay_id, "chosen": chosen})


_KEEP = sa.text("UPDATE assignments SET chosen = :chosen WHERE id = :stay_id").bindparams(
    sa.bindparam("stay_id", type_=UUID_), sa.bindparam("chosen", type_=JSONB)
)


async def kept(conn: AsyncConnection, stay_id: UUID) -> dict[str, Any] | None:
    """What was kept with a proposal, if anything."""
    found = sa.select(assignments.c.chosen).where(assignments.c.id == stay_id)
    chosen: dict[str, Any] | None = (await conn.execute(found)).scalar_one_or_none()
    return chosen


def told(rows: Sequence[sa.Row[Any]], given: Collection[str | None]) -> dict[str, Any]:
    """The excluded cells as a proposal keeps them: how many by each rule, and by name where that tells something.

    Args:
        rows: as `excluded` gives them.
        given: the cells that are proposed, which are not excluded, whatever the machine would have done.
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.rule is not None and row.code not in given:
            found.setdefault(row.rule, []).append(row.code)
    return {
        "excluded": {rule: len(codes) for rule, codes in found.items()},
        "cells": {rule: codes for rule, codes in found.items() if rule in TELLING},
    }
