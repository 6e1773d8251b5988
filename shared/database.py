"""How every process reaches its PostgreSQL: the engine with its guards, and the naming convention of constraints."""

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

GUARDS = {
    # An abandoned or frozen process must not keep its locks: the server ends what it left open.
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
}
"""Session settings of every connection that serves a request or an event."""


def metadata(schema: str | None = None) -> MetaData:
    """The container of a service's tables, with the naming convention that its migrations follow."""
    return MetaData(schema=schema, naming_convention=NAMING)


def create_engine(url: str, *, application: str, pool_size: int = 10) -> AsyncEngine:
    """Builds the one engine of a process.

    Args:
        url: `postgresql+asyncpg://user:password@host:port/database`.
        application: shown by `pg_stat_activity`, such as `placement-worker`.
        pool_size: connections at most; whoever finds none free waits for one.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        # A crowd waits its turn: 180 signatures at once are all taken, the last one after some seconds.
        pool_timeout=15,
        # Parameters carry personal data, and an error's text would carry them into a log.
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args={"timeout": 5, "server_settings": {"application_name": application, **GUARDS}},
    )
