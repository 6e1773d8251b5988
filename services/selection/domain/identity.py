"""Who the candidate is. Kept in the vault; the repr says nothing, so that no log or error can."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.selection.domain.sites import Sex


class Purpose(StrEnum):
    """Why somebody reads the vault: a closed list, so that reads can be compared."""

    ASSESSMENT = "assessment"
    DECISION = "decision"
    INFORMING_THE_PERSON = "informing_the_person"
    RECTIFICATION = "rectification"
    CONTROL = "control"
    """An inspector looks at what was done."""


@dataclass(frozen=True)
class Identity:
    """As in the penitentiary file.

    Args:
        ecrou_number: committal number of the prison where the person is.
    """

    last_name: str = field(repr=False)
    first_names: str = field(repr=False)
    birth_date: date = field(repr=False)
    ecrou_number: str = field(repr=False)
    sex: Sex = field(repr=False)
