"""How domain values lie in jsonb columns, and back."""

from typing import Any, TypeAlias

import sqlalchemy as sa

from services.selection import domain

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
"""A row of whatever columns were selected."""


def sentence_data(sentence: domain.Sentence) -> dict[str, list[int] | None]:
    """Years, months, days as pronounced; `firm` is null where nothing is suspended."""
    firm = None if sentence.firm is None else _duration_data(sentence.firm)
    return {"pronounced": _duration_data(sentence.pronounced), "firm": firm}


def sentence_of(data: dict[str, Any]) -> domain.Sentence:
    """Back from `sentence_data`."""
    firm = data["firm"]
    return domain.Sentence(domain.Duration(*data["pronounced"]), firm and domain.Duration(*firm))


def line_data(line: domain.Line) -> dict[str, object]:
    """One criterion of an opinion."""
    return {
        "criterion": line.criterion.value,
        "finding": line.finding.value,
        "code": line.code and line.code.value,
        "inputs": dict(line.inputs),
        "legal_basis": line.legal_basis,
    }


def opinion_data(opinion: domain.Opinion) -> dict[str, object]:
    """A whole opinion."""
    return {
        "rule_version": opinion.rule_version,
        "reference_on": opinion.reference_on.isoformat(),
        "result": opinion.result.value,
        "eligible_on": opinion.eligible_on and opinion.eligible_on.isoformat(),
        "at_entry": opinion.at_entry.value,
        "lines": [line_data(line) for line in opinion.lines],
    }


def _duration_data(duration: domain.Duration) -> list[int]:
    return [duration.years, duration.months, duration.days]
