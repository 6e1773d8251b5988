"""What placement says of arrival and departure: the file follows the person."""

from collections.abc import Mapping
from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.changes import ask_for_change
from services.selection.handlers.journeys import record_stay
from services.selection.handlers.reviews import ENTRY
from services.selection.handlers.revocations import overtake_by_arrival
from services.selection.handlers.terms import ask_review
from shared.contracts.placement import Arrived, Departed
from shared.messaging import Meta, Poison, Tx, cancel


async def record_arrival(tx: Tx, event: Arrived, meta: Meta) -> None:
    """Notes the first night: from then on the file belongs to the site. The same arrival again changes nothing.

    An intended revocation becomes a request for a change of assignment. Whoever arrived although the approval did not
    stand any more, because the two crossed, is looked at by a human, and another prison is asked for.

    Raises:
        Poison: there is no such candidacy.
    """
    await record_stay(tx, event, meta)
    file = await _locked(tx, event.candidacy_id)
    if file.arrived_on is not None:
        return
    await _save(tx, file, domain.Occurrence.ARRIVED, {"arrived_on": event.arrived_on})
    await store.adopt_committal(tx.conn, file.id)
    await cancel(tx, ENTRY, file.id)
    for review in await store.open_reviews(tx.conn, file.id):
        if review.cause == domain.Cause.ENTRY_PASSED:
            came = domain.ReviewOutcome.ARRIVED.value
            await store.close_reviews(tx.conn, file.id, outcome=came, by="", at=tx.now, review_id=review.id)
    if file.state is not domain.State.APPROVED:
        await _find_unapproved(tx, file, event)
        return
    revocation = await store.open_revocation_of(tx.conn, file.id)
    if revocation is not None:
        await overtake_by_arrival(tx, file.id, revocation.id, "")


async def record_departure(tx: Tx, event: Departed, meta: Meta) -> None:
    """Notes that the person left for good: who has left may come again, by another file.

    Raises:
        Poison: there is no such candidacy.
    """
    await record_stay(tx, event, meta)
    file = await _locked(tx, event.candidacy_id)
    if file.departed_on is None:
        await _save(tx, file, domain.Occurrence.DEPARTED, {"departed_on": event.departed_on})


async def _find_unapproved(tx: Tx, file: domain.File, event: Arrived) -> None:
    withdrawn = file.state is domain.State.WITHDRAWN
    cause = domain.ChangeCause.CONSENT_WITHDRAWN if withdrawn else domain.ChangeCause.DECISION_UNDONE
    await ask_for_change(tx, file.id, cause)
    detail: dict[str, object] = {"state": file.state.value, "arrived_on": event.arrived_on.isoformat()}
    await ask_review(tx, file.id, domain.Cause.ARRIVED_UNAPPROVED, detail)


async def _locked(tx: Tx, candidacy_id: UUID) -> domain.File:
    try:
        return await store.lock_file(tx.conn, candidacy_id)
    except domain.Refused:
        raise Poison("candidacy-unknown") from None


async def _save(tx: Tx, file: domain.File, occurrence: domain.Occurrence, values: Mapping[str, object]) -> None:
    written = store.Written(
        act=occurrence,
        state=file.state,
        version=file.version + 1,
        preparers=file.preparers,
        officer="",
        function=tx.actor.function,
        at=tx.now,
    )
    await store.save(tx.conn, file, written, values)
