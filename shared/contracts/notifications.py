"""Events that the notifications service produces: who was told what, and what a convention lets a partner ask."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.selection import PartnerCategory
from shared.messaging.event import Event, Topic

DELIVERY = Topic("notifications.delivery.v1")
PARTNER = Topic("notifications.partner.v1")


class DeliveryEvent(Event):
    """What all facts of deliveries share. Key: the candidacy."""

    topic: ClassVar[Topic] = DELIVERY

    candidacy_id: UUID
    request_id: str
    """Id of the candidacy event that this answers."""
    decision_number: str | None

    def key(self, subject: UUID) -> UUID:  # noqa: ARG002
        """The candidacy, so that all that happens to one person stays in order."""
        return self.candidacy_id


class AlertsPlanned(DeliveryEvent):
    """The one reply to a candidacy event: how many deliveries it causes. Subject: the causing event; version 1."""

    type: ClassVar[str] = "notifications.delivery.alerts_planned.v1"

    count: int
    """Deliveries planned, retractions included; 0 when nobody is to be told."""


class PartnerAlerted(DeliveryEvent):
    """A partner accepted a delivery. Subject: the delivery."""

    type: ClassVar[str] = "notifications.delivery.partner_alerted.v1"

    notice: str
    """What the partner was told, such as `candidacy.approved`."""
    partner: str
    """Display name of the partner, an organisation."""
    attempts: int
    partner_id: UUID | None = None
    """None in events from before partners could ask for details."""
    reference: str | None = None
    """The opaque name under which this partner, and no other, knows the candidacy; None as for `partner_id`."""


class PartnerAlertFailed(DeliveryEvent):
    """A delivery was given up or became void before anybody was told. Subject: the delivery."""

    type: ClassVar[str] = "notifications.delivery.partner_alert_failed.v1"

    notice: str
    partner: str
    attempts: int
    reason: str
    """Stable code, such as `retries_exhausted`, `endpoint_gone` or `withdrawn_before_sending`."""


class PartnerField(StrEnum):
    """What a convention may let a partner read of a person: names of fields, never their content."""

    LAST_NAME = "last_name"
    FIRST_NAMES = "first_names"
    ECROU_NUMBER = "ecrou_number"
    PROJECTED_EXIT = "projected_exit"


class PartnerConventionRecorded(Event):
    """A partner was taken in with its convention. Subject and key: the partner."""

    topic: ClassVar[Topic] = PARTNER
    type: ClassVar[str] = "notifications.partner.convention_recorded.v1"

    partner_id: UUID
    partner: str
    """Display name of the partner, an organisation."""
    category: PartnerCategory
    convention_from: date
    """First day of the convention, Europe/Paris."""
    convention_to: date
    """First day after the convention, Europe/Paris."""
    fields: tuple[PartnerField, ...]
    """What the partner may read of a person who has arrived and agreed; empty for nothing."""
    window_months: int | None
    """Only in the last so many months before the projected exit; None for no such limit."""
