"""What a subscription is told: less at once, more only once a second officer agrees."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from services.notifications.domain.notice import Notice
from services.notifications.domain.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Scope:
    """Types of notices that a subscription is told.

    Args:
        served: types that are planned for now.
        asked: a wider set that waits for a second officer; None when nothing waits.
        asked_by: subject of who asked for it.
    """

    served: frozenset[str]
    asked: frozenset[str] | None = None
    asked_by: str | None = None


def check_matches(types: Collection[str], convention_to: date, today: date) -> None:
    """Whether a subscription to these types can ever be told anything.

    A retraction goes to exactly those who were told, whatever they subscribe to: by itself it matches nothing.

    Args:
        types: that are asked for.
        convention_to: first day after the partner's convention, Europe/Paris.
        today: Europe/Paris.

    Raises:
        Refused: `scope-matches-nothing`.
    """
    if Notice.APPROVED not in types or convention_to <= today:
        raise Refused(Refusal.SCOPE_MATCHES_NOTHING)


def widens(scope: Scope, types: Collection[str]) -> bool:
    """Whether a change to these types has to wait for a second officer.

    Raises:
        Refused: `scope-unchanged`; else asking for what is served would do away with what another asked for.
    """
    if scope.served == frozenset(types):
        raise Refused(Refusal.SCOPE_UNCHANGED)
    return not scope.served.issuperset(types)


def check_scope_approval(scope: Scope, types: Collection[str], by: str) -> None:
    """Whether somebody may approve these types: what waits, and asked for by another person.

    Raises:
        Refused: `scope-not-asked`, `scope-changed`, `approval-by-the-same`.
    """
    if scope.asked is None:
        raise Refused(Refusal.SCOPE_NOT_ASKED)
    if scope.asked != frozenset(types):
        raise Refused(Refusal.SCOPE_CHANGED)
    if scope.asked_by == by:
        raise Refused(Refusal.APPROVAL_BY_THE_SAME)


def check_scope_withdrawal(scope: Scope, by: str) -> None:
    """Whether somebody may take back what was asked for: who asked alone.

    Raises:
        Refused: `scope-not-asked`, `scope-asked-by-another`.
    """
    if scope.asked is None:
        raise Refused(Refusal.SCOPE_NOT_ASKED)
    if scope.asked_by != by:
        raise Refused(Refusal.SCOPE_ASKED_BY_ANOTHER)
