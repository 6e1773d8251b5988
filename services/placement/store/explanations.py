"""Why this cell, and why not another: each cell of a site with the first rule that excludes it."""

from collections.abc import Sequence
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


async def excluded(conn: AsyncConnection, request_id: UUID, days: Days) -> Sequence[sa.Row[Any]]:
    """Each cell of the site and the first rule by which the request cannot have it for these nights.

    Rows of `code, rule, until`: `other_sex`, `other_type`, `retired`, `out_of_service`, `held`, `taken`, `kept_apart`,
    or None where nothing stands against it. `until` is the first day on which what is in the way has ended. Never who.
    """
    given = {"request_id": request_id, "start": days.start, "end": days.end}
    return (await conn.execute(_EXCLUDED, given)).all()


_EXCLUDED = sa.text(
    """
    SELECT cells.code, CASE WHEN wings.sex IS DISTINCT FROM requests.sex THEN 'other_sex'
            WHEN cells.type <> requests.cell_type AND NOT (cells.type = 'arrival' AND requests.cell_type = 'standard')
                THEN 'other_type'
            WHEN NOT cells.in_service THEN 'retired'
            WHEN used.kinds @> '{outage}' THEN 'out_of_service'
            WHEN used.kinds @> '{hold}' THEN 'held'
            WHEN used.kinds IS NOT NULL THEN 'taken'
            WHEN apart.known AND kept_apart(requests.candidacy_id, cells.code, daterange(:start, :end))
                THEN 'kept_apart' END AS rule, used.until
    FROM requests JOIN cells ON cells.site = requests.site JOIN sites ON sites.code = requests.site
    LEFT JOIN units ON units.code = cells.unit LEFT JOIN wings ON wings.code = units.wing
    LEFT JOIN (
        SELECT cell, array_agg(DISTINCT kind) AS kinds, max(upper(period)) AS until FROM bed_uses
        WHERE given_up_at IS NULL AND period && daterange(:start, :end) GROUP BY cell
    ) AS used ON used.cell = cells.code
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM separations WHERE lifted_at IS NULL AND requests.candidacy_id IN (one, other))
            AS known
    ) AS apart
    WHERE requests.id = :request_id ORDER BY cells.code
    """
).bindparams(
    sa.bindparam("request_id", type_=UUID_), sa.bindparam("start", type_=DATE), sa.bindparam("end", type_=DATE)
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


def told(rows: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    """The excluded cells as a proposal keeps them: how many by each rule, and by name where that tells something."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.rule is not None:
            found.setdefault(row.rule, []).append(row.code)
    return {
        "excluded": {rule: len(codes) for rule, codes in found.items()},
        "cells": {rule: codes for rule, codes in found.items() if rule in TELLING},
    }
