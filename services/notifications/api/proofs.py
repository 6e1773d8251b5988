"""An endpoint is asked whether it wants to be told."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.refusals import PROBLEMS
from services.notifications.api.subscriptions import Admin, Subscription, show
from services.notifications.domain import Refusal, Refused
from services.notifications.store import subscriptions as store
from services.notifications.store.subscriptions import Endpoint
from shared.messaging import Tx
from shared.problems import Problem

Ask = Callable[[Endpoint], Awaitable[tuple[bool, int | None, str]]]
"""Asks an endpoint whether it wants to be told: whether, how many a minute at most, and the code of what came of it."""


class Proven(Subscription):
    """A subscription after its endpoint was asked."""

    outcome: str
    """`allowed_origin` or `challenge_repeated`."""


def build(ask: Ask) -> APIRouter:
    """The route.

    Args:
        ask: asks an endpoint whether it wants to be told.
    """
    router = APIRouter(tags=["subscriptions"])

    @router.post("/subscriptions/{subscription_id}/prove", response_model=Proven)
    async def prove(subscription_id: UUID, write: Admin) -> Response:
        """Asks the endpoint whether it wants to be told, and notes that it does."""

        async def look(conn: AsyncConnection) -> Endpoint:
            endpoint = await store.endpoint(conn, subscription_id, write.now)
            if endpoint is None:
                raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
            return endpoint

        # Asked between two transactions: no connection is held while a stranger answers.
        endpoint = await write.look(look)
        proven, rate, outcome = await ask(endpoint)
        if not proven:
            problem = PROBLEMS[Refusal.ENDPOINT_NOT_PROVEN]
            raise Problem(problem.status, problem.code, problem.title, state=outcome)

        async def render(conn: AsyncConnection, subscription: UUID) -> Proven:
            return Proven(**(await show(conn, subscription)).model_dump(), outcome=outcome)

        async def command(tx: Tx) -> UUID:
            return await handlers.note_proof(tx, subscription_id, endpoint.url, rate, outcome)

        return await write(command, render, status=200)

    return router
