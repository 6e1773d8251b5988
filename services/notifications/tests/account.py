"""A partner's own account at the API, for tests."""

from typing import Any
from uuid import UUID

import httpx

from shared.testing.api import Tokens, once


class Account:
    """A partner's own account."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, partner: UUID | None) -> None:
        self.api, self.tokens, self.partner = api, tokens, partner

    @property
    def bearer(self) -> dict[str, str]:
        return self.tokens.bearer("partner", partner=None if self.partner is None else str(self.partner))

    async def get(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.get(f"/v1/partner/{path}", params=query, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        return await self.api.post(f"/v1/partner/{path}", json=body, headers=self.bearer | once(key))
