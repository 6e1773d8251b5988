"""The local stack tells each service exactly what its settings ask for."""

import importlib
import importlib.util
from pathlib import Path

import pytest

from deploy.local.environment import SERVICES, Environment

ENVIRONMENT = Environment(
    "DON", SERVICES, "postgresql://inserre:x@127.0.0.1:5432/postgres", "127.0.0.1:9092", Path("/nowhere")
)
PRESENT = [service for service in SERVICES if importlib.util.find_spec(f"services.{service}")]


@pytest.mark.parametrize("service", PRESENT)
def test_settings_accept_what_the_stack_tells_a_service(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.of(service).items():
        monkeypatch.setenv(name, value)

    settings = importlib.import_module(f"services.{service}.settings").Settings()

    assert settings.site == "DON"
    assert settings.database_url.get_secret_value() == ENVIRONMENT.database(service)
    assert settings.worker_port == ENVIRONMENT.ports[f"{service}-worker"]
    assert settings.otlp_endpoint == ENVIRONMENT.url("otlp")


def test_a_second_worker_gets_a_port_of_its_own() -> None:
    ENVIRONMENT.add_port("placement-worker-2")

    first, second = ENVIRONMENT.of("placement"), ENVIRONMENT.of("placement", worker="placement-worker-2")

    assert first["PLACEMENT_WORKER_PORT"] != second["PLACEMENT_WORKER_PORT"]


def test_no_service_is_told_another_services_secrets() -> None:
    for service in SERVICES:
        told = set(ENVIRONMENT.of(service).values())
        assert not any(secret in " ".join(told) for other, secret in ENVIRONMENT.passwords.items() if other != service)


def test_an_override_wins() -> None:
    overrides = {"PLACEMENT_API_PORT": "1"}
    environment = Environment("DON", ("placement",), ENVIRONMENT.postgres, "127.0.0.1:1", ENVIRONMENT.data, overrides)

    assert environment.of("placement")["PLACEMENT_API_PORT"] == "1"
