"""Partners are taken in with their conventions; and whom at each we write to about its own addresses."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.notifications import domain
from services.notifications.domain import Refusal, Refused
from services.notifications.store import contacts
from services.notifications.store import partners as store
from services.notifications.store.partners import NewPartner
from shared.contracts.notifications import PartnerConventionRecorded, PartnerField
from shared.contracts.selection import PartnerCategory
from shared.messaging import Tx, publish


async def take_in_partner(tx: Tx, new: NewPartner, *, by: str, site: str) -> UUID:
    """Stores a partner and its convention, and says what it permits; gives the partner's id."""
    partner = uuid7()
    await store.add_partner(tx.conn, partner, new, by, tx.now)
    recorded = PartnerConventionRecorded(
        partner_id=partner,
        partner=new.name,
        category=PartnerCategory(new.category),
        convention_from=new.convention_from,
        convention_to=new.convention_to,
        fields=tuple(map(PartnerField, new.terms.fields)),
        window_months=new.terms.window_months,
    )
    await publish(tx, recorded, subject=partner, version=1, site=site)
    return partner


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
