"""Requests and their locks: which function takes a lock, its name says. Each statement is built once."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.citizen_space.domain import Need, Request, State
from services.citizen_space.tables import enrolments, requests


class FreeSeat(NamedTuple):
    """A cohort with a seat left."""

    cohort: str
    activity: str
    starts_on: date


def _request(row: Any) -> Request:
    need = None
    if row.decided_on is not None:
        need = Need(
            decided_on=row.decided_on,
            file_number=row.file_number,
            wishes=tuple(row.wishes),
            earliest_start=row.earliest_start,
            projected_exit=row.projected_exit,
        )
    return Request(
        id=row.id,
        candidacy_id=row.candidacy_id,
        site=row.site,
        event_id=row.event_id,
        decision_number=row.decision_number,
        need=need,
        trainings=tuple(row.trainings),
        enrolment_id=row.enrolment_id,
        state=State(row.state),
        version=row.version,
    )


_NO_NEED = dict.fromkeys(Need._fields)


def _row(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "candidacy_id": request.candidacy_id,
        "site": request.site,
        "event_id": request.event_id,
        "decision_number": request.decision_number,
        **(request.need._asdict() if request.need else _NO_NEED),
        "trainings": request.trainings,
        "enrolment_id": request.enrolment_id,
        "state": request.state,
        "version": request.version,
    }


async def lock_trainings(
    conn: AsyncConnection, candidacy_id: UUID, site: str, wishes: Sequence[str]
) -> tuple[str, ...]:
    """Locks the trainings that are wished and those that the candidacy's request has now, in the order of their codes.

    Args:
        conn: the caller's transaction.
        candidacy_id: whose event is handled.
        site: where the wishes are to come true.
        wishes: codes of activities, which need be neither trainings nor known.

    Returns:
        the codes of the trainings that are locked now.
    """
    rows = await conn.execute(_LOCK_TRAININGS, {"candidacy_id": candidacy_id, "site": site, "wishes": list(wishes)})
    return tuple(rows.scalars())


_LOCK_TRAININGS = sa.text(
    """
    SELECT code FROM activities
    WHERE code = ANY (:wishes || (SELECT trainings FROM requests WHERE candidacy_id = :candidacy_id))
        AND kind = 'training' AND site = :site
    ORDER BY code FOR UPDATE
    """
).bindparams(sa.bindparam("wishes", type_=sa.ARRAY(sa.Text)), sa.bindparam("candidacy_id", type_=sa.Uuid))


async def claim(conn: AsyncConnection, new: Request) -> Request:
    """Makes the candidacy's one request, or locks and gives the one that there is; tell them apart by `id`."""
    return _request((await conn.execute(_CLAIM, _row(new))).one())


_new = insert(requests)
_CLAIM = _new.on_conflict_do_update(
    # Writes what is there already: a conflicting row is only returned when it is written, and it is locked by that.
    index_elements=["candidacy_id"],
    set_={"candidacy_id": _new.excluded.candidacy_id},
).returning(*requests.c)


async def save(conn: AsyncConnection, request: Request) -> None:
    """Writes a request that the caller has locked."""
    await conn.execute(_SAVE, {"key": request.id, **_row(request)})


_SAVE = sa.update(requests).where(requests.c.id == sa.bindparam("key"))


async def lock_request_of(conn: AsyncConnection, enrolment_id: UUID) -> Request | None:
    """Locks and gives the request that an enrolment belongs, or once belonged, to."""
    row = (await conn.execute(_LOCK_OF_ENROLMENT, {"enrolment_id": enrolment_id})).first()
    return None if row is None else _request(row)


_LOCK_OF_ENROLMENT = (
    sa.select(requests)
    .where(
        sa.or_(
            requests.c.enrolment_id == sa.bindparam("enrolment_id"),
            requests.c.id
            == sa.select(enrolments.c.request_id)
            .where(enrolments.c.id == sa.bindparam("enrolment_id"))
            .scalar_subquery(),
        )
    )
    .with_for_update()
)


async def first_in_line(
    conn: AsyncConnection, trainings: Sequence[str], skipped: Sequence[UUID]
) -> tuple[Request, FreeSeat, bool] | None:
    """Who is the first in the lines of some trainings for whom one of them has a seat, and which.

    The trainings must be locked; other wishes of the persons are not looked at. Among the trainings the person's
    dearest comes first, then the earliest cohort that starts after arrival and ends before the exit.

    Args:
        conn: the caller's transaction.
        trainings: their codes.
        skipped: candidacies to pass over.

    Returns:
        the request, the seat, and whether there is a second one in line for whom there is a seat.
    """
    rows = (await conn.execute(_FIRST_IN_LINE, {"trainings": list(trainings), "skipped": list(skipped)})).all()
    if not rows:
        return None
    first = rows[0]
    return _request(first), FreeSeat(first.cohort, first.activity, first.starts_on), len(rows) > 1


_FIRST_IN_LINE = sa.text(
    """
    SELECT requests.*, free.cohort, free.activity, free.starts_on
    FROM requests CROSS JOIN LATERAL (
        SELECT code AS cohort, activity, starts_on FROM cohorts
        WHERE activity = ANY (:trainings) AND activity = ANY (requests.trainings) AND taken < capacity
            AND starts_on >= requests.earliest_start AND ends_on <= requests.projected_exit
        ORDER BY array_position(requests.wishes, activity), starts_on LIMIT 1
    ) AS free
    WHERE requests.trainings && :trainings AND requests.state IN ('requested', 'waitlisted')
        AND requests.candidacy_id <> ALL (:skipped)
    ORDER BY requests.decided_on, requests.file_number, requests.id LIMIT 2
    """
).bindparams(sa.bindparam("trainings", type_=sa.ARRAY(sa.Text)), sa.bindparam("skipped", type_=sa.ARRAY(sa.Uuid)))
