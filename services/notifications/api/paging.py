"""Pages of a list: newest first, with an opaque cursor."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from fastapi import Query
from pydantic import BaseModel

from shared.problems import Problem

Item = TypeVar("Item", bound=BaseModel)

Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Page(BaseModel, Generic[Item]):
    """One page of a list, the newest first."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Give it as `cursor` to get the next page; null on the last one."""


def before(cursor: str | None) -> UUID | None:
    """The id that the page begins below.

    Raises:
        Problem: `cursor-invalid`, for anything but a cursor of ours.
    """
    if cursor is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise Problem(422, "cursor-invalid", "The cursor was not given by this list.") from None


def next_cursor(rows: Sequence[sa.Row[Any]], limit: int) -> str | None:
    """The cursor after these rows, unless they end the list."""
    if len(rows) < limit:
        return None
    last: UUID = rows[-1].id
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")
