"""Bringing files in as a table: each line is taken whole or not at all, and a reference that is known is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.files import Submission, create_candidacy
from shared.messaging import Tx
from shared.messaging.driver import Savepoint


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Args:
        number: in the table, the header being 1.
        reference: of whoever sends it; empty where the line has none that can be read.
        codes: what is wrong with it, as `column: code`, without values; empty for one that can be taken.
        submission: the file that it asks for; None when something is wrong with it.
    """

    number: int
    reference: str
    codes: tuple[str, ...]
    submission: Submission | None


class _Undone(Exception):
    """Ends a dry run, or a line that somebody else brought in meanwhile: what it wrote is taken back."""


async def bring_in(
    tx: Tx,
    lines: Sequence[Line],
    *,
    officer: str,
    establishment: str | None,
    dry_run: bool,
    policy: domain.Policy,
) -> UUID:
    """Opens a file per line that can be taken, and reports of every line what became of it.

    A dry run does the very same and takes it back, so that it cannot promise anything else.

    Args:
        officer: subject of the token.
        establishment: of origin, as the token says; references are unique within it.
        dry_run: only the report stays.

    Returns:
        The id of the run.
    """
    import_id = uuid7()
    await store.insert_import(
        tx.conn, import_id, at=tx.now, officer=officer, establishment=establishment, dry_run=dry_run
    )
    report: list[dict[str, object]] = []
    try:
        async with Savepoint(tx.conn):
            for line in lines:
                report.append(await _take(tx, line, import_id, establishment, policy))
            if dry_run:
                raise _Undone
    except _Undone:
        for one in report:
            if one["outcome"] == "created":
                one |= {"outcome": "would_be_created", "candidacy_id": None}
    await store.report_import(tx.conn, import_id, report)
    return import_id


async def _take(
    tx: Tx, line: Line, import_id: UUID, establishment: str | None, policy: domain.Policy
) -> dict[str, object]:
    said: dict[str, object] = {"line": line.number, "reference": line.reference, "codes": list(line.codes)}
    if line.submission is None:
        return said | {"outcome": "refused", "candidacy_id": None}
    known = await store.imported(tx.conn, establishment, line.reference)
    if known is not None:
        return said | {"outcome": "known", "candidacy_id": str(known)}
    try:
        async with Savepoint(tx.conn):
            candidacy_id = await create_candidacy(tx, line.submission, policy)
            if not await store.insert_imported(
                tx.conn, establishment, line.reference, candidacy_id=candidacy_id, import_id=import_id
            ):
                raise _Undone
    except _Undone:
        faster = await store.imported(tx.conn, establishment, line.reference)
        return said | {"outcome": "known", "candidacy_id": str(faster)}
    except domain.Refused as refused:
        return said | {"outcome": "refused", "codes": [refused.refusal.value], "candidacy_id": None}
    return said | {"outcome": "created", "candidacy_id": str(candidacy_id)}
