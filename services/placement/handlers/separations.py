"""The use cases of keep-apart: declared and lifted by a named officer; nobody is moved by it."""

from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.placement import domain, store
from services.placement.domain import Refusal, Refused
from services.placement.handlers.line import author, fill
from services.placement.store import separations
from shared.contracts.placement import SeparationDeclared, SeparationLifted
from shared.messaging import Tx, publish


async def declare(
    tx: Tx, site: str, pair: tuple[UUID, UUID], start: date, until: date | None, reason: str, officer: str
) -> UUID:
    """Has two persons kept apart from a day on. Two who are together already stay so until somebody moves one.

    Args:
        pair: candidacies, which placement need not know yet.
        start: today or later.
        until: first day on which it no longer holds; None for as long as it is not lifted.
        reason: in words; for the signer and the appeal authority only.

    Raises:
        Refused: `same-person`, `separation-exists`, or days that cannot be meant.
    """
    domain.checked_days(start, until, domain.date_in_paris(tx.now))
    one, other = sorted(pair)
    if one == other:
        raise Refused(Refusal.SAME_PERSON)
    await store.lock_pools_of_site(tx.conn, site)
    if await separations.exists(tx.conn, one, other, start, until):
        raise Refused(Refusal.SEPARATION_EXISTS)
    separation_id = uuid7()
    await separations.insert_separation(tx.conn, separation_id, one, other, start, until, author(tx, officer))
    await separations.insert_reason(tx.conn, separation_id, reason)
    declared = SeparationDeclared(one=one, other=other, starts_on=start, until=until)
    await publish(tx, declared, subject=separation_id, version=1, site=site)
    return separation_id


async def lift(tx: Tx, site: str, separation_id: UUID, seen: int, officer: str) -> UUID:
    """Ends a separation today; whoever could have no bed because of it may get one now.

    Raises:
        Refused: `separation-unknown`, `separation-lifted`, `stale-version`.
    """
    pools = await store.lock_pools_of_site(tx.conn, site)
    today = domain.date_in_paris(tx.now)
    rows = await separations.separation_rows(tx.conn, today, separation_id)
    if not rows:
        raise Refused(Refusal.SEPARATION_UNKNOWN)
    (row,) = rows
    if row.lifted_at is not None:
        raise Refused(Refusal.SEPARATION_LIFTED)
    if row.version != seen:
        raise Refused(Refusal.STALE_VERSION)
    await separations.lift(tx.conn, separation_id, author(tx, officer))
    lifted = SeparationLifted(one=row.one, other=row.other, lifted_on=today)
    await publish(tx, lifted, subject=separation_id, version=row.version + 1, site=site)
    await fill(tx, pools)
    return separation_id
