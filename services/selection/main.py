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
    from services.selection.consumers import consumer
    from shared.messaging.serve import serve_worker

    serve_worker("selection", settings, consumer)


def run_migrate(settings: Settings) -> None:
    from shared.messaging.commands import migrate

    migrate("selection", settings)


def run_topics(settings: Settings) -> None:
    from services.selection.consumers import consumer
    from shared.contracts.selection import ACCOMMODATION_REQUEST, CANDIDACY, TRAINING_REQUEST
    from shared.messaging.commands import topics

    topics("selection", settings, consumer, [CANDIDACY, ACCOMMODATION_REQUEST, TRAINING_REQUEST])


def run_failed(settings: Settings, arguments: Sequence[str]) -> None:
    from shared.messaging.commands import failed

    failed("selection", settings, arguments)


def run_status(settings: Settings) -> None:
    from shared.messaging.commands import status

    status("selection", settings)


def run_reassess(settings: Settings) -> None:
    """Assesses all open files again, after the rules changed: one transaction per chunk, each with an instant."""
    import asyncio

    import structlog

    from services.selection.handlers import reassess
    from shared.database import create_engine
    from shared.messaging.dispatch import KERNEL
    from shared.messaging.event import utc_now
    from shared.messaging.transaction import transaction

    async def work() -> None:
        engine = create_engine(settings.database_url.get_secret_value(), application="selection-reassess")
        last: int | None = 0
        files = differing = 0
        try:
            while last is not None:
                source = f"/{settings.site}/selection"
                async with transaction(engine, now=utc_now(), actor=KERNEL, source=source) as tx:
                    done = await reassess(tx, settings.policy, after=last)
                last, files, differing = done.last, files + done.files, differing + done.differing
        finally:
            await engine.dispose()
        structlog.get_logger().info("open files reassessed", files=files, to_review=differing)

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
