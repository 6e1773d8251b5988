"""What an error means for the event whose handling raised it. The text of an error is never looked at, nor kept."""

from enum import Enum
from typing import NamedTuple

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.messaging.event import Poison


class Verdict(Enum):
    """How the kernel goes on after an error."""

    PARK = "park"
    """Hold the key and try again later."""
    DEAD = "dead"
    """Hold the key until a named person decides."""
    OVERLAP = "overlap"
    """Another transaction took what this one chose (23P01): choose again."""
    CONFLICT = "conflict"
    """Serialisation failure or deadlock: roll back and run again, whatever it takes."""
    SLOW = "slow"
    """A statement or lock timeout: the database is busy, or the event itself is too heavy."""
    AWAY = "away"
    """The database or the broker is not there: wait, and hold nobody's key."""


class Failure(NamedTuple):
    """A verdict with what operators see of its cause: codes and class names only."""

    verdict: Verdict
    reason: str
    error_class: str | None


_CONFLICTS = frozenset({"40001", "40P01"})
_SLOW = frozenset({"57014", "55P03", "25P03"})


def sqlstate(error: BaseException) -> str | None:
    """The five characters that PostgreSQL gives an error, if it came from there."""
    origin = getattr(error, "orig", error)
    for candidate in (origin, getattr(origin, "__cause__", None)):
        code = getattr(candidate, "sqlstate", None)
        if isinstance(code, str):
            return code
    return None


def judge(error: BaseException) -> Failure:
    """What to do about an error that a handler, or the kernel around it, raised."""
    name = type(error).__name__
    if isinstance(error, Poison):
        return Failure(Verdict.DEAD, error.reason, name)
    code = sqlstate(error)
    if code in _CONFLICTS:
        return Failure(Verdict.CONFLICT, f"sqlstate-{code}", name)
    if code in _SLOW:
        return Failure(Verdict.SLOW, f"sqlstate-{code}", name)
    if code == "23P01":
        return Failure(Verdict.OVERLAP, f"sqlstate-{code}", name)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or (code is not None and code.startswith(("08", "57P", "53"))):
        return Failure(Verdict.AWAY, f"sqlstate-{code or 'none'}", name)
    if isinstance(error, (KafkaError, OSError, TimeoutError, PoolTimeout)):
        return Failure(Verdict.AWAY, "unreachable", name)
    return Failure(Verdict.PARK, f"sqlstate-{code}" if code else "handler-error", name)
