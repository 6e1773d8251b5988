"""Rules of the house that no linter knows: what must be alike is alike, and what must not leak does not."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.checks.compose import ROOT, SERVICES

BEGIN_OR_END = {"begin", "commit", "rollback", "begin_nested", "connect"}
"""Methods of an engine, a connection or a transaction; only the kernel and the boundary own one."""
PLACES = re.compile(r"(?<![\w.])/(?:work|root|home|Users|mnt|opt/venv)/\w")
HOSTS = re.compile(r"(?:--(?:extra-)?index-url|\bindex-url\s*=|pypi\.\w+|pythonhosted|repo\d*\.maven|registry\.npmjs)")


def tracked() -> list[Path]:
    """The files that git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name != Path(__file__).relative_to(ROOT).as_posix():
            yield name, path.read_text(encoding="utf-8", errors="replace")


def test_the_four_alembic_files_differ_in_the_name_of_the_service_alone() -> None:
    found = {s: (ROOT / "services" / s / "alembic.ini").read_text(encoding="utf-8") for s in SERVICES}
    assert len({text.replace(service, "SERVICE") for service, text in found.items()}) == 1


@pytest.mark.parametrize("room", ["__main__.py", "migrations/env.py"])
def test_rooms_that_only_name_their_service_are_alike(room: str) -> None:
    found = {s: (ROOT / "services" / s / room).read_text(encoding="utf-8") for s in SERVICES}
    code = {ast.dump(_undocumented(ast.parse(text.replace(service, "SERVICE")))) for service, text in found.items()}
    assert len(code) == 1


def _undocumented(module: ast.Module) -> ast.Module:
    if ast.get_docstring(module) is not None:
        module.body = module.body[1:]
    return module


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_neither_begins_nor_ends_a_transaction(service: str) -> None:
    for path in (ROOT / "services" / service).rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if "/tests/" in name or "/migrations/" in name:
            continue
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not called & BEGIN_OR_END, name


def test_shared_code_commits_in_the_kernel_and_at_the_boundary_only() -> None:
    allowed = {"shared/messaging/", "shared/boundary/", "shared/migrate.py", "shared/testing/"}
    for path in (ROOT / "shared").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if "/tests/" not in name and not any(name.startswith(place) for place in allowed):
            assert ".commit(" not in path.read_text(encoding="utf-8"), name


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert [name for name, text in texts() if PLACES.search(text)] == []


def test_no_file_names_where_packages_are_downloaded_from() -> None:
    told = [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")]
    own = {host for url in told if (host := urlsplit(url).hostname)}
    assert [name for name, text in texts() if HOSTS.search(text) or any(host in text for host in own)] == []


def test_secrets_of_a_local_stack_are_never_committed() -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=ROOT, check=False)
    assert ignored.returncode == 0
    assert not [path for path in tracked() if path.name == ".env"]
