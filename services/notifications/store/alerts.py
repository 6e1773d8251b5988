"""Planning the alerts of a candidacy, and taking them back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.notifications.domain import PLACEHOLDER, Alert, Notice, Retraction, State
from services.notifications.tables import deliveries


@dataclass(frozen=True, slots=True)
class Cause:
    """What all deliveries of one event have in common.

    Args:
        candidacy: whom it is about.
        event_id: of the event that makes them necessary.
        decision_number: of the signed decision, where there is one.
        notice: what is told.
        templates: the body by version of the catalogue, with a placeholder for the partner's reference.
        header_names: of the event's envelope and trace context, in order.
        header_values: likewise.
        now: when the deliveries are planned, UTC.
    """

    candidacy: UUID
    event_id: str
    decision_number: str | None
    notice: Notice
    templates: Mapping[int, str]
    header_names: list[bytes]
    header_values: list[bytes | None]
    now: datetime


async def plan(conn: AsyncConnection, cause: Cause, categories: Sequence[str], today: date) -> int:
    """Writes one due delivery per subscription of the partners to be told, and the references they lack.

    One that was served and whose new address is not approved yet gets its own too: it is held until then.

    Args:
        conn: of the caller's transaction.
        cause: what is told, and why.
        categories: of partners that the decision orders to be told.
        today: that the convention must cover, Europe/Paris.

    Returns:
        How many deliveries were planned.
    """
    planned = await conn.execute(
        _PLAN,
        {
            "candidacy": cause.candidacy,
            "event_id": cause.event_id,
            "decision": cause.decision_number,
            "notice": cause.notice.value,
            "versions": list(cause.templates),
            "templates": list(cause.templates.values()),
            "placeholder": PLACEHOLDER,
            "names": cause.header_names,
            "values": cause.header_values,
            "now": cause.now,
            "categories": list(categories),
            "today": today,
        },
    )
    return int(planned.scalar_one())


# One statement, because it is on the way of every approval. A reference is 122 random bits: it says nothing. A version
# without a template is an error, a body that is null: nobody is left out for it.
_PLAN = sa.text(
    """
    WITH told AS (
        SELECT s.id, s.partner_id, s.notice_version
        FROM subscriptions s JOIN partners p ON p.id = s.partner_id
        WHERE (s.state = 'active' OR s.state = 'proposed' AND s.ever_active)
            AND CAST(:notice AS text) = ANY (s.event_types)
            AND p.category = ANY (CAST(:categories AS text[]))
            AND p.convention_from <= CAST(:today AS date) AND CAST(:today AS date) < p.convention_to
    ), named AS (
        INSERT INTO partner_references AS r (partner_id, candidacy_id, reference)
        SELECT partner_id, CAST(:candidacy AS uuid), 'r_' || replace(gen_random_uuid()::text, '-', '')
        FROM told GROUP BY partner_id
        ON CONFLICT (partner_id, candidacy_id) DO UPDATE SET reference = r.reference
        RETURNING partner_id, reference
    ), planned AS (
        INSERT INTO deliveries (id, subscription_id, candidacy_id, event_id, decision_number, notice, body, state,
            next_attempt_at, header_names, header_values, created_at)
        SELECT uuidv7(), t.id, CAST(:candidacy AS uuid), CAST(:event_id AS text), CAST(:decision AS text),
            CAST(:notice AS text),
            convert_to(replace(w.template, CAST(:placeholder AS text), n.reference), 'UTF8'),
            'pending', CAST(:now AS timestamptz), CAST(:names AS bytea[]), CAST(:values AS bytea[]),
            CAST(:now AS timestamptz)
        FROM told t JOIN named n USING (partner_id)
            LEFT JOIN unnest(CAST(:versions AS int[]), CAST(:templates AS text[])) AS w (version, template)
                ON w.version = t.notice_version
        RETURNING id
    )
    SELECT count(*) FROM planned
    """
)


class Known(NamedTuple):
    """An alert that stands, with what is needed to take it back."""

    alert: Alert
    event_id: str
    decision_number: str | None
    notice: str
    partner: str
    category: str
    """Of the partner."""
    reference: str
    notice_version: int
    """Of the catalogue, in which its subscription is told."""
    attempts: int
    version: int
    repeated: bool
    """Whether it was accepted before, and is or was sent again."""
    replayed: bool
    """Whether a replay has made it due, and nobody is sending it."""


async def lock_standing(conn: AsyncConnection, candidacy: UUID) -> list[Known]:
    """The candidacy's alerts that are neither cancelled nor taken back, locked until the transaction ends.

    An attempt that is just being recorded ends first: its outcome is seen.
    """
    rows = await conn.execute(_STANDING, {"candidacy": candidacy})
    return [
        Known(
            Alert(row.id, row.subscription_id, State(row.state), row.leased, row.reached),
            row.event_id,
            row.decision_number,
            row.notice,
            row.name,
            row.category,
            row.reference,
            row.notice_version,
            row.attempts,
            row.version,
            row.repeated,
            row.replayed,
        )
        for row in rows
    ]


_STANDING = sa.text(
    """
    SELECT d.id, d.subscription_id, d.state, d.lease_token IS NOT NULL AS leased, d.reached, d.event_id,
        d.decision_number, d.notice, d.attempts, d.version, d.repeated, p.name, p.category, r.reference,
        s.notice_version, d.replay_id IS NOT NULL AND d.lease_token IS NULL AS replayed
    FROM deliveries d
    JOIN subscriptions s ON s.id = d.subscription_id
    JOIN partners p ON p.id = s.partner_id
    JOIN partner_references r ON r.partner_id = p.id AND r.candidacy_id = d.candidacy_id
    WHERE d.candidacy_id = :candidacy AND d.notice = 'candidacy.approved' AND d.state <> 'cancelled'
        AND d.superseded_by IS NULL
    ORDER BY d.id
    FOR UPDATE OF d
    """
)


async def cancel(conn: AsyncConnection, ended: Iterable[UUID], closed: Iterable[UUID]) -> None:
    """Makes deliveries void. Those in `ended` count one more published outcome, those in `closed` had theirs."""
    await conn.execute(_CANCEL, {"ended": list(ended), "closed": list(closed)})


_CANCEL = sa.text(
    """
    UPDATE deliveries
    SET state = 'cancelled', next_attempt_at = NULL,
        version = version + CASE WHEN id = ANY (CAST(:ended AS uuid[])) THEN 1 ELSE 0 END
    WHERE id = ANY (CAST(:ended AS uuid[]) || CAST(:closed AS uuid[]))
    """
)


async def retract(
    conn: AsyncConnection, cause: Cause, retractions: Sequence[Retraction], told: Mapping[UUID, Known]
) -> None:
    """Writes the retractions, and marks what each takes back.

    Args:
        conn: of the caller's transaction.
        cause: what undoes the candidacy.
        retractions: whom to tell.
        told: by subscription, an alert that it was told.
    """
    ids = [uuid7() for _ in retractions]
    rows = [
        {
            "id": new,
            "subscription_id": retraction.subscription,
            "candidacy_id": cause.candidacy,
            "event_id": cause.event_id,
            "decision_number": cause.decision_number,
            "notice": cause.notice.value,
            "body": _body(cause, told[retraction.subscription]),
            "state": (State.WAITING if retraction.waits else State.PENDING).value,
            "next_attempt_at": None if retraction.waits else cause.now,
            "header_names": cause.header_names,
            "header_values": cause.header_values,
            "created_at": cause.now,
        }
        for new, retraction in zip(ids, retractions, strict=True)
    ]
    await conn.execute(deliveries.insert(), rows)
    pairs = [(alert, new) for new, one in zip(ids, retractions, strict=True) for alert in one.alerts]
    await conn.execute(_SUPERSEDE, {"alerts": [alert for alert, _ in pairs], "by": [new for _, new in pairs]})


def _body(cause: Cause, told: Known) -> bytes:
    return cause.templates[told.notice_version].replace(PLACEHOLDER, told.reference).encode()


_SUPERSEDE = sa.text(
    "UPDATE deliveries SET superseded_by = pair.by"
    " FROM unnest(CAST(:alerts AS uuid[]), CAST(:by AS uuid[])) AS pair (alert, by) WHERE deliveries.id = pair.alert"
)
