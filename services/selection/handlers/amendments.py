"""Use case of a correction: wishes, planned entry, and the rectification of an identity."""

from collections.abc import Iterable
from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.files import opened, write
from shared.messaging import Tx


async def amend(
    tx: Tx,
    candidacy_id: UUID,
    amendment: domain.Amendment,
    editor: domain.Editor,
    *,
    roles: Iterable[str],
    route: str,
) -> UUID:
    """Changes what is said of a file, all or nothing. The names of the fields are kept; old values are not.

    A rectification reads the identity first, and the read is logged.

    Args:
        roles: of the token: which fields it may change.
        route: that the read is logged with.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`; `field-not-yours`; `impossible-dates`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.AMEND, editor)
    domain.check_fields(roles, amendment.groups)
    facts, born_on = amendment.facts_after(file.case.facts), file.case.born_on
    if amendment.identity is not None:
        read = store.Read(
            reader=editor.id,
            reader_function=tx.actor.function,
            read_at=tx.now,
            purpose=domain.Purpose.RECTIFICATION,
            person_id=file.person_id,
            route=route,
        )
        identity = amendment.identity.apply(store.identity_of(await store.read_identity(tx.conn, read)))
        await store.save_identity(tx.conn, file.person_id, identity)
        born_on = identity.birth_date
    domain.check_dates(facts, born_on)
    wishes = store.wishes_data(amendment.wishes_after(file.wishes))
    values = {"planned_entry": facts.planned_entry, "local_project": facts.local_project, **wishes}
    written = await write(tx, file, domain.Act.AMEND, state, editor, values=values)
    await store.insert_amendment(tx.conn, file.id, written.version, amendment.fields)
    return file.id
