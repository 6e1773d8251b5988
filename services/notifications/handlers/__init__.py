"""What notifications does. One transaction per use case, opened and committed by the caller."""

from services.notifications.handlers.acknowledgements import acknowledge
from services.notifications.handlers.alerts import (
    DELIVERIES,
    alert_partners,
    obey_consent,
    retract_alerts,
)
from services.notifications.handlers.credentials import set_certificate, set_oauth2
from services.notifications.handlers.deliveries import Who, resend_delivery, retry_delivery, set_aside
from services.notifications.handlers.expiry import EXPIRY, Expiry, begin_expiry, expiring
from services.notifications.handlers.mailboxes import confirm_mailbox, look_at_link, note_question
from services.notifications.handlers.partners import set_contact, take_in_partner
from services.notifications.handlers.proofs import note_answer, note_proof
from services.notifications.handlers.replays import (
    REPLAY,
    Asked,
    Forecast,
    ReplayStep,
    cancel_replay,
    forecast_replay,
    order_replay,
    step_replay,
)
from services.notifications.handlers.scopes import approve_scope, change_scope, withdraw_scope
from services.notifications.handlers.subscriptions import (
    Seal,
    approve,
    change_endpoint,
    change_manners,
    pause,
    resume,
    rotate_secret,
    subscribe,
)
from services.notifications.handlers.trials import Example, take_turn
from services.notifications.handlers.waiting import note_waiting

__all__ = [
    "DELIVERIES",
    "EXPIRY",
    "REPLAY",
    "Asked",
    "Example",
    "Expiry",
    "Forecast",
    "ReplayStep",
    "Seal",
    "Who",
    "acknowledge",
    "alert_partners",
    "approve",
    "approve_scope",
    "begin_expiry",
    "cancel_replay",
    "change_endpoint",
    "change_manners",
    "change_scope",
    "confirm_mailbox",
    "expiring",
    "forecast_replay",
    "look_at_link",
    "note_answer",
    "note_proof",
    "note_question",
    "note_waiting",
    "obey_consent",
    "order_replay",
    "pause",
    "resend_delivery",
    "resume",
    "retract_alerts",
    "retry_delivery",
    "rotate_secret",
    "set_aside",
    "set_certificate",
    "set_contact",
    "set_oauth2",
    "step_replay",
    "subscribe",
    "take_in_partner",
    "take_turn",
    "withdraw_scope",
]
