"""Composition root of notifications: partners, subscriptions, deliveries. One process per command.

Imports stand inside the commands, so that `migrate` needs neither Kafka's client nor a web server.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from services.notifications.settings import Settings
from shared.process import run

if TYPE_CHECKING:
    from services.notifications.delivery.recorder import Transaction
    from services.notifications.http.signing_keys import SigningKeys
    from services.notifications.mail.mailer import Mailer


def run_api(settings: Settings) -> None:
    from services.notifications.api import REFUSALS, build, mailboxes, well_known
    from services.notifications.http.access import Accesses
    from services.notifications.http.credentials import read_certificate
    from services.notifications.http.keys import Keys
    from services.notifications.http.proof import DEADLINE, asking
    from services.notifications.http.trial import trying
    from shared.contracts import webhooks
    from shared.messaging.event import utc_now
    from shared.web import serve_api

    keys = Keys(settings.secrets_key.get_secret_value())
    signing = _signing(settings)
    accesses = Accesses(keys, signing, utc_now)
    ask = asking(accesses, settings.site, utc_now, allow_loopback=settings.allow_loopback)
    send = trying(accesses, allow_loopback=settings.allow_loopback)
    mailer = _mailer(settings, deadline=DEADLINE)
    post = mailer.prove if mailer is not None else None
    router = build(keys.seal, ask, signing.sign, send, read_certificate, post, allow_loopback=settings.allow_loopback)
    public = well_known.build(signing.published())
    public.include_router(mailboxes.router)
    serve_api(
        "notifications",
        settings,
        router,
        REFUSALS,
        public=public,
        legal_basis="R240-6 Code pénitentiaire",
        webhooks=webhooks.described(),
    )


def run_worker(settings: Settings) -> None:
    import asyncio
    from dataclasses import replace
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.notifications import handlers
    from services.notifications.consumers import consumer
    from services.notifications.delivery.engine import Engine
    from services.notifications.delivery.gauges import Gauges
    from services.notifications.delivery.reproof import Reproof
    from services.notifications.http.access import Accesses
    from services.notifications.http.keys import Keys
    from services.notifications.http.proof import asking
    from shared.messaging import Tx, at
    from shared.messaging.dispatch import KERNEL
    from shared.messaging.event import utc_now
    from shared.messaging.serve import Background, beginning, serve_worker
    from shared.messaging.transaction import OnCommit, transaction

    signing = _signing(settings)
    expiring = handlers.expiring(timedelta(days=settings.keep_days))
    own = replace(consumer, rows=(*consumer.rows, at(handlers.EXPIRY, handlers.Expiry, expiring)))

    def deliveries(engine: AsyncEngine, on_commit: OnCommit) -> Background:
        wake = asyncio.Event()

        def open_transaction() -> AbstractAsyncContextManager[Tx]:
            source = f"/{settings.site}/notifications"
            return transaction(engine, now=utc_now(), actor=KERNEL, source=source, on_commit=on_commit)

        accesses = Accesses(Keys(settings.secrets_key.get_secret_value()), signing, utc_now)
        sender = Engine(
            transaction=open_transaction,
            accesses=accesses,
            allow_loopback=settings.allow_loopback,
            clock=utc_now,
            wake=wake,
            mailer=_mailer(settings),
        )
        ask = asking(accesses, settings.site, utc_now, allow_loopback=settings.allow_loopback)
        timers = beginning("notifications", settings.site, handlers.begin_expiry)(engine, on_commit)
        beside = (Gauges(engine.connect, utc_now), Reproof(open_transaction, ask), timers)

        async def run() -> None:
            running = [asyncio.ensure_future(one.run()) for one in beside]
            try:
                await sender.run()
            finally:
                for one in running:
                    one.cancel()

        return Background(run, {"deliveries": wake.set})

    serve_worker("notifications", settings, own, deliveries)


def run_bounced(settings: Settings, arguments: Sequence[str]) -> None:
    """Takes one report on a mail of ours from standard input, as a mail system's pipe gives it.

    Args:
        settings: of the service.
        arguments: whom the report came to, if the mail system says so.
    """
    import asyncio
    import sys

    from services.notifications.delivery.bounces import take
    from services.notifications.mail.returns import Returns
    from shared.process import Exit

    post = settings.post
    if post is None or len(arguments) > 1:
        raise SystemExit(Exit.EX_CONFIG if post is None else Exit.EX_USAGE)
    returns = Returns(settings.secrets_key.get_secret_value().encode(), post.domain)

    async def work() -> Exit:
        async with _transactions(settings, "bounced") as open_transaction:
            return await take(sys.stdin.buffer.read(), returns, open_transaction, *arguments)

    raise SystemExit(asyncio.run(work()))


def run_digest(settings: Settings) -> None:
    """Sends each function of the site a mail of what waits for it, and each partner one of what keeps notices from it.

    Only if there is something to say; to be run once a day.
    """
    import asyncio

    from services.notifications.http.proof import DEADLINE
    from services.notifications.mail.digest import tell
    from services.notifications.mail.warning import warn
    from shared.process import Exit

    mailer = _mailer(settings, deadline=DEADLINE)
    if mailer is None:
        raise SystemExit(Exit.EX_CONFIG)

    async def work() -> Exit:
        async with _transactions(settings, "digest") as open_transaction:
            staff = await tell(settings.staff_mail.items(), open_transaction(), mailer)
            return max(staff, await warn(open_transaction, mailer))

    raise SystemExit(asyncio.run(work()))


@asynccontextmanager
async def _transactions(settings: Settings, command: str) -> "AsyncIterator[Transaction]":
    """What opens the transactions of a command that ends by itself."""
    from shared.database import create_engine
    from shared.messaging import Tx
    from shared.messaging.dispatch import KERNEL
    from shared.messaging.event import utc_now
    from shared.messaging.transaction import transaction

    engine = create_engine(settings.database_url.get_secret_value(), application=f"notifications-{command}")

    def open_transaction() -> AbstractAsyncContextManager[Tx]:
        return transaction(engine, now=utc_now(), actor=KERNEL, source=f"/{settings.site}/notifications")

    try:
        yield open_transaction
    finally:
        await engine.dispose()


def _mailer(settings: Settings, **options: Any) -> "Mailer | None":
    """What sends mail; None where this site sends none."""
    from services.notifications.mail.mailer import Mailer
    from services.notifications.mail.returns import Returns
    from shared.messaging.event import utc_now

    post = settings.post
    if post is None:
        return None
    return Mailer(post, Returns(settings.secrets_key.get_secret_value().encode(), post.domain), utc_now, **options)


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


def _signing(settings: Settings) -> "SigningKeys":
    """The site's key pairs; ends the process if none of them is valid now: there is no silent life without one."""
    import sys

    from services.notifications.http.signing_keys import Pair, SigningKeys
    from shared.messaging.event import utc_now
    from shared.process import Exit

    keys = SigningKeys(
        Pair.of(one.id, one.seed.get_secret_value(), one.not_before, one.not_after) for one in settings.signing_keys
    )
    if keys.at(utc_now()) is None:
        print("configuration: NOTIFICATIONS_SIGNING_KEYS has no key that is valid now", file=sys.stderr)  # noqa: T201
        raise SystemExit(Exit.EX_CONFIG)
    return keys


def main() -> None:
    """Runs the command that the arguments name."""
    run(
        "notifications",
        Settings,
        {
            "api": run_api,
            "bounced": run_bounced,
            "digest": run_digest,
            "worker": run_worker,
            "migrate": run_migrate,
            "topics": run_topics,
            "failed": run_failed,
            "status": run_status,
        },
    )
