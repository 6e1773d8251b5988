"""Which files are stuck, by what, and since when: a query, so that no row can say it wrongly."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.selection import domain
from services.selection.store.scope import OPEN
from services.selection.tables import candidacies, deadlines, expected_replies, file_history, journey_steps

PATIENCE = timedelta(minutes=5)
"""A reply that is missing for longer will not come by itself."""
PARIS = "Europe/Paris"

_line = file_history.alias("line")
bed = journey_steps.alias("bed")
OF_BED = sa.and_(bed.c.candidacy_id == candidacies.c.id, bed.c.step == sa.literal_column("'accommodation'"))


def stuck(now: datetime, policy: domain.Policy) -> sa.CompoundSelect[Any]:
    """Rows of `candidacy_id, snag, what, since` of open files; a file may have several.

    Args:
        now: UTC.
        policy: how many days each service level has. `domain.levels` says the same of one file.
    """
    today = domain.date_in_paris(now)
    handed_in, approved = _latest(domain.HANDED_IN), _latest((domain.Act.APPROVE,))
    assessed = sa.exists().where(
        _line.c.candidacy_id == candidacies.c.id,
        _line.c.act == domain.Act.ASSESS.value,
        _line.c.version > handed_in.c.version,
    )
    not_arrived = sa.and_(candidacies.c.state == "approved", candidacies.c.arrived_on.is_(None))
    confirmed = sa.exists().where(OF_BED, bed.c.fact == "assignment_confirmed")
    levels = (
        (domain.Level.FILE_COMPLETE, handed_in, policy.level_complete_days, _in("submitted"), sa.not_(assessed)),
        (domain.Level.DECIDED, handed_in, policy.level_decided_days, _in("submitted", "assessed"), sa.true()),
        (domain.Level.ORDER_ISSUED, approved, policy.level_order_days, not_arrived, sa.not_(confirmed)),
        (domain.Level.ARRIVED, approved, policy.level_arrived_days, not_arrived, sa.true()),
    )
    late = []
    for level, start, days, waiting, unreached in levels:
        due_on = sa.cast(sa.func.timezone(PARIS, start.c.at), sa.Date) + days
        late.append(
            _snag(candidacies.c.id, domain.Snag.LEVEL_PASSED, sa.literal(level.value), _midnight_after(due_on))
            .select_from(candidacies.join(start, sa.true()))
            .where(OPEN, waiting, unreached, due_on < today)
        )
    replies, due = expected_replies.c, deadlines.c
    return sa.union_all(
        _snag(replies.candidacy_id, domain.Snag.REPLY_MISSING, replies.step, replies.asked_at)
        .join_from(expected_replies, candidacies)
        .where(OPEN, replies.answered_at.is_(None), replies.asked_at < now - PATIENCE),
        _snag(due.candidacy_id, domain.Snag.DEADLINE_PASSED, due.kind, _midnight_after(due.due_on))
        .join_from(deadlines, candidacies)
        .where(OPEN, due.met_at.is_(None), due.due_on < today),
        *late,
    )


def _latest(acts: tuple[domain.Act, ...]) -> sa.FromClause:
    return (
        sa.select(file_history.c.version, file_history.c.at)
        .where(file_history.c.candidacy_id == candidacies.c.id, file_history.c.act.in_([act.value for act in acts]))
        .order_by(file_history.c.version.desc())
        .limit(1)
        .lateral()
    )


def _in(*states: str) -> sa.ColumnElement[bool]:
    return candidacies.c.state.in_(states)


def _snag(
    candidacy_id: sa.ColumnElement[Any],
    snag: domain.Snag,
    what: sa.ColumnElement[str],
    since: sa.ColumnElement[datetime],
) -> sa.Select[Any]:
    return sa.select(
        candidacy_id.label("candidacy_id"),
        sa.literal(snag.value).label("snag"),
        what.label("what"),
        since.label("since"),
    )


def _midnight_after(day: sa.ColumnElement[Any]) -> sa.ColumnElement[datetime]:
    """The instant from which something due on a day is late."""
    return sa.func.timezone(PARIS, sa.cast(day + 1, sa.DateTime), type_=sa.DateTime(timezone=True))
