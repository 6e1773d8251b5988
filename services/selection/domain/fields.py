"""Which role may read and which may change which part of a file. What is not listed is refused."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from services.selection.domain.acts import Role
from services.selection.domain.refusal import Refusal, Refused

INSPECTOR = "inspector"
"""Controls what was done, without learning who it was done to."""


class Group(StrEnum):
    """The parts of a file."""

    IDENTITY = "identity"
    """The vault: names, birth date, committal number, sex."""
    PENAL = "penal"
    """Status, sentences, their end; and the opinion, which repeats them as its inputs."""
    CONSENT = "consent"
    """That the person volunteered, and which categories of partners may be told."""
    WISHES = "wishes"
    """Planned entry, adapted cell, training."""
    ADVICE_WORDS = "advice_words"
    INTERVIEW_WORDS = "interview_words"
    DECISION_REASONS = "decision_reasons"
    RESTRICTED_REASONS = "restricted_reasons"
    """Kept from the person (L211-2 7° CRPA). The role is needed and not enough: only the signer and the appeal
    authority read them."""
    LETTERS = "letters"


_READERS: Mapping[Group, frozenset[str]] = {
    Group.IDENTITY: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY}),
    Group.PENAL: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY, INSPECTOR}),
    Group.CONSENT: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY, INSPECTOR}),
    Group.WISHES: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY, INSPECTOR}),
    Group.ADVICE_WORDS: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY}),
    Group.INTERVIEW_WORDS: frozenset({Role.SPIP, Role.HEAD, Role.DECISION_AUTHORITY}),
    Group.DECISION_REASONS: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY, INSPECTOR}),
    Group.RESTRICTED_REASONS: frozenset({Role.DECISION_AUTHORITY}),
    Group.LETTERS: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD, Role.DECISION_AUTHORITY}),
}
# A file is opened as the paper says, whole, by any of those who open files; this is about changing it afterwards.
_WRITERS: Mapping[Group, frozenset[str]] = {
    # Rectification is asked of the head of the prison (LIL 104-106, R240-7), and done where the error is found.
    Group.IDENTITY: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD}),
    Group.PENAL: frozenset({Role.SPIP, Role.REGISTRY}),
    Group.CONSENT: frozenset({Role.SPIP, Role.HEAD}),
    Group.WISHES: frozenset({Role.SPIP, Role.HEAD}),
    # The registry takes in what the judge and the prosecutor send.
    Group.ADVICE_WORDS: frozenset({Role.SPIP, Role.REGISTRY, Role.HEAD}),
    Group.INTERVIEW_WORDS: frozenset({Role.SPIP, Role.HEAD}),
    Group.DECISION_REASONS: frozenset({Role.DECISION_AUTHORITY}),
    Group.RESTRICTED_REASONS: frozenset({Role.DECISION_AUTHORITY}),
    Group.LETTERS: frozenset({Role.DECISION_AUTHORITY}),
}


def readable(roles: Iterable[str]) -> frozenset[Group]:
    """The groups that any one of these roles lets a token read."""
    held = frozenset(roles)
    return frozenset(group for group, readers in _READERS.items() if held & readers)


def readers(*groups: Group) -> tuple[str, ...]:
    """The roles that may read at least one of the groups, or of all groups when none is named."""
    return tuple(sorted(frozenset().union(*(_READERS[group] for group in groups or _READERS))))


def writers(*groups: Group) -> tuple[str, ...]:
    """The roles that may change at least one of the groups."""
    return tuple(sorted(frozenset().union(*(_WRITERS[group] for group in groups))))


def check_fields(roles: Iterable[str], groups: Iterable[Group]) -> None:
    """All or nothing: one group that is not theirs refuses the whole change.

    Raises:
        Refused: `field-not-yours`.
    """
    held = frozenset(roles)
    if not all(held & _WRITERS[group] for group in groups):
        raise Refused(Refusal.FIELD_NOT_YOURS)
