"""Selection's API as officers use it in tests."""

import re
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.selection.tables import candidacies
from services.selection.tests.builders import a_body, gather
from shared.testing.api import Tokens, once

CANDIDACIES = "/v1/candidacies"
GROUNDS = {"reasons": "A solid project.", "authority": "DISP Strasbourg", "delegation": "2026-014"}
_ACT = re.compile(r"/([0-9a-f-]{36})/(?!approve/preview).+")
DELEGATION = {
    "reference": "2026-077",
    "delegate_id": "agent-2001",
    "delegate_name": "Solange Brisefer",
    "authority": "DISP Strasbourg",
    "kinds": ["approved"],
    "valid_from": "2026-11-23",
    "valid_until": "2026-11-30",
}
"""To the deputy."""
NOBODY = "01931111-2222-7333-8444-555566667777"
"""An id that nothing has."""


class Api:
    """Selection's API as officers use it."""

    def __init__(self, http: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
        self.http, self.tokens, self.engine = http, tokens, engine

    async def post(
        self, path: str, body: Any = None, *, by: str = "spip", key: str | None = None, version: int | None = None
    ) -> httpx.Response:
        """A write as an officer; an act on a file names the version that it has now, unless another is given."""
        headers = {**self.tokens.bearer(by), **once(key)}
        act = _ACT.fullmatch(path)
        if act is not None:
            headers["If-Match"] = f'"{version or await self.version(act[1])}"'
        return await self.http.post(f"{CANDIDACIES}{path}", json=body, headers=headers)

    async def change(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        by: str = "spip",
        key: str | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        """A PUT or PATCH as an officer, naming the version that the file has now, unless another is given."""
        seen = version or await self.version(path.split("/")[1])
        headers = {**self.tokens.bearer(by), **once(key), "If-Match": f'"{seen}"'}
        return await self.http.request(method, f"{CANDIDACIES}{path}", json=body, headers=headers)

    async def version(self, candidacy_id: str) -> int:
        """Of a file as it lies in the database; 1 of one that does not."""
        async with self.engine.connect() as conn:
            found = await conn.execute(sa.select(candidacies.c.version).where(candidacies.c.id == UUID(candidacy_id)))
            return found.scalar() or 1

    async def get(self, path: str, *, by: str = "spip", **headers: str) -> httpx.Response:
        return await self.http.get(f"{CANDIDACIES}{path}", headers={**self.tokens.bearer(by), **headers})

    async def send(self, path: str, body: Any = None, *, by: str, key: str | None = None) -> httpx.Response:
        """A write on what is no file, such as `/decisions/…/hand-over`."""
        return await self.http.post(f"/v1{path}", json=body, headers={**self.tokens.bearer(by), **once(key)})

    async def see(self, path: str, *, by: str, **headers: str) -> httpx.Response:
        """A read of what is no file, such as `/delegations`."""
        return await self.http.get(f"/v1{path}", headers={**self.tokens.bearer(by), **headers})

    async def create(self, *, by: str = "spip", gathered: bool = True, **overrides: Any) -> str:
        """A file handed in; with `gathered`, all advice and the interview are there, and its version is still 1."""
        answer = await self.post("", a_body(**overrides), by=by)
        assert answer.status_code == 201, answer.text
        candidacy_id: str = answer.json()["id"]
        if gathered:
            await self.gather(candidacy_id)
        return candidacy_id

    async def gather(self, candidacy_id: str) -> None:
        async with self.engine.begin() as conn:
            await gather(conn, UUID(candidacy_id))

    async def assessed(self, **overrides: Any) -> str:
        candidacy_id = await self.create(**overrides)
        answer = await self.post(f"/{candidacy_id}/assess")
        assert answer.status_code == 201, answer.text
        return candidacy_id

    async def order(self, candidacy_id: str, **overrides: Any) -> dict[str, Any]:
        """What an officer sends to approve, as previewed, but for the overrides."""
        shown = (await self.post(f"/{candidacy_id}/approve/preview", by="decision_authority")).json()
        return {"opinion_id": shown["opinion_id"], "effects": shown["effects"], **GROUNDS} | overrides

    async def approve(self, candidacy_id: str) -> httpx.Response:
        return await self.post(f"/{candidacy_id}/approve", await self.order(candidacy_id), by="decision_authority")

    async def refused(self, **overrides: Any) -> dict[str, Any]:
        """A refusal of a new file, as the signer gets it back; the overrides change what is signed."""
        candidacy_id = await self.assessed()
        body = {**GROUNDS, "reason_codes": ["PROJECT_INSUFFICIENT"]} | overrides
        answer = await self.post(f"/{candidacy_id}/refuse", body, by="decision_authority")
        assert answer.status_code == 201, answer.text
        signed: dict[str, Any] = answer.json()
        return signed

    async def stored(self) -> dict[str, list[str]]:
        """Every row of every table as text, by table; to compare before and after, and to look for leaks."""
        async with self.engine.connect() as conn:
            names = await conn.execute(
                sa.text(
                    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                    " WHERE schemaname IN ('public', 'vault', 'messaging') ORDER BY 1"
                )
            )
            return {
                name: sorted((await conn.execute(sa.text(f"SELECT t::text FROM {name} AS t"))).scalars())
                for name in names.scalars()
            }


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, whose form is checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["type"] == f"urn:inserre:problem:{body['code']}"
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]
