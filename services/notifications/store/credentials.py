"""The statements about what we show ourselves with to endpoints. What is secret of it is sealed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.tables import credentials

NO_OAUTH2: Mapping[str, object] = dict.fromkeys(("oauth2", "token_url", "client_id"))
NO_CERTIFICATE: Mapping[str, object] = dict.fromkeys(
    ("certificate", "certificate_fingerprint", "certificate_expires_at")
)
NONE = {**NO_OAUTH2, **NO_CERTIFICATE}
"""Columns of what there is none of."""


async def put(conn: AsyncConnection, subscription: UUID, by: str, at: datetime, **values: Any) -> None:
    """Writes some of a subscription's credentials, and leaves the others as they are.

    Args:
        conn: of the caller's transaction.
        subscription: that is locked.
        by: subject of who changes them.
        at: UTC.
        values: columns of `credentials`.
    """
    written = values | {"set_by": by, "set_at": at}
    statement = insert(credentials).values(subscription_id=subscription, **written)
    await conn.execute(statement.on_conflict_do_update(index_elements=["subscription_id"], set_=written))
