"""Signatures sent on time whatever becomes of the earlier ones, or all at once; and when the partner knew."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import aiohttp

from benchmarks.journey.ground import Ground
from benchmarks.journey.side import Approval, Side
from deploy.local.machine import Failed

PATIENCE = 60.0
"""Seconds after which something that has not happened counts as lost."""


class Sent(NamedTuple):
    """One signature. Times are seconds since 1970 on this machine's clock, which the partner's process shares."""

    candidacy: UUID
    trace_id: str
    at: float
    answered_at: float


async def sign(session: aiohttp.ClientSession, approval: Approval) -> Sent:
    """Sends one approval; raises Failed if it is not taken."""
    trace_id = secrets.token_hex(16)
    headers = {**approval.headers, "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    at = time.time()
    async with session.post(approval.url, data=approval.body, headers=headers) as answer:
        text = await answer.text()
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise Failed(f"an approval was answered {answer.status}: {text[:200]}")
    return Sent(approval.candidacy, trace_id, at, time.time())


async def open_loop(session: aiohttp.ClientSession, approvals: Sequence[Approval], rate: float) -> list[Sent]:
    """Sends at a steady rate, never waiting for an answer.

    Args:
        session: of the officers' client.
        approvals: one after the other.
        rate: per second.
    """
    began = time.perf_counter()
    tasks = []
    for number, approval in enumerate(approvals):
        await asyncio.sleep(began + number / rate - time.perf_counter())
        tasks.append(asyncio.create_task(sign(session, approval)))
    return list(await asyncio.gather(*tasks))


async def all_settled(side: Side, sent: Sequence[Approval]) -> None:
    """Waits until everything that the signatures ordered is done; raises Failed if it is not."""
    wanted = {one.candidacy for one in sent}
    deadline = time.perf_counter() + PATIENCE
    while (done := await side.settled(wanted)) < len(wanted):
        if time.perf_counter() > deadline:
            raise Failed(f"{side.name}: {done} of {len(wanted)} journeys settled within {PATIENCE:.0f} s")
        await asyncio.sleep(0.05)


async def told(ground: Ground, side: Side, sent: Sequence[Sent]) -> dict[UUID, float]:
    """When the partner had verified the notice about each; raises Failed if one is missing or came twice."""
    about = await side.deliveries(one.candidacy for one in sent)
    received = await ground.notices(side.inbox)
    found = {candidacy: received[webhook] for webhook, candidacy in about.items() if webhook in received}
    if len(found) != len(sent) or len(about) != len(sent):
        raise Failed(f"{side.name}: {len(found)} notices about {len(sent)} approvals")
    return found
