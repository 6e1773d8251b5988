"""The rules of telling partners: pure, on the standard library alone. One module per noun."""

from services.notifications.domain.acknowledgement import Acknowledged
from services.notifications.domain.attention import ENDING, OVERDUE, Matter
from services.notifications.domain.consent import newly_allowed
from services.notifications.domain.convention import LAWFUL, Terms, terms
from services.notifications.domain.endpoint import Forbidden, forbidden_address, forbidden_url
from services.notifications.domain.expiry import next_night
from services.notifications.domain.mailbox import (
    LINK_LASTS,
    SCHEME,
    address,
    check_contact,
    check_link,
    is_mailto,
    mailbox,
)
from services.notifications.domain.manifest import LONGEST, SETTLED, Manifest
from services.notifications.domain.notice import (
    PLACEHOLDER,
    Notice,
    State,
    day_in_france,
    example,
    payload,
)
from services.notifications.domain.refusal import Refusal, Refused, Resend, refuse_resend, refuse_retry
from services.notifications.domain.replay import (
    BLOCKED,
    LAST,
    Lane,
    ReplayState,
    check_range,
    pace,
    room,
    skipped,
    spacing,
)
from services.notifications.domain.retraction import Alert, Held, Retraction, Undoing, held_retraction, undo
from services.notifications.domain.scope import (
    Scope,
    check_matches,
    check_scope_approval,
    check_scope_withdrawal,
    widens,
)
from services.notifications.domain.secret import brought
from services.notifications.domain.subscription import (
    EXAMPLE_EVERY,
    OPENS_AFTER,
    OVERLAP,
    Subscription,
    SubscriptionState,
    check_approval,
    check_example,
    check_hold,
    check_open,
)
from services.notifications.domain.trouble import FAILING, REMINDED, News, Told, Trouble, news
from services.notifications.domain.version import NEWEST, RENDER, check_version, templates

__all__ = [
    "BLOCKED",
    "ENDING",
    "EXAMPLE_EVERY",
    "FAILING",
    "LAST",
    "LAWFUL",
    "LINK_LASTS",
    "LONGEST",
    "NEWEST",
    "OPENS_AFTER",
    "OVERDUE",
    "OVERLAP",
    "PLACEHOLDER",
    "REMINDED",
    "RENDER",
    "SCHEME",
    "SETTLED",
    "Acknowledged",
    "Alert",
    "Forbidden",
    "Held",
    "Lane",
    "Manifest",
    "Matter",
    "News",
    "Notice",
    "Refusal",
    "Refused",
    "ReplayState",
    "Resend",
    "Retraction",
    "Scope",
    "State",
    "Subscription",
    "SubscriptionState",
    "Terms",
    "Told",
    "Trouble",
    "Undoing",
    "address",
    "brought",
    "check_approval",
    "check_contact",
    "check_example",
    "check_hold",
    "check_link",
    "check_matches",
    "check_open",
    "check_range",
    "check_scope_approval",
    "check_scope_withdrawal",
    "check_version",
    "day_in_france",
    "example",
    "forbidden_address",
    "forbidden_url",
    "held_retraction",
    "is_mailto",
    "mailbox",
    "newly_allowed",
    "news",
    "next_night",
    "pace",
    "payload",
    "refuse_resend",
    "refuse_retry",
    "room",
    "skipped",
    "spacing",
    "templates",
    "terms",
    "undo",
    "widens",
]
