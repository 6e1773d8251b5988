"""Figures and what is said of them: medians, ranges, percentiles, and whether a target is met."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """What was measured once per round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the rounds were lower."""
        return statistics.median(self.values)

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "median": _round(self.median),
            "lowest": _round(min(self.values)),
            "highest": _round(max(self.values)),
            "rounds": [_round(value) for value in self.values],
        }

    def text(self) -> str:
        """Median and range for the terminal."""
        return f"{number(self.median)} ({number(min(self.values))}-{number(max(self.values))})"


@dataclass(frozen=True)
class Verdict:
    """One sentence of the specification with what was found."""

    target: str
    """What is wanted, as written."""
    found: str
    met: bool
    goal: bool = False
    """Wished for, not demanded: missing it fails nothing."""

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return asdict(self)


@dataclass(frozen=True)
class Line:
    """One row of the table: the same figure of both sides."""

    name: str
    unit: str
    floor: Spread | None
    """None where the floor has no such thing."""
    ours: Spread

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        floor = None if self.floor is None else self.floor.as_dict()
        return {"name": self.name, "unit": self.unit, "floor": floor, "ours": self.ours.as_dict()}


@dataclass(frozen=True)
class Finding:
    """What one scenario says."""

    name: str
    about: str
    """What is done on both sides, in one or two sentences."""
    lines: tuple[Line, ...]
    verdicts: tuple[Verdict, ...]
    details: dict[str, Any]
    """Whatever else is worth keeping: counts, process lists, segments."""

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "about": self.about,
            "lines": [line.as_dict() for line in self.lines],
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "details": self.details,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed (nearest rank, nothing interpolated).

    Args:
        values: at least one.
        share: such as 0.99.
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def number(value: float) -> str:
    """A figure with as many digits as it deserves."""
    if abs(value) >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def _round(value: float) -> float:
    return float(f"{value:.6g}")
