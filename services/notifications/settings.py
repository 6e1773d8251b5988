"""The settings of the notifications service, read once from the environment: `NOTIFICATIONS_…` and `SITE`."""

from base64 import b64decode
from typing import Annotated, Literal, Self

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

from services.notifications.domain import address
from services.notifications.mail.relay import Post, relay

KEY_BYTES = 32

PROOF_PATH = "/v1/mailboxes/proof"
"""Where a mailbox is confirmed."""

FEED_PATH = "/v1/partner/feed"
"""Where a partner pulls its notices."""


def _of_a_key(value: SecretStr) -> SecretStr:
    if len(b64decode(value.get_secret_value(), validate=True)) != KEY_BYTES:
        raise ValueError("not base64 of 32 bytes")
    return value


StaffRole = Literal["decision_authority", "head", "operator", "partner_admin", "placement_officer", "registry", "spip"]
"""Roles for which something may wait, here or in another service."""

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
    smtp_url: SecretStr | None = None
    """The relay for e-mail, `smtps://user:password@host:465` or `smtp://host:587` (STARTTLS)."""
    mail_from: str | None = None
    """Our own address in mails; bounces go to `bounce+…` of the same domain."""
    mail_reply_to: str | None = None
    """Where answers to mails go, if not to `mail_from`."""
    partner_url: str | None = Field(default=None, pattern=r"^https?://[!-~]*\{reference\}[!-~]*$")
    """The page of a reference, such as `https://…/references/{reference}`: what a mail links to."""
    public_url: str | None = Field(default=None, pattern=r"^https?://[!-~]+[^/]$")
    """Base URL under which partners reach this API: where a mailbox is confirmed."""
    staff_mail: dict[StaffRole, str] = {}
    """JSON, role → address of a function's mailbox, for `digest`."""
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

    @field_validator("smtp_url")
    @classmethod
    def _is_a_relay(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            relay(value.get_secret_value(), allow_loopback=False)
        return value

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and address(value) is None:
            raise ValueError("not one plain address of a public domain")
        return value

    @field_validator("staff_mail")
    @classmethod
    def _are_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(map(address, value.values())):
            raise ValueError("not one plain address of a public domain each")
        return value

    @model_validator(mode="after")
    def _sends_mail_or_does_not(self) -> Self:
        needed = (self.smtp_url, self.mail_from, self.partner_url, self.public_url)
        if None in needed and any(needed):
            raise ValueError("NOTIFICATIONS_SMTP_URL, _MAIL_FROM, _PARTNER_URL and _PUBLIC_URL go together")
        return self

    @property
    def post(self) -> Post | None:
        """How mail is sent; None where this site sends none."""
        if self.smtp_url is None or self.mail_from is None or self.partner_url is None or self.public_url is None:
            return None
        return Post(
            relay=relay(self.smtp_url.get_secret_value(), allow_loopback=self.allow_loopback),
            sender=self.mail_from,
            reply_to=self.mail_reply_to,
            partner_url=self.partner_url,
            proof_url=f"{self.public_url}{PROOF_PATH}",
            feed_url=f"{self.public_url}{FEED_PATH}",
        )
