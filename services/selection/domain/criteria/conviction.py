"""C1 and C2: convicted for good, to five years at most."""

from collections.abc import Callable

from services.selection.domain.case import PenalStatus
from services.selection.domain.criteria.verdict import Code, Examination, Finding, Verdict, measure_data
from services.selection.domain.sentence import Quantum, compare, compare_counting_no_days, measure_of


def finally_convicted(examination: Examination) -> Verdict:
    """C1: convicted, and no appeal open."""
    status = examination.inputs.facts.penal_status
    inputs = {"penal_status": status and status.value}
    if status is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    if status is not PenalStatus.FINALLY_CONVICTED:
        return Verdict(Finding.NOT_MET, Code.NOT_FINALLY_CONVICTED, inputs)
    return Verdict(Finding.MET, None, inputs)


def five_years(examination: Examination) -> Verdict:
    """C2: the sentences under execution are at most five years, the suspended parts left out.

    More than five years pronounced of which five or less are firm goes to a human, and so does a sum of days that
    may or may not be the month too many.
    """
    return _five_years(examination, compare)


def five_years_first(examination: Examination) -> Verdict:
    """C2 of the first rule set: any sum of more than 30 days goes to a human, also where it cannot matter."""
    return _five_years(examination, compare_counting_no_days)


def _five_years(examination: Examination, comparison: Callable[[tuple[int, int], int], Quantum]) -> Verdict:
    rule = examination.choices.quantum_rule
    sentences = examination.inputs.facts.sentences
    if not sentences:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, {"rule": rule.name, "sentences": 0})
    longest = examination.parameters.sentence_months
    to_serve = measure_of((sentence.to_serve for sentence in sentences), rule)
    pronounced = measure_of((sentence.pronounced for sentence in sentences), rule)
    inputs = {
        "rule": rule.name,
        "sentences": len(sentences),
        "to_serve": measure_data(to_serve),
        "pronounced": measure_data(pronounced),
    }
    match comparison(to_serve, longest):
        case Quantum.OVER:
            return Verdict(Finding.NOT_MET, Code.SENTENCE_OVER_5Y, inputs)
        case Quantum.UNDECIDED:
            return Verdict(Finding.TO_EXAMINE, Code.DAYS_MAKE_A_MONTH, inputs)
        case Quantum.WITHIN if comparison(pronounced, longest) is not Quantum.WITHIN:
            return Verdict(Finding.TO_EXAMINE, Code.PARTLY_SUSPENDED, inputs)
    return Verdict(Finding.MET, None, inputs)
