"""Fields that several routes share: strict dates, codes and texts. What is wrong is never repeated to the caller."""

import re
from collections.abc import Hashable, Sequence
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from services.selection import domain
from shared.auth import Principal
from shared.boundary import purposed

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

S = TypeVar("S", bound=Sequence[Hashable])


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


def distinct(values: S) -> S:
    """The values as they are, if none is repeated."""
    if len(set(values)) != len(values):
        raise PydanticCustomError("repeated", "each may be named once")
    return values


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
"""A date without time, Europe/Paris."""
SiteCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ActivityCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z0-9][A-Z0-9-]{0,30}$")]
"""Such as `DON-WEB`."""
Wishes = Annotated[tuple[ActivityCode, ...], AfterValidator(distinct)]
Categories = Annotated[tuple[domain.PartnerCategory, ...], AfterValidator(distinct)]
Topics = Annotated[tuple[domain.Topic, ...], AfterValidator(distinct)]
Agenda = Annotated[tuple[UUID, ...], AfterValidator(distinct)]
"""Candidacies, in the order in which they are called."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it (OWASP: CSV injection)."""
Words = Annotated[str, StringConstraints(max_length=20_000)]
"""Own words of an officer. Blank ones are refused by the rules, with a code of their own."""
Reference = Annotated[str, StringConstraints(max_length=100, pattern=r"^[\w°][\w°/.: -]*$")]
"""Where a document lies, such as an archive number."""

WORD_READERS = ("spip", "registry", "head", "decision_authority")
"""Roles that read what others wrote of a person, and who they are."""


class AuthorBody(Body):
    """A named professional."""

    name: Name
    function: Name

    def author(self) -> domain.Author:
        """As the rules take it."""
        return domain.Author(self.name, self.function)


def _policy(request: Request) -> domain.Policy:
    policy: domain.Policy = request.app.state.policy
    return policy


SitePolicy = Annotated[domain.Policy, Depends(_policy)]
"""What this site set where the law is silent."""


def reads_words(principal: Principal) -> bool:
    """Whether the token may read what others wrote of a person."""
    return not principal.roles.isdisjoint(WORD_READERS)


ReadPurpose = Annotated[domain.Purpose, Depends(purposed(domain.Purpose))]
"""Header `Purpose` of a logged read: why, from a closed list."""


def scope_of(principal: Principal, site: str) -> domain.Scope:
    """Whose files the token lets its officer see."""
    return domain.Scope(site, principal.establishment)


def signer_of(principal: Principal) -> domain.Signer:
    """The officer as one who signs, as the token says."""
    return domain.Signer(principal.subject, principal.name, principal.function)


def editor_of(principal: Principal, site: str, version: int) -> domain.Editor:
    """The officer as one who writes on a file.

    Args:
        site: code of the site that this stack serves.
        version: of `If-Match`.
    """
    return domain.Editor(principal.subject, scope_of(principal, site), version)
