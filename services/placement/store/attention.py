"""What waits for an officer: questions put to what is there. Nothing is stored, so nothing has to be closed."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.placement.store.placing import WAITING
from services.placement.store.presence import BY_AN_OFFICER
from services.placement.store.separations import NEAR
from services.placement.store.types import DATE


class Question(NamedTuple):
    """One kind of thing that waits for an officer."""

    next_steps: tuple[str, ...]
    """What an officer can do then: the last part of the routes that do it."""
    rows: str
    """SELECT of `since, due, stay_id, separation_id, outage_id, cell`; what a line is not about is NULL.

    Instants may stand for their dates. It may use `held` (stays with a bed), `waiting` (stays without), and the
    parameters `:site` and `:today`.
    """


_OF_PAIRS = f"""
    SELECT declared_at, lower(period), NULL, separations.id, NULL, NULL FROM separations
    WHERE lifted_at IS NULL AND ({NEAR}) =
"""  # noqa: S608

KINDS = {
    "proposal_overdue": Question(
        ("place", "release"),
        "SELECT confirm_by, confirm_by, stay_id, NULL, NULL, NULL FROM held WHERE state = 'proposed' AND overdue",
    ),
    "earlier_decision_waits": Question(
        ("confirm", "place", "release"),
        """
        SELECT proposed_at, confirm_by, stay_id, NULL, NULL, NULL FROM held WHERE state = 'proposed' AND EXISTS (
            SELECT FROM waiting WHERE waiting.pool = held.pool
                AND (coalesce(waiting.ahead_at, 'infinity'), waiting.decided_on, waiting.file_number)
                < (coalesce(held.ahead_at, 'infinity'), held.decided_on, held.file_number))
        """,
    ),
    "arrival_unconfirmed": Question(
        ("confirm", "postpone", "place", "release"),
        "SELECT proposed_at, first, stay_id, NULL, NULL, NULL FROM held WHERE state = 'proposed'"
        " AND first <= :today + 7",
    ),
    "not_arrived": Question(
        ("arrive", "postpone", "release"),
        "SELECT first, first, stay_id, NULL, NULL, NULL FROM held WHERE state = 'confirmed' AND first < :today",
    ),
    "departure_overdue": Question(
        ("depart",),
        "SELECT projected_exit, projected_exit, stay_id, NULL, NULL, cell_now FROM held"
        " WHERE state = 'arrived' AND projected_exit <= :today",
    ),
    "arrival_phase_over": Question(
        ("end-arrival-phase", "move"),
        """
        SELECT arrived_on + arrival_days, arrived_on + arrival_days, stay_id, NULL, NULL, cell_now
        FROM held JOIN cells ON cells.code = cell_now JOIN sites ON sites.code = held.site
        WHERE cells.type = 'arrival' AND arrived_on + arrival_days <= :today
        """,
    ),
    "bed_conflict": Question(
        ("move",),
        "SELECT NULL, :today, stay_id, NULL, NULL, cell_now FROM held WHERE state = 'arrived' AND tonight IS NOT TRUE",
    ),
    "move_due": Question(
        ("move",),
        f"""
        SELECT planned.at, lower(planned.nights), held.stay_id, NULL, NULL, planned.cell
        FROM held JOIN bed_uses AS planned ON planned.stay_id = held.stay_id AND planned.kind = 'stay'
        WHERE planned.given_up_at IS NULL AND lower(planned.nights) <= :today + 1
            AND upper(planned.nights) > :today AND planned.cell <> cell_now AND {BY_AN_OFFICER}
        """,  # noqa: S608
    ),
    **{
        f"{kind}_overdue": Question(
            ("close",),
            f"""
            SELECT day, {expected_end}, held.stay_id, NULL, NULL, NULL
            FROM held JOIN stay_records AS opened ON opened.stay_id = held.stay_id
            WHERE opened.kind = '{kind}' AND {expected_end} <= :today
                AND NOT EXISTS (SELECT FROM stay_records AS closing WHERE closing.closes = opened.id)
            """,  # noqa: S608
        )
        for kind, expected_end in (("absence", "until"), ("secure_waiting", "coalesce(until, day + 1)"))
    },
    "exit_beyond_bed": Question(
        ("move", "place"), "SELECT NULL, last, stay_id, NULL, NULL, NULL FROM held WHERE last < projected_exit"
    ),
    # Only as long as an adapted cell is slept in, or is to be: who was moved on has given it back.
    "loan_needed": Question(
        ("recall", "move", "place"),
        """
        SELECT lent_at, needed.entry, stay_id, NULL, NULL, NULL FROM held JOIN (
            SELECT sex, min(planned_entry) AS entry FROM waiting WHERE cell_type = 'adapted' GROUP BY sex
        ) AS needed ON needed.sex = held.sex
        WHERE lent_at IS NOT NULL AND EXISTS (
            SELECT FROM bed_uses JOIN cells ON cells.code = bed_uses.cell
            WHERE bed_uses.stay_id = held.stay_id AND given_up_at IS NULL AND upper(nights) > :today
                AND cells.type = 'adapted')
        """,
    ),
    "waits_in_vain": Question(
        ("explanation", "place", "ahead"),
        "SELECT decided_on, projected_exit, stay_id, NULL, NULL, NULL FROM waiting WHERE next_free_on IS NULL",
    ),
    "outage_overdue": Question(
        ("end",),
        """
        SELECT expected_back_on, expected_back_on, NULL, NULL, outages.id, cell
        FROM outages JOIN cells ON cells.code = cell
        WHERE cells.site = :site AND ended_at IS NULL AND expected_back_on <= :today
        """,
    ),
    "kept_apart_together": Question(("move", "lift"), f"{_OF_PAIRS} 'together'"),
    "kept_apart_planned": Question(("place", "move", "lift"), f"{_OF_PAIRS} 'planned'"),
}
"""What is asked. A new kind is one more entry."""


async def attention(conn: AsyncConnection, site: str, today: date) -> Sequence[sa.Row[Any]]:
    """All that waits for an officer of a site, the oldest first.

    Rows of `kind, since, due, stay_id, separation_id, outage_id, cell`; what a line is not about is None, and so is
    `since` where nobody noted when it began.

    Args:
        conn: open for reading.
        site: its code.
        today: Europe/Paris.
    """
    return (await conn.execute(_ATTENTION, {"site": site, "today": today})).all()


async def count_attention(conn: AsyncConnection, site: str, today: date) -> dict[str, int]:
    """Of each kind, how much waits for an officer of a site.

    Args:
        conn: open for reading.
        site: its code.
        today: Europe/Paris.
    """
    found = await conn.execute(_COUNTS, {"site": site, "today": today})
    return dict.fromkeys(KINDS, 0) | {row.kind: row.number for row in found}


_COLUMNS = "since::date, due::date, stay_id::uuid, separation_id::uuid, outage_id::uuid, cell::text"
_FOUND = " UNION ALL ".join(
    f"SELECT '{kind}'::text, {_COLUMNS} FROM ({question.rows})"  # noqa: S608
    " AS one (since, due, stay_id, separation_id, outage_id, cell)"
    for kind, question in KINDS.items()
)
_ALL = f"""
    WITH held AS (
        SELECT requests.*, assignments.proposed_at, assignments.confirm_by, assignments.arrived_on,
            assignments.cell_now, assignments.lent_at, assignments.recalled_at, nights.first, nights.last,
            nights.tonight
        FROM requests JOIN assignments ON assignments.id = requests.stay_id CROSS JOIN LATERAL (
            SELECT min(lower(nights)) AS first, max(upper(nights)) AS last,
                bool_or(nights @> :today AND cell = cell_now) AS tonight
            FROM bed_uses WHERE bed_uses.stay_id = assignments.id AND kind = 'stay' AND given_up_at IS NULL
        ) AS nights
        WHERE requests.site = :site AND requests.state IN ('proposed', 'confirmed', 'arrived')
    ),
    waiting AS ({WAITING}),
    found (kind, since, due, stay_id, separation_id, outage_id, cell) AS ({_FOUND})
"""  # noqa: S608
_TODAY = sa.bindparam("today", type_=DATE)
_ATTENTION = sa.text(
    f"{_ALL} SELECT * FROM found ORDER BY due, kind, stay_id, separation_id, outage_id"  # noqa: S608
).bindparams(_TODAY)
_COUNTS = sa.text(f"{_ALL} SELECT kind, count(*) AS number FROM found GROUP BY kind").bindparams(_TODAY)  # noqa: S608
