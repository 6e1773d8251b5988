"""Queries on appeals and on the decisions that they contest."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.tables import appeals, candidacies, decisions

_CONTESTED = (
    decisions.c.id.label("contested_id"),
    decisions.c.number,
    decisions.c.kind,
    decisions.c.signer_id,
    decisions.c.decided_on,
)


@dataclass(frozen=True)
class Lodged:
    """What is written when an appeal is taken in.

    Args:
        lodged_on: Europe/Paris.
        grounds: the person's own words; may be empty.
        by: subject of the officer who took it in.
        at: UTC, when it was acknowledged.
        answer_due_on: silence until then means a rejection.
    """

    id: UUID
    lodged_on: date
    channel: domain.Channel
    grounds: str
    by: str
    function: str
    at: datetime
    answer_due_on: date


async def contested(conn: AsyncConnection, candidacy_id: UUID, number: str) -> domain.Contested | None:
    """A decision on a file by its number; None when the file has no such."""
    found = await conn.execute(
        sa.select(*_CONTESTED).where(decisions.c.candidacy_id == candidacy_id, decisions.c.number == number)
    )
    row = found.first()
    return None if row is None else _contested(row)


async def has_open_appeal(conn: AsyncConnection, decision_id: UUID) -> bool:
    """Whether an appeal against the decision waits for its answer."""
    found = await conn.execute(
        sa.select(appeals.c.id).where(appeals.c.decision_id == decision_id, appeals.c.outcome.is_(None))
    )
    return found.first() is not None


async def insert_appeal(conn: AsyncConnection, candidacy_id: UUID, against: domain.Contested, lodged: Lodged) -> None:
    """Takes an appeal in; the database allows one open per decision."""
    await conn.execute(
        appeals.insert(),
        {
            "id": lodged.id,
            "candidacy_id": candidacy_id,
            "decision_id": against.id,
            "first_decider": against.signer_id,
            "lodged_on": lodged.lodged_on,
            "channel": lodged.channel.value,
            "grounds": lodged.grounds,
            "recorded_by": lodged.by,
            "recorded_by_function": lodged.function,
            "acknowledged_at": lodged.at,
            "answer_due_on": lodged.answer_due_on,
        },
    )


async def appeal_of(conn: AsyncConnection, candidacy_id: UUID, appeal_id: UUID) -> domain.Appeal | None:
    """An appeal of a file, which the caller has locked; None when the file has no such."""
    found = await conn.execute(
        sa.select(appeals.c.id, appeals.c.lodged_on, appeals.c.outcome, *_CONTESTED)
        .join(decisions, decisions.c.id == appeals.c.decision_id)
        .where(appeals.c.candidacy_id == candidacy_id, appeals.c.id == appeal_id)
    )
    row = found.first()
    if row is None:
        return None
    outcome = None if row.outcome is None else domain.AppealOutcome(row.outcome)
    return domain.Appeal(row.id, _contested(row), row.lodged_on, outcome)


async def answer_appeal(
    conn: AsyncConnection,
    appeal_id: UUID,
    outcome: domain.AppealOutcome,
    reasons: str,
    signer: domain.Signer,
    at: datetime,
) -> None:
    """Writes the answer."""
    await conn.execute(
        sa.update(appeals)
        .where(appeals.c.id == appeal_id)
        .values(
            outcome=outcome.value,
            reasons=reasons,
            decided_at=at,
            decided_by=signer.id,
            decided_by_name=signer.name,
            decided_by_function=signer.function,
        )
    )


async def has_other_open_file(conn: AsyncConnection, file: domain.File) -> bool:
    """Whether the person has another file that somebody works on."""
    found = await conn.execute(
        sa.select(candidacies.c.id).where(
            candidacies.c.person_id == file.person_id,
            candidacies.c.id != file.id,
            candidacies.c.state.in_([state.value for state in domain.OPEN]),
            candidacies.c.departed_on.is_(None),
        )
    )
    return found.first() is not None


async def appeal_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All appeals on a file with the number of each contested decision, the oldest first."""
    found = await conn.execute(_APPEALS.where(appeals.c.candidacy_id == candidacy_id).order_by(appeals.c.id))
    return list(found)


async def appeal_row(conn: AsyncConnection, appeal_id: UUID) -> AnyRow:
    """An appeal, with the `version` and `state` of its file now."""
    return (await conn.execute(_APPEALS.where(appeals.c.id == appeal_id))).one()


_APPEALS = (
    sa.select(appeals, decisions.c.number.label("decision_number"), candidacies.c.version, candidacies.c.state)
    .join(decisions, decisions.c.id == appeals.c.decision_id)
    .join(candidacies, candidacies.c.id == appeals.c.candidacy_id)
)


def _contested(row: AnyRow) -> domain.Contested:
    return domain.Contested(row.contested_id, row.number, domain.Kind(row.kind), row.signer_id, row.decided_on)
