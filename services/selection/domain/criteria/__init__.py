"""The criteria of the programme, each a test of the file. Missing or contradictory data never means ineligible."""

from services.selection.domain.criteria.verdict import (
    Code,
    Criterion,
    Examination,
    Finding,
    LineKind,
    Parameters,
    Test,
    Verdict,
)

__all__ = ["Code", "Criterion", "Examination", "Finding", "LineKind", "Parameters", "Test", "Verdict"]
