"""The placement officer's desk in tests: one call for each act over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
from uuid_utils.compat import uuid7

from services.placement.tests.builders import a_request
from shared.contracts.selection import CellType
from shared.testing.api import Tokens, once
from shared.testing.kernel import Bench

_ASSIGNED = "placement.stay.bed_assigned.v1"
OUTAGE = {"reason": "flood", "owner": "Maintenance", "starts_on": "2027-01-04", "expected_back_on": "2027-02-01"}


class Desk:
    """What an officer does over HTTP, and what the service publishes of it."""

    def __init__(self, api: httpx.AsyncClient, tokens: Tokens, bench: Bench) -> None:
        self.api, self.tokens, self.bench = api, tokens, bench
        self.files = 0

    async def post(self, path: str, body: Any = None, by: str = "placement_officer", **headers: str) -> httpx.Response:
        """A write by somebody."""
        sent = self.tokens.bearer(by) | once() | headers
        return await self.api.post(f"/v1/{path}", json=body, headers=sent)

    async def must(self, path: str, body: Any = None) -> Any:
        """A write that succeeds; gives its body."""
        answer = await self.post(path, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, by: str = "placement_officer", **headers: str) -> Any:
        """A read that succeeds; gives its body."""
        answer = await self.api.get(f"/v1/{path}", headers=self.tokens.bearer(by) | headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, body: Any = None) -> str:
        """The code of a write that is refused."""
        answer = await self.post(path, body)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        code: str = answer.json()["code"]
        return code

    async def ask(self, **need: Any) -> tuple[UUID, str, str | None]:
        """Somebody with a decision: candidacy, stay, and the cell of the first night, None for who waits."""
        self.files += 1
        candidacy = uuid7()
        order = {"file_number": self.files, "decision_number": f"DON-{self.files}", "cell_type": CellType.STANDARD}
        told = await self.bench.deliver(a_request(**(order | need)), subject=candidacy)
        cell = next((one.body["cell"] for one in told if one.key == candidacy and one.event_type == _ASSIGNED), None)
        stay = (await self.get(f"stays?candidacy_id={candidacy}"))["items"][0]["id"]
        return candidacy, stay, cell

    async def come(self, stay: str, day: date = date(2027, 1, 4)) -> str:
        """Confirms a bed and records the arrival; gives the cell."""
        await self.must(f"stays/{stay}/confirm")
        number = f"DON-{stay[-12:].upper()}"
        body = {"transfer_order": "OT-1", "committal_number": number, "arrived_on": day.isoformat()}
        cell: str = (await self.must(f"stays/{stay}/arrive", body))["cell"]
        return cell

    async def told(self) -> list[str]:
        """What was published since, by the last part of its type."""
        return [one.event_type.split(".")[2] for one in await self.bench.published()]

    async def attention(self) -> list[tuple[str, str | None]]:
        """What waits for an officer: kind, and the stay that it is about."""
        return [(one["kind"], one["stay_id"]) for one in (await self.get("attention"))["items"]]
