"""An opinion as it is explained to the person: sentences, the notice, and what R311-3-1-2 CRPA lets anybody ask for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from services.selection.domain import words
from services.selection.domain.eligibility import Line, Opinion, reproduces
from services.selection.domain.legal import basis_on
from services.selection.domain.rule_sets import RuleSet, rule_set_of


@dataclass(frozen=True)
class Said:
    """One line of the opinion in French."""

    line: Line
    title: str
    sentence: str
    legal_basis: str


@dataclass(frozen=True)
class Datum:
    """One thing that was looked at: what it is, what it was, and where it came from."""

    label: str
    value: str
    source: str


@dataclass(frozen=True)
class Parameter:
    """One figure or choice that the rules were applied with."""

    label: str
    value: str


@dataclass(frozen=True)
class Explanation:
    """All in French, level B1.

    Args:
        result: what the lines say together.
        lines: in the order of the opinion.
        entry_lines: as of the planned entry.
        notice: to be printed on every decision that rests on an opinion (CRPA L311-3-1).
        contribution: how far the treatment contributes (R311-3-1-2, 1°).
        data: what it looks at, and the sources (2°).
        parameters: what it was applied with (3°).
        weighting: what counts for how much (3°).
        operations: what it does, one per line (4°).
        reproduced: the same rules applied again to the same inputs say the same.
    """

    result: str
    lines: tuple[Said, ...]
    entry_lines: tuple[Said, ...]
    notice: str
    contribution: str
    data: tuple[Datum, ...]
    parameters: tuple[Parameter, ...]
    weighting: str
    operations: tuple[str, ...]
    reproduced: bool


def explain(opinion: Opinion) -> Explanation:
    """How the opinion came about, by the rules that it was made with.

    Raises:
        LookupError: its rules are not known.
    """
    rules = rule_set_of(opinion.rule_version)
    return Explanation(
        result=words.RESULTS[opinion.result],
        lines=tuple(_said(line, rules, opinion) for line in opinion.lines),
        entry_lines=tuple(_said(line, rules, opinion) for line in opinion.entry_lines),
        notice=words.NOTICE,
        contribution=words.CONTRIBUTION,
        data=tuple(_data(opinion)),
        parameters=tuple(_parameters(rules, opinion)),
        weighting=words.WEIGHTING,
        operations=tuple(words.OPERATIONS[line.criterion] for line in opinion.lines),
        reproduced=reproduces(opinion),
    )


def _said(line: Line, rules: RuleSet, opinion: Opinion) -> Said:
    bases = next(rule.bases for rule in rules.rules if rule.criterion is line.criterion)
    return Said(
        line=line,
        title=words.TITLES[line.criterion],
        sentence=words.sentence(line.criterion, line.finding, line.code, line.inputs),
        legal_basis=basis_on(bases, opinion.reference_on).french,
    )


def _data(opinion: Opinion) -> Iterator[Datum]:
    inputs, facts, gathered = opinion.inputs, opinion.inputs.facts, opinion.inputs.gathered
    to_serve = (sentence.to_serve.measure for sentence in facts.sentences)
    values: dict[str, object] = {
        **{field.name: getattr(facts, field.name) for field in fields(facts)},
        "sentences": [{"months": months, "days": days} for months, days in to_serve],
        "adapted_cell": inputs.adapted_cell,
        "site": inputs.site,
        "sex": inputs.sex,
        "adult_at_entry": inputs.adult_at_entry,
        "advice": sorted(gathered.advice),
        "interviewed_on": gathered.interviewed_on,
        "others_wait": inputs.others_wait,
    }
    for one in _looked_at(words.DATA, opinion):
        yield Datum(one.label, words.spoken(values[one.name]), one.source)


def _parameters(rules: RuleSet, opinion: Opinion) -> Iterator[Parameter]:
    for one in _looked_at(words.PARAMETERS, opinion):
        yield Parameter(one.label, words.spoken(getattr(rules.parameters, one.name)))
    open_to = [site.name for site in opinion.choices.sites if site.takes(opinion.inputs.sex)]
    for one in _looked_at(words.CHOICES, opinion):
        yield Parameter(one.label, words.spoken(open_to if one.name == "sites" else getattr(opinion.choices, one.name)))


def _looked_at(described: Iterable[words.Described], opinion: Opinion) -> Iterator[words.Described]:
    """Earlier rules looked at less."""
    criteria = {line.criterion for line in opinion.lines}
    return (one for one in described if criteria.intersection(one.criteria))
