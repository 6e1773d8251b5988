"""One round of one side: fresh processes, warm-up, idle burn, the open loop, then the burst."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import Finding, percentile
from benchmarks.journey import findings
from benchmarks.journey.bare import Bare
from benchmarks.journey.ground import Ground
from benchmarks.journey.load import all_settled, open_loop, sign, told
from benchmarks.journey.platform import Platform
from benchmarks.journey.segments import segments
from benchmarks.journey.side import Approval, Side
from benchmarks.machine import processor_seconds, resident_megabytes

RATE = 5.0
"""Approvals per second of the open loop."""
REST = 1.0
"""Seconds after the last journey in which exporters and offsets catch up; counted as work."""


@dataclass
class Round:
    """What one round of one side gave."""

    latencies: list[float] = field(default_factory=list)
    """Milliseconds from the client's send to the verified webhook."""
    processor: dict[str, float] = field(default_factory=dict)
    """Processor milliseconds per journey by process, idle burn taken off."""
    idle: dict[str, float] = field(default_factory=dict)
    """Processor milliseconds per second by process, nothing to do."""
    segments: list[tuple[float, ...]] = field(default_factory=list)
    burst: float = 0.0
    """Seconds from the first send until all of the burst is settled."""
    memory: dict[str, float] = field(default_factory=dict)
    """MB in RAM by process, after the burst."""


@dataclass(frozen=True)
class Size:
    """How much is done per round and side."""

    loop: int
    burst: int
    warm: int
    idle: float
    """Seconds."""


class Scenario:
    """Collects the rounds of both sides."""

    name = "journey"

    def __init__(self, ground: Ground, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._ground = ground
        self._size = Size(20, 30, 5, 4.0) if quick else Size(100, 180, 15, 20.0)
        self._sides: dict[str, Side] = {"floor": Bare(ground), "ours": Platform(ground)}
        self._rounds: dict[str, list[Round]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:
        """Measures one side once; gives a line for whoever waits."""
        if number == 1 and not self._rounds["floor"] and not self._rounds["ours"]:
            # The stack came up with its services running.
            await self._sides["ours"].stop()
        chosen = self._sides[side]
        await chosen.start()
        try:
            found = await self._measure(chosen)
        finally:
            await chosen.stop()
        self._rounds[side].append(found)
        return (
            f"p50 {percentile(found.latencies, 0.5):.0f} ms, p99 {percentile(found.latencies, 0.99):.0f} ms,"
            f" {sum(found.processor.values()):.0f} ms of processor per journey,"
            f" {self._size.burst} at once in {found.burst:.1f} s, biggest {max(found.memory.values()):.0f} MB"
        )

    async def _measure(self, side: Side) -> Round:
        found, size = Round(), self._size
        approvals = await side.prepare(size.warm + size.loop + size.burst)
        warm, loop, burst = (
            approvals[: size.warm],
            approvals[size.warm : size.warm + size.loop],
            approvals[size.warm + size.loop :],
        )
        await open_loop(self._ground.session, warm, RATE)
        await all_settled(side, warm)
        await self._ground.checkpoint()
        await asyncio.sleep(REST)
        await self._loop(side, loop, found)
        found.burst = await self._burst(side, burst)
        found.memory = {name: resident_megabytes(pid) for name, pid in side.pids.items()}
        return found

    async def _loop(self, side: Side, approvals: list[Approval], found: Round) -> None:
        before = _used(side)
        await asyncio.sleep(self._size.idle)
        idle = {name: (used - before[name]) / self._size.idle for name, used in _used(side).items()}
        before, began = _used(side), time.perf_counter()
        sent = await open_loop(self._ground.session, approvals, RATE)
        await all_settled(side, approvals)
        await asyncio.sleep(REST)
        took = time.perf_counter() - began
        for name, used in _used(side).items():
            found.processor[name] = (used - before[name] - idle[name] * took) * 1000 / len(approvals)
            found.idle[name] = idle[name] * 1000
        verified = await told(self._ground, side, sent)
        found.latencies = [(verified[one.candidacy] - one.at) * 1000 for one in sent]
        if side.name == "ours":
            found.segments = await segments(self._ground, sent, verified)

    async def _burst(self, side: Side, approvals: list[Approval]) -> float:
        began = time.perf_counter()
        sent = await asyncio.gather(*(sign(self._ground.session, approval) for approval in approvals))
        await all_settled(side, approvals)
        took = time.perf_counter() - began
        await told(self._ground, side, sent)
        return took

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        about: dict[str, Any] = {
            "samples_per_round": self._size.loop,
            "burst": self._size.burst,
            "rate_per_second": RATE,
            "idle_seconds": self._size.idle,
            "places": "20,000 cells and 20,000 seats",
        }
        return [make(self._rounds, about) for make in (findings.latency, findings.processor, findings.burst)]


def _used(side: Side) -> dict[str, float]:
    return {name: processor_seconds(pid) for name, pid in side.pids.items()}
