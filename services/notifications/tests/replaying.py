"""Replays in tests: deliveries of the past, an officer who has them sent again, and the steps of a worker."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.notifications.tests.builders import an_approval
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.worker import Desk
from shared.testing.api import Tokens, once
from shared.testing.waiting import eventually


class Replaying:
    """One subscription, its deliveries, and the officer who has them sent again."""

    def __init__(
        self, desk: Desk, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens, subscription: UUID
    ) -> None:
        self.desk, self.clock, self.api, self.tokens, self.subscription = desk, clock, api, tokens, subscription
        self.begun = clock()

    async def change(self, statement: str, **values: Any) -> None:
        async with self.desk.engine.begin() as conn:
            await conn.execute(sa.text(statement), values)

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.desk.engine.connect() as conn:
            return [tuple(row) for row in await conn.execute(sa.text(statement), values)]

    async def plan(self, number: int) -> list[UUID]:
        """Plans so many deliveries, of as many people, one second after the other; gives their ids."""
        for _ in range(number):
            await self.desk.bench.deliver(an_approval(), subject=uuid7())
            self.clock.forward(timedelta(seconds=1))
        return [row.id for row in await self.desk.rows()][-number:]

    async def failed(self, number: int) -> list[UUID]:
        """Deliveries that were given up after all their attempts, and said so."""
        ids = await self.plan(number)
        failed = "UPDATE deliveries SET state = 'failed', next_attempt_at = NULL, attempts = 9, version = 1"
        await self.change(f"{failed} WHERE id = ANY (CAST(:ids AS uuid[]))", ids=ids)
        await self.desk.bench.published()
        return ids

    async def delivered(self, number: int) -> list[UUID]:
        """Deliveries that were sent and accepted, and said so."""
        ids = await self.plan(number)
        before = len(await self.desk.rows()) - number
        async with self.desk.working():
            await self.desk.become(*(await self.desk.states())[:before], *["delivered"] * number)
        await self.desk.bench.published()
        return ids

    def body(self, **changed: Any) -> dict[str, Any]:
        """An order of all that was planned until now, and failed."""
        return {
            "subscription_id": str(self.subscription),
            "since": self.begun.isoformat(),
            "until": self.clock().isoformat(),
            "notices": ["candidacy.approved", "candidacy.withdrawn"],
            "reason": "outage",
        } | changed

    async def ask(self, path: str = "", body: Any = None, *, by: str = "partner_admin") -> httpx.Response:
        headers = self.tokens.bearer(by) | once()
        return await self.api.post(f"/v1/replays{path}", json=body or self.body(), headers=headers)

    async def order(self, **changed: Any) -> dict[str, Any]:
        return await self._must(self.ask(body=self.body(**changed)), 201)

    async def forecast(self, **changed: Any) -> dict[str, Any]:
        return await self._must(self.ask("?dry_run=true", self.body(**changed)), 200)

    async def cancel(self, job: dict[str, Any], reason: str = "load") -> dict[str, Any]:
        return await self._must(self.ask(f"/{job['id']}/cancel", {"reason": reason}), 200)

    async def see(self, job: dict[str, Any]) -> dict[str, Any]:
        answer = await self.api.get(f"/v1/replays/{job['id']}", headers=self.tokens.bearer("inspector"))
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def _must(self, asking: Any, status: int) -> dict[str, Any]:
        answer: httpx.Response = await asking
        assert answer.status_code == status, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def step(self, *, after: float = 0) -> None:
        """Lets time pass, and a worker do the steps that are due by then."""
        self.clock.forward(timedelta(seconds=after))
        await self.desk.bench.timers.fire()

    async def taken(self) -> int:
        ((number,),) = await self.rows("SELECT count(*) FROM replayed")
        return int(number)

    async def finish(self, job: dict[str, Any], *, every: float = 2, steps: int = 60) -> dict[str, Any]:
        """Steps until the replay is over, while a worker sends; gives how it ended."""
        async with self.desk.working():
            for _ in range(steps):
                await self.step(after=every)
                await self.quiet()
                seen = await self.see(job)
                if seen["state"] in {"done", "cancelled"}:
                    return seen
        raise AssertionError(f"not over: {seen}")

    async def quiet(self) -> None:
        """Waits until a worker has nothing due any more."""

        async def nothing() -> bool:
            due = "SELECT id FROM deliveries WHERE lease_token IS NOT NULL OR next_attempt_at <= :now"
            return not await self.rows(due, now=self.clock())

        await eventually(nothing)
