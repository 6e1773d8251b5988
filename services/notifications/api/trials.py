"""A signed example is sent to an endpoint, so that its developer sees at once whether it works."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.self_service import partner_of
from services.notifications.domain import Notice
from services.notifications.handlers import Example
from services.notifications.store.subscriptions import Endpoint
from shared.boundary import Record, headers_of, recording
from shared.messaging import Tx

Send = Callable[[Endpoint, bytes], Awaitable[tuple[UUID, str, int | None, int, str | None]]]
"""Sends a body to an endpoint: the `webhook-id`, the code of what came of it, the HTTP status, milliseconds, and the
beginning of the answer."""


class ExampleBody(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid")

    type: Notice = Notice.APPROVED


class Tested(BaseModel):
    """What came of an example."""

    webhook_id: UUID
    outcome: str
    """`accepted`, `answered` (with another status than 2xx), or the code of an error such as `timeout`."""
    http_status: int | None
    duration_ms: int
    head: str | None
    """Plain words of the beginning of the answer. They are not kept."""


class _Noted(BaseModel):
    """That it goes out now; said to nobody."""


def build(send: Send) -> APIRouter:
    """The routes. They need no Idempotency-Key: nothing is made, and no second example goes out for ten seconds.

    Args:
        send: sends one.
    """
    router = APIRouter()

    async def trial(record: Record, subscription: UUID, notice: Notice, of: UUID | None) -> Response:
        taken: list[Example] = []

        async def take_turn(tx: Tx) -> _Noted:
            taken.append(await handlers.take_turn(tx, subscription, notice, of))
            return _Noted()

        # The turn is committed before anything is sent: who asks often while an endpoint hangs does not get in between.
        await record(take_turn)
        (example,) = taken
        found = await send(example.endpoint, example.body)
        tested = Tested(**dict(zip(Tested.model_fields, found, strict=True)))
        return Response(tested.model_dump_json(), headers=headers_of(tested), media_type="application/json")

    @router.post("/subscriptions/{subscription_id}/test", response_model=Tested, tags=["subscriptions"])
    async def send_example(
        subscription_id: UUID, body: ExampleBody, record: Annotated[Record, Depends(recording("partner_admin"))]
    ) -> Response:
        """Sends a signed example, marked `"test": true`, to a proven address, and says what came of it."""
        return await trial(record, subscription_id, body.type, None)

    @router.post("/partner/subscriptions/{subscription_id}/test", response_model=Tested, tags=["partner"])
    async def send_own_example(
        subscription_id: UUID, body: ExampleBody, record: Annotated[Record, Depends(recording("partner"))]
    ) -> Response:
        """Sends a signed example, marked `"test": true`, to one of the partner's own proven addresses."""
        return await trial(record, subscription_id, body.type, partner_of(record.principal))

    return router
