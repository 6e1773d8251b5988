"""What becomes of a proposal: an officer confirms it, or its date passes."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel
from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refused
from services.placement.handlers.telling import about, tell
from shared.contracts.placement import AssignmentConfirmed, AssignmentExpired
from shared.messaging import Meta, Retry, Tx, cancel

PROPOSAL = "proposal"
"""Kind of the timer of a proposal; its key is the request."""


class Proposal(BaseModel):
    """Body of the timer that falls due when a proposal should have been confirmed."""

    stay_id: UUID


async def expire_proposal(tx: Tx, body: Proposal, meta: Meta) -> None:
    """Marks a proposal that nobody confirmed in time as overdue, and says so; the bed stays held.

    Raises:
        Retry: the request is being worked on. To wait for it could be a deadlock: the timer's row is locked already,
            and who has the request may want to cancel the timer.
    """
    request = await store.lock_request_if_idle(tx.conn, meta.subject)
    if request is None:
        raise Retry
    overdue = domain.expire(request, body.stay_id)
    if overdue is not None:
        await store.save(tx.conn, overdue)
        await tell(tx, overdue, AssignmentExpired(**about(overdue), stay_id=body.stay_id))


async def confirm_stay(tx: Tx, stay_id: UUID, officer: str) -> UUID:
    """Confirms a proposed bed in the name of an officer.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        stay_id: the stay that the officer saw.
        officer: identifies the officer to the administration.

    Returns:
        the stay.

    Raises:
        Refused: there is no such proposal to confirm.
    """
    request = domain.confirm(await store.lock_request_of(tx.conn, stay_id), stay_id)
    await store.save(tx.conn, request)
    await store.confirm_bed(tx.conn, stay_id, store.Author(officer, tx.actor.function, tx.now))
    await cancel(tx, PROPOSAL, request.id)
    confirmed = AssignmentConfirmed(**about(request), stay_id=stay_id, confirmed_by_function=tx.actor.function)
    await tell(tx, request, confirmed)
    return stay_id


async def confirm_stays(tx: Tx, site: str, stay_ids: Sequence[UUID], officer: str) -> UUID:
    """Confirms several proposed beds in the name of one officer; what cannot be confirmed is left as it is.

    All pools are locked first: whoever works on several requests has them too, so that no two of these wait for one
    another.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        site: code of the site.
        stay_ids: the stays that the officer saw, each once.
        officer: identifies the officer to the administration.

    Returns:
        the id under which the outcome of each is kept.
    """
    await store.lock_pools_of_site(tx.conn, site)
    outcomes = []
    for stay_id in stay_ids:
        try:
            await confirm_stay(tx, stay_id, officer)
            outcomes.append(store.Outcome(stay_id, None))
        except Refused as refused:
            # A refusal comes before anything is written.
            outcomes.append(store.Outcome(stay_id, refused.refusal.value))
    confirmation_id = uuid7()
    by = store.Author(officer, tx.actor.function, tx.now)
    await store.record_confirmations(tx.conn, confirmation_id, outcomes, by)
    return confirmation_id
