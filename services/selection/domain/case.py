"""All that the criteria may look at. What is not here cannot enter an opinion: no origin, health, religion, wealth."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.selection.domain.policy import AdviceKind
from services.selection.domain.sentence import Sentence


class Sex(StrEnum):
    """As in the penitentiary file: it decides the wing (R211-1)."""

    MALE = "M"
    FEMALE = "F"


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
    """

    penal_status: PenalStatus | None
    sentences: tuple[Sentence, ...]
    sentence_end: date | None
    extract_on: date | None
    consent_signed_on: date | None
    consent_withdrawn_on: date | None
    planned_entry: date | None


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
class Case:
    """A file as the criteria see it.

    Args:
        facts: that officers entered.
        gathered: what was collected.
        sex: decides which wing; read from the vault.
        born_on: decides majority, and nothing else; read from the vault, and never among the inputs of an opinion.
    """

    facts: Facts
    gathered: Gathered
    sex: Sex
    born_on: date
