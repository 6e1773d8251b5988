"""Queries on intended revocations and on what the person said to them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import candidacies, observations, revocations


@dataclass(frozen=True)
class Notice:
    """What is written when an intended revocation is opened.

    Args:
        grounds: the notice, in the officer's own words.
        handed_over_on: to the person, Europe/Paris.
        observe_until: the last day for observations.
        by: subject of the officer.
        at: UTC.
    """

    id: UUID
    grounds: str
    handed_over_on: date
    observe_until: date
    by: str
    function: str
    at: datetime


async def insert_revocation(conn: AsyncConnection, candidacy_id: UUID, notice: Notice) -> None:
    """Opens an intended revocation; the database allows one open at a time."""
    await conn.execute(
        revocations.insert(),
        {
            "id": notice.id,
            "candidacy_id": candidacy_id,
            "opened_at": notice.at,
            "opened_by": notice.by,
            "opened_by_function": notice.function,
            "grounds": notice.grounds,
            "handed_over_on": notice.handed_over_on,
            "observe_until": notice.observe_until,
        },
    )


async def open_revocation_of(conn: AsyncConnection, candidacy_id: UUID) -> domain.Revocation | None:
    """The revocation that is under way on a file, which the caller has locked; None when none is."""
    observed = sa.exists().where(observations.c.revocation_id == revocations.c.id).label("observed")
    found = await conn.execute(
        sa.select(
            revocations.c.id,
            revocations.c.opened_by,
            revocations.c.handed_over_on,
            revocations.c.observe_until,
            observed,
        ).where(revocations.c.candidacy_id == candidacy_id, revocations.c.closed_at.is_(None))
    )
    row = found.first()
    return None if row is None else domain.Revocation(**row._asdict())


async def note_file_access(conn: AsyncConnection, revocation_id: UUID, on: date) -> None:
    """Notes when the person had access to the file."""
    await conn.execute(sa.update(revocations).where(revocations.c.id == revocation_id).values(file_access_on=on))


async def insert_observations(
    conn: AsyncConnection,
    observation_id: UUID,
    revocation_id: UUID,
    *,
    words: str | None,
    counsel: bool,
    received_on: date,
    by: str,
    at: datetime,
) -> None:
    """Keeps what the person said; `words` None: that there is nothing to say."""
    await conn.execute(
        observations.insert(),
        {
            "id": observation_id,
            "revocation_id": revocation_id,
            "received_on": received_on,
            "words": words,
            "counsel": counsel,
            "recorded_at": at,
            "recorded_by": by,
        },
    )


async def close_revocation(
    conn: AsyncConnection,
    revocation_id: UUID,
    outcome: domain.RevocationOutcome,
    *,
    by: str,
    at: datetime,
    reasons: str | None = None,
    decision_id: UUID | None = None,
) -> None:
    """Ends an intended revocation."""
    await conn.execute(
        sa.update(revocations)
        .where(revocations.c.id == revocation_id)
        .values(closed_at=at, closed_by=by, outcome=outcome.value, reasons=reasons, decision_id=decision_id)
    )


async def revocation_row(conn: AsyncConnection, revocation_id: UUID) -> AnyRow:
    """A revocation, with the `version` of its file now."""
    found = await conn.execute(
        sa.select(revocations, candidacies.c.version)
        .join(candidacies, candidacies.c.id == revocations.c.candidacy_id)
        .where(revocations.c.id == revocation_id)
    )
    return found.one()


async def latest_revocation(conn: AsyncConnection, candidacy_id: UUID) -> UUID | None:
    """The newest revocation of a file, open or not; None when there never was one."""
    found = await conn.execute(
        sa.select(revocations.c.id)
        .where(revocations.c.candidacy_id == candidacy_id)
        .order_by(revocations.c.opened_at.desc(), revocations.c.id.desc())
        .limit(1)
    )
    newest: UUID | None = found.scalar_one_or_none()
    return newest


async def observation_rows(conn: AsyncConnection, revocation_id: UUID) -> list[AnyRow]:
    """What the person said to a revocation, in the order in which it was recorded."""
    found = await conn.execute(
        sa.select(observations)
        .where(observations.c.revocation_id == revocation_id)
        .order_by(observations.c.recorded_at, observations.c.id)
    )
    return list(found)
