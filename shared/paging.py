"""Pages of a list by keyset: the cursor says where the next page begins, and means nothing to whoever carries it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from shared.problems import Problem

P = TypeVar("P")

Cursor = Annotated[str | None, Query(max_length=128, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Places(Generic[P]):
    """The cursors of one list.

    Args:
        kind: type of a row's place in the list's order, such as a NamedTuple of its keys; validated when it comes back.
    """

    def __init__(self, kind: type[P]) -> None:
        self._kind: TypeAdapter[P] = TypeAdapter(kind)

    def cursor(self, place: P) -> str:
        """The cursor of the page behind a place."""
        return urlsafe_b64encode(self._kind.dump_json(place)).decode().rstrip("=")

    def place(self, cursor: str | None) -> P | None:
        """The place behind which the page begins; None for the first page.

        Raises:
            Problem: `cursor-invalid`, for anything but a cursor of ours.
        """
        if cursor is None:
            return None
        try:
            return self._kind.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except (ValueError, ValidationError):
            raise Problem(422, "cursor-invalid", "The cursor was not given by this list.") from None
