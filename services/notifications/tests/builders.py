"""What notifications' tests are about: partners, subscriptions, events and alerts, each with sensible defaults."""

from base64 import b64decode, b64encode
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Alert, Notice, State
from services.notifications.http.keys import Keys
from services.notifications.http.signing_keys import Pair, SigningKeys
from services.notifications.tables import partners, subscriptions
from shared.contracts.selection import (
    CandidacyApproved,
    CandidacyRefused,
    CandidacyWithdrawn,
    PartnerCategory,
    PartnerConsentChanged,
)

KEYS = Keys(b64encode(bytes(range(32))).decode())
SECRET = b64decode("c2VjcmV0IG9mIG5vdGlmaWNhdGlvbnMnIHRlc3RzISE=")
SEED = b64encode(bytes(range(64, 96))).decode()
"""Of the site's key in tests."""
SIGNING = SigningKeys([Pair.of("2026", SEED, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))])
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DECISION = "DON-2026-0042"


def an_approval(*categories: PartnerCategory) -> CandidacyApproved:
    """An approval that orders these categories to be told; the employment service when none is given."""
    return CandidacyApproved(
        decision_number=DECISION, partner_categories=categories or (PartnerCategory.EMPLOYMENT_SERVICE,)
    )


def a_withdrawal() -> CandidacyWithdrawn:
    return CandidacyWithdrawn(decision_number=DECISION)


def a_refusal() -> CandidacyRefused:
    return CandidacyRefused(decision_number="DON-2026-0043")


def a_consent(*categories: PartnerCategory) -> PartnerConsentChanged:
    """The person allows these categories, and no other."""
    return PartnerConsentChanged(partner_categories=categories)


def an_alert(*, state: State = State.PENDING, leased: bool = False, reached: bool = False) -> Alert:
    """An alert of a subscription of its own."""
    return Alert(id=uuid7(), subscription=uuid7(), state=state, leased=leased, reached=reached)


async def a_partner(
    engine: AsyncEngine,
    *,
    name: str = "Mission locale des Ardennes",
    category: PartnerCategory = PartnerCategory.EMPLOYMENT_SERVICE,
    convention: tuple[date, date] = (date(2026, 1, 1), date(2028, 1, 1)),
    contact: str | None = None,
) -> UUID:
    """Stores a partner with a convention; gives its id."""
    partner = uuid7()
    values = {
        "id": partner,
        "name": name,
        "category": category.value,
        "convention_from": convention[0],
        "convention_to": convention[1],
        "fields": [],
        "created_by": "tests",
        "created_at": NOW,
        "contact": contact,
        **({"contact_by": "tests", "contact_at": NOW} if contact is not None else {}),
    }
    async with engine.begin() as conn:
        await conn.execute(partners.insert(), values)
    return partner


async def a_subscription(
    engine: AsyncEngine,
    partner: UUID,
    *,
    url: str = "https://partner.example.org/notices",
    event_types: tuple[Notice, ...] = (Notice.APPROVED, Notice.WITHDRAWN),
    state: str = "active",
) -> UUID:
    """Stores a subscription signed with `SECRET`; gives its id."""
    async with engine.begin() as conn:
        return await _insert_subscription(conn, partner, url, event_types, state)


async def _insert_subscription(
    conn: AsyncConnection, partner: UUID, url: str, event_types: tuple[Notice, ...], state: str
) -> UUID:
    subscription = uuid7()
    values = {
        "id": subscription,
        "partner_id": partner,
        "url": url,
        "event_types": [one.value for one in event_types],
        "secret": KEYS.seal(SECRET, subscription),
        "state": state,
        "proposed_by": "tests",
        "approved_by": "tests-2",
        **dict.fromkeys(("proven_at", "approved_at", "served_since"), NOW),
        "ever_active": True,
        "created_at": NOW,
    }
    await conn.execute(subscriptions.insert(), values)
    return subscription
