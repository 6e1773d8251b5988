"""The agenda of a sitting as a table for the commission, with names: so every person on it is logged as read."""

import csv
import io
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.selection import domain, store
from services.selection.api.fields import FORMULA, ReadPurpose, scope_of
from shared.boundary import Record, recording
from shared.messaging import Tx

router = APIRouter(prefix="/v1/sittings", tags=["sittings"])

_ROUTE = "GET /v1/sittings/{sitting_id}/agenda"
_COLUMNS = (
    "rank",
    "file_number",
    "last_name",
    "first_names",
    "birth_date",
    "ecrou_number",
    "establishment",
    "state",
    "result",
    "planned_entry",
    "sentence_end",
)


@router.get("/{sitting_id}/agenda", response_class=Response)
async def export_agenda(
    sitting_id: UUID, record: Annotated[Record, Depends(recording("spip", "registry", "head"))], purpose: ReadPurpose
) -> Response:
    """The files in their order, persons and latest results with them: CSV in UTF-8 with a mark, semicolons."""
    domain.check_of_site(scope_of(record.principal, record.site))

    async def query(tx: Tx) -> Response:
        await store.sitting_row(tx.conn, sitting_id)
        files = await store.agenda_files(tx.conn, sitting_id)
        reads = [
            store.Read(
                reader=record.principal.subject,
                reader_function=record.principal.function,
                read_at=tx.now,
                purpose=purpose,
                person_id=file.person_id,
                route=_ROUTE,
            )
            for file in files
        ]
        persons = {row.person_id: row._asdict() for row in await store.read_identities(tx.conn, reads)}
        rows = [{"rank": rank, **persons[file.person_id], **file._asdict()} for rank, file in enumerate(files, start=1)]
        return Response(_table(rows), media_type="text/csv; charset=utf-8", headers=_ATTACHED)

    return await record(query)


_ATTACHED = {"Content-Disposition": 'attachment; filename="agenda.csv"'}


def _table(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(row[name]) for name in _COLUMNS] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
