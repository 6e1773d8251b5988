"""The floor's sender: claims a delivery row, posts it signed, and records the answer with an event."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg

from benchmarks.floor.outbox import INSERT, Fact, row
from benchmarks.floor.plan import DELIVERY, Plan

ROOM = 32
"""Deliveries claimed at once, as the platform does."""


async def send_all(plan: Plan, woken: asyncio.Event, relay: asyncio.Event) -> None:
    """Sends what is due, for ever.

    Args:
        plan: where to.
        woken: set when there may be something to send.
        relay: set when there is an event to relay.
    """
    pool = await asyncpg.create_pool(plan.databases["notifications"], min_size=2, max_size=5)
    secret = base64.b64decode(plan.secret.removeprefix("whsec_"))
    tasks: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        while True:
            woken.clear()
            claimed = await pool.fetch(_CLAIM, datetime.now(UTC) + timedelta(seconds=30), ROOM)
            for one in claimed:
                task = asyncio.create_task(_deliver(pool, session, plan.webhook, secret, one, relay))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            if len(claimed) < ROOM:
                try:
                    await asyncio.wait_for(woken.wait(), 0.25)
                except TimeoutError:
                    continue


async def _deliver(
    pool: asyncpg.Pool, session: aiohttp.ClientSession, url: str, secret: bytes, one: Any, relay: asyncio.Event
) -> None:
    timestamp = str(int(datetime.now(UTC).timestamp()))
    signed = b".".join((str(one["id"]).encode(), timestamp.encode(), one["body"]))
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    headers = {
        "content-type": "application/json",
        "webhook-id": str(one["id"]),
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
    async with session.post(url, data=one["body"], headers=headers) as response:
        await response.read()
        delivered = response.ok
    cause = {name: value.encode() for name, value in json.loads(one["cause"]).items()}
    body = json.dumps({"candidacy_id": str(one["candidacy_id"]), "step": "told", "attempts": 1}).encode()
    fact = Fact(DELIVERY, "floor.delivery.partner_alerted.v1", cause["ce_subject"], body)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(_RECORD, one["id"], "delivered" if delivered else "failed")
        await conn.execute(INSERT, *row(fact, cause, datetime.now(UTC)))
    relay.set()


_CLAIM = """
    UPDATE deliveries SET lease_until = $1
    WHERE id IN (
        SELECT id FROM deliveries WHERE state = 'pending' AND (lease_until IS NULL OR lease_until < now())
        ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING id, candidacy_id, cause, body
"""
_RECORD = "UPDATE deliveries SET state = $2, lease_until = NULL WHERE id = $1"
