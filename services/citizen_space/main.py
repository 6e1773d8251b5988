"""Composition root of citizen space: training, cohorts, enrolments. One process per command.

Imports stand inside the commands, so that `migrate` needs neither Kafka's client nor a web server.
"""

from collections.abc import Sequence

from services.citizen_space.settings import Settings
from shared.process import run


def run_api(settings: Settings) -> None:
    from services.citizen_space.api import REFUSALS, router
    from shared.web import serve_api

    serve_api("citizen_space", settings, router, REFUSALS, legal_basis="L411-1 Code pénitentiaire")


def run_worker(settings: Settings) -> None:
    from services.citizen_space.consumers import consumer
    from shared.messaging.serve import serve_worker

    serve_worker("citizen_space", settings, consumer)


def run_migrate(settings: Settings) -> None:
    from services.citizen_space.seed import load
    from shared.messaging.commands import migrate

    migrate("citizen_space", settings, load)


def run_topics(settings: Settings) -> None:
    from services.citizen_space.consumers import consumer
    from shared.contracts.citizen_space import ENROLMENT
    from shared.messaging.commands import topics

    topics("citizen_space", settings, consumer, [ENROLMENT])


def run_failed(settings: Settings, arguments: Sequence[str]) -> None:
    from shared.messaging.commands import failed

    failed("citizen_space", settings, arguments)


def run_status(settings: Settings) -> None:
    from shared.messaging.commands import status

    status("citizen_space", settings)


def main() -> None:
    """Runs the command that the arguments name."""
    run(
        "citizen_space",
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
