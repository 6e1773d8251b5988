"""Putting a decision off until a day."""

from datetime import date

from services.selection.domain.case import Facts
from services.selection.domain.refusal import Refusal, Refused


def check_deferral(until: date, today: date, facts: Facts) -> None:
    """A file is put off until a day to come on which the person is still there.

    Args:
        until: the day on which the file may be taken up again, Europe/Paris.
        today: date of the decision, Europe/Paris.
        facts: of the file; an end of sentence that it does not say bounds nothing.

    Raises:
        Refused: `impossible-dates`.
    """
    end = facts.sentence_end
    if until <= today or (end is not None and until > end):
        raise Refused(Refusal.IMPOSSIBLE_DATES)


def deferral(until: date) -> dict[str, object]:
    """What a deferral sets off, as plain JSON: the effect that its decision lists."""
    return {"kind": "deferral", "until": until.isoformat()}
