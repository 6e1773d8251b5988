"""docker-compose.yml: valid by the Compose Specification, guarded, without secrets, and in step with the code.

`compose-spec.json` is the schema of the Compose Specification as its Go implementation 2.9.1 ships it (Apache-2.0).
"""

import base64
import importlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic_settings import BaseSettings

from shared.contracts.gate import catalogue
from shared.messaging import commands
from shared.process import variable
from tests.checks.compose import FILE, ROOT, SERVICES, containers, document, filled, of_service, variables

PROCESSES = ("migrate", "topics", "api", "worker")
EVERY = [(service, process) for service in SERVICES for process in PROCESSES]
EXAMPLE = ROOT / "deploy" / "compose" / "env.example"
KEY = base64.b64encode(bytes(32)).decode()
PAIRS = [{"id": "1", "seed": KEY, "not_before": "2026-01-01T00:00Z", "not_after": "2027-01-01T00:00Z"}]
VALUES = {name: {"_KEY": KEY, "KEYS": json.dumps(PAIRS)}.get(name[-4:], "x" * 48) for name in variables()}


def settings_of(service: str) -> type[BaseSettings]:
    found: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def names(service: str) -> dict[str, bool]:
    """The environment variables of a service, each with whether it must be given."""
    settings = settings_of(service)
    return {variable(settings, name): field.is_required() for name, field in settings.model_fields.items()}


def test_the_file_is_valid_by_the_specification() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(document())


def test_no_health_check_needs_an_engine_newer_than_20() -> None:
    assert "start_interval" not in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("service", "process"), EVERY)
