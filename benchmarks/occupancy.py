"""O: one year of daily occupancy of Arras with one and with ten years of history, and the same statement alone."""

from pathlib import Path
from typing import Any

import asyncpg
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.figures import Finding, Line, Spread, Verdict, percentile
from benchmarks.lab import Lab, for_engine
from benchmarks.routes import bare, through
from benchmarks.specimen import MOMENT, SITE
from services.placement.api import REFUSALS, router
from services.placement.seed import load
from services.placement.settings import Settings
from shared.database import create_engine
from shared.migrate import upgrade
from shared.testing.api import Tokens
from shared.web import create_app

ABOUT = (
    "Reads one after the other of one year, day by day, of Arras' 180 cells, milliseconds. Floor: the statements that"
    " the route was seen to send, with its transaction, in bare asyncpg; ours: the whole application without a socket."
)
AGAINST_SQL, AGAINST_HISTORY = 2.0, 1.2
PATHS = {"year": f"/v1/sites/{SITE}/occupancy/days?from=2026-03-01&until=2027-03-01"}
HISTORIES = {"one year": 1, "ten years": 10}

_FILL = (
    # Stays one behind the other in each cell, the one of today among them: of one to two years, of three weeks in an
    # arrival cell.
    """
    CREATE TEMPORARY TABLE made AS
    SELECT gen_random_uuid() AS id, gen_random_uuid() AS request_id, gen_random_uuid() AS candidacy_id, cells.code,
        cells.type, cells.pool, start, start + lasts AS "end", row_number() OVER () AS file_number,
        CASE WHEN n < 0 THEN 'departed' WHEN n = 0 THEN 'arrived'
            WHEN hashtext(code) % 2 = 0 THEN 'confirmed' ELSE 'proposed' END AS state
    FROM cells CROSS JOIN LATERAL (
        SELECT CASE type WHEN 'arrival' THEN 21 ELSE 365 + abs(hashtext(code)) % 300 END AS lasts
    ) AS length
    CROSS JOIN LATERAL generate_series(-365 * $1::int / (lasts + 4), 1) AS n
    CROSS JOIN LATERAL (SELECT $2::date + (lasts + 4) * n - abs(hashtext(code)) % lasts AS start) AS one
    WHERE site = 'ARR' AND cells.pool IS NOT NULL
    """,
    """
    INSERT INTO requests (id, candidacy_id, site, event_id, decision_number, decided_on, file_number, sex, cell_type,
        planned_entry, projected_exit, pool, stay_id, state, overdue, version)
    SELECT request_id, candidacy_id, 'ARR', id::text, 'ARR-' || file_number, start - 60, file_number, 'M',
        CASE type WHEN 'adapted' THEN 'adapted' ELSE 'standard' END, start, "end", pool, id, state, false, 3 FROM made
    """,
    """
    INSERT INTO assignments (id, request_id, candidacy_id, cell_now, state, from_waiting_list, proposed_at, confirm_by,
        confirmed_by, confirmed_by_function, confirmed_at, released_at, transfer_order, arrived_on, arrival_by,
        arrival_by_function, arrival_at, departed_on, departure_reason, departure_by, departure_by_function,
        departure_at)
    SELECT id, request_id, candidacy_id, CASE state WHEN 'arrived' THEN code END,
        CASE state WHEN 'departed' THEN 'released' WHEN 'arrived' THEN 'confirmed' ELSE state END, false, start, start,
        CASE WHEN state <> 'proposed' THEN 'agent' END, CASE WHEN state <> 'proposed' THEN 'agent' END,
        CASE WHEN state <> 'proposed' THEN start END, CASE WHEN state = 'departed' THEN "end" END,
        CASE WHEN came THEN 'OT' END, CASE WHEN came THEN start END, CASE WHEN came THEN 'agent' END,
        CASE WHEN came THEN 'agent' END, CASE WHEN came THEN start END, CASE WHEN state = 'departed' THEN "end" END,
        CASE WHEN state = 'departed' THEN 'transferred' END, CASE WHEN state = 'departed' THEN 'agent' END,
        CASE WHEN state = 'departed' THEN 'agent' END, CASE WHEN state = 'departed' THEN "end" END
    FROM made CROSS JOIN LATERAL (SELECT state IN ('arrived', 'departed') AS came) AS one
    """,
    """
    INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, officer, function, reason, at)
    SELECT gen_random_uuid(), code, daterange(start, "end" + 1), 'stay', id, candidacy_id, daterange(start, "end"),
        'agent', 'placement_officer', 'proposed', start
    FROM made ORDER BY start
    """,
)


