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
    from services.placement.consumers import consumer
    from shared.messaging.serve import serve_worker

    serve_worker("placement", settings, consumer)


def run_migrate(settings: Settings) -> None:
    from services.placement.seed import load
    from shared.messaging.commands import migrate

    migrate("placement", settings, load)


def run_topics(settings: Settings) -> None:
    from services.placement.consumers import consumer
    from shared.contracts.placement import STAY
    from shared.messaging.commands import topics

    topics("placement", settings, consumer, [STAY])


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
