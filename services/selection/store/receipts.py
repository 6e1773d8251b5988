"""Queries on the register of receipts."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.register import numbered_insert
from services.selection.tables import receipt_counters, receipts

_INSERT = numbered_insert(receipts, receipt_counters, "%s-R-%s-%s")


@dataclass(frozen=True)
class Receipt:
    """What is entered, but for its number.

    Args:
        silent_from: the day on which silence becomes a refusal, Europe/Paris; None where no answer is needed.
        issued_at: UTC.
    """

    id: UUID
    candidacy_id: UUID
    kind: domain.Requested
    silent_from: date | None
    issued_at: datetime


async def insert_receipt(conn: AsyncConnection, receipt: Receipt, site: str) -> str:
    """Enters a receipt and gives its number, such as `DON-R-2026-000001`: per site and year, without gaps."""
    row = await conn.execute(
        _INSERT,
        {
            "site": site,
            "year": domain.date_in_paris(receipt.issued_at).year,
            "the_id": receipt.id,
            "the_candidacy_id": receipt.candidacy_id,
            "the_kind": receipt.kind.value,
            "the_requested": domain.what_was_requested(receipt.kind),
            "the_silence_means": domain.what_silence_means(receipt.silent_from),
            "the_silent_from": receipt.silent_from,
            "the_issued_at": receipt.issued_at,
        },
    )
    return row.scalar_one()


async def receipt_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All receipts of a person's requests, oldest first."""
    found = await conn.execute(
        sa.select(receipts).where(receipts.c.candidacy_id == candidacy_id).order_by(receipts.c.issued_at, receipts.c.id)
    )
    return list(found)
