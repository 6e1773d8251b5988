"""What follows from a report on a mail: its delivery failed after all, or its mailbox is told no more."""

from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.delivery import settlement
from services.notifications.delivery.recorder import Transaction
from services.notifications.mail.reports import Forged, Kind, Report, read
from services.notifications.mail.returns import Returns
from shared.contracts.notifications import PartnerAlertFailed
from shared.messaging import Outgoing, Tx, publish_all
from shared.messaging.envelope import decode, restored
from shared.messaging.tracing import context_of
from shared.messaging.verdicts import judge
from shared.process import Exit

_REASONS = {Kind.GONE: "endpoint_gone", Kind.UNDELIVERED: "retries_exhausted"}
"""Of the deliveries that a report undoes. A complaint undoes none: the mail was read."""

_ENDING = frozenset({Kind.GONE, Kind.COMPLAINT})

_log = structlog.get_logger()


class TooEarly(Exception):
    """The attempt that the report speaks of is not recorded yet."""


async def take(raw: bytes, returns: Returns, transaction: Transaction, recipient: str = "") -> Exit:
    """Takes one report and does what it asks for; says how, in the words that mail systems know.

    Args:
        raw: the whole mail, as it came.
        returns: knows which return paths are genuine.
        transaction: opens one.
        recipient: whom the mail came to, as the mail system says.
    """
    try:
        report = read(raw, returns, recipient)
        failed, disabled = await _apply(report, transaction)
    except Forged:
        _log.warning("report refused")
        return Exit.EX_NOPERM
    except Exception as error:
        # Whatever it is, the mail system keeps the report and brings it again.
        reason = "attempt_under_way" if isinstance(error, TooEarly) else judge(error).reason
        _log.warning("report not taken", reason=reason)
        return Exit.EX_TEMPFAIL
    _log.info("report taken", delivery=str(report.delivery), kind=report.kind.value, failed=failed, disabled=disabled)
    return Exit.OK


async def _apply(report: Report, transaction: Transaction) -> tuple[bool, bool]:
    """Whether the delivery counts as failed from now on, and whether its mailbox is told no more."""
    async with transaction() as tx:
        subscription = await _lock(tx.conn, report.delivery)
        reason = _REASONS.get(report.kind)
        failed = reason is not None and await _fail(tx, report.delivery, reason)
        if subscription is None or report.kind not in _ENDING:
            return failed, False
        await settlement.disable(tx.conn, [subscription], tx.now)
        return failed, True


async def _lock(conn: AsyncConnection, delivery: UUID) -> tuple[UUID, str] | None:
    """Locks the delivery; gives its subscription and address if that is still what the mail was sent to."""
    row = (await conn.execute(_LOCK, {"id": delivery})).first()
    if row is None:
        raise Forged
    if row.leased:
        raise TooEarly
    return (row.subscription_id, row.url) if row.same_mailbox else None


# A mailbox that proved itself after the mail was sent is another one, or has come back to life. Which attempt came back
# is not said: of what was sent before and after a proof, it may be the one before.
_LOCK = sa.text(
    """
    SELECT d.lease_token IS NOT NULL AS leased, d.subscription_id, s.url,
        s.state = 'active' AND s.channel = 'email' AND s.proven_at <= (
            SELECT min(a.started_at) FROM attempts a WHERE a.delivery_id = d.id
        ) AS same_mailbox
    FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
    WHERE d.id = :id
    FOR UPDATE
    """
)


async def _fail(tx: Tx, delivery: UUID, reason: str) -> bool:
    """Takes back that the partner was told, and says so; False when that was not said, or was taken back before."""
    row = (await tx.conn.execute(_FAIL, {"id": delivery})).first()
    if row is None:
        return False
    failed = PartnerAlertFailed(
        candidacy_id=row.candidacy_id,
        request_id=row.event_id,
        decision_number=row.decision_number,
        notice=row.notice,
        partner=row.name,
        attempts=row.attempts,
        reason=reason,
    )
    headers = restored(row.header_names, row.header_values)
    await publish_all(tx, [Outgoing(failed, delivery, row.version, decode(headers), context_of(headers))])
    return True


# What is being sent again had counted as delivered before: from now on its next end is news, also if it is given back.
_FAIL = sa.text(
    """
    WITH replaying AS (
        UPDATE replayed r SET former = 'failed' FROM deliveries d
        WHERE d.id = :id AND r.delivery_id = d.id AND r.replay_id = d.replay_id
    )
    UPDATE deliveries d
    SET state = CASE d.state WHEN 'delivered' THEN 'failed' ELSE d.state END, version = version + 1, repeated = false
    FROM subscriptions s JOIN partners p ON p.id = s.partner_id
    WHERE d.id = :id AND d.superseded_by IS NULL AND s.id = d.subscription_id
        AND (d.state = 'delivered' OR d.state = 'pending' AND d.repeated)
    RETURNING d.candidacy_id, d.event_id, d.decision_number, d.notice, p.name, d.attempts, d.version,
        d.header_names, d.header_values
    """
)
