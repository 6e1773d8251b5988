"""Deadlines and the review list: opened and met by the acts of others, reminded of and escalated by a timer."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.release import RELEASE_WINDOW
from shared.messaging import Meta, Tx, cancel, schedule

DEADLINE = "deadline"
"""Kind of the timer of a deadline; its key is the deadline."""


class DeadlineAlarm(BaseModel):
    """Body of the timer: nothing beside its key."""


async def open_deadline(
    tx: Tx,
    candidacy_id: UUID,
    kind: domain.Due,
    due_on: date,
    *,
    owner: domain.Role,
    subject: UUID | None = None,
    remind_on: date | None = None,
) -> UUID:
    """Notes what is due and sets its alarm.

    Args:
        due_on: the last day in time, Europe/Paris.
        owner: role of who has to act.
        subject: what exactly; the candidacy where there is nothing smaller.
        remind_on: when the owner is reminded; ignored when it is past already.

    Returns:
        The id of the deadline.
    """
    deadline = domain.Deadline(
        id=uuid7(),
        candidacy_id=candidacy_id,
        kind=kind,
        subject=subject or candidacy_id,
        owner=owner,
        due_on=due_on,
        remind_on=remind_on if remind_on is not None and remind_on > domain.date_in_paris(tx.now) else None,
    )
    await store.insert_deadline(tx.conn, deadline, tx.now)
    alarm = domain.next_alarm(deadline.due_on, deadline.remind_on, reminded=False)
    await schedule(tx, DEADLINE, deadline.id, alarm, DeadlineAlarm())
    return deadline.id


async def meet_deadline(tx: Tx, kind: domain.Due, subject: UUID) -> None:
    """Marks what was due as done, if it was due, and stops its alarm."""
    met = await store.meet_deadline(tx.conn, kind, subject, tx.now)
    if met is not None:
        await cancel(tx, DEADLINE, met)


async def meet_all_deadlines(tx: Tx, candidacy_id: UUID) -> None:
    """Nothing more is due on a file that is closed, and no window before a release opens."""
    for met in await store.meet_all(tx.conn, candidacy_id, tx.now):
        await cancel(tx, DEADLINE, met)
    await cancel(tx, RELEASE_WINDOW, candidacy_id)


async def watch_extract(tx: Tx, candidacy_id: UUID, extract_on: date | None, policy: domain.Policy) -> None:
    """The registry owes a new extract before this one grows stale; what it owed before is met by this one."""
    await meet_deadline(tx, domain.Due.EXTRACT, candidacy_id)
    if extract_on is None:
        return
    due_on = domain.extract_lasts_until(extract_on, policy)
    remind_on = min(due_on, domain.add_working_days(due_on, -policy.reminder_days, french_holiday))
    await open_deadline(tx, candidacy_id, domain.Due.EXTRACT, due_on, owner=domain.Role.REGISTRY, remind_on=remind_on)


async def ring_deadline(tx: Tx, body: DeadlineAlarm, meta: Meta) -> None:
    """Reminds the owner, or puts the matter on the escalation list. Nothing is decided."""
    row = await store.lock_deadline(tx.conn, meta.subject)
    if row is None:
        return
    step = domain.escalation(tx.now, row.due_on, reminded=row.reminded_at is not None or row.remind_on is None)
    if step is domain.Escalation.ESCALATE and row.kind in domain.RUNS_OUT:
        await store.meet_deadline(tx.conn, domain.Due(row.kind), row.subject, tx.now)
        return
    await store.mark_deadline(tx.conn, row.id, step, tx.now)
    if step is domain.Escalation.REMIND:
        alarm = domain.next_alarm(row.due_on, row.remind_on, reminded=True)
        await schedule(tx, DEADLINE, row.id, alarm, body)


async def ask_review(tx: Tx, candidacy_id: UUID, cause: domain.Cause, detail: dict[str, object]) -> None:
    """Puts a file on the review list: a human has to look at it. Nothing is decided."""
    await store.open_review(tx.conn, uuid7(), domain.Review(candidacy_id, cause, detail), tx.now)