async def ours(url: str, times: int) -> dict[str, Any]:
    """Milliseconds of each read through the application."""
    app, headers, engine = _application(url)
    return {"taken": (await through(app, engine, headers, PATHS, times))["year"]}


async def floor(url: str, times: int) -> dict[str, Any]:
    """Milliseconds of the same statement in bare asyncpg."""
    app, headers, engine = _application(url)
    return {"taken": (await bare(url, app, engine, headers, PATHS, times))["year"]}


def _application(url: str) -> tuple[FastAPI, dict[str, str], AsyncEngine]:
    tokens = Tokens(SITE)
    settings = Settings(
        SITE=SITE,
        database_url=SecretStr(for_engine(url)),
        kafka_bootstrap="unused:9092",
        oidc_issuer="http://issuer.test",
        idempotency_secret=SecretStr("s" * 32),
        selection_url="http://selection.test",
        api_port=1,
        worker_port=2,
        sheets_dir=Path("unused"),
    )
    engine = create_engine(for_engine(url), application="bench-api")
    app = create_app(
        "placement",
        router,
        settings,
        REFUSALS,
        engine=engine,
        authenticator=tokens.authenticator,
        clock=lambda: MOMENT,
    )
    return app, tokens.bearer("placement_officer"), engine


async def filled(lab: Lab, years: int) -> tuple[str, int]:
    """Makes a database of placement in which Arras was full for so many years; its address, and its stays."""
    url = await lab.database()
    engine = create_engine(for_engine(url), application="bench-prepare")
    try:
        await upgrade(engine, "placement")
        async with engine.begin() as conn:
            await load(conn)
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    try:
        for statement in _FILL:
            await connection.execute(statement, *([years, MOMENT.date()] if "$1" in statement else []))
        await connection.execute("VACUUM ANALYZE")
        stays = int(await connection.fetchval("SELECT count(*) FROM bed_uses"))
    finally:
        await connection.close()
    await lab.checkpoint()
    return url, stays


class Scenario:
    """Collects the milliseconds of each read, by history, side and round."""

    name = "occupancy"

    def __init__(self, lab: Lab, seed: int, *, quick: bool) -> None:  # noqa: ARG002
        self._lab = lab
        self._times = 30 if quick else 300
        self._filled: dict[str, tuple[str, int]] = {}
        self._found: dict[str, dict[str, list[list[float]]]] = {
            side: {name: [] for name in HISTORIES} for side in ("floor", "ours")
        }

    async def round(self, number: int, side: str) -> str:  # noqa: ARG002
        """Measures one side once; gives a line for whoever waits."""
        if not self._filled:
            self._filled = {name: await filled(self._lab, years) for name, years in HISTORIES.items()}
        said = []
        for name, (url, _) in self._filled.items():
            found = await self._lab.measure(ours if side == "ours" else floor, url=url, times=self._times)
            self._found[side][name].append(found["taken"])
            said.append(f"{name} {percentile(found['taken'], 0.5):.2f}")
        return ", ".join(said) + " ms p50"

    def findings(self) -> list[Finding]:
        """What all rounds say; verdicts on all samples of a side together."""
        pooled = {
            side: {name: [value for one in found for value in one] for name, found in histories.items()}
            for side, histories in self._found.items()
        }
        lines, verdicts = [], []
        for name in HISTORIES:
            for share, label in ((0.5, "p50"), (0.99, "p99")):
                spread = {
                    side: Spread(tuple(percentile(one, share) for one in self._found[side][name]))
                    for side in self._found
                }
                lines.append(Line(f"{name} of history {label}", "ms", spread["floor"], spread["ours"]))
            ratio = percentile(pooled["ours"][name], 0.5) / percentile(pooled["floor"][name], 0.5)
            words = f"{name} of history: p50 at most {AGAINST_SQL:.0f}x the floor"
            verdicts.append(Verdict(words, f"{ratio:.2f}", ratio <= AGAINST_SQL))
        deep = percentile(pooled["ours"]["ten years"], 0.5) / percentile(pooled["ours"]["one year"], 0.5)
        verdicts.append(
            Verdict(f"ten times the history at most {AGAINST_HISTORY}x", f"{deep:.2f}", deep <= AGAINST_HISTORY)
        )
        details = {"reads_per_round": self._times, **{name: stays for name, (_, stays) in self._filled.items()}}
        return [Finding("O occupancy", ABOUT, tuple(lines), tuple(verdicts), details)]
