"""Use cases of the commission: plan a sitting with its agenda, and record how it was held."""

from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.files import opened, write
from services.selection.handlers.gathering import keep_advice
from shared.messaging import Tx


async def plan_sitting(tx: Tx, sits_on: date, agenda: tuple[UUID, ...], editor: domain.Editor) -> UUID:
    """Puts files before the commission. They are changed by its advice only, not by being on an agenda.

    Args:
        sits_on: Europe/Paris.
        agenda: candidacies in the order in which they are called.

    Returns:
        The id of the sitting.

    Raises:
        domain.Refused: `not-of-the-site`, `impossible-dates`, `candidacy-unknown`, or a file is closed.
    """
    domain.check_of_site(editor.scope)
    domain.check_planned(sits_on)
    for candidacy_id in agenda:
        row = await store.candidacy_row(tx.conn, candidacy_id, editor.scope)
        domain.next_state(domain.State(row.state), domain.Act.GATHER)
    sitting_id = uuid7()
    await store.insert_sitting(tx.conn, sitting_id, sits_on, agenda, by=editor.id, at=tx.now)
    return sitting_id


async def hold_sitting(
    tx: Tx, sitting_id: UUID, minutes: domain.Minutes, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Records a sitting; what it says of a file becomes an advice on it, in the name of the chair.

    Args:
        editor: expects no version: the commission saw the files as they were on the day of the sitting.

    Returns:
        The id of the sitting.

    Raises:
        domain.Refused: `not-of-the-site`, `sitting-unknown`, `sitting-held`; as `domain.check_held`; or as
            `domain.admit` for a file. Nothing was changed then, on any of the files.
    """
    domain.check_of_site(editor.scope)
    sitting = await store.lock_sitting(tx.conn, sitting_id)
    agenda = [row.candidacy_id for row in await store.agenda_rows(tx.conn, sitting_id)]
    today = domain.date_in_paris(tx.now)
    domain.check_held(minutes, sits_on=sitting.sits_on, today=today, agenda=agenda, policy=policy)
    kept: dict[UUID, UUID] = {}
    # In one order everywhere, so that two sittings recorded at once do not wait for each other's files.
    for said in sorted(minutes.advice, key=lambda one: one.candidacy_id):
        file, state = await opened(tx, said.candidacy_id, domain.Act.GATHER, editor)
        given = domain.Advice(minutes.chair, sitting.sits_on, said.sense, said.words)
        kept[file.id] = await keep_advice(tx, file, domain.AdviceKind.SELECTION_BOARD, given, editor)
        await write(tx, file, domain.Act.GATHER, state, editor)
    await store.close_sitting(tx.conn, sitting_id, minutes, kept, by=editor.id, at=tx.now)
    return sitting_id
