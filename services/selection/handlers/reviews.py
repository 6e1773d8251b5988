"""Use cases of the review list: timers put files on it, a named officer takes them off, and one may lapse from it."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.selection import domain, store
from services.selection.handlers.terms import ask_review
from shared.messaging import Meta, Tx, cancel, schedule

ENTRY = "entry"
"""Kind of the timer of an approved file, which rings when its planned entry is over; its key is the candidacy."""
DORMANCY = "dormancy"
"""Kind of the timer of a deferred file, which rings long after its date; its key is the candidacy."""


class Watch(BaseModel):
    """Body of these timers: nothing beside its key."""


async def watch(tx: Tx, file: domain.File, state: domain.State, values: Mapping[str, object]) -> None:
    """Sets and stops the timers of the review list, as a file goes from one state to another.

    Args:
        file: before the act.
        state: afterwards.
        values: columns that the act writes.
    """
    if file.state is domain.State.APPROVED:
        await cancel(tx, ENTRY, file.id)
    elif file.state is domain.State.DEFERRED:
        await cancel(tx, DORMANCY, file.id)
    entry, until = file.case.facts.planned_entry, values.get("deferred_until")
    if state is domain.State.APPROVED and entry is not None:
        await schedule(tx, ENTRY, file.id, domain.next_alarm(entry, None, reminded=False), Watch())
    elif state is domain.State.DEFERRED and isinstance(until, date):
        due = domain.next_alarm(until + domain.DORMANT_AFTER, None, reminded=False)
        await schedule(tx, DORMANCY, file.id, due, Watch())


async def review_entry(tx: Tx, body: Watch, meta: Meta) -> None:
    """Puts an approved file whose planned entry has passed without an arrival on the review list; decides nothing."""
    row = await store.candidacy_row(tx.conn, meta.subject)
    if row.state == domain.State.APPROVED and row.arrived_on is None:
        planned = {"planned_entry": row.planned_entry.isoformat()}
        await ask_review(tx, row.id, domain.Cause.ENTRY_PASSED, planned)
        await _again(tx, ENTRY, row.id, body)


async def review_dormant(tx: Tx, body: Watch, meta: Meta) -> None:
    """Puts a deferred file that nobody took up long after its date on the review list. Nothing is decided."""
    row = await store.candidacy_row(tx.conn, meta.subject)
    if row.state == domain.State.DEFERRED:
        await ask_review(tx, row.id, domain.Cause.DORMANT, {"deferred_until": row.deferred_until.isoformat()})
        await _again(tx, DORMANCY, row.id, body)


async def close_review(
    tx: Tx, review_id: UUID, outcome: domain.ReviewOutcome, officer: str, scope: domain.Scope
) -> UUID:
    """Takes one line off the review list, in the name of an officer. What is still so later comes back.

    Args:
        outcome: what was done about it.
        officer: subject of the token.
        scope: whose files this officer may write on.

    Returns:
        The id of the review.

    Raises:
        domain.Refused: `review-unknown`, `passed-to-site` or `review-is-closed`.
    """
    row = await store.review_row(tx.conn, review_id)
    if row is None or not _is_seen(scope, row):
        raise domain.Refused(domain.Refusal.REVIEW_UNKNOWN)
    scope.check_write(row.establishment, row.arrived_on)
    closed = await store.close_reviews(
        tx.conn, row.candidacy_id, outcome=outcome.value, by=officer, at=tx.now, review_id=review_id
    )
    if not closed:
        raise domain.Refused(domain.Refusal.REVIEW_IS_CLOSED)
    return review_id


def _is_seen(scope: domain.Scope, row: store.AnyRow) -> bool:
    try:
        scope.check_read(row.establishment, row.arrived_on)
    except domain.Refused:
        return False
    return True


async def _again(tx: Tx, kind: str, candidacy_id: UUID, body: Watch) -> None:
    await schedule(tx, kind, candidacy_id, tx.now + domain.AGAIN, body)
