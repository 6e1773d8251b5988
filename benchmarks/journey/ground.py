"""The ground of L, C and B: the whole stack of the Arras site, big enough that nothing runs out, and a partner."""

import asyncio
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from deploy.local.machine import Say, quiet
from deploy.local.stack import Stack

SITE = "ARR"
PLACES = 20_000
"""Cells, and seats of one training."""
TRAINING = "ARR-CODING"


class Ground:
    """Started by `async with`; the services run then."""

    def __init__(self, progress: Say = quiet) -> None:
        self.stack = Stack(site=SITE, progress=progress)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.stack.start)
        try:
            await self._enlarge()
            self.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=60), connector=aiohttp.TCPConnector(limit=0)
            )
        except BaseException:
            await asyncio.to_thread(self.stack.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.session.close()
        await asyncio.to_thread(self.stack.stop)

    @property
    def postgres(self) -> str:
        """The superuser's address."""
        return self.stack.postgres.url

    def database(self, name: str) -> str:
        """The superuser's address of a database."""
        return f"postgresql://{urlsplit(self.postgres).netloc}/{name}"

    async def query(self, database: str, statement: str, *arguments: object) -> list[Any]:
        """Rows, over a connection of its own."""
        connection = await asyncpg.connect(self.database(database))
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def notices(self, inbox: str) -> dict[str, float]:
        """When each webhook id was verified by the partner for the first time, seconds since 1970."""
        url = f"{self.stack.urls['partner']}/notices"
        async with self.session.get(url, params={"inbox": inbox}) as answer:
            found: dict[str, float] = {}
            for notice in await answer.json():
                found.setdefault(notice["id"], notice["received_at"])
            return found

    async def checkpoint(self) -> None:
        """Writes out what was left dirty, so that what comes next does not pay for it."""
        await self.query("postgres", "CHECKPOINT")

    async def _enlarge(self) -> None:
        """Cells and seats for everybody: a site of the benchmark's size, by the schema's own rules."""
        await self.query("placement", "INSERT INTO units (code, wing) VALUES ('ARR-H1-U99', 'ARR-H1')")
        await self.query("placement", _CELLS, PLACES)
        await self.query("placement", _VACANCIES)
        await self.query("citizen_space", _ACTIVITY, TRAINING, SITE, PLACES)
        await self.query("citizen_space", _COHORTS, TRAINING, PLACES // 10)
        for database in ("placement", "citizen_space"):
            await self.query(database, "ANALYZE")


_CELLS = """
    INSERT INTO cells (code, site, unit, type, pool)
    SELECT format('ARR-H1-U99-C%s', lpad(number::text, 5, '0')), 'ARR', 'ARR-H1-U99', 'standard', 'ARR-M-standard'
    FROM generate_series(1, $1::int) AS number
"""
_VACANCIES = """
    INSERT INTO vacancies (cell, period, pool)
    SELECT code, daterange(NULL, NULL), pool FROM cells WHERE unit = 'ARR-H1-U99'
"""
_ACTIVITY = "INSERT INTO activities (code, site, title, kind, places) VALUES ($1, $2, 'Coding', 'training', $3)"
_COHORTS = """
    INSERT INTO cohorts (code, activity, starts_on, ends_on, capacity)
    SELECT format('%s-%s', $1::text, first), $1, first, first + 81, $2
    FROM generate_series(1, 12) AS month
    CROSS JOIN LATERAL (SELECT (current_date + month * 30)::date AS first)
"""
