"""The kernel's one-off commands of every service: `migrate`, `topics`, `failed`, `status`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NoReturn, Protocol

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import migrate as histories
from shared.database import create_engine
from shared.messaging import operators
from shared.messaging.consumer import Consumer
from shared.messaging.event import Topic
from shared.messaging.topics import WrongPartitions, ensure_topics
from shared.process import Exit

Seed = Callable[[AsyncConnection], Awaitable[None]]


class CommandSettings(Protocol):
    """What the commands read of a service's settings."""

    @property
    def database_url(self) -> SecretStr: ...
    @property
    def kafka_bootstrap(self) -> str: ...


def migrate(service: str, settings: CommandSettings, seed: Seed | None = None) -> None:
    """Brings the database to head and loads the service's seed data; needs no Kafka."""

    async def work() -> None:
        engine = create_engine(settings.database_url.get_secret_value(), application=f"{service}-migrate")
        try:
            await histories.upgrade(engine, service)
            if seed is not None:
                async with engine.begin() as connection:
                    await seed(connection)
        finally:
            await engine.dispose()

    asyncio.run(work())
    _say(f"{service}: database at head")


def topics(service: str, settings: CommandSettings, consumer: Consumer, produced: Iterable[Topic]) -> None:
    """Creates or checks the topics that the service produces and consumes."""
    try:
        names = asyncio.run(ensure_topics(settings.kafka_bootstrap, consumer, produced))
    except WrongPartitions as error:
        sys.stderr.write(f"{service}: another partition count than the contract says: {error}\n")
        raise SystemExit(Exit.EX_SOFTWARE) from None
    _say(f"{service}: topics there: {', '.join(names)}")


def status(service: str, settings: CommandSettings) -> None:
    """Prints how the service's messaging stands, as one JSON line."""
    _say(json.dumps({"service": service, **_read(service, settings, operators.status)._asdict()}))


def failed(service: str, settings: CommandSettings, arguments: Sequence[str]) -> None:
    """Lists, inspects, retries or discards failed events; prints JSON lines without any event's body.

    Args:
        service: folder name below `services/`.
        settings: the service's own.
        arguments: `list [--state S]`, `inspect ID`, `retry ID --by NAME [--reason R]`,
            `discard ID --by NAME --reason R`.
    """
    asked = _failed_arguments(service).parse_args(arguments)

    async def work(connection: AsyncConnection) -> list[operators.Failed]:
        match asked.action:
            case "list":
                return await operators.failed(connection, asked.state)
            case "retry":
                await operators.retry(connection, asked.id, asked.by, asked.reason)
            case "discard":
                await operators.discard(connection, asked.id, asked.by, asked.reason)
        return [await operators.inspect(connection, asked.id)]

    try:
        for row in _read(service, settings, work):
            _say(json.dumps(row._asdict(), default=str))
    except operators.NotThere:
        _refuse(f"no failed event {asked.id} that is still open")
    except operators.Keyless:
        _refuse(f"failed event {asked.id} has no key and can only be discarded")
    except operators.Unnamed:
        _refuse("a discard needs the name of a person and a reason")


def _failed_arguments(service: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m services.{service} failed")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the oldest failed events")
    listing.add_argument("--state", choices=("parked", "dead", "discarded"))
    for name, text in (("inspect", "one event"), ("retry", "try it again now"), ("discard", "give it up for good")):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", type=int)
        if name != "inspect":
            action.add_argument("--by", required=True, help="name of the person who decides")
            action.add_argument("--reason", required=name == "discard")
    return parser


def _read(service: str, settings: CommandSettings, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        engine = create_engine(settings.database_url.get_secret_value(), application=f"{service}-operator")
        try:
            async with engine.begin() as connection:
                return await work(connection)
        finally:
            await engine.dispose()

    return asyncio.run(connected())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(line + "\n")
    raise SystemExit(Exit.EX_USAGE)
