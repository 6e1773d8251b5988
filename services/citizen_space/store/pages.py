"""What the API shows: activities with their cohorts, and pages of enrolments. Nothing here locks or writes."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.citizen_space.tables import activities as all_activities
from services.citizen_space.tables import cohorts, requests
from services.citizen_space.tables import enrolments as all_enrolments


class Place(NamedTuple):
    """Where an enrolment stands in the order of decisions, which pages follow too."""

    decided_on: date
    file_number: int
    request_id: UUID


class Offer(NamedTuple):
    """Rows of `code, title, kind, places, waiting`, and of `code, activity, starts_on, ends_on, capacity, taken`."""

    activities: Sequence[sa.Row[Any]]
    cohorts: Sequence[sa.Row[Any]]


async def activities(conn: AsyncConnection, site: str) -> Offer:
    """The activities of a site, how many persons wait for each training, and the cohorts with their seats."""
    found = (await conn.execute(_ACTIVITIES, {"site": site})).all()
    return Offer(found, (await conn.execute(_COHORTS, {"site": site})).all())


_ACTIVITIES = sa.text(
    """
    SELECT code, title, kind, places, (
        SELECT count(*) FROM requests WHERE state = 'waitlisted' AND activities.code = ANY (trainings)
    ) AS waiting
    FROM activities WHERE site = :site ORDER BY code
    """
)

_COHORTS = (
    sa.select(cohorts)
    .join_from(cohorts, all_activities, all_activities.c.code == cohorts.c.activity)
    .where(all_activities.c.site == sa.bindparam("site"))
    .order_by(cohorts.c.activity, cohorts.c.starts_on)
)


async def enrolments(
    conn: AsyncConnection,
    *,
    limit: int,
    after: Place | None = None,
    state: str | None = None,
    candidacy_id: UUID | None = None,
) -> Sequence[sa.Row[Any]]:
    """A page of enrolments with their cohorts, ranks and whether somebody with an earlier decision waits for the seat.

    Args:
        conn: open for reading.
        limit: the most rows to give.
        after: the place that the page begins behind.
        state: only enrolments that stand there.
        candidacy_id: only this person's enrolment.
    """
    page = _ENROLMENTS.order_by(*_order).limit(limit)
    if after is not None:
        page = page.where(sa.tuple_(*_order) > sa.tuple_(*map(sa.literal, after)))
    if state is not None:
        page = page.where(requests.c.state == state)
    if candidacy_id is not None:
        page = page.where(requests.c.candidacy_id == candidacy_id)
    rows: Sequence[sa.Row[Any]] = (await conn.execute(page)).all()
    return rows


async def enrolment(conn: AsyncConnection, enrolment_id: UUID) -> sa.Row[Any] | None:
    """One enrolment, as `enrolments` shows it; None once a change of its order has replaced it."""
    row: sa.Row[Any] | None = (await conn.execute(_ENROLMENTS.where(requests.c.enrolment_id == enrolment_id))).first()
    return row


_order = (requests.c.decided_on, requests.c.file_number, requests.c.id)
_other = requests.alias("other")
_ahead = sa.and_(
    _other.c.state == "waitlisted",
    sa.tuple_(_other.c.decided_on, _other.c.file_number, _other.c.id) < sa.tuple_(*_order),
)
_training = sa.func.unnest(requests.c.trainings).table_valued("code").render_derived(name="training")
_ranks = (
    sa.select(
        sa.func.jsonb_object_agg(
            _training.c.code,
            sa.select(sa.func.count() + 1)
            .select_from(_other)
            .where(_ahead, _training.c.code == sa.any_(_other.c.trainings))
            .correlate(requests, _training)
            .scalar_subquery(),
        )
    )
    .select_from(_training)
    .correlate(requests)
    .scalar_subquery()
)

_ENROLMENTS: sa.Select[Any] = (
    sa.select(
        *(column for column in requests.c if column.name != "site"),
        cohorts.c.code.label("cohort"),
        cohorts.c.activity,
        cohorts.c.starts_on,
        cohorts.c.ends_on,
        all_enrolments.c.confirmed_at,
        all_enrolments.c.confirmed_by_function,
        sa.case((requests.c.state == "waitlisted", _ranks)).label("ranks"),
        sa.and_(
            requests.c.state == "reserved",
            sa.exists().where(_ahead, cohorts.c.activity == sa.any_(_other.c.trainings)).correlate(requests, cohorts),
        ).label("earlier_decision_waits"),
    )
    .select_from(
        requests.outerjoin(all_enrolments, all_enrolments.c.id == requests.c.enrolment_id).outerjoin(
            cohorts, cohorts.c.code == all_enrolments.c.cohort
        )
    )
    .where(requests.c.enrolment_id.is_not(None))
)
