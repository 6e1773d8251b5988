"""One person, two files: the double ends. Nothing of it was approved, so nothing is cancelled elsewhere."""

from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.files import write
from services.selection.handlers.terms import meet_all_deadlines
from shared.messaging import Tx


async def merge(tx: Tx, candidacy_id: UUID, into: UUID, editor: domain.Editor, *, statement: str | None) -> UUID:
    """Ends a file that is the double of another one, which goes on and keeps who prepared either.

    Args:
        candidacy_id: the double.
        into: the file that goes on: open, and not left behind by its person.
        statement: why these are one person although names or birth dates differ; None where they agree.

    Returns:
        The id of the double.

    Raises:
        domain.Refused: as `domain.admit`, for either file, or `not-a-double`.
    """
    # Always in the same order: two officers who merge the two files into one another do not wait for each other.
    files = {id_: await store.lock_file(tx.conn, id_) for id_ in sorted({candidacy_id, into})}
    double, kept = files[candidacy_id], files[into]
    state = domain.admit(double, domain.Act.MERGE, editor)
    editor.scope.check_write(kept.establishment, kept.arrived_on)
    agreed = await store.agree(tx.conn, double.person_id, kept.person_id)
    domain.check_double(double, kept, agreed=agreed, statement=statement)
    await write(tx, double, domain.Act.MERGE, state, editor, values={"merged_into": kept.id})
    both = (*domain.preparers_after(kept, domain.Act.MERGE, editor), *double.preparers)
    values = {"preparers": list(dict.fromkeys(both))}
    await write(tx, kept, domain.Act.MERGE, kept.state, editor, values=values)
    await meet_all_deadlines(tx, double.id)
    await store.close_reviews(tx.conn, double.id, outcome=domain.State.MERGED.value, by=editor.id, at=tx.now)
    merged = store.Merge(double, kept, statement, editor.id, tx.actor.function, tx.now)
    await store.insert_merge(tx.conn, merged)
    if double.person_id != kept.person_id:
        await store.unite(tx.conn, double.person_id, kept.person_id)
    return double.id
