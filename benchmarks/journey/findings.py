"""What the rounds of L, C and B say, against their targets."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.journey.segments import SEGMENTS

if TYPE_CHECKING:
    from benchmarks.journey.scenario import Round

Rounds = Mapping[str, "Sequence[Round]"]

HALF, TAIL = 30.0, 150.0
"""Milliseconds that ours may lie above the floor at p50 and p99."""
SECONDS, MEGABYTES = 10.0, 150.0


def latency(rounds: Rounds, about: dict[str, Any]) -> Finding:
    """L: from the client's send to the verified webhook. Verdicts on all samples of a side together."""
    pooled = {side: [value for one in found for value in one.latencies] for side, found in rounds.items()}
    half, tail = ({side: percentile(values, share) for side, values in pooled.items()} for share in (0.5, 0.99))
    parts = [row for one in rounds["ours"] for row in one.segments]
    columns = list(zip(*parts, strict=True)) if parts else []
    shares = {
        name: {"p50_ms": round(percentile(column, 0.5), 2), "p99_ms": round(percentile(column, 0.99), 2), "is": text}
        for (name, text), column in zip(SEGMENTS, columns, strict=False)
    }
    lines = [
        _line("p50", "ms", rounds, lambda one: percentile(one.latencies, 0.5)),
        _line("p90", "ms", rounds, lambda one: percentile(one.latencies, 0.9)),
        _line("p99", "ms", rounds, lambda one: percentile(one.latencies, 0.99)),
    ]
    lines += [
        Line(f"  {name}", "ms p50", None, Spread(tuple(_p50(one, number) for one in rounds["ours"] if one.segments)))
        for number, name in enumerate(shares)
    ]
    above, over = half["ours"] - half["floor"], tail["ours"] - tail["floor"]
    ratio = half["ours"] / half["floor"]
    return Finding(
        "L latency",
        "Five signatures a second, open loop; milliseconds from the client's send to the partner's verified webhook."
        " Floor: the same hops and commits, five processes; ours: the four services, eight processes.",
        tuple(lines),
        (
            Verdict(f"p50 at most {HALF:.0f} ms above the floor", f"{above:+.0f} ms", above <= HALF),
            Verdict(f"p99 at most {TAIL:.0f} ms above the floor", f"{over:+.0f} ms", over <= TAIL),
            Verdict("p50 at most twice the floor", f"{ratio:.2f}", ratio <= 2, goal=True),  # noqa: PLR2004
        ),
        {
            **about,
            "samples": {side: len(values) for side, values in pooled.items()},
            "pooled_ms": {side: {"p50": round(half[side], 2), "p99": round(tail[side], 2)} for side in pooled},
            "segments": shares,
        },
    )


def processor(rounds: Rounds, about: dict[str, Any]) -> Finding:
    """C: processor time of all processes of a side per journey, idle burn taken off."""
    line = _line("all processes, per journey", "ms", rounds, lambda one: sum(one.processor.values()))
    idle = _line("idle burn", "ms/s", rounds, lambda one: sum(one.idle.values()))
    assert line.floor is not None
    ratio = line.ours.median / line.floor.median
    by_process = {
        side: {
            name: {
                "per_journey_ms": round(median(one.processor[name] for one in found), 2),
                "idle_ms_per_s": round(median(one.idle[name] for one in found), 2),
            }
            for name in found[0].processor
        }
        for side, found in rounds.items()
    }
    return Finding(
        "C processor",
        "User and system time of the services' processes (not of Kafka and PostgreSQL) during the open loop, per"
        " journey, minus what they burn in as long a time with nothing to do.",
        (line, idle),
        (
            Verdict("at most 3 times the floor", f"{ratio:.2f}", ratio <= 3),  # noqa: PLR2004
            Verdict("at most twice the floor", f"{ratio:.2f}", ratio <= 2, goal=True),  # noqa: PLR2004
        ),
        {**about, "by_process": by_process},
    )


def burst(rounds: Rounds, about: dict[str, Any]) -> Finding:
    """B: everything at once, and the memory that it leaves."""
    took = _line(f"{about['burst']} at once, all settled", "s", rounds, lambda one: one.burst)
    memory = _line("biggest process", "MB", rounds, lambda one: max(one.memory.values()))
    slowest, biggest = max(took.ours.values), max(memory.ours.values)
    by_process = {
        side: {name: round(max(one.memory[name] for one in found), 1) for name in found[0].memory}
        for side, found in rounds.items()
    }
    return Finding(
        "B burst",
        "All signatures sent in the same moment, until every bed is proposed, every seat reserved, every partner told"
        " and every journey complete. Memory: in RAM afterwards, 10^6 bytes.",
        (took, memory),
        (
            Verdict(f"every round within {SECONDS:.0f} s", f"{slowest:.1f} s", slowest <= SECONDS),
            Verdict(f"every process at most {MEGABYTES:.0f} MB", f"{biggest:.0f} MB", biggest <= MEGABYTES),
        ),
        {**about, "memory_mb": by_process},
    )


def _line(name: str, unit: str, rounds: Rounds, of: "Callable[[Round], float]") -> Line:
    floor, ours = (Spread(tuple(of(one) for one in rounds[side])) for side in ("floor", "ours"))
    return Line(name, unit, floor, ours)


def _p50(one: "Round", number: int) -> float:
    return percentile([row[number] for row in one.segments], 0.5)
