"""Mailboxes as a partner gives them: `mailto:` with one plain address of a public domain, and nothing else."""

import re
from datetime import datetime, timedelta

from services.notifications.domain.endpoint import is_public_name
from services.notifications.domain.refusal import Refusal, Refused

SCHEME = "mailto:"

LINK_LASTS = timedelta(days=7)
"""How long the link that proves a mailbox can be followed."""

_LONGEST = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3, less the angle brackets)."""
_LONGEST_LOCAL = 64
# Less than RFC 5321 allows: no quotes, no percent signs, nothing that a header, a shell or a URL reads as more.
_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", re.ASCII)


def is_mailto(url: str) -> bool:
    """Whether a subscription's address is a mailbox: what the database calls its channel."""
    return url.startswith(SCHEME)


def mailbox(url: str) -> str | None:
    """The address in a `mailto:` URL; None for anything that is not exactly one address that we would write to.

    Args:
        url: as a partner gives it: no header fields (`?subject=`), no list, no percent-encoding, an ASCII domain.
    """
    return address(url.removeprefix(SCHEME)) if is_mailto(url) else None


def address(text: str) -> str | None:
    """The text, if it is one plain address of a public domain."""
    local, at, domain = text.partition("@")
    plain = (
        at
        and len(text) <= _LONGEST
        and len(local) <= _LONGEST_LOCAL
        and domain.isascii()
        and not domain.endswith(".")
        and _LOCAL.fullmatch(local)
        and is_public_name(domain.lower())
    )
    return text if plain else None


def check_contact(contact: str | None) -> None:
    """Whether something may be written to this address: the same rule as for a mailbox that is subscribed.

    Raises:
        Refused: `contact-not-allowed`.
    """
    if contact is not None and address(contact) is None:
        raise Refused(Refusal.CONTACT_NOT_ALLOWED)


def check_link(until: datetime | None, now: datetime) -> None:
    """Whether the link that a mailbox was sent can still be followed.

    Args:
        until: when it ends, UTC; None once it was followed.
        now: UTC.

    Raises:
        Refused: `mailbox-proof-used`, `mailbox-proof-expired`.
    """
    if until is None:
        raise Refused(Refusal.MAILBOX_PROOF_USED)
    if until <= now:
        raise Refused(Refusal.MAILBOX_PROOF_EXPIRED)
