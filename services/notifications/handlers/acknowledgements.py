"""What a partner says that it did with what it was told."""

from uuid import UUID

from services.notifications.domain import Acknowledged, Refusal, Refused
from services.notifications.store import acknowledgements as store
from shared.messaging import Tx


async def acknowledge(tx: Tx, partner: UUID, reference: str, kind: Acknowledged, by: str) -> tuple[UUID, bool]:
    """Notes it, once for each reference and kind; gives its id, and whether it is new.

    Also after a withdrawal: what was done was done.

    Raises:
        Refused: `reference-unknown`, whatever the partner was not told under that name.
    """
    candidacy = await store.told_under(tx.conn, partner, reference)
    if candidacy is None:
        raise Refused(Refusal.REFERENCE_UNKNOWN)
    return await store.note(tx.conn, partner, candidacy, kind, by=by, at=tx.now)
