"""docker-compose.yml as the checks see it: parsed, merged, its variables filled in."""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
SERVICES = ("selection", "placement", "citizen_space", "notifications")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<rest>[^}]*)\}")


@functools.cache
def document() -> dict[str, Any]:
    """The file with its anchors merged."""
    parsed: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return parsed


def containers() -> dict[str, dict[str, Any]]:
    """All containers by name."""
    found: dict[str, dict[str, Any]] = document()["services"]
    return found


@functools.cache
def variables() -> dict[str, str]:
    """The variables that the file takes from outside, each with what follows its name, such as `:?message`."""
    text = "\n".join(line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {match["name"]: match["rest"] for match in _VARIABLE.finditer(text)}


def filled(environment: Mapping[str, str | None], values: Mapping[str, str]) -> dict[str, str]:
    """What a container's process finds in its environment; a variable without a value is handed on if it is set."""
    return {
        name: _VARIABLE.sub(lambda match: values[match["name"]], value)
        for name, value in environment.items()
        if value is not None
    }


def of_service(service: str, process: str) -> dict[str, Any]:
    """The container of one process of one of our services.

    Args:
        service: folder name below `services/`.
        process: `migrate`, `topics`, `api` or `worker`.
    """
    return containers()[f"{service.replace('_', '-')}-{process}"]
