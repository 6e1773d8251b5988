"""Whom at a partner we write to about its own addresses."""

from uuid import UUID

from services.notifications import domain
from services.notifications.domain import Refusal, Refused
from services.notifications.store import contacts
from shared.messaging import Tx


async def set_contact(tx: Tx, partner: UUID, contact: str | None, by: str) -> UUID:
    """Sets the mailbox that is told how the partner's addresses stand, or removes it.

    It does not have to prove itself, as a mailbox does that is to get notices: nothing about persons is ever sent
    there, only host names and counts, which are worth nothing to a stranger. And it is needed most when the partner's
    own endpoint answers no more. Another mailbox than before hears anew of all that lasts.

    Args:
        tx: the request's transaction.
        partner: whose.
        contact: mailbox of a function, never of a person; None removes it.
        by: subject of the officer.

    Raises:
        Refused: `contact-not-allowed`, `no-such-partner`.
    """
    domain.check_contact(contact)
    known = await contacts.lock_partner(tx.conn, partner)
    if known is None:
        raise Refused(Refusal.NO_SUCH_PARTNER)
    if known.contact != contact:
        await contacts.set_contact(tx.conn, partner, contact, by, tx.now)
        await contacts.forget_all(tx.conn, partner)
    return partner
