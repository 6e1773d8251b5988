"""How a command of a service starts and ends: arguments, settings, logs, and exit codes that say what was wrong."""

import argparse
import gc
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, NoReturn

import structlog
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from pydantic_settings.exceptions import SettingsError

from shared import logs

_log = structlog.get_logger()


class Exit(IntEnum):
    """Exit codes, as sysexits.h has them."""

    OK = 0
    EX_USAGE = 64
    """The command line is wrong."""
    EX_UNAVAILABLE = 69
    """A server that the command needs does not answer."""
    EX_SOFTWARE = 70
    """A defect of ours; the log has the class and the frames of the error."""
    EX_TEMPFAIL = 75
    """Not now: to be tried again by whoever asked."""
    EX_NOPERM = 77
    """What was given is not genuine."""
    EX_CONFIG = 78
    """A setting is missing or invalid; standard error names its environment variable."""
    INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.EX_USAGE, f"{self.prog}: {message}\n")


def run(service: str, settings_class: type[BaseSettings], commands: Mapping[str, Callable[..., None]]) -> NoReturn:
    """Runs the command that the arguments name, and ends the process.

    Args:
        service: folder name below `services/`.
        settings_class: read from the environment once, here.
        commands: name → function of the settings and, if it takes a second argument, of the remaining arguments. A
            function ends the process with a code of its own by `raise SystemExit(code)`.
    """
    parser = _Parser(prog=f"python -m services.{service}")
    parser.add_argument("command", choices=sorted(commands))
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    command = commands[chosen.command]
    takes_arguments = len(inspect.signature(command).parameters) > 1
    if chosen.arguments and not takes_arguments:
        parser.error(f"{chosen.command} takes no arguments")
    settings = _settings(settings_class)
    logs.configure(service, chosen.command, getattr(settings, "site", ""))
    sys.exit(_ended(command, (settings, chosen.arguments) if takes_arguments else (settings,)))


def loaded() -> None:
    """Says that all is loaded and the work begins.

    What is loaded by now lives for ever: the collector need not walk it again and again. And a transaction or a batch
    makes and drops thousands of objects, hardly ever in circles: looking for these after every 700 new ones is waste.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _ended(command: Callable[..., None], arguments: Sequence[Any]) -> Exit:
    try:
        command(*arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        # Imported only now: a wrong setting is told without loading the kernel first.
        from shared.messaging.verdicts import Verdict, judge

        if judge(error).verdict is Verdict.AWAY:
            _log.error("a server does not answer", error=error)
            return Exit.EX_UNAVAILABLE
        _log.error("failed", exc_info=error)
        return Exit.EX_SOFTWARE
    return Exit.OK


def _settings(settings_class: type[BaseSettings]) -> BaseSettings:
    try:
        return settings_class()
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False, include_context=False):
            name = variable(settings_class, str(item["loc"][0]) if item["loc"] else "")
            wrong = "is not set" if item["type"] == "missing" else f"is invalid ({item['type'].replace('_', '-')})"
            print(f"configuration: {name} {wrong}", file=sys.stderr)  # noqa: T201
    except SettingsError as error:
        # Names the field; the unreadable value is only in its cause.
        print(f"configuration: {error}", file=sys.stderr)  # noqa: T201
    sys.exit(Exit.EX_CONFIG)


def variable(settings_class: type[BaseSettings], location: str) -> str:
    """The environment variable behind a field.

    Args:
        settings_class: has the field.
        location: the field's name or alias, as a validation error tells it.
    """
    prefix = settings_class.model_config.get("env_prefix", "")
    for name, field in settings_class.model_fields.items():
        if location in {name, _alias(field)}:
            return _alias(field) or f"{prefix}{name}".upper()
    return location or "the settings together"


def _alias(field: FieldInfo) -> str | None:
    return field.validation_alias if isinstance(field.validation_alias, str) else None
