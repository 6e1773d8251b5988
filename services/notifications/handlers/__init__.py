"""What notifications does. One transaction per use case, opened and committed by the caller."""

from services.notifications.handlers.alerts import (
    DELIVERIES,
    alert_partners,
    obey_consent,
    retract_alerts,
    retry_delivery,
    take_in_partner,
)
from services.notifications.handlers.subscriptions import (
    Seal,
    approve,
    change_endpoint,
    change_manners,
    note_proof,
    pause,
    resume,
    rotate_secret,
    subscribe,
)

__all__ = [
    "DELIVERIES",
    "Seal",
    "alert_partners",
    "approve",
    "change_endpoint",
    "change_manners",
    "note_proof",
    "obey_consent",
    "pause",
    "resume",
    "retract_alerts",
    "retry_delivery",
    "rotate_secret",
    "subscribe",
    "take_in_partner",
]
