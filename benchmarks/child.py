"""Runs one measurement in this process: `python -m benchmarks.child <module>:<function> <folder>`."""

import importlib
import json
import sys
from pathlib import Path

import uvloop

from shared.process import loaded

FOLDER = Path(sys.argv[2] if len(sys.argv) > 2 else ".")  # noqa: PLR2004
"""Where arguments stand and the result goes."""


def tell(name: str) -> None:
    """Says to the process that waits that a step is reached."""
    (FOLDER / name).touch()


def main() -> None:
    """Reads the arguments, measures, and writes the result in one piece."""
    module, _, name = sys.argv[1].partition(":")
    work = getattr(importlib.import_module(module), name)
    arguments = json.loads((FOLDER / "arguments.json").read_text(encoding="utf-8"))
    # As the services do, for both sides.
    loaded()
    result = uvloop.run(work(**arguments))
    scratch = FOLDER / "result.partial"
    scratch.write_text(json.dumps(result), encoding="utf-8")
    scratch.rename(FOLDER / "result.json")


if __name__ == "__main__":
    main()
