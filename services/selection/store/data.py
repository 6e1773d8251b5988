"""How domain values lie in jsonb columns, and back."""

from typing import Any, TypeAlias

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.selection import domain

_OPINION = TypeAdapter(domain.Opinion)
_LINES = TypeAdapter(tuple[domain.Line, ...])
_INPUTS = TypeAdapter(domain.Inputs)
_CHOICES = TypeAdapter(domain.Choices)

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


def opinion_data(opinion: domain.Opinion) -> dict[str, Any]:
    """A whole opinion, by the names of its fields."""
    data: dict[str, Any] = _OPINION.dump_python(opinion, mode="json")
    return data


def opinion_texts(opinion: domain.Opinion) -> tuple[str, str, str, str]:
    """The same as JSON texts, for the columns `lines`, `entry_lines`, `inputs` and `choices`."""
    return (
        _LINES.dump_json(opinion.lines).decode(),
        _LINES.dump_json(opinion.entry_lines).decode(),
        _INPUTS.dump_json(opinion.inputs).decode(),
        _CHOICES.dump_json(opinion.choices).decode(),
    )


def opinion_of(row: AnyRow) -> domain.Opinion:
    """Back from the columns of `opinions`."""
    return _OPINION.validate_python(row._asdict())


def _duration_data(duration: domain.Duration) -> list[int]:
    return [duration.years, duration.months, duration.days]
