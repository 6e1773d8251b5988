"""The Dockerfile: one for all, from locked requirements, without rights, and without what an image does not need."""

import re

from tests.checks.compose import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = {stage.split()[2]: stage for stage in re.split(r"(?m)^FROM ", DOCKERFILE)[1:]}
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def test_the_frontend_is_named_first() -> None:
    assert DOCKERFILE.startswith("# syntax=docker/dockerfile:1\n")


def test_whatever_is_installed_was_named_with_its_hash() -> None:
    installs = re.findall(r"pip install.*", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_a_service_image_is_what_comes_out_when_nothing_else_is_asked_for() -> None:
    assert list(STAGES) == ["base", "local", "service"]


def test_a_service_image_holds_shared_code_and_one_service() -> None:
    copied = re.findall(r"(?m)^COPY (\S+)", STAGES["service"])
    assert copied == ["requirements/${SERVICE}.txt", "shared/", "services/__init__.py", "services/${SERVICE}/"]


def test_every_image_runs_as_a_user_without_rights() -> None:
    for stage in ("local", "service"):
        assert re.findall(r"(?m)^USER (\S+)", STAGES[stage]) == ["10001"]


def test_tests_stay_out_of_the_images() -> None:
    assert IGNORED[IGNORED.index("*")] == "*"
    assert {"**/tests/", "shared/testing/", "shared/contracts/gate/"} <= set(IGNORED)


def test_templates_are_in_the_image_of_their_service() -> None:
    dropped = [line for line in IGNORED[IGNORED.index("*") + 1 :] if not line.startswith("!")]
    templates = [path.relative_to(ROOT) for path in ROOT.glob("services/*/*/*.j2")]
    assert templates
    for path in templates:
        assert not any(path.match(line) or line.strip("*/") in path.parts for line in dropped), path


def test_images_and_developers_run_the_same_python() -> None:
    required = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert required is not None
    assert STAGES["base"].startswith(f"python:{required[1]}-slim-")
