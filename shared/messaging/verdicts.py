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


_BY_STATE = {
    "40001": Verdict.CONFLICT,
    "40P01": Verdict.CONFLICT,
    "23P01": Verdict.OVERLAP,
    "57014": Verdict.SLOW,
    "55P03": Verdict.SLOW,
    "25P03": Verdict.SLOW,
}
_AWAY = ("08", "57P", "53")


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
    name, code = type(error).__name__, sqlstate(error)
    if isinstance(error, Poison):
        return Failure(Verdict.DEAD, error.reason, name)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, (KafkaError, OSError, TimeoutError, PoolTimeout)):
        return Failure(Verdict.AWAY, "unreachable", name)
    if code is None:
        return Failure(Verdict.PARK, "handler-error", name)
    verdict = _BY_STATE.get(code, Verdict.AWAY if code.startswith(_AWAY) else Verdict.PARK)
    return Failure(verdict, f"sqlstate-{code}", name)
