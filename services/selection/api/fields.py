"""Fields that several routes share: strict dates, codes and texts. What is wrong is never repeated to the caller."""

import re
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from services.selection import domain
from shared.auth import Principal
from shared.problems import Problem

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

T = TypeVar("T")


class Body(BaseModel):
    """What a request may say, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class View(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(frozen=True)


def _day(value: object) -> date:
    """A date as text, `YYYY-MM-DD`; one that no calendar has is refused as such."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        raise PydanticCustomError("date_as_text", "a date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise domain.Refused(domain.Refusal.IMPOSSIBLE_DATES) from None


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("repeated", "each may be named once")
    return values


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
"""A date without time, Europe/Paris."""
SiteCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ActivityCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z0-9][A-Z0-9-]{0,30}$")]
"""Such as `DON-WEB`."""
Wishes = Annotated[tuple[ActivityCode, ...], AfterValidator(_distinct)]
Categories = Annotated[tuple[domain.PartnerCategory, ...], AfterValidator(_distinct)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[str, StringConstraints(max_length=20_000)]
"""Own words of an officer. Blank ones are refused by the rules, with a code of their own."""


def _policy(request: Request) -> domain.Policy:
    policy: domain.Policy = request.app.state.policy
    return policy


SitePolicy = Annotated[domain.Policy, Depends(_policy)]
"""What this site set where the law is silent."""


def _purpose(purpose: Annotated[str | None, Header()] = None) -> domain.Purpose:
    if purpose not in set(domain.Purpose):
        raise Problem(400, "purpose-missing", "A Purpose header from the closed list is required.")
    return domain.Purpose(purpose)


StatedPurpose = Annotated[domain.Purpose, Depends(_purpose)]
"""Header `Purpose`: why the vault is read."""


def scope_of(principal: Principal, site: str) -> domain.Scope:
    """Whose files the token lets its officer see."""
    return domain.Scope(site, principal.establishment)


def editor_of(principal: Principal, site: str, version: int) -> domain.Editor:
    """The officer as one who writes on a file.

    Args:
        site: code of the site that this stack serves.
        version: of `If-Match`.
    """
    return domain.Editor(principal.subject, scope_of(principal, site), version)
