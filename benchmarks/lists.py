"""Q: lists, search and journey among 100,000 files, and the very same statements in bare asyncpg."""

from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.files import filled
from benchmarks.lab import Lab, for_engine
from benchmarks.routes import bare, through
from benchmarks.specimen import MOMENT, SITE
from services.selection.api import REFUSALS, router
from services.selection.settings import Settings
from shared.database import create_engine
from shared.paging import Places
from shared.testing.api import Tokens
from shared.web import create_app

ABOUT = (
    "Reads one after the other among 100,000 files, milliseconds. Floor: the statements that the route was seen to"
    " send, with its transaction, in bare asyncpg; ours: the whole application without a socket: token, validation,"
    " scope, statements, answer."
)
TAIL, DEPTH = 3.0, 1.2
PAGE = 50
ROUTES = {
    "page 1": f"/v1/candidacies?limit={PAGE}",
    "page 1,000": f"/v1/candidacies?limit={PAGE}&cursor=",
    "one stage": f"/v1/candidacies?limit={PAGE}&stage=awaiting_confirmation",
    "stuck": f"/v1/candidacies?limit={PAGE}&stuck=true",
    "search": "/v1/persons/search?q=valjean%20jean",
    "journey": "/v1/candidacies/{id}/journey",
}
_LOGGED = {"search"}
"""These write who was shown, and commit."""


async def ours(url: str, paths: dict[str, str], times: int) -> dict[str, Any]:
    """Milliseconds of every read through the application."""
    app, headers, engine = _application(url)
    return {"taken": await through(app, engine, headers, paths, times)}


async def floor(url: str, paths: dict[str, str], times: int) -> dict[str, Any]:
    """Milliseconds of the same statements in bare asyncpg."""
    app, headers, engine = _application(url)
    return {"taken": await bare(url, app, engine, headers, paths, times, writing=_LOGGED)}


def _application(url: str) -> tuple[FastAPI, dict[str, str], AsyncEngine]:
    tokens = Tokens(SITE)
    settings = Settings(
        SITE=SITE,
        database_url=SecretStr(for_engine(url)),
        kafka_bootstrap="unused:9092",
        oidc_issuer="http://issuer.test",
        idempotency_secret=SecretStr("s" * 32),
        api_port=1,
        worker_port=2,
    )
    engine = create_engine(for_engine(url), application="bench-api")
    app = create_app(
        "selection",
        router,
        settings,
        REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=lambda: MOMENT,
        policy=settings.policy,
    )
    return app, tokens.bearer("site_spip") | {"Purpose": "assessment"}, engine


class Scenario:
    """Collects the milliseconds of each read, by side and round."""

    name = "lists"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._files, self._times = (10_000, 50) if quick else (100_000, 200)
        self._url = ""
        self._paths: dict[str, str] = {}
        self._found: dict[str, list[dict[str, list[float]]]] = {"floor": [], "ours": []}

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        if not self._url:
            await self._prepare()
        work = ours if side == "ours" else floor
        found = await self._lab.measure(work, within=900.0, url=self._url, paths=self._paths, times=self._times)
        self._found[side].append(found["taken"])
        return ", ".join(f"{name} {percentile(taken, 0.5):.2f}" for name, taken in found["taken"].items()) + " ms p50"

    async def _prepare(self) -> None:
        self._url = await filled(self._lab, self._files)
        last = self._files * 999 // 2000
        one = f"{self._files - 20:032x}"
        self._paths = {name: path.replace("{id}", one) for name, path in ROUTES.items()}
        self._paths["page 1,000"] += Places(int).cursor(last)

    def findings(self) -> list[Finding]:
        """What all rounds say; verdicts on all samples of a side together."""
        pooled = {
            side: {name: [value for one in found for value in one[name]] for name in ROUTES}
            for side, found in self._found.items()
        }
        lines, verdicts = [], []
        for name in ROUTES:
            for share, label in ((0.5, "p50"), (0.99, "p99")):
                spread = {
                    side: Spread(tuple(percentile(one[name], share) for one in found))
                    for side, found in self._found.items()
                }
                lines.append(Line(f"{name} {label}", "ms", spread["floor"], spread["ours"]))
            ratio = percentile(pooled["ours"][name], 0.99) / percentile(pooled["floor"][name], 0.99)
            verdicts.append(Verdict(f"{name}: p99 at most {TAIL:.0f}x the floor", f"{ratio:.2f}", ratio <= TAIL))
        deep = percentile(pooled["ours"]["page 1,000"], 0.5) / percentile(pooled["ours"]["page 1"], 0.5)
        verdicts.append(Verdict(f"page 1,000 within {DEPTH}x of page 1", f"{deep:.2f}", 1 / DEPTH <= deep <= DEPTH))
        details = {"files": self._files, "reads_per_round": self._times, "page": PAGE}
        return [Finding("Q lists", ABOUT, tuple(lines), tuple(verdicts), details)]
