"""How a command starts and ends, seen from outside: exit codes, and what is said about a wrong setting."""

import os
import subprocess
import sys

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.process import Exit, variable

CANARY = "s3cret-Canari"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SPECIMEN_", frozen=True, extra="ignore")

    site: str = Field(validation_alias="SITE", pattern="^[A-Z]{3}$")
    secret: SecretStr = Field(min_length=32)
    port: int = Field(ge=1, le=65535)
    names: dict[str, str] = {}


PROGRAM = """
import sys
from shared.process import run
from shared.tests.test_process import Settings

def work(settings):
    print("worked for", settings.site)

def failed(settings, arguments):
    print("arguments", arguments)

def breaks(settings):
    raise RuntimeError("s3cret-Canari")

def unreachable(settings):
    raise ConnectionRefusedError("s3cret-Canari")

def missing(settings):
    raise SystemExit(3)

commands = {"work": work, "failed": failed, "breaks": breaks, "unreachable": unreachable, "missing": missing}
run("specimen", Settings, commands)
"""
GOOD = {"SITE": "DON", "SPECIMEN_SECRET": "x" * 32, "SPECIMEN_PORT": "8080"}


def run(*arguments: str, **changed: str | None) -> tuple[int, str, str]:
    environment = {name: value for name, value in ({**GOOD, **changed}).items() if value is not None}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), **environment},
    )
    assert CANARY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_command_runs_with_its_settings_and_the_rest_of_its_arguments() -> None:
    assert run("work")[:2] == (Exit.OK, "worked for DON\n")
    assert run("failed", "retry", "--reason", "x", "7")[1] == "arguments ['retry', '--reason', 'x', '7']\n"


@pytest.mark.parametrize("arguments", [(), ("unknown",), ("work", "extra"), ("--wrong",)])
def test_a_wrong_command_line_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    code, _, said = run(*arguments)
    assert code == Exit.EX_USAGE
    assert "python -m services.specimen" in said


def test_every_wrong_setting_is_named_by_its_variable_and_never_shown() -> None:
    code, _, said = run("work", SITE=None, SPECIMEN_SECRET=CANARY, SPECIMEN_PORT=CANARY)
    assert code == Exit.EX_CONFIG
    assert said.splitlines() == [
        "configuration: SITE is not set",
        "configuration: SPECIMEN_SECRET is invalid (too-short)",
        "configuration: SPECIMEN_PORT is invalid (int-parsing)",
    ]


def test_a_setting_that_cannot_be_read_at_all_is_named_too() -> None:
    code, _, said = run("work", SPECIMEN_NAMES=f"{{{CANARY}")
    assert code == Exit.EX_CONFIG
    assert "names" in said


def test_the_codes_are_those_of_sysexits() -> None:
    assert {code.name: int(code) for code in Exit if code.name.startswith("EX_")} == {
        "EX_USAGE": 64,
        "EX_UNAVAILABLE": 69,
        "EX_SOFTWARE": 70,
        "EX_TEMPFAIL": 75,
        "EX_NOPERM": 77,
        "EX_CONFIG": 78,
    }


def test_a_variable_is_the_alias_or_prefix_and_name() -> None:
    assert variable(Settings, "SITE") == variable(Settings, "site") == "SITE"
    assert variable(Settings, "port") == "SPECIMEN_PORT"
    assert variable(Settings, "") == "the settings together"


def test_a_server_that_does_not_answer_and_a_defect_have_their_own_codes_and_no_text() -> None:
    code, out, _ = run("unreachable")
    assert code == Exit.EX_UNAVAILABLE
    assert "ConnectionRefusedError" in out
    code, out, _ = run("breaks")
    assert code == Exit.EX_SOFTWARE
    assert "builtins.RuntimeError" in out
    assert run("missing")[0] == 3
