"""An endpoint is asked whether it wants to be told; a mailbox is sent a link."""

import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.notifications import handlers
from services.notifications.api.mailboxes import digest
from services.notifications.api.refusals import PROBLEMS
from services.notifications.api.subscriptions import Admin, Subscription, show
from services.notifications.domain import Refusal, Refused, is_mailto
from services.notifications.store import subscriptions as store
from services.notifications.store.subscriptions import Endpoint
from shared.boundary import Write
from shared.messaging import Tx
from shared.problems import Problem

Ask = Callable[[Endpoint], Awaitable[tuple[bool, int | None, str]]]
"""Asks an endpoint whether it wants to be told: whether, how many a minute at most, and the code of what came of it."""


Post = Callable[[str, str], Awaitable[str]]
"""Sends a link to a mailbox, by address and token: `accepted`, or the code of what went wrong."""

TOKEN_BYTES = 32


class Proven(Subscription):
    """A subscription after its endpoint was asked."""

    outcome: str
    """`allowed_origin` or `challenge_repeated`; of a mailbox `mailed`: the link left, and nothing is proved yet."""


def build(ask: Ask, post: Post | None) -> APIRouter:
    """The route.

    Args:
        ask: asks an endpoint whether it wants to be told.
        post: sends a mailbox the link that proves it; None where this site sends no e-mail.
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
        if is_mailto(endpoint.url):
            return await _by_mail(write, endpoint, post)
        proven, rate, outcome = await ask(endpoint)
        if not proven:
            raise _not_proven(outcome)

        async def render(conn: AsyncConnection, subscription: UUID) -> Proven:
            return Proven(**(await show(conn, subscription)).model_dump(), outcome=outcome)

        async def command(tx: Tx) -> UUID:
            return await handlers.note_proof(tx, subscription_id, endpoint.url, rate, outcome)

        return await write(command, render, status=200)

    return router


def _not_proven(outcome: str) -> Problem:
    problem = PROBLEMS[Refusal.ENDPOINT_NOT_PROVEN]
    return Problem(problem.status, problem.code, problem.title, state=outcome)


async def _by_mail(write: Write, endpoint: Endpoint, post: Post | None) -> Response:
    """Sends the mailbox a link that takes the place of an earlier one."""
    if post is None:
        raise Refused(Refusal.CHANNEL_NOT_OFFERED)

    # Unlike a stranger's endpoint the relay is asked within the transaction: link and mail are both there or
    # neither, and a repeated request sends no second link that would be none.
    async def command(tx: Tx) -> UUID:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await handlers.note_question(tx, endpoint.subscription, endpoint.url, digest(token))
        outcome = await post(endpoint.url, token)
        if outcome != "accepted":
            raise _not_proven(outcome)
        return endpoint.subscription

    async def render(conn: AsyncConnection, subscription: UUID) -> Proven:
        return Proven(**(await show(conn, subscription)).model_dump(), outcome="mailed")

    return await write(command, render, status=200)
