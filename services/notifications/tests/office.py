"""Officers who look after one subscription."""

from typing import Any
from uuid import UUID

import httpx

from shared.testing.api import Tokens, once


class Office:
    """Two officers who take in endpoints."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, subscription: UUID) -> None:
        self.api, self.tokens, self.path = api, tokens, f"/v1/subscriptions/{subscription}"

    async def act(self, act: str, body: Any = None, by: str = "partner_admin") -> httpx.Response:
        bearer = self.tokens.bearer(by)
        return await self.api.post(f"{self.path}/{act}", json=body, headers=bearer | once())

    async def must(self, act: str, body: Any = None, by: str = "partner_admin") -> Any:
        answer = await self.act(act, body, by)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, act: str, body: Any = None, by: str = "partner_admin") -> tuple[int, str]:
        answer = await self.act(act, body, by)
        return answer.status_code, answer.json()["code"]

    async def get(self, what: str, by: str) -> httpx.Response:
        return await self.api.get(f"{self.path}/{what}", headers=self.tokens.bearer(by))
