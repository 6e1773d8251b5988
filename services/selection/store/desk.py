"""How much waits for each function: the questions of an officer's day, of all files, answered by counts alone."""

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.domain import Role, Snag
from services.selection.store.stuck import STUCK, parameters
from services.selection.store.today import TO_COMPLETE, TO_SIGN
from services.selection.tables import candidacies, deadlines, opinions, reviews
from shared.contracts.selection import SelectionMatter as Matter
from shared.messaging import operators


async def count_waiting(
    conn: AsyncConnection, policy: domain.Policy, now: datetime, soon: date
) -> Mapping[str, Mapping[str, int]]:
    """By role and matter, how much waits for it.

    Args:
        conn: open for reading.
        policy: how long files may wait.
        now: UTC.
        soon: last day, Europe/Paris, on which something is due soon.
    """
    files = (await conn.execute(_FILES)).one()
    owed = {row.owner: row for row in await conn.execute(_OWED, {"today": domain.date_in_paris(now), "soon": soon})}
    stuck = {row.snag: row.number for row in await conn.execute(_SNAGS, parameters(now, policy))}
    kernel = await operators.status(conn)
    counts = {
        role.value: {
            Matter.LATE.value: owed[role.value].late if role.value in owed else 0,
            Matter.DUE_SOON.value: owed[role.value].soon if role.value in owed else 0,
            Matter.TO_REVIEW.value: files.to_review,
        }
        for role in Role
    }
    counts[Role.DECISION_AUTHORITY][Matter.TO_SIGN.value] = files.to_sign
    counts[Role.HEAD][Matter.LEVEL_PASSED.value] = stuck.get(Snag.LEVEL_PASSED, 0)
    for preparer in (Role.SPIP, Role.REGISTRY):
        counts[preparer][Matter.TO_COMPLETE.value] = files.to_complete
    counts["operator"] = {
        Matter.REPLY_MISSING.value: stuck.get(Snag.REPLY_MISSING, 0),
        Matter.HELD_KEYS.value: kernel.parked_keys,
        Matter.DEAD_EVENTS.value: kernel.dead_events,
    }
    return counts


_COUNT = sa.func.count()
_FILES = sa.select(
    sa.select(_COUNT).where(TO_SIGN).select_from(candidacies).scalar_subquery().label("to_sign"),
    sa.select(_COUNT)
    .join_from(candidacies, opinions, opinions.c.id == candidacies.c.opinion_id, isouter=True)
    .where(TO_COMPLETE)
    .scalar_subquery()
    .label("to_complete"),
    sa.select(_COUNT).where(reviews.c.closed_at.is_(None)).select_from(reviews).scalar_subquery().label("to_review"),
)
_LATE = deadlines.c.due_on < sa.bindparam("today", type_=sa.Date)
# Terms of the person are nothing that an officer is late with.
_OWED = (
    sa.select(deadlines.c.owner, _COUNT.filter(_LATE).label("late"), _COUNT.filter(sa.not_(_LATE)).label("soon"))
    .where(
        deadlines.c.met_at.is_(None),
        deadlines.c.kind.not_in([kind.value for kind in domain.RUNS_OUT]),
        deadlines.c.due_on <= sa.bindparam("soon", type_=sa.Date),
    )
    .group_by(deadlines.c.owner)
)
# Passed deadlines are counted by who owes them.
_SNAGS = (
    sa.select(STUCK.c.snag, sa.func.count(STUCK.c.candidacy_id.distinct()).label("number"))
    .where(STUCK.c.snag != sa.literal_column(f"'{Snag.DEADLINE_PASSED.value}'"))
    .group_by(STUCK.c.snag)
)
