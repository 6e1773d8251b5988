"""Composition root of selection: candidacies, opinions, decisions, the journey. One process per command.

Imports stand inside the commands, so that `migrate` needs neither Kafka's client nor a web server.
"""

from collections.abc import Sequence

from services.selection.settings import Settings
from shared.process import run


def run_api(settings: Settings) -> None:
    from services.selection.api import REFUSALS, Places, router
    from shared.web import serve_api

    serve_api(
        "selection",
        settings,
        router,
        REFUSALS,
        legal_basis="D211-19 Code pénitentiaire",
        policy=settings.policy,
        clients={"places": Places(settings.placement_url)},
    )


def run_worker(settings: Settings) -> None:
    from dataclasses import replace

    from services.selection import handlers
    from services.selection.consumers import consumer
    from shared.messaging import at
    from shared.messaging.serve import beginning, serve_worker

    counting = handlers.counting(settings.policy)
    own = replace(consumer, rows=(*consumer.rows, at(handlers.DESK, handlers.Desk, counting)))
    serve_worker("selection", settings, own, beginning("selection", settings.site, handlers.begin_counting))


def run_migrate(settings: Settings) -> None:
    from shared.messaging.commands import migrate

    migrate("selection", settings)


def run_topics(settings: Settings) -> None:
    from services.selection.consumers import consumer
    from shared.contracts.selection import ACCOMMODATION_REQUEST, CANDIDACY, DESK, TRAINING_REQUEST
    from shared.messaging.commands import topics

    topics("selection", settings, consumer, [CANDIDACY, ACCOMMODATION_REQUEST, TRAINING_REQUEST, DESK])


def run_failed(settings: Settings, arguments: Sequence[str]) -> None:
    from shared.messaging.commands import failed

    failed("selection", settings, arguments)


def run_status(settings: Settings) -> None:
    from shared.messaging.commands import status

    status("selection", settings)


def run_reassess(settings: Settings) -> None:
    import asyncio

    from services.selection.reassessment import reassess_all
    from shared.database import create_engine

    async def work() -> None:
        engine = create_engine(settings.database_url.get_secret_value(), application="selection-reassess")
        try:
            await reassess_all(engine, settings.policy, f"/{settings.site}/selection")
        finally:
            await engine.dispose()

    asyncio.run(work())


def main() -> None:
    """Runs the command that the arguments name."""
    run(
        "selection",
        Settings,
        {
            "api": run_api,
            "worker": run_worker,
            "migrate": run_migrate,
            "topics": run_topics,
            "failed": run_failed,
            "reassess": run_reassess,
            "status": run_status,
        },
    )
