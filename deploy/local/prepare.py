"""What must be there before services start: their databases at head, then their topics. One process for all of them.

It runs the very functions of `python -m services.<service> migrate` and `topics`; starting Python eight times for them
would take longer than their work. The environment holds the settings of every service named as an argument; files in
a shared folder say what is there already: `databases` and `kafka` are made by the starter, `migrated` by this process.
"""

import argparse
import importlib
import time
from pathlib import Path


def await_file(path: Path) -> None:
    """Returns when the file is there. Has no deadline: the starter ends this process if it will never be."""
    while not path.exists():
        time.sleep(0.02)


def main() -> None:
    """Migrates every service's database, then creates every service's topics."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("services", nargs="+")
    parser.add_argument("--folder", required=True, type=Path)
    arguments = parser.parse_args()
    services = [
        (
            importlib.import_module(f"services.{service}.main"),
            importlib.import_module(f"services.{service}.settings").Settings(),
        )
        for service in arguments.services
    ]
    # What both commands stand on, loaded while PostgreSQL starts.
    importlib.import_module("shared.messaging.commands")
    await_file(arguments.folder / "databases")
    for service, settings in services:
        service.run_migrate(settings)
    (arguments.folder / "migrated").touch()
    for name in arguments.services:
        importlib.import_module(f"services.{name}.consumers")
    await_file(arguments.folder / "kafka")
    for service, settings in services:
        service.run_topics(settings)


if __name__ == "__main__":
    main()
