"""The settings of the notifications service, read once from the environment: `NOTIFICATIONS_…` and `SITE`."""

from base64 import b64decode
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


def _of_a_key(value: SecretStr) -> SecretStr:
    if len(b64decode(value.get_secret_value(), validate=True)) != KEY_BYTES:
        raise ValueError("not base64 of 32 bytes")
    return value


Key = Annotated[SecretStr, AfterValidator(_of_a_key)]
"""Base64 of 32 bytes."""


class SigningKey(BaseModel):
    """One of the site's own key pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """Names it to partners, for ever."""
    seed: Key
    """The private half (RFC 8032)."""
    not_before: AwareDatetime
    not_after: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.not_after <= self.not_before:
            raise ValueError("a key ends after it begins")
        return self


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
    secrets_key: Key
    """Base64 of the 32 bytes that encrypt the subscriptions' signing secrets at rest."""
    signing_keys: Json[tuple[SigningKey, ...]]
    """JSON list of the site's key pairs: of those that are valid the newest signs, all are published."""
    allow_loopback: bool = False
    """Whether deliveries may go to this machine: local stacks and tests only."""
    keep_days: int = Field(default=90, ge=40, le=3650)
    """For how long bodies and attempts are kept after the last attempt: longer than a hold and its retries may last."""
    otlp_endpoint: str | None = None
    """Base URL of the OTLP/HTTP receiver; without it no telemetry is sent."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(ge=1, le=65535)
    worker_host: str = "127.0.0.1"
    worker_port: int = Field(ge=1, le=65535)
    """Port of the worker's health and metrics."""

    @field_validator("signing_keys")
    @classmethod
    def _have_names_of_their_own(cls, value: tuple[SigningKey, ...]) -> tuple[SigningKey, ...]:
        if not value or len({one.id for one in value}) < len(value):
            raise ValueError("no key, or two with the same id")
        return value
