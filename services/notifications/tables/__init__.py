"""The tables of notifications: partners, where they listen, what is to be sent to them, and what became of it."""

from services.notifications.tables.base import metadata
from services.notifications.tables.deliveries import acknowledgements, attempts, deliveries, resends
from services.notifications.tables.disclosures import disclosures, reads
from services.notifications.tables.partners import approvals, partner_references, partners
from services.notifications.tables.replays import replayed, replays
from services.notifications.tables.subscriptions import credentials, subscription_changes, subscriptions
from services.notifications.tables.told import partner_told
from services.notifications.tables.waiting import waiting_elsewhere

__all__ = [
    "acknowledgements",
    "approvals",
    "attempts",
    "credentials",
    "deliveries",
    "disclosures",
    "metadata",
    "partner_references",
    "partner_told",
    "partners",
    "reads",
    "replayed",
    "replays",
    "resends",
    "subscription_changes",
    "subscriptions",
    "waiting_elsewhere",
]
