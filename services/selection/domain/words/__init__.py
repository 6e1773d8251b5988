"""French words that are shown to a person about an opinion: plain ones (level B1), as data."""

from services.selection.domain.words.lines import RESULTS, TITLES, sentence
from services.selection.domain.words.processing import (
    CHOICES,
    CONTRIBUTION,
    DATA,
    NOTICE,
    OPERATIONS,
    PARAMETERS,
    WEIGHTING,
    Described,
)
from services.selection.domain.words.spoken import spoken

__all__ = [
    "CHOICES",
    "CONTRIBUTION",
    "DATA",
    "NOTICE",
    "OPERATIONS",
    "PARAMETERS",
    "RESULTS",
    "TITLES",
    "WEIGHTING",
    "Described",
    "sentence",
    "spoken",
]
