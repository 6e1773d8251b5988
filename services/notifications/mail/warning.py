"""The mail to a partner of what keeps notices from it: one a day at most, and only if it says something new."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import structlog

from services.notifications.domain import news
from services.notifications.mail.mailer import Mailer
from services.notifications.store import contacts
from shared.messaging import Tx
from shared.process import Exit

_log = structlog.get_logger()

_DONE = frozenset({"accepted", "nothing_new"})


async def warn(transaction: Callable[[], AbstractAsyncContextManager[Tx]], mailer: Mailer) -> Exit:
    """Sends each partner that has a contact its mail; says whether all that were needed have left.

    Args:
        transaction: opens one for each partner.
        mailer: sends; gives up sooner than the database ends a transaction that stands idle (10 s).
    """
    async with transaction() as tx:
        partners = await contacts.with_contact(tx.conn)
    outcomes = Counter([await _one(partner, transaction, mailer) for partner in partners])
    _log.info("partners told", **outcomes)
    return Exit.OK if outcomes.keys() <= _DONE else Exit.EX_TEMPFAIL


async def _one(partner: UUID, transaction: Callable[[], AbstractAsyncContextManager[Tx]], mailer: Mailer) -> str:
    # The relay is asked within the transaction: whoever dies before the end of it repeats this one mail, and two that
    # run at once do not both write.
    async with transaction() as tx:
        contact = await contacts.take_contact(tx.conn, partner)
        if contact is None:
            return "nothing_new"
        standing, told = await contacts.troubles(tx.conn, partner, tx.now), await contacts.told(tx.conn, partner)
        tell, over = news(standing, told, tx.now)
        await contacts.forget(tx.conn, over)
        if not tell:
            return "nothing_new"
        outcome = await mailer.warn(contact, tell)
        if outcome == "accepted":
            await contacts.note_told(tx.conn, tell, tx.now)
    _log.info("partner told", partner=str(partner), outcome=outcome, matters=sorted({one.matter.value for one in tell}))
    return outcome
