"""A: how many files a second are assessed again by the handler, and by the criteria alone."""

import resource
import time
from typing import Any

from benchmarks.figures import Finding, Line, Spread, Verdict
from benchmarks.files import filled
from benchmarks.lab import Lab, for_engine
from benchmarks.machine import own_processor_seconds
from benchmarks.specimen import MOMENT, SITE
from services.selection import domain, store
from services.selection.reassessment import reassess_all
from shared.database import create_engine

ABOUT = (
    "Open files assessed after a change of the rules, one process. Floor: the criteria alone on files that lie in"
    " memory; ours: chunks of 500 read, assessed, their opinions stored and differences put up for review, one"
    " transaction each, two lanes in turn."
)
TARGET = 0.50
MEGABYTES = 20.0
"""By which the peak of memory may grow from the first thousand files to the last."""
POLICY = domain.Policy()
TODAY = domain.date_in_paris(MOMENT)


async def ours(url: str, few: int) -> dict[str, Any]:
    """The command, chunk by chunk, until no file is left."""
    engine = create_engine(for_engine(url), application="bench-reassess")
    seen, early = 0, 0.0

    def note(files: int) -> None:
        nonlocal seen, early
        seen = files
        early = early or (_peak() if files >= few else 0.0)

    began, used = time.perf_counter(), own_processor_seconds()
    await reassess_all(engine, POLICY, f"/{SITE}/selection", clock=lambda: MOMENT, progress=note)
    took, used = time.perf_counter() - began, own_processor_seconds() - used
    await engine.dispose()
    return {"rate": seen / took, "processor": used * 1e6 / seen, "files": seen, "grown": _peak() - early}


async def floor(url: str, files: int) -> dict[str, Any]:
    """The criteria alone."""
    engine = create_engine(for_engine(url), application="bench-floor")
    async with engine.connect() as conn:
        loaded = await store.files_to_reassess(conn, domain.RULE_VERSION, TODAY, after=0, limit=files)
    await engine.dispose()
    cases = [file.case for file, _ in loaded]
    began, used = time.perf_counter(), own_processor_seconds()
    for case in cases:
        domain.assess(case, TODAY, POLICY)
    took, used = time.perf_counter() - began, own_processor_seconds() - used
    return {"rate": len(cases) / took, "processor": used * 1e6 / len(cases), "files": len(cases), "grown": 0.0}


def _peak() -> float:
    """The most memory that this process ever had in RAM, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class Scenario:
    """Collects rate, processor and growth, by side and round; the first round of ours takes ten times the files."""

    name = "assess"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._files = 2_000 if quick else 10_000
        self._found: dict[str, list[dict[str, Any]]] = {"floor": [], "ours": []}
        self._grown: float | None = None

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        url = await filled(self._lab, self._files, all_assessed=True)
        if side == "floor":
            found = await self._lab.measure(floor, url=url, files=self._files)
        else:
            found = await self._lab.measure(ours, url=url, few=1_000)
            if self._grown is None:
                many = await filled(self._lab, self._files * 10, all_assessed=True)
                self._grown = float((await self._lab.measure(ours, within=600.0, url=many, few=1_000))["grown"])
        if found["files"] != self._files:
            raise AssertionError(f"{found['files']} files instead of {self._files}")
        self._found[side].append(found)
        return f"{found['rate']:,.0f} files/s, {found['processor']:.0f} ms of processor per 1,000"

    def findings(self) -> list[Finding]:
        """What all rounds say."""
        rate = {side: Spread(tuple(one["rate"] for one in found)) for side, found in self._found.items()}
        processor = {side: Spread(tuple(one["processor"] for one in found)) for side, found in self._found.items()}
        share = rate["ours"].median / rate["floor"].median
        grown = self._grown or 0.0
        return [
            Finding(
                "A assess",
                ABOUT,
                (
                    Line("files assessed", "files/s", rate["floor"], rate["ours"]),
                    Line("processor per 1,000 files", "ms", processor["floor"], processor["ours"]),
                ),
                (
                    Verdict(f"at least {TARGET:.0%} of the floor", f"{share:.0%}", share >= TARGET),
                    Verdict(
                        f"memory grows by at most {MEGABYTES:.0f} MB from 1,000 files to {self._files * 10:,}",
                        f"{grown:+.1f} MB",
                        grown <= MEGABYTES,
                    ),
                ),
                {"files_per_round": self._files, "share": round(share, 4)},
            )
        ]
