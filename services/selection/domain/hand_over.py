"""Giving a decision to the person: from that day on the time of the appeal runs, and from no other."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.selection.domain.dates import add_months
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.working_days import Holiday, on_or_after


class Acknowledgement(StrEnum):
    """How the person took the decision."""

    SIGNED = "signed"
    REFUSED_TO_SIGN = "refused_to_sign"
    INTERPRETER = "interpreter"
    """Through an interpreter, and signed."""


@dataclass(frozen=True)
class HandOver:
    """One decision given to its person.

    Args:
        handed_on: Europe/Paris.
        outcome: how the person took it.
        language: ISO 639 code of the interpreter's; None without one.
        handed_by: subject of the officer.
        handed_by_function: of that officer.
    """

    handed_on: date
    outcome: Acknowledgement
    language: str | None
    handed_by: str
    handed_by_function: str

    def check(self, decided_on: date, today: date) -> None:
        """Nothing is handed over before it was decided, nor tomorrow.

        Raises:
            Refused: `impossible-dates`.
        """
        if not decided_on <= self.handed_on <= today:
            raise Refused(Refusal.IMPOSSIBLE_DATES)


def appeal_until(handed_on: date, policy: Policy, holiday: Holiday) -> date:
    """The last day on which an appeal is in time: from date to date, and never a day on which offices are closed."""
    return on_or_after(add_months(handed_on, policy.appeal_months), holiday)
