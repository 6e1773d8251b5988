"""Events that the notifications service produces: who was told what, without saying anything of whom."""

from typing import ClassVar
from uuid import UUID

from shared.messaging.event import Event, Topic

DELIVERY = Topic("notifications.delivery.v1")


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


class PartnerAlertFailed(DeliveryEvent):
    """A delivery was given up or became void before anybody was told. Subject: the delivery."""

    type: ClassVar[str] = "notifications.delivery.partner_alert_failed.v1"

    notice: str
    partner: str
    attempts: int
    reason: str
    """Stable code, such as `retries_exhausted`, `endpoint_gone` or `withdrawn_before_sending`."""
