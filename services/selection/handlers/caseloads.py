"""Who follows a file, and from which prison: one file or a whole caseload is reassigned, a file follows its person."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.files import opened, write
from shared.messaging import Tx


async def reassign(tx: Tx, candidacy_id: UUID, to_officer: str, editor: domain.Editor) -> UUID:
    """Gives one file to another officer.

    Args:
        to_officer: subject of that officer's token.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.REASSIGN, editor)
    await write(tx, file, domain.Act.REASSIGN, state, editor, values={"referent": to_officer})
    return file.id


async def reassign_caseload(tx: Tx, from_officer: str, to_officer: str, editor: domain.Editor) -> UUID:
    """Gives all open files that an officer follows, and the editor may change, to another officer.

    Args:
        from_officer: subject of a token, as `to_officer`.

    Returns:
        The id of the reassignment, which says how many files there were.
    """
    order = store.Reassignment(uuid7(), from_officer, to_officer, editor.id, tx.actor.function, tx.now)
    await store.reassign(tx.conn, order, editor.scope)
    return order.id


async def change_prison(
    tx: Tx, candidacy_id: UUID, establishment: str, ecrou_number: str, editor: domain.Editor
) -> UUID:
    """The person was moved: the file goes to the new prison of origin as it stands, and leaves the old one's sight.

    Args:
        establishment: code of the new prison.
        ecrou_number: that the person has there.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.CHANGE_PRISON, editor)
    await store.set_ecrou_number(tx.conn, file.person_id, ecrou_number)
    await write(tx, file, domain.Act.CHANGE_PRISON, state, editor, values={"establishment": establishment})
    return file.id
