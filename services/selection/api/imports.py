"""Routes of tables of files: bring one in, or only see what would become of it; read the report again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.selection import domain, handlers, store
from services.selection.api.fields import SitePolicy, View
from services.selection.api.table import lines
from shared.boundary import Read, Write, reading, writing
from shared.messaging import Tx
from shared.problems import NOT_FOUND

router = APIRouter(prefix="/v1/imports", tags=["imports"])

_ROLES = domain.roles_for(domain.Act.SUBMIT)


class LineView(View):
    """What became of a line."""

    line: int
    """Number in the table, the header being 1."""
    reference: str
    outcome: str
    """`created`, `would_be_created`, `known` (brought in before: left alone) or `refused`."""
    codes: list[str]
    """Why it was refused: `column: code`, or the code of a rule."""
    candidacy_id: UUID | None


class ImportView(View):
    """A run and its report."""

    id: UUID
    at: datetime
    dry_run: bool
    counts: dict[str, int]
    """Lines by outcome."""
    report: list[LineView]


@router.post("", status_code=201, response_model=ImportView)
async def bring_in(
    write: Annotated[Write, Depends(writing(*_ROLES))],
    policy: SitePolicy,
    content: Annotated[bytes, Body(media_type="text/csv")],
    dry_run: Annotated[bool, Query()],
) -> Response:
    """Opens a file per line that can be taken. Send it first with `dry_run=true`, and again as often as you like."""
    principal = write.principal
    found = lines(content, write.site, principal)

    async def command(tx: Tx) -> UUID:
        return await handlers.bring_in(
            tx,
            found,
            officer=principal.subject,
            establishment=principal.establishment,
            dry_run=dry_run,
            policy=policy,
        )

    return await write(command, _show, status=201)


@router.get("/{import_id}", response_model=ImportView)
async def read_import(import_id: UUID, read: Annotated[Read, Depends(reading(*_ROLES))]) -> ImportView:
    """The report of a run of the caller's own establishment."""
    row = await store.import_row(read.conn, import_id)
    if row is None or read.principal.establishment not in (None, row.establishment):
        raise NOT_FOUND.problem()
    return _view(row)


async def _show(conn: AsyncConnection, import_id: UUID) -> ImportView:
    row = await store.import_row(conn, import_id)
    assert row is not None
    return _view(row)


def _view(row: store.AnyRow) -> ImportView:
    outcomes = [line["outcome"] for line in row.report]
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    return ImportView.model_validate({**row._asdict(), "counts": counts})
