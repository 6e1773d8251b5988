"""The daily mail to functions of the site: what waits for them here, as counts, and only if something does."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager

import structlog

from services.notifications import letters
from services.notifications.mail.mailer import Mailer
from services.notifications.store.waiting import waiting
from shared.messaging import Tx
from shared.process import Exit

_log = structlog.get_logger()


async def tell(staff: Iterable[tuple[str, str]], transaction: AbstractAsyncContextManager[Tx], mailer: Mailer) -> Exit:
    """Sends each function its mail; says whether all that were needed have left.

    Args:
        staff: roles, each with its address.
        transaction: to read in, opened here.
        mailer: sends.
    """
    async with transaction as tx:
        found = await waiting(tx.conn, tx.now)
    ended = Exit.OK
    for role, address in staff:
        letter = letters.digest(found.get(role, {}))
        if letter is None:
            continue
        outcome = await mailer.tell(address, letter)
        _log.info("staff told", role=role, outcome=outcome)
        if outcome != "accepted":
            ended = Exit.EX_TEMPFAIL
    return ended
