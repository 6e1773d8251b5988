"""The floor's HTTP endpoint: a bare ASGI application that signs an approval in one transaction."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from uuid_utils.compat import uuid7

from benchmarks.floor.outbox import INSERT, Fact, row
from benchmarks.floor.plan import ACCOMMODATION, CANDIDACY, TRAINING, Plan

Message = MutableMapping[str, Any]


class Endpoint:
    """`POST /v1/candidacies/{id}/approve`: the state's row and three outbox rows."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        json.loads(body)
        candidacy = UUID(scope["path"].split("/")[3])
        answer = json.dumps({"id": str(candidacy), "state": "approved", "version": await self._approve(candidacy)})
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer.encode()})

    async def _live(
        self, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=2, max_size=10)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _approve(self, candidacy: UUID) -> int:
        now, number = datetime.now(UTC), f"ARR-2026-{candidacy.hex[:6]}"
        key, request = str(candidacy).encode(), _cause(candidacy, number)
        facts = (
            Fact(
                CANDIDACY, "floor.candidacy.approved.v1", key, _body(number, partner_categories=["employment_service"])
            ),
            Fact(ACCOMMODATION, "floor.accommodation-request.requested.v1", key, _body(number, **_CELL)),
            Fact(TRAINING, "floor.training-request.requested.v1", key, _body(number, **_SEAT)),
        )
        async with self._pool.acquire() as conn:
            async with conn.transaction():
                version: int = await conn.fetchval(_APPROVE, candidacy)
                await conn.executemany(INSERT, [row(fact, request, now) for fact in facts])
            await conn.execute("NOTIFY outbox")
        return version


def _cause(candidacy: UUID, number: str) -> dict[str, bytes]:
    made = {
        "ce_id": str(uuid7()),
        "ce_subject": str(candidacy),
        "ce_siteid": "ARR",
        "ce_aggregateversion": "3",
        "ce_correlationid": str(uuid7()),
        "ce_actorfunction": "deputy_director",
        "ce_legalbasis": "D211-19 Code pénitentiaire",
        "ce_regime": "LED",
        "ce_decisionnumber": number,
        "traceparent": f"00-{uuid7().hex}-{uuid7().hex[:16]}-01",
    }
    return {name: value.encode() for name, value in made.items()}


def _body(number: str, **fields: Any) -> bytes:
    return json.dumps({"decision_number": number, **fields}).encode()


_CELL = {
    "decided_on": "2026-11-23",
    "file_number": 1,
    "wing_sex": "M",
    "cell_type": "standard",
    "planned_entry": "2027-01-02",
    "projected_exit": "2028-11-22",
}
_SEAT = {
    "decided_on": "2026-11-23",
    "file_number": 1,
    "wishes": ["ARR-CODING"],
    "earliest_start": "2027-01-16",
    "projected_exit": "2028-11-22",
}
_APPROVE = (
    "UPDATE candidacies SET state = 'approved', version = version + 3 WHERE id = $1 AND state = 'assessed'"
    " RETURNING version"
)


async def serve(plan: Plan) -> None:
    """Answers until SIGTERM, with the server that the platform has."""
    config = uvicorn.Config(
        Endpoint(plan.databases["selection"]),
        host="127.0.0.1",
        port=plan.port,
        http="h11",
        ws="none",
        access_log=False,
        log_config=None,
    )
    await uvicorn.Server(config).serve()
