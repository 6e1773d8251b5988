"""The person's consent: which text was signed and when, and a yes or a no for each category of partners."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.selection.domain.candidacy import PartnerCategory
from services.selection.domain.case import Facts
from services.selection.domain.refusal import Refusal, Refused

PROGRAMME = "programme"
"""Subject of the consent to the programme itself; every other subject is a partner category."""


@dataclass(frozen=True)
class ConsentText:
    """A version of the text that candidates sign.

    Args:
        version: as printed on the form.
        first: the first day on which it was handed out, Europe/Paris.
        until: the first day on which it no longer was; None for the one in use.
    """

    version: str
    first: date
    until: date | None


TEXTS = (
    ConsentText("2025-09", date(2025, 9, 1), date(2026, 7, 1)),
    ConsentText("2026-07", date(2026, 7, 1), None),
)
"""Assumed until the administration gives its own; one is in use on every day from the first."""


@dataclass(frozen=True)
class Answer:
    """One answer of the person, as it is kept for ever.

    Args:
        subject: `programme` or a partner category.
        yes: what was answered.
        text_version: of the text that was signed; None where none is known.
        dated_on: date on the paper, Europe/Paris; None where there is none.
    """

    subject: str
    yes: bool
    text_version: str | None = None
    dated_on: date | None = None


def check_signature(text_version: str, signed_on: date, facts: Facts, today: date) -> None:
    """Whether a signature can be.

    Raises:
        Refused: `impossible-dates`: in the future, or before the day on which an earlier consent was taken back;
            `consent-text-unknown`: no such text was handed out on that day.
    """
    withdrawn_on = facts.consent_withdrawn_on
    if signed_on > today or (withdrawn_on is not None and signed_on < withdrawn_on):
        raise Refused(Refusal.IMPOSSIBLE_DATES)
    if not any(
        text.version == text_version and text.first <= signed_on and (text.until is None or signed_on < text.until)
        for text in TEXTS
    ):
        raise Refused(Refusal.CONSENT_TEXT_UNKNOWN)


def categories_after(
    current: Iterable[PartnerCategory], answers: Mapping[PartnerCategory, bool]
) -> tuple[PartnerCategory, ...]:
    """The categories with a yes: those that are not named keep their answer, and what was never asked is a no."""
    before = frozenset(current)
    return tuple(category for category in PartnerCategory if answers.get(category, category in before))


def first_answers(facts: Facts, categories: Iterable[PartnerCategory]) -> list[Answer]:
    """What a file says of consent on the day it is opened."""
    answers = [Answer(category.value, yes=True) for category in categories]
    if facts.consent_withdrawn_on is not None:
        return [Answer(PROGRAMME, yes=False, dated_on=facts.consent_withdrawn_on), *answers]
    if facts.consent_signed_on is not None:
        return [Answer(PROGRAMME, yes=True, dated_on=facts.consent_signed_on), *answers]
    return answers
