"""What others say of a file before it is decided: advice, asked for or not, and the motivation interview."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.selection.domain.acts import Role
from services.selection.domain.case import Facts, Gathered
from services.selection.domain.dates import FIRST
from services.selection.domain.policy import AdviceKind, Policy
from services.selection.domain.refusal import Refusal, Refused

INTERVIEW = "interview"
"""Stands among what is missing beside the kinds of advice."""


class Sense(StrEnum):
    """What an advice comes to."""

    FAVOURABLE = "favourable"
    RESERVED = "reserved"
    UNFAVOURABLE = "unfavourable"


class Topic(StrEnum):
    """What a motivation interview speaks of: a checklist, each discussed or not, and never a score."""

    VOLUNTEERING = "volunteering"
    """That the person comes freely, and may take it back."""
    LIFE_AT_THE_SITE = "life_at_the_site"
    """Rules of the site, work and training all day, mixed activities with the public."""
    WORK = "work"
    TRAINING = "training"
    TIES = "ties"
    """Family and those who are close: what another prison means for visits."""
    LIFE_AFTER_RELEASE = "life_after_release"
    """Housing, rights, and where the person means to live."""


@dataclass(frozen=True)
class Author:
    """A named professional, as signed: who gave an advice, held an interview, or sat in the commission."""

    name: str
    function: str


@dataclass(frozen=True)
class Advice:
    """An advice as given.

    Args:
        given_on: date that it bears, Europe/Paris.
        words: restricted to who works on the file; may be empty.
        reference: of the document that it is in; None for none.
    """

    author: Author
    given_on: date
    sense: Sense
    words: str = field(repr=False)
    reference: str | None = None


@dataclass(frozen=True)
class Interview:
    """The report of a motivation interview (criterion C9).

    Args:
        held_on: Europe/Paris.
        discussed: the topics that were; all others were not.
        words: restricted to who works on the file; may be empty.
    """

    interviewer: Author
    held_on: date
    discussed: tuple[Topic, ...]
    words: str = field(repr=False)


def check_given(given_on: date, today: date, *, not_before: date | None) -> None:
    """What is taken in bears a date on which it could be given.

    Args:
        given_on: the date that it bears.
        today: Europe/Paris.
        not_before: what it answers to is of this day; None when no such day is known.

    Raises:
        Refused: `impossible-dates`: in the future, or before there was a reason for it.
    """
    if given_on > today or given_on < (not_before or FIRST):
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def reason_since(facts: Facts) -> date | None:
    """From when there is a reason to say something of a person unasked: the day the person volunteered, if known."""
    return facts.consent_signed_on


def check_individual(kind: AdviceKind) -> None:
    """The commission speaks at a sitting with a quorum, and in no other way.

    Raises:
        Refused: `advice-by-sitting`.
    """
    if kind is AdviceKind.SELECTION_BOARD:
        raise Refused(Refusal.ADVICE_BY_SITTING)


def owner_of(kind: AdviceKind) -> Role:
    """Who has to see to it that the advice comes: the head for the head's own, the probation service for all others."""
    return Role.HEAD if kind is AdviceKind.ORIGIN_HEAD else Role.SPIP


def missing(gathered: Gathered, policy: Policy) -> tuple[str, ...]:
    """What is not there yet of that without which nothing is decided: kinds of advice, and the interview last."""
    kinds = tuple(kind.value for kind in policy.required_advice if kind not in gathered.advice)
    return kinds if gathered.interviewed_on is not None else (*kinds, INTERVIEW)


def check_gathered(gathered: Gathered, policy: Policy, urgency: str | None) -> None:
    """Nothing is decided before the file is gathered, but for an urgency that the signer gives reasons for (D211-22).

    Args:
        urgency: the signer's words; None for none.

    Raises:
        Refused: `advice-missing`.
    """
    if urgency is None and missing(gathered, policy):
        raise Refused(Refusal.ADVICE_MISSING)
