"""All that the criteria may look at. What is not here cannot enter an opinion: no origin, health, religion, wealth."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.selection.domain.dates import add_months
from services.selection.domain.policy import AdviceKind
from services.selection.domain.sentence import Sentence
from services.selection.domain.sites import Sex

_MAJORITY = 18 * 12
"""Months."""


class PenalStatus(StrEnum):
    """Where the criminal procedure stands."""

    FINALLY_CONVICTED = "finally_convicted"
    CONVICTED_NOT_FINAL = "convicted_not_final"
    REMANDED = "remanded"


@dataclass(frozen=True)
class Facts:
    """What the criteria look at. None where the file does not say. Dates: Europe/Paris, without time.

    Args:
        penal_status: as the extract says.
        sentences: all that are under execution, as pronounced.
        sentence_end: of the extract, net of reductions already granted, ignoring possible ones.
        extract_on: when the extract of the penal file was made.
        consent_signed_on: when the candidate volunteered in writing.
        consent_withdrawn_on: when the candidate took that back.
        planned_entry: first night at the site; None in a draft that does not say yet.
        specially_flagged: listed among the détenus particulièrement signalés; yes or no.
        terrorism: sentenced for an act of terrorism: yes or no.
        separation: a contact or place ban, or an incompatibility with somebody at the site: yes or no, never which.
        other_proceedings: another title to execute, a hearing or a measure is pending: yes or no, never which.
        adjustment_requested: the person has asked the judge to adjust the sentence.
        local_project: the person has a project around the site; None where nobody asked.
    """

    penal_status: PenalStatus | None
    sentences: tuple[Sentence, ...]
    sentence_end: date | None
    extract_on: date | None
    consent_signed_on: date | None
    consent_withdrawn_on: date | None
    planned_entry: date | None
    specially_flagged: bool = False
    terrorism: bool = False
    separation: bool = False
    other_proceedings: bool = False
    adjustment_requested: bool = False
    local_project: bool | None = None


@dataclass(frozen=True)
class Gathered:
    """What was collected on a file so far.

    Args:
        advice: kinds that were received.
        interviewed_on: when the motivation interview was held; None before.
    """

    advice: frozenset[AdviceKind] = frozenset()
    interviewed_on: date | None = None


@dataclass(frozen=True)
class Inputs:
    """What the criteria see of a case, and what an opinion keeps: enough to find the same again, and no birth date.

    Args:
        adult_at_entry: of age at the planned entry; None while there is none.
    """

    facts: Facts
    gathered: Gathered
    sex: Sex
    adult_at_entry: bool | None
    site: str
    adapted_cell: bool
    others_wait: bool | None


@dataclass(frozen=True)
class Case:
    """A file with what the criteria need of its person.

    Args:
        facts: that officers entered.
        gathered: what was collected.
        sex: decides which wing; read from the vault.
        born_on: decides majority, and nothing else; read from the vault, and never among the inputs of an opinion.
        site: code of the site that was asked for.
        adapted_cell: a cell for reduced mobility is needed: yes or no, never why.
        others_wait: somebody is on the waiting list for such a cell; None where that was not looked up.
    """

    facts: Facts
    gathered: Gathered
    sex: Sex
    born_on: date
    site: str
    adapted_cell: bool = False
    others_wait: bool | None = None

    @property
    def inputs(self) -> Inputs:
        """The case as the criteria see it."""
        entry = self.facts.planned_entry
        return Inputs(
            facts=self.facts,
            gathered=self.gathered,
            sex=self.sex,
            # Counted back from the entry: who was born on a 29th of February is 18 on the 1st of March of a common
            # year, not on the 28th of February, when eighteen years are not complete.
            adult_at_entry=None if entry is None else self.born_on <= add_months(entry, -_MAJORITY),
            site=self.site,
            adapted_cell=self.adapted_cell,
            others_wait=self.others_wait,
        )
