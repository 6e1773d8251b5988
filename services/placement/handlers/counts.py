"""The use case of a roll count."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Counted, Refusal, Refused
from services.placement.handlers.line import author
from shared.messaging import Tx


async def count_roll(tx: Tx, site: str, counted: Sequence[Counted], corrects: UUID | None, officer: str) -> UUID:
    """Notes what an officer counted in each place against whoever is present at this instant.

    Args:
        tx: the request's transaction; its actor says in which function the officer acts.
        site: code of the site.
        counted: all places of the site.
        corrects: an earlier count that this one stands for.
        officer: identifies the officer to the administration.

    Returns:
        the count.

    Raises:
        Refused: the places are not those of the site, or the count to correct is unknown or was corrected before.
    """
    if corrects is not None:
        corrected = await store.lock_count(tx.conn, site, corrects)
        if corrected is None:
            raise Refused(Refusal.COUNT_UNKNOWN)
        if corrected:
            raise Refused(Refusal.COUNT_CORRECTED)
    lines = domain.held_against(counted, await store.inhabited(tx.conn, site))
    count_id = uuid7()
    await store.record_count(tx.conn, count_id, site, lines, corrects, author(tx, officer))
    return count_id
