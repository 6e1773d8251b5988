"""Pages of files in the order of their numbers, without identity, each with its stage and what it is stuck on."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import OPEN, readable
from services.selection.store.stuck import STUCK, parameters
from services.selection.tables import candidacies, deadlines

# Looked up for the few that it matters of: a join would read the step of every file that ever had a bed.
_BED = "(SELECT fact FROM journey_steps WHERE candidacy_id = candidacies.id AND step = 'accommodation')"
_STAGE = sa.literal_column(
    f"""CASE
    WHEN NOT (candidacies.state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved')
        AND candidacies.departed_on IS NULL) THEN 'closed'
    WHEN candidacies.state = 'assessed' THEN 'awaiting_decision'
    WHEN candidacies.state <> 'approved' THEN 'preparing'
    WHEN candidacies.arrived_on IS NOT NULL THEN 'arrived'
    WHEN {_BED} = 'assignment_confirmed' THEN 'awaiting_arrival'
    WHEN {_BED} IN ('bed_assigned', 'assignment_expired') THEN 'awaiting_confirmation'
    ELSE 'awaiting_bed' END""",
    sa.Text,
)
_NOT_MET = sa.and_(deadlines.c.candidacy_id == candidacies.c.id, deadlines.c.met_at.is_(None))
# One file after the other, until the page is full: as a join it would first find all that are stuck.
_IS_STUCK = sa.select(sa.true()).where(STUCK.c.candidacy_id == candidacies.c.id).limit(1).scalar_subquery()


@dataclass(frozen=True)
class Sought:
    """Which files. None: whatever it is.

    Args:
        referent: subject of the officer who follows them.
        establishment: of origin.
        due_before: something is due on them before this date, Europe/Paris.
        stuck: True gives only files that are stuck, False only others.
    """

    state: domain.State | None = None
    stage: domain.Stage | None = None
    referent: str | None = None
    establishment: str | None = None
    due_before: date | None = None
    stuck: bool | None = None


async def candidacies_page(
    conn: AsyncConnection,
    sought: Sought,
    scope: domain.Scope,
    policy: domain.Policy,
    *,
    now: datetime,
    after: int | None,
    limit: int,
) -> list[AnyRow]:
    """A page of files in the order of their numbers, each with `stage`, `next_due_on` and the list `stuck`.

    Args:
        now: UTC, against which a file is stuck.
        after: file number of the last file of the page before.
        limit: rows at most.
    """
    page = _page(sought, scope, after, limit)
    snag = sa.func.jsonb_build_object("snag", STUCK.c.snag, "what", STUCK.c.what, "since", STUCK.c.since)
    snags = sa.select(sa.func.jsonb_agg(aggregate_order_by(snag, STUCK.c.since))).where(
        STUCK.c.candidacy_id == page.c.id
    )
    next_due_on = sa.select(sa.func.min(deadlines.c.due_on)).where(
        deadlines.c.candidacy_id == page.c.id, deadlines.c.met_at.is_(None)
    )
    query = sa.select(
        page, next_due_on.scalar_subquery().label("next_due_on"), snags.scalar_subquery().label("stuck")
    ).order_by(page.c.file_number)
    return list(await conn.execute(query, parameters(now, policy)))


def _page(sought: Sought, scope: domain.Scope, after: int | None, limit: int) -> sa.Subquery:
    columns = candidacies.c
    page = sa.select(
        columns.id,
        columns.file_number,
        columns.state,
        columns.version,
        columns.referent,
        columns.establishment,
        columns.planned_entry,
        columns.arrived_on,
        columns.submitted_at,
        _STAGE.label("stage"),
    )
    page = page.where(readable(scope)).order_by(columns.file_number).limit(limit)
    if after is not None:
        page = page.where(columns.file_number > after)
    if sought.state is not None:
        page = page.where(columns.state == sought.state.value)
    if sought.stage is not None:
        page = page.where(sa.literal(sought.stage.value) == _STAGE)
        # Said once more, so that open files are found without walking past all the closed ones.
        page = page if sought.stage is domain.Stage.CLOSED else page.where(OPEN)
    if sought.referent is not None:
        page = page.where(columns.referent == sought.referent)
    if sought.establishment is not None:
        page = page.where(columns.establishment == sought.establishment)
    if sought.due_before is not None:
        page = page.where(sa.exists().where(_NOT_MET, deadlines.c.due_on < sought.due_before))
    if sought.stuck is not None:
        page = page.where(OPEN, _IS_STUCK.is_(True)) if sought.stuck else page.where(_IS_STUCK.is_(None))
    return page.subquery("page")
