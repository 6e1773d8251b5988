"""Why somebody reads what is about a person: the header `Purpose`, from a closed list of the service."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Header

from shared.problems import Problem

P = TypeVar("P", bound=StrEnum)


def purposed(purposes: type[P]) -> Callable[[str | None], P]:
    """A dependency that gives the purpose of a read; `purpose-missing` for none, or none of the list.

    Args:
        purposes: the closed list, so that reads can be compared.
    """

    def chosen(
        purpose: Annotated[str | None, Header(description="One of a closed list; kept with the read.")] = None,
    ) -> P:
        if purpose not in set(purposes):
            raise Problem(400, "purpose-missing", "A Purpose header from the closed list is required.")
        return purposes(purpose)

    return chosen
