"""Composition root of placement: cells, assignments, the waiting list. One process per command.

Imports stand inside the commands, so that `migrate` needs neither Kafka's client nor a web server.
"""

from collections.abc import Sequence

from services.placement.settings import Settings
from shared.process import run


def run_api(settings: Settings) -> None:
    from services.placement.api import REFUSALS, Committals, router
    from shared.web import serve_api

    serve_api(
        "placement",
        settings,
        router,
        REFUSALS,
        legal_basis="D213-1 Code pénitentiaire",
        clients={"committals": Committals(settings.selection_url)},
    )


def run_worker(settings: Settings) -> None:
    from dataclasses import replace

    from services.placement import handlers
    from services.placement.consumers import consumer
    from services.placement.sheets import Folder, Printer
    from shared.messaging import Tx, at
    from shared.messaging.serve import beginning, serve_worker

    printing = handlers.printing(Printer(Folder(settings.sheets_dir)))
    own = replace(consumer, rows=(*consumer.rows, at(handlers.SHEETS, handlers.Sheets, printing)))

    async def begin(tx: Tx) -> None:
        await handlers.begin_days(tx)
        await handlers.begin_sheets(tx)
        await handlers.begin_counting(tx)

    serve_worker("placement", settings, own, beginning("placement", settings.site, begin))


def run_migrate(settings: Settings) -> None:
    import sys
    from functools import partial

    from services.placement.estate import Malformed
    from services.placement.seed import load
    from shared.messaging.commands import migrate
    from shared.process import Exit

    try:
        migrate("placement", settings, partial(load, site=settings.site, profile=settings.estate_profile))
    except Malformed as malformed:
        print(f"estate.yaml: {malformed}", file=sys.stderr)  # noqa: T201
        raise SystemExit(Exit.EX_CONFIG) from None


def run_topics(settings: Settings) -> None:
    from services.placement.consumers import consumer
    from shared.contracts.placement import CELL, DESK, SEPARATION, STAY
    from shared.messaging.commands import topics

    topics("placement", settings, consumer, [STAY, CELL, SEPARATION, DESK])


def run_failed(settings: Settings, arguments: Sequence[str]) -> None:
    from shared.messaging.commands import failed

    failed("placement", settings, arguments)


def run_status(settings: Settings) -> None:
    from shared.messaging.commands import status

    status("placement", settings)


def main() -> None:
    """Runs the command that the arguments name."""
    run(
        "placement",
        Settings,
        {
            "api": run_api,
            "worker": run_worker,
            "migrate": run_migrate,
            "topics": run_topics,
            "failed": run_failed,
            "status": run_status,
        },
    )
