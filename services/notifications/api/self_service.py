"""What a partner sees and does by itself: its own endpoints, its own deliveries. Another's do not exist for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.deliveries import Attempt, ResendBody
from services.notifications.api.paging import Cursor, Limit, Page, before, next_cursor
from services.notifications.api.subscriptions import NewlySubscribed, SecretBody, Subscription, new_secret, telling
from services.notifications.api.subscriptions import shown as shown_subscription
from services.notifications.domain import Notice, State
from services.notifications.handlers import Seal, Who
from services.notifications.store import deliveries
from services.notifications.store import subscriptions as store
from services.notifications.store.self_service import own_deliveries_page, own_delivery
from shared.auth import Principal
from shared.boundary import Read, Write, reading, writing
from shared.messaging import Tx
from shared.problems import Problem

router = APIRouter(prefix="/partner", tags=["partner"])

Mine = Annotated[Read, Depends(reading("partner"))]
Own = Annotated[Write, Depends(writing("partner"))]


def partner_of(principal: Principal) -> UUID:
    """The partner that a token belongs to.

    Raises:
        Problem: `partner-missing`.
    """
    if principal.partner is None:
        raise Problem(403, "partner-missing", "The token does not say which partner it belongs to.")
    return principal.partner


class OwnDelivery(BaseModel):
    """A delivery as its partner sees it: how it stands, and nothing of whom it is about."""

    id: UUID
    """The `webhook-id`."""
    subscription_id: UUID
    type: Notice
    sequence: int | None
    """Its number among those of its subscription; null before it was first told."""
    state: State
    """`cancelled`: undone while it was being told; the retraction follows."""
    next_attempt_at: datetime | None
    """UTC; null unless it is pending."""
    expired: bool
    """Whether it ended so long ago that its body and its attempts are not kept any more."""
    planned_at: datetime
    """UTC."""
    attempts: tuple[Attempt, ...]


async def shown(conn: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> tuple[OwnDelivery, ...]:
    """Rows as a partner is shown them, with their attempts."""
    tried = await deliveries.attempts_of(conn, [row.id for row in rows])
    return tuple(
        OwnDelivery.model_validate({**row._mapping, "attempts": [Attempt.model_validate(one) for one in tried[row.id]]})
        for row in rows
    )


@router.get("/subscriptions")
async def list_own_subscriptions(read: Mine, cursor: Cursor = None, limit: Limit = 50) -> Page[Subscription]:
    """The partner's own endpoints, the newest first."""
    partner = partner_of(read.principal)
    rows = await store.subscriptions_page(read.conn, before=before(cursor), limit=limit, partner_id=partner)
    return Page(items=tuple(map(shown_subscription, rows)), next_cursor=next_cursor(rows, limit))


@router.get("/deliveries")
async def list_own_deliveries(
    read: Mine,
    state: State | None = None,
    subscription_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[OwnDelivery]:
    """The partner's own deliveries with their attempts, the newest first."""
    rows = await own_deliveries_page(
        read.conn,
        partner_of(read.principal),
        before=before(cursor),
        limit=limit,
        state=state,
        subscription_id=subscription_id,
    )
    return Page(items=await shown(read.conn, rows), next_cursor=next_cursor(rows, limit))


@router.post("/deliveries/{delivery_id}/resend", response_model=OwnDelivery)
async def resend_own(delivery_id: UUID, body: ResendBody, write: Own) -> Response:
    """Has one of the partner's own deliveries sent again that was accepted or given up: the same body and id."""
    principal = write.principal
    who = Who(principal.subject, principal.function, partner_of(principal))

    async def render(conn: AsyncConnection, delivery: UUID) -> OwnDelivery:
        return (await shown(conn, [await own_delivery(conn, delivery)]))[0]

    return await write(lambda tx: handlers.resend_delivery(tx, delivery_id, who, body.reason), render, status=200)


def build(seal: Seal) -> APIRouter:
    """All routes of a partner's own, save for what it pulls.

    Args:
        seal: encrypts secrets before they are stored.
    """
    own = APIRouter(tags=["partner"])
    own.include_router(router)

    @own.post("/partner/subscriptions/{subscription_id}/secret", response_model=NewlySubscribed)
    async def rotate_own(subscription_id: UUID, body: SecretBody, write: Own) -> Response:
        """Gives a new signing secret, once; both sign until the old one ends."""
        secret, partner, by = new_secret(body.secret), partner_of(write.principal), write.principal.subject

        async def command(tx: Tx) -> UUID:
            return await handlers.rotate_secret(
                tx, subscription_id, secret=secret, seal=seal, forced=body.forced, by=by, of=partner
            )

        return await telling(write, command, None if body.secret else secret, 200)

    return own
