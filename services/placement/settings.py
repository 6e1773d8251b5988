"""The settings of the placement service, read once from the environment: `PLACEMENT_…` and `SITE`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a process of this service must be told. Secrets come from the environment only."""

    model_config = SettingsConfigDict(env_prefix="PLACEMENT_", frozen=True, extra="ignore")

    site: str = Field(validation_alias="SITE", pattern=r"^[A-Z]{3}$")
    """Code of the one site that this stack serves, such as `DON`."""
    database_url: SecretStr
    """`postgresql+asyncpg://user:password@host:port/database`."""
    kafka_bootstrap: str
    """`host:port`, comma-separated."""
    oidc_issuer: str
    """URL of the identity provider whose tokens are accepted."""
    oidc_audience: str = "inserre"
    idempotency_secret: SecretStr = Field(min_length=32)
    """Keys the fingerprints of request bodies."""
    selection_url: str
    """Base URL of selection's API, which takes the committal number of each arrival."""
    estate_profile: str | None = None
    """Which profile of `estate.yaml` the wings of this site follow; without it the one that the file names."""
    otlp_endpoint: str | None = None
    """Base URL of the OTLP/HTTP receiver; without it no telemetry is sent."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(ge=1, le=65535)
    worker_host: str = "127.0.0.1"
    worker_port: int = Field(ge=1, le=65535)
    """Port of the worker's health and metrics."""
    sheets_dir: Path
    """Directory of the printed sheets, on this machine: made with mode 0700, and refused where it is open to others."""
