"""Runs the platform on this machine: `python -m deploy.local --help` lists the commands."""

import argparse
import asyncio
import importlib
import importlib.util
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from deploy.local import partnership
from deploy.local.artefacts import fetch
from deploy.local.http import answers
from deploy.local.kafka import prepare
from deploy.local.machine import Failed, say
from deploy.local.processes import Run
from deploy.local.seed import load
from deploy.local.stack import Stack

PLAYER = "deploy.local.player"
"""Module of the demo: `async def play(stack: Stack) -> bool`, true if everything promised was observed."""


def servers(_: argparse.Namespace) -> int:
    """Downloads PostgreSQL and Kafka, if this machine does not have them yet."""
    prepare(fetch(say), say)
    return 0


def up(arguments: argparse.Namespace) -> int:
    """Starts everything and leaves it running."""
    if Run.kept() is not None:
        raise Failed("it is already up: `make status` shows it, `make down` ends it")
    stack = Stack(site=arguments.site, progress=say).start()
    stack.keep()
    _print_urls(stack.urls)
    return 0


def down(_: argparse.Namespace) -> int:
    """Ends what `up` left running, and removes its data."""
    run = Run.kept()
    if run is None:
        say("nothing was up")
        return 0
    services = [child for child in run.children() if child.alive() and child.name not in ("postgres", "kafka")]
    for child in services:
        child.send(signal.SIGTERM)
    for child in services:
        child.stop()
    run.end()
    say("everything has ended, its data is removed")
    return 0


def status(_: argparse.Namespace) -> int:
    """Lists processes and addresses; exit code 3 if one of them is not ready."""
    run, plan = _kept()
    well = True
    # A name's last process is the one that counts: a worker may have been killed and started again.
    for name, child in {child.name: child for child in run.children()}.items():
        if name == "prepare":
            continue
        url = plan["urls"].get(name.removesuffix("-api"), "")
        ready = child.alive() and (not name.endswith(("-api", "-worker")) or answers(f"{url}/readyz"))
        well = well and ready
        state = "ready" if ready else "running, not ready" if child.alive() else "ended"
        print(f"{name:<24} pid {child.pid:<8} {state:<20} {url}")
    return 0 if well else 3


def logs(arguments: argparse.Namespace) -> NoReturn:
    """Shows the last lines of the processes' output; `-f` goes on until Ctrl-C."""
    run, _ = _kept()
    names = arguments.names or sorted({child.name for child in run.children()})
    files = [str(path) for path in (run.path / f"{name}.log" for name in names) if path.exists()]
    if not files:
        raise Failed(f"no log of {', '.join(names)}")
    os.execvp("tail", ["tail", "-n", "40", *(["-F"] if arguments.follow else []), *files])


def demo(arguments: argparse.Namespace) -> int:
    """Starts everything, plays the main job through the public APIs, and ends everything (KEEP=1 leaves it up)."""
    if importlib.util.find_spec(PLAYER) is None:
        raise Failed("the demo's player is not in this checkout")
    keep = os.environ.get("KEEP", "") not in ("", "0")
    if keep and Run.kept() is not None:
        raise Failed("it is already up: `make down` ends it")
    stack = Stack(site=arguments.site, progress=say).start()
    try:
        seen = asyncio.run(importlib.import_module(PLAYER).play(stack))
    except BaseException:
        stack.stop()
        raise
    if keep:
        stack.keep()
        _print_urls(stack.urls)
    else:
        stack.stop()
    return 0 if seen else 1


def seed(_: argparse.Namespace) -> int:
    """Loads the site's fictitious candidates into what `up` started; repeating it is harmless."""
    outcomes = asyncio.run(load(_found(), say))
    say(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    return 0


def partner(arguments: argparse.Namespace) -> int:
    """Takes in a partner that will listen at an address; prints what its receiver is to be told."""
    for name, value in asyncio.run(partnership.propose(_found(), arguments.url)).items():
        print(f"export {name}='{value}'")
    return 0


def accept(arguments: argparse.Namespace) -> int:
    """Has a partner's endpoint prove itself, and approves it."""
    asyncio.run(partnership.accept(_found(), arguments.subscription))
    say("notices go there from now on")
    return 0


def approve(_: argparse.Namespace) -> int:
    """Approves one more fictitious candidate, of whom partners are told."""
    say(f"approved: candidacy {asyncio.run(partnership.approve(_found()))}")
    return 0


def run(arguments: argparse.Namespace) -> NoReturn:
    """Runs a service's command with the settings of what `up` started, such as `run placement failed list`."""
    _, plan = _kept()
    if arguments.service not in plan["environment"]:
        raise Failed(f"no service {arguments.service}: {', '.join(plan['environment'])}")
    environment = {**os.environ, **plan["environment"][arguments.service]}
    command = [sys.executable, "-m", f"services.{arguments.service}", *arguments.command]
    os.execve(sys.executable, command, environment)


def _kept() -> tuple[Run, dict[str, Any]]:
    run = Run.kept()
    if run is None:
        raise Failed("nothing is up: `make up` starts it")
    plan: dict[str, Any] = json.loads((run.path / "stack.json").read_text(encoding="utf-8"))
    return run, plan


def _found() -> Stack:
    plan = _kept()[1]
    return Stack.found(plan["site"], plan["urls"])


def _print_urls(urls: dict[str, str]) -> None:
    for name, url in urls.items():
        print(f"{name:<24} {url}")
    print("`make status`, `make logs` and `make down` know it by this checkout.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(action: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (action.__doc__ or "").splitlines()[0]
        made = commands.add_parser(action.__name__, help=text, description=text)
        made.set_defaults(action=action)
        return made

    for starts in (command(up), command(demo)):
        starts.add_argument("--site", default="DON", help="code of the site (default: DON, Donchery)")
    command(servers)
    command(down)
    command(seed)
    command(partner).add_argument("url", help="where its receiver listens, such as http://127.0.0.1:9000/")
    command(accept).add_argument("subscription")
    command(approve)
    command(status)
    shows = command(logs)
    shows.add_argument("-f", "--follow", action="store_true")
    shows.add_argument("names", nargs="*", help="processes, such as placement-worker (default: all)")
    runs = command(run)
    runs.add_argument("service")
    runs.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit code."""
    arguments = _parser().parse_args(argv)
    # A broker that starts or ends is no news: Kafka's client says so on standard error.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    # Default SIGTERM would skip the clean-up that Ctrl-C gets.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        code: int = arguments.action(arguments)
    except Failed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("ended")
        return 128 + signal.SIGINT
    return code


if __name__ == "__main__":
    sys.exit(main())
