"""Other services say every morning what waits there, and the newest that each said is kept for the mails of the day."""

from services.notifications.store.waiting import replace_elsewhere
from shared.contracts.desk import WaitingCounted
from shared.messaging import Meta, Tx


async def note_waiting(tx: Tx, event: WaitingCounted, meta: Meta) -> None:  # noqa: ARG001
    """Keeps the counts of a service instead of its older ones; what is older comes to no handler."""
    service, _, _ = event.type.partition(".")
    await replace_elsewhere(tx.conn, service, event.day, event.counts)
