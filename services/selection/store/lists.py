"""Pages of files in the order of their numbers, without identity, each with its stage and what it is stuck on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.scope import OPEN, readable
from services.selection.store.stuck import OF_BED, bed, stuck
from services.selection.tables import candidacies, deadlines

_NOT_MET = sa.and_(deadlines.c.candidacy_id == candidacies.c.id, deadlines.c.met_at.is_(None))

_stage: sa.ColumnElement[str] = sa.case(
    (sa.not_(OPEN), domain.Stage.CLOSED.value),
    (candidacies.c.state == "assessed", domain.Stage.AWAITING_DECISION.value),
    (candidacies.c.state != "approved", domain.Stage.PREPARING.value),
    (candidacies.c.arrived_on.is_not(None), domain.Stage.ARRIVED.value),
    (bed.c.fact == "assignment_confirmed", domain.Stage.AWAITING_ARRIVAL.value),
    (bed.c.fact.in_(("bed_assigned", "assignment_expired")), domain.Stage.AWAITING_CONFIRMATION.value),
    else_=domain.Stage.AWAITING_BED.value,
)
_WITH_BED = candidacies.outerjoin(bed, OF_BED)


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
    return list(await conn.execute(candidacies_query(sought, scope, policy, now=now, after=after, limit=limit)))


def candidacies_query(
    sought: Sought, scope: domain.Scope, policy: domain.Policy, *, now: datetime, after: int | None, limit: int
) -> sa.Select[Any]:
    """The statement of `candidacies_page`."""
    snags = stuck(now, policy).subquery()
    page = _page(sought, scope, sa.exists().where(snags.c.candidacy_id == candidacies.c.id), after, limit)
    own = sa.select(
        sa.func.jsonb_agg(
            aggregate_order_by(
                sa.func.jsonb_build_object("snag", snags.c.snag, "what", snags.c.what, "since", snags.c.since),
                snags.c.since,
            )
        )
    ).where(snags.c.candidacy_id == page.c.id)
    next_due_on = sa.select(sa.func.min(deadlines.c.due_on)).where(
        deadlines.c.candidacy_id == page.c.id, deadlines.c.met_at.is_(None)
    )
    return sa.select(
        page, next_due_on.scalar_subquery().label("next_due_on"), own.scalar_subquery().label("stuck")
    ).order_by(page.c.file_number)


def _page(
    sought: Sought, scope: domain.Scope, is_stuck: sa.ColumnElement[bool], after: int | None, limit: int
) -> sa.Subquery:
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
        _stage.label("stage"),
    ).select_from(_WITH_BED)
    page = page.where(readable(scope)).order_by(columns.file_number).limit(limit)
    if after is not None:
        page = page.where(columns.file_number > after)
    if sought.state is not None:
        page = page.where(columns.state == sought.state.value)
    if sought.stage is not None:
        # Said twice, so that the few open files are found without walking past all the closed ones.
        page = page.where(_stage == sought.stage.value, sa.true() if sought.stage is domain.Stage.CLOSED else OPEN)
    if sought.referent is not None:
        page = page.where(columns.referent == sought.referent)
    if sought.establishment is not None:
        page = page.where(columns.establishment == sought.establishment)
    if sought.due_before is not None:
        page = page.where(sa.exists().where(_NOT_MET, deadlines.c.due_on < sought.due_before))
    if sought.stuck is not None:
        page = page.where(OPEN, is_stuck) if sought.stuck else page.where(sa.not_(is_stuck))
    return page.subquery("page")
