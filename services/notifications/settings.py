"""The settings of the notifications service, read once from the environment: `NOTIFICATIONS_…` and `SITE`."""

from base64 import b64decode

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


class Settings(BaseSettings):
    """What a process of this service must be told. Secrets come from the environment only."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True, extra="ignore")

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
    secrets_key: SecretStr
    """Base64 of the 32 bytes that encrypt the subscriptions' signing secrets at rest."""
    allow_loopback: bool = False
    """Whether deliveries may go to this machine: local stacks and tests only."""
    otlp_endpoint: str | None = None
    """Base URL of the OTLP/HTTP receiver; without it no telemetry is sent."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(ge=1, le=65535)
    worker_host: str = "127.0.0.1"
    worker_port: int = Field(ge=1, le=65535)
    """Port of the worker's health and metrics."""

    @field_validator("secrets_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if len(b64decode(value.get_secret_value(), validate=True)) != KEY_BYTES:
            raise ValueError("not base64 of 32 bytes")
        return value
