"""The catalogue of what partners receive: the bodies of webhooks, by type and version, and the headers they come with.

notifications produces them. They only grow, as events do: receivers ignore what they do not know, and anything but an
optional field more is a new version, to which nobody is moved who subscribed to an older one. Nothing here says who a
person is (D215-6 and D215-7 of the Code pénitentiaire).

A type or a version more is a class here and its entry in `CATALOGUE`; `python -m shared.contracts.gate --write` does
the rest.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Told(BaseModel):
    """What every body has."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    version: ClassVar[int] = 1

    type: str
    """What happened."""
    timestamp: Annotated[AwareDatetime, Field(examples=["2026-11-23T09:00:00Z"])]
    """When it happened, UTC, to the second."""

    @classmethod
    def named(cls) -> str:
        """Its `type`, such as `candidacy.approved`."""
        return str(get_args(cls.model_fields["type"].annotation)[0])

    @classmethod
    def label(cls) -> str:
        """Type and version: `candidacy.approved.v1`."""
        return f"{cls.named()}.v{cls.version}"


class About(BaseModel):
    """Whom a notice is about."""

    model_config = Told.model_config

    reference: Annotated[str, Field(pattern="^r_[0-9a-f]{32}$", examples=["r_3f6c1d0a9b8e4c7d8f1a2b3c4d5e6f70"])]
    """Opaque; the same for as long as the person is known to this partner, another one for another partner."""


class Numbered(Told):
    """What every notice has, so that a partner sees which one it missed."""

    sequence: Annotated[int, Field(ge=1, examples=[42])]
    """Its number among all notices of its subscription, one more than that of the notice before."""
    test: Literal[True] | None = None
    """Only in an example that somebody has sent to try an endpoint: about nobody, and its `sequence` counts nothing."""


class ApprovedNotice(Numbered):
    """One place is reserved for somebody whom the partner will know by this reference alone."""

    type: Literal["candidacy.approved"]
    data: About


class WithdrawnNotice(Numbered):
    """What was said under this reference is no longer so; why is not told."""

    type: Literal["candidacy.withdrawn"]
    data: About


class Repeated(BaseModel):
    """What an endpoint answers a challenge with, and 2xx."""

    model_config = Told.model_config

    challenge: Annotated[str, Field(examples=["c_6b1f0d9c2e7a4835b0c1d2e3f4a59687"])]
    """To be repeated as it is."""


class Challenge(Told):
    """Whether the endpoint wants to be told: it repeats the challenge, or hears nothing more."""

    type: Literal["endpoint.challenge"]
    data: Repeated


class Headers(BaseModel):
    """What signs a body (Standard Webhooks)."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    webhook_id: Annotated[str, Field(alias="webhook-id", examples=["01931c9e-3f1a-7c44-9b0e-5d8f6a7b8c9d"])]
    """The same on every attempt: drop what you have seen."""
    webhook_timestamp: Annotated[int, Field(alias="webhook-timestamp", examples=[1795424400])]
    """When this attempt was signed, in seconds since 1970, UTC: refuse what is more than minutes away from now."""
    webhook_signature: Annotated[
        str, Field(alias="webhook-signature", examples=["v1,yvfDhQxYYdRoNJYtwWXMNnFGKmrCfqpqvGyb/NOgRoA="])
    ]
    """Signatures of `<webhook-id>.<webhook-timestamp>.<body>`, separated by blanks: `v1` with each secret, of
    which one that is right is enough, and `v1a` with the site's key (ed25519)."""


CATALOGUE: Mapping[str, type[Told]] = {body.label(): body for body in (ApprovedNotice, WithdrawnNotice, Challenge)}
"""The class of each type and version."""


def check(notice: str, version: int, body: str) -> None:
    """Raises ValidationError unless a body is what the catalogue says of this type and version, and nothing more."""
    CATALOGUE[f"{notice}.v{version}"].model_validate_json(body, extra="forbid")


def example(model: type[BaseModel]) -> dict[str, Any]:
    """What a body looks like, without what is only there at times. Fictitious and always the same.

    Raises:
        ValueError: a field has neither an example nor one value.
    """
    return {
        field.alias or name: _value(name, field) for name, field in model.model_fields.items() if field.is_required()
    }


def _value(name: str, field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        return example(field.annotation)
    if values := get_args(field.annotation):
        return values[0]
    raise ValueError(f"{name}: give it an example")
