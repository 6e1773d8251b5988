"""Composition root of notifications: partners, subscriptions, deliveries. One process per command.

Imports stand inside the commands, so that `migrate` needs neither Kafka's client nor a web server.
"""

from collections.abc import Sequence

from services.notifications.settings import Settings
from shared.process import run


def run_api(settings: Settings) -> None:
    from services.notifications.api import REFUSALS, build
    from services.notifications.delivery.keys import Keys
    from services.notifications.delivery.proof import asking
    from shared.contracts import webhooks
    from shared.messaging.event import utc_now
    from shared.web import serve_api

    keys = Keys(settings.secrets_key.get_secret_value())
    ask = asking(keys, settings.site, utc_now, allow_loopback=settings.allow_loopback)
    router = build(keys.seal, ask, allow_loopback=settings.allow_loopback)
    told = webhooks.described()
    serve_api("notifications", settings, router, REFUSALS, legal_basis="R240-6 Code pénitentiaire", webhooks=told)


def run_worker(settings: Settings) -> None:
    import asyncio
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.notifications.consumers import consumer
    from services.notifications.delivery.engine import Engine
    from services.notifications.delivery.gauges import Gauges
    from services.notifications.delivery.keys import Keys
    from shared.messaging import Tx
    from shared.messaging.dispatch import KERNEL
    from shared.messaging.event import utc_now
    from shared.messaging.serve import Background, serve_worker
    from shared.messaging.transaction import OnCommit, transaction

    def deliveries(engine: AsyncEngine, on_commit: OnCommit) -> Background:
        wake = asyncio.Event()

        def open_transaction() -> AbstractAsyncContextManager[Tx]:
            source = f"/{settings.site}/notifications"
            return transaction(engine, now=utc_now(), actor=KERNEL, source=source, on_commit=on_commit)

        sender = Engine(
            transaction=open_transaction,
            keys=Keys(settings.secrets_key.get_secret_value()),
            allow_loopback=settings.allow_loopback,
            clock=utc_now,
            wake=wake,
        )
        gauges = Gauges(engine.connect, utc_now)

        async def run() -> None:
            watching = asyncio.create_task(gauges.run())
            try:
                await sender.run()
            finally:
                watching.cancel()

        return Background(run, {"deliveries": wake.set})

    serve_worker("notifications", settings, consumer, deliveries)


def run_migrate(settings: Settings) -> None:
    from shared.messaging.commands import migrate

    migrate("notifications", settings)


def run_topics(settings: Settings) -> None:
    from services.notifications.consumers import consumer
    from shared.contracts.notifications import DELIVERY, PARTNER
    from shared.messaging.commands import topics

    topics("notifications", settings, consumer, [DELIVERY, PARTNER])


def run_failed(settings: Settings, arguments: Sequence[str]) -> None:
    from shared.messaging.commands import failed

    failed("notifications", settings, arguments)


def run_status(settings: Settings) -> None:
    from shared.messaging.commands import status

    status("notifications", settings)


def main() -> None:
    """Runs the command that the arguments name."""
    run(
        "notifications",
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
