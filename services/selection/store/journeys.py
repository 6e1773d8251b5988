"""Queries on the journey: what was asked, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.tables import expected_replies, journey_steps

# Parameters named like columns would become values of the UPDATE: hence `the_…`.
_ANSWERED = (
    sa.update(expected_replies)
    .where(expected_replies.c.request_id == sa.bindparam("answers", type_=sa.Uuid))
    .values(answered_at=sa.func.coalesce(expected_replies.c.answered_at, sa.bindparam("the_answered_at")))
    .returning(expected_replies.c.asked_version)
    .cte("answered")
)
_FACT = insert(journey_steps).from_select(
    [column.name for column in journey_steps.c],
    sa.select(
        sa.bindparam("the_candidacy_id", type_=sa.Uuid),
        sa.bindparam("the_step", type_=sa.Text),
        sa.func.coalesce(
            sa.bindparam("the_version", type_=sa.BigInteger),
            sa.select(_ANSWERED.c.asked_version).scalar_subquery(),
            sa.literal_column("0"),
        ),
        sa.bindparam("the_fact", type_=sa.Text),
        sa.bindparam("the_request_id", type_=sa.Text),
        sa.bindparam("the_decision_number", type_=sa.Text),
        sa.bindparam("the_detail", type_=JSONB),
        sa.bindparam("the_occurred_at", type_=sa.DateTime(timezone=True)),
    ),
)
# Both in one statement: replies are what this service handles most of.
_RECORD = _FACT.add_cte(_ANSWERED).on_conflict_do_update(
    index_elements=[journey_steps.c.candidacy_id, journey_steps.c.step],
    set_={
        "version": _FACT.excluded.version,
        "fact": _FACT.excluded.fact,
        "request_id": _FACT.excluded.request_id,
        "decision_number": _FACT.excluded.decision_number,
        "detail": sa.case(
            (
                sa.bindparam("adds", type_=sa.Boolean),
                journey_steps.c.detail.concat(_FACT.excluded.detail),
            ),
            else_=_FACT.excluded.detail,
        ),
        "occurred_at": _FACT.excluded.occurred_at,
    },
    where=journey_steps.c.version < _FACT.excluded.version,
)


@dataclass(frozen=True)
class Asked:
    """A reply to be expected: to which request, for which step, and the candidacy's version of the asking event."""

    request_id: UUID
    step: str
    version: int


async def insert_expected(
    conn: AsyncConnection, candidacy_id: UUID, asked: Sequence[Asked], *, decision_number: str | None, at: datetime
) -> None:
    """Notes which replies are due from now on."""
    await conn.execute(
        expected_replies.insert(),
        [
            {
                "request_id": one.request_id,
                "candidacy_id": candidacy_id,
                "step": one.step,
                "asked_version": one.version,
                "decision_number": decision_number,
                "asked_at": at,
            }
            for one in asked
        ],
    )


async def record_fact(
    conn: AsyncConnection,
    candidacy_id: UUID,
    outcome: domain.Outcome,
    *,
    version: int | None,
    adds: bool,
    now: datetime,
) -> None:
    """Puts a fact in the place of the step's last one, unless that is as new, and its request among the answered.

    Args:
        version: of the step's aggregate; None takes that of the event which asked, where each reply has its own
            aggregate.
        adds: the fact says only what is new: the detail known so far stays.
        now: UTC, when the reply came.
    """
    await conn.execute(
        _RECORD,
        {
            "the_candidacy_id": candidacy_id,
            "the_step": outcome.step,
            "the_version": version,
            "the_fact": outcome.fact,
            "the_request_id": outcome.request_id,
            "the_decision_number": outcome.decision_number,
            "the_detail": outcome.detail,
            "the_occurred_at": outcome.occurred_at,
            "adds": adds,
            "answers": UUID(outcome.request_id),
            "the_answered_at": now,
        },
    )


async def outcomes(conn: AsyncConnection, candidacy_id: UUID) -> list[domain.Outcome]:
    """The last fact of each step."""
    rows = await conn.execute(sa.select(journey_steps).where(journey_steps.c.candidacy_id == candidacy_id))
    return [
        domain.Outcome(
            step=row.step,
            fact=row.fact,
            request_id=row.request_id,
            decision_number=row.decision_number,
            detail=row.detail,
            occurred_at=row.occurred_at,
        )
        for row in rows
    ]


async def expected(conn: AsyncConnection, candidacy_id: UUID) -> list[domain.Expected]:
    """Every reply that was ever asked for, oldest first."""
    rows = await conn.execute(
        sa.select(expected_replies)
        .where(expected_replies.c.candidacy_id == candidacy_id)
        .order_by(expected_replies.c.asked_version)
    )
    return [
        domain.Expected(
            request_id=str(row.request_id),
            step=row.step,
            decision_number=row.decision_number,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
        )
        for row in rows
    ]
