"""Statements of kernel and boundary, on the driver below SQLAlchemy: same transaction, a quarter of the processor time.

Measured: a savepoint, a statement and a release through SQLAlchemy's engine cost more than a whole event on the driver.
Services keep to SQLAlchemy; these few statements run once or more for every event of every service.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(conn: AsyncConnection, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """Runs a statement with `$1` placeholders in the transaction that `conn` has begun; gives its rows.

    Raises:
        DBAPIError: as SQLAlchemy would have raised it.
    """
    driver = await _begun(conn)
    try:
        return await driver.fetch(statement, *arguments)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _wrapped(driver, error) from error


async def run_many(conn: AsyncConnection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Runs a statement once per row of arguments, all in one go to the server and back.

    Raises:
        DBAPIError: as SQLAlchemy would have raised it.
    """
    driver = await _begun(conn)
    try:
        await driver.executemany(statement, rows)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _wrapped(driver, error) from error


class Savepoint:
    """`async with Savepoint(conn)`: what it encloses is undone by any exception, and the transaction goes on.

    All have one name: PostgreSQL lets the inner hide the outer, and nothing has to be parsed and planned by name.
    """

    __slots__ = ("_conn", "_driver")

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def __aenter__(self) -> None:
        self._driver = await _begun(self._conn)
        await self._say("SAVEPOINT kernel")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            await self._say("RELEASE SAVEPOINT kernel")
        elif isinstance(error, Exception) and not self._driver.is_closed():
            await self._say("ROLLBACK TO SAVEPOINT kernel; RELEASE SAVEPOINT kernel")

    async def _say(self, command: str) -> None:
        try:
            await self._driver.execute(command)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _wrapped(self._driver, error) from error


async def _begun(conn: AsyncConnection) -> "asyncpg.Connection[Any]":
    sync = conn.sync_connection
    assert sync is not None
    driver: asyncpg.Connection[Any] = sync.connection.driver_connection  # type: ignore[assignment]
    if not driver.is_in_transaction():
        # SQLAlchemy sends BEGIN with its first statement; without one, ours would commit by itself.
        adapter: Any = sync.connection.dbapi_connection
        try:
            await adapter._start_transaction()
        except Exception as error:
            gone = driver.is_closed()
            if gone:
                # With no transaction to roll back, the pool would not notice, and hand it out again.
                await conn.invalidate()
            raise DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=gone) from error
    return driver


def _wrapped(driver: "asyncpg.Connection[Any]", error: Exception) -> DBAPIError:
    return DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=driver.is_closed())
