"""What can enter an opinion: a closed list, so that origin, nationality, health, religion or wealth cannot."""

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from services.selection import domain, store
from services.selection.domain.rule_sets import RULE_SETS
from services.selection.tests.builders import IDENTITY, POLICY, TODAY, a_case

INPUTS: dict[str, set[Any]] = {
    "facts.penal_status": {domain.PenalStatus, NoneType},
    "facts.sentences.pronounced.years": {int},
    "facts.sentences.pronounced.months": {int},
    "facts.sentences.pronounced.days": {int},
    "facts.sentences.firm": {NoneType},
    "facts.sentences.firm.years": {int},
    "facts.sentences.firm.months": {int},
    "facts.sentences.firm.days": {int},
    "facts.sentence_end": {date, NoneType},
    "facts.extract_on": {date, NoneType},
    "facts.consent_signed_on": {date, NoneType},
    "facts.consent_withdrawn_on": {date, NoneType},
    "facts.planned_entry": {date, NoneType},
    "facts.specially_flagged": {bool},
    "facts.terrorism": {bool},
    "facts.separation": {bool},
    "facts.other_proceedings": {bool},
    "facts.adjustment_requested": {bool},
    "facts.local_project": {bool, NoneType},
    "gathered.advice": {domain.AdviceKind},
    "gathered.interviewed_on": {date, NoneType},
    "sex": {domain.Sex},
    "adult_at_entry": {bool, NoneType},
    "site": {str},
    "adapted_cell": {bool},
    "others_wait": {bool, NoneType},
}
"""Dates, figures, yes or no, closed lists, and the site's code: nothing that words could be put into."""
OF_THE_SITE = {
    "quantum_rule": {domain.QuantumRule},
    "extract_days": {int},
    "required_advice": {domain.AdviceKind},
    "sites.code": {str},
    "sites.name": {str},
    "sites.status": {domain.SiteStatus},
    "sites.sexes": {domain.Sex},
}
OF_THE_RULES = {
    "sentence_months": {int},
    "shortest_remainder": {int},
    "longest_remainder": {int},
    "adjustment_remainder": {int},
}


def leaves(kind: Any, path: str = "") -> Iterator[tuple[str, type]]:
    """Every path of fields below a type, through tuples, sets and options, with the types that it ends in."""
    if get_origin(kind) is not None:
        for inner in get_args(kind):
            if inner is not Ellipsis:
                yield from leaves(inner, path)
    elif is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            yield from leaves(hints[field.name], f"{path}.{field.name}".lstrip("."))
    else:
        yield path, kind


def closed(kind: Any) -> dict[str, set[type]]:
    found: dict[str, set[type]] = {}
    for path, leaf in leaves(kind):
        found.setdefault(path, set()).add(leaf)
    return found


def test_an_opinion_is_made_from_a_closed_list_of_inputs() -> None:
    assert closed(domain.Inputs) == INPUTS
    assert all(
        leaf in {bool, int, date, NoneType} or issubclass(leaf, Enum) or path == "site"
        for path, kinds in INPUTS.items()
        for leaf in kinds
    )


def test_a_case_adds_the_birth_date_alone_which_leaves_no_trace_but_majority() -> None:
    of_case = closed(domain.Case)
    assert set(of_case) - set(INPUTS) == {"born_on"}
    assert set(INPUTS) - set(of_case) == {"adult_at_entry"}
    kept = str(store.opinion_data(domain.assess(a_case(), TODAY, POLICY)))
    assert IDENTITY.birth_date.isoformat() not in kept
    assert "born" not in kept


def test_the_criteria_see_inputs_date_choices_and_figures_and_nothing_else() -> None:
    assert closed(domain.Examination) == {
        **{f"inputs.{path}": kinds for path, kinds in INPUTS.items()},
        "on": {date},
        **{f"choices.{path}": kinds for path, kinds in OF_THE_SITE.items()},
        **{f"parameters.{path}": kinds for path, kinds in OF_THE_RULES.items()},
    }
    tests = {rule.test for rules in RULE_SETS for rule in (*rules.rules, *rules.at_entry)}
    for test in tests:
        assert [one.annotation for one in inspect.signature(test).parameters.values()] == [domain.Examination]
        assert inspect.getclosurevars(test).nonlocals == {}


def test_everything_that_an_opinion_is_made_from_is_named_to_the_person_who_asks() -> None:
    told = {one.name for one in domain.words.DATA}
    asked = {path.split(".")[1] if path.startswith(("facts.", "gathered.")) else path for path in INPUTS}
    assert told == asked
