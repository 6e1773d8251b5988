"""How a subscription is served: how fast, in which order, and for how long a failing endpoint is tried."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.subscriptions import Admin, Subscription, show
from services.notifications.store.subscriptions import Manners

router = APIRouter(tags=["subscriptions"])

HOUR, DAY = 3_600, 86_400


class MannersBody(BaseModel):
    """All of it: what is left out is as it is for a new subscription."""

    model_config = ConfigDict(extra="forbid")

    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many deliveries a minute at most; null for as many as the endpoint bears."""
    ordered: bool = True
    """Whether a notice about somebody waits until the one before it, about the same person, has ended."""
    retry_waits: Annotated[list[Annotated[int, Field(ge=1, le=DAY)]], Field(min_length=1, max_length=20)] | None = None
    """Seconds to wait at most after the first, second, … failed attempt; null for the common schedule."""
    give_up_after: Annotated[int, Field(ge=HOUR, le=7 * DAY)] = 3 * DAY
    """Seconds after which a failing delivery is given up, whatever its schedule says."""
    client_errors: Literal["again", "give_up"] = "again"
    """What follows from a 4xx other than 408, 409, 410, 425 and 429."""


@router.post("/subscriptions/{subscription_id}/manners", response_model=Subscription)
async def change_manners(subscription_id: UUID, body: MannersBody, write: Admin) -> Response:
    """Says how the subscription is to be served from the next attempt on."""
    manners = Manners(**body.model_dump())
    return await write(lambda tx: handlers.change_manners(tx, subscription_id, manners), show, status=200)
