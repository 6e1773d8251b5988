"""C8, C9, C13 to C15: what has been gathered so far, and what whoever decides should know."""

from services.selection.domain.criteria.verdict import Code, Examination, Finding, Verdict, iso


def advice_gathered(examination: Examination) -> Verdict:
    """C8: every advice that the site requires has come. Procedural."""
    required = examination.choices.required_advice
    missing = [kind.value for kind in required if kind not in examination.inputs.gathered.advice]
    inputs = {"required": [kind.value for kind in required], "missing": missing}
    if missing:
        return Verdict(Finding.TO_COMPLETE, Code.ADVICE_MISSING, inputs)
    return Verdict(Finding.MET, None, inputs)


def interview_held(examination: Examination) -> Verdict:
    """C9: the motivation interview was held by the date. Procedural."""
    held_on = examination.inputs.gathered.interviewed_on
    inputs = {"interviewed_on": iso(held_on)}
    if held_on is None or held_on > examination.on:
        return Verdict(Finding.TO_COMPLETE, Code.INTERVIEW_NOT_HELD, inputs)
    return Verdict(Finding.MET, None, inputs)


def local_project(examination: Examination) -> Verdict:
    """C13: a project around the site. Information, never an exclusion."""
    project = examination.inputs.facts.local_project
    return Verdict(Finding.INFORMATION, Code.INFO_LOCAL_PROJECT if project else None, {"local_project": project})


def adaptation(examination: Examination) -> Verdict:
    """C14: a cell for reduced mobility is needed: yes or no. Information, never a reason to refuse."""
    needed = examination.inputs.adapted_cell
    return Verdict(Finding.INFORMATION, Code.INFO_ADAPTATION if needed else None, {"adapted_cell": needed})


def place_available(examination: Examination) -> Verdict:
    """C15: others wait for such a cell, so that this person would wait behind them. Information, never a refusal."""
    others_wait = examination.inputs.others_wait
    return Verdict(Finding.INFORMATION, Code.WAITING_LIST if others_wait else None, {"others_wait": others_wait})
