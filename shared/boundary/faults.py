"""What an exception becomes for the caller: a problem with a code, and never the exception's text."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared import problems
from shared.messaging.verdicts import Verdict, judge, sqlstate

_UNSTORABLE = frozenset({"22021", "22P05"})
"""A NUL in a path or query: no text for PostgreSQL."""


def problem_of(error: Exception) -> problems.Problem:
    """The problem that tells the caller what happened."""
    if isinstance(error, problems.Problem):
        return error
    if isinstance(error, RequestValidationError):
        return problems.of_validation(error)
    if isinstance(error, HTTPException):
        return problems.of_http(error)
    if sqlstate(error) in _UNSTORABLE:
        return problems.VALIDATION_FAILED.problem(errors=[problems.UNSTORABLE])
    if judge(error).verdict in {Verdict.AWAY, Verdict.SLOW, Verdict.CONFLICT}:
        return problems.DATABASE_UNAVAILABLE.problem(headers={"Retry-After": "1"})
    return problems.INTERNAL_ERROR.problem()
