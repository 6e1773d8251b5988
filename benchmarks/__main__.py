"""Measures the platform against its floor: `python -m benchmarks [--only relay,kernel] [--rounds 5] [--name full]`."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from benchmarks import (
    assess,
    claims,
    consume,
    lists,
    machine,
    neighbours,
    occupancy,
    proposal,
    relay,
    report,
    sending,
    storm,
)
from benchmarks.figures import Finding
from benchmarks.journey import scenario
from benchmarks.journey.ground import Ground
from benchmarks.lab import Lab, about_servers
from deploy.local.machine import Failed, say

RESULTS = Path(__file__).with_name("results")
SEED = 20261123


class Scenario(Protocol):
    """Something that is measured on both sides, in rounds."""

    name: str

    async def round(self, number: int, side: str) -> str: ...
    def findings(self) -> list[Finding]: ...


# Each stage has servers of its own: what the one leaves behind does not slow the other.
STAGES: tuple[tuple[Callable[..., Any], dict[str, Callable[..., Scenario]]], ...] = (
    (Lab, {"kernel": consume.Scenario, "relay": relay.Scenario}),
    (Lab, {"lists": lists.Scenario, "assess": assess.Scenario}),
    (Lab, {"proposal": proposal.Scenario, "occupancy": occupancy.Scenario}),
    (Lab, {"sending": sending.Scenario, "neighbours": neighbours.Scenario, "claims": claims.Scenario}),
    (Lab, {"storm": storm.Scenario}),
    (Ground, {"journey": scenario.Scenario}),
)
SCENARIOS = [name for _, scenarios in STAGES for name in scenarios]


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Runs the rounds, floor and ours in turn, and gives what the JSON file holds."""
    started, facts, servers = datetime.now(UTC), machine.describe(), {}
    findings: list[Finding] = []
    for place, scenarios in STAGES:
        chosen = [make for name, make in scenarios.items() if name in arguments.only]
        if chosen:
            async with place(say) as ground:
                made = [make(ground, arguments.seed, quick=arguments.quick) for make in chosen]
                findings += await _stage(made, arguments.rounds)
                servers = await about_servers(ground.postgres)
    return {
        "started_at": started.isoformat(timespec="seconds"),
        "minutes": round((datetime.now(UTC) - started).total_seconds() / 60, 1),
        "commit": machine.commit(),
        "seed": arguments.seed,
        "rounds": arguments.rounds,
        "quick": arguments.quick,
        "machine": facts,
        "versions": {**machine.versions(), **servers["versions"]},
        "postgresql": servers["settings"],
        "findings": {finding.name: finding for finding in findings},
    }


async def _stage(scenarios: list[Scenario], rounds: int) -> list[Finding]:
    for number in range(1, rounds + 1):
        # Who goes first changes: what the machine does meanwhile must not favour one side.
        sides = ("floor", "ours") if number % 2 else ("ours", "floor")
        for one in scenarios:
            for side in sides:
                line = await one.round(number, side)
                say(f"round {number}  {one.name:<8} {side:<6} {line}")
    return [finding for one in scenarios for finding in one.findings()]


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, writes the file, prints the table; 1 if a target was missed, 2 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=SCENARIOS, help=", ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="a fraction of the work: to see that it runs")
    parser.add_argument("--name", default="local-last", help="of the file in benchmarks/results")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.only) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}")
    # Default SIGTERM would skip the clean-up that Ctrl-C gets.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        result = asyncio.run(measure(arguments))
    except (Failed, KeyboardInterrupt) as error:
        say(str(error) or "ended")
        return 2
    print(report.table(result))
    path = RESULTS / f"{arguments.name}.json"
    path.write_text(json.dumps(report.plain(result), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to benchmarks/results/{path.name}")
    return 0 if all(v.met or v.goal for finding in result["findings"].values() for v in finding.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