def test_a_process_is_given_every_setting_it_needs_and_none_it_does_not_know(service: str, process: str) -> None:
    given, known = of_service(service, process)["environment"], names(service)
    assert set(given) <= set(known)
    assert {name for name, required in known.items() if required} <= {n for n, v in given.items() if v is not None}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_the_settings_it_is_given(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in filled(of_service(service, "api")["environment"], VALUES).items():
        monkeypatch.setenv(name, value)
    settings: Any = settings_of(service)()
    assert settings.database_url.get_secret_value().startswith(f"postgresql+asyncpg://{service}:")
    assert settings.database_url.get_secret_value().endswith(f"@postgres:5432/{service}")
    assert settings.oidc_issuer == containers()["issuer"]["command"][-1]
    assert f":{settings.api_port}/readyz" in of_service(service, "api")["healthcheck"]["test"][-1]
    assert f":{settings.worker_port}/readyz" in of_service(service, "worker")["healthcheck"]["test"][-1]
    assert of_service(service, "api")["ports"][0].endswith(f":{settings.api_port}")


@pytest.mark.parametrize("service", SERVICES)
def test_all_processes_of_a_service_are_told_the_same(service: str) -> None:
    environments = [of_service(service, process)["environment"] for process in PROCESSES]
    assert all(one == environments[0] for one in environments)


@pytest.mark.parametrize(("service", "process"), EVERY)
def test_a_process_is_started_by_a_command_that_its_service_has(service: str, process: str) -> None:
    container = of_service(service, process)
    assert container["command"] == [process]
    assert hasattr(importlib.import_module(f"services.{service}.main"), f"run_{process}")
    assert container["image"] == of_service(service, "migrate")["image"]


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_and_topics_come_before_api_and_worker(service: str) -> None:
    prefix = service.replace("_", "-")
    done = {"condition": "service_completed_successfully"}
    assert of_service(service, "migrate")["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert of_service(service, "topics")["depends_on"][f"{prefix}-migrate"] == done
    for process in ("api", "worker"):
        assert of_service(service, process)["depends_on"][f"{prefix}-topics"] == done


@pytest.mark.parametrize("service", SERVICES)
def test_the_topics_command_makes_all_that_the_service_produces_and_reads(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(commands, "topics", lambda *arguments: asked.append(arguments))
    importlib.import_module(f"services.{service}.main").run_topics(None)
    _, _, consumer, produced = asked[0]
    known = catalogue.read()
    own = {event.topic for event_type, event in known.events.items() if catalogue.producer(event_type) == service}
    assert set(produced) == own
    assert consumer is known.consumers[service]


def test_topics_are_never_created_by_asking_for_them() -> None:
    assert containers()["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_address_of_kafka_is_the_one_it_gives_to_its_clients() -> None:
    advertised = containers()["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
    for service in SERVICES:
        environment = of_service(service, "worker")["environment"]
        assert environment[f"{service.upper()}_KAFKA_BOOTSTRAP"] == advertised


def test_every_service_of_the_repository_has_its_containers() -> None:
    assert sorted(SERVICES) == sorted(path.parent.name for path in ROOT.glob("services/*/main.py"))


@pytest.mark.parametrize("name", containers())
def test_a_container_can_change_nothing_and_become_nobody_else(name: str) -> None:
    container = containers()[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not container.get("privileged")
    assert "cap_add" not in container
    assert container.get("user") != "root"


@pytest.mark.parametrize("name", containers())
def test_a_container_listens_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in containers()[name].get("ports", []))


@pytest.mark.parametrize("name", [name for name, one in containers().items() if one.get("restart") == "unless-stopped"])
def test_what_others_wait_for_says_when_it_is_well(name: str) -> None:
    waited_for = {
        other
        for one in containers().values()
        for other, how in one.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    if name in waited_for or name.endswith(("-api", "-worker")):
        assert containers()[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("service", SERVICES)
def test_a_database_is_reached_by_its_own_services_password_alone(service: str) -> None:
    others = {f"{other.upper()}_DB_PASSWORD" for other in SERVICES if other != service}
    for process in PROCESSES:
        text = json.dumps(of_service(service, process)["environment"])
        assert not any(other in text for other in others)


def test_no_secret_stands_in_the_file() -> None:
    for name, container in containers().items():
        for variable_name, value in container.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|DATABASE_URL", variable_name):
                assert re.search(r"\$\{[A-Z_]+:\?", value), f"{name}: {variable_name}"


def test_a_missing_variable_stops_compose_with_a_word_on_what_to_do() -> None:
    assert set(variables().values()) == {":?see top of file"}


def test_the_example_names_every_variable_and_holds_no_value() -> None:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert {line.rstrip("=") for line in lines} == set(variables())
    assert all(line.endswith("=") for line in lines)


def test_fresh_secrets_are_good_for_every_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    made = subprocess.run(["sh", EXAMPLE.with_name("secrets.sh")], capture_output=True, check=True, text=True).stdout
    values = dict(line.split("=", 1) for line in made.splitlines() if line and not line.startswith("#"))
    assert set(values) == set(variables())
    for service in SERVICES:
        for name, value in filled(of_service(service, "api")["environment"], values).items():
            monkeypatch.setenv(name, value)
        settings_of(service)()


def test_the_settings_that_the_example_offers_are_handed_on() -> None:
    offered = re.findall(r"^# ([A-Z_]+)_OTLP_ENDPOINT=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(offered) == sorted(service.upper() for service in SERVICES)
    for service in SERVICES:
        given = of_service(service, "api")["environment"]
        assert given[f"{service.upper()}_OTLP_ENDPOINT"] is None


def test_the_observers_stay_out_unless_they_are_asked_for() -> None:
    observers = {name for name, container in containers().items() if "profiles" in container}
    assert observers == {"collector", "jaeger"}
    assert all(containers()[name]["profiles"] == ["observe"] for name in observers)


def test_images_have_versions() -> None:
    images = {container["image"] for container in containers().values()}
    assert all(image.startswith("inserre/") or re.search(r":v?[\d.]+$", image) for image in images)


def test_local_stack_and_containers_run_the_same_major_versions() -> None:
    pom = (ROOT / "deploy" / "local" / "pom.xml").read_text(encoding="utf-8")
    images = dict(container["image"].split(":") for container in containers().values() if ":" in container["image"])
    local = dict(re.findall(r"<artifactId>(kafka|embedded-postgres)[^<]*</artifactId>\s*<version>(\d+)", pom))
    assert local == {
        "kafka": images["apache/kafka"].split(".")[0],
        "embedded-postgres": images["postgres"],
    }
