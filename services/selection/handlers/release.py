"""The window before a release: a timer per approved file, after which the bodies that prepare it may act."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.selection import domain, store
from shared.contracts.selection import ReleaseWindowOpened
from shared.messaging import Meta, Retry, Tx, cancel, publish, schedule

RELEASE_WINDOW = "release_window"
"""Kind of the timer; its key is the candidacy."""


class ReleaseWindow(BaseModel):
    """Body of the timer: the exit that it was counted from."""

    projected_exit: date


async def await_release_window(tx: Tx, candidacy_id: UUID, projected_exit: date | None, policy: domain.Policy) -> None:
    """Sets the timer of an approved file, in the place of an earlier one; an exit that is not known has none."""
    if projected_exit is None:
        await cancel(tx, RELEASE_WINDOW, candidacy_id)
        return
    opens = domain.release_window(projected_exit, policy)
    await schedule(tx, RELEASE_WINDOW, candidacy_id, opens, ReleaseWindow(projected_exit=projected_exit))


async def open_release_window(tx: Tx, body: ReleaseWindow, meta: Meta) -> None:
    """Says once that so little remains; says nothing of a file that was closed or whose exit moved meanwhile.

    Raises:
        Retry: somebody works on the file. To wait could be a deadlock: the timer's row is locked already, and who has
            the file may want to replace the timer.
    """
    file = await store.lock_file_if_idle(tx.conn, meta.subject)
    if file is None:
        raise Retry
    stands = file.state is domain.State.APPROVED and file.case.facts.sentence_end == body.projected_exit
    if not stands or await store.window_opened(tx.conn, file.id):
        return
    version = file.version + 1
    await publish(tx, ReleaseWindowOpened(), subject=file.id, version=version, site=file.site)
    written = store.Written(
        act=domain.Occurrence.RELEASE_WINDOW_OPENED,
        state=file.state,
        version=version,
        preparers=file.preparers,
        officer="",
        function=tx.actor.function,
        at=tx.now,
    )
    await store.save(tx.conn, file, written, {"release_window_opened_at": tx.now})
