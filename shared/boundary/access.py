"""Who may use a route: the dependencies that every route names, and what they give it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.auth import Principal, require_role
from shared.boundary import idempotency
from shared.boundary.context import BODY, PRINCIPAL, Boundary
from shared.boundary.write import Write
from shared.problems import IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING
from shared.telemetry import route_of

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Read:
    """What a reading route may use."""

    principal: Principal
    conn: AsyncConnection
    """In a READ ONLY transaction, open until the answer has been sent."""
    site: str
    """Code of the one site that this stack serves."""
    now: datetime
    """The instant of the request, UTC: the only clock a route reads."""


@dataclass(frozen=True)
class Access:
    """Which roles may use a route. `create_app` refuses routes without one."""

    roles: frozenset[str]

    def _admit(self, request: Request) -> tuple[Principal, Boundary]:
        principal: Principal = request.scope[PRINCIPAL]
        require_role(principal, self.roles)
        boundary: Boundary = request.app.state.boundary
        return principal, boundary


@dataclass(frozen=True)
class Reading(Access):
    """The dependency that `reading` makes."""

    async def __call__(self, request: Request) -> AsyncIterator[Read]:
        principal, boundary = self._admit(request)
        async with boundary.readers.connect() as conn:
            yield Read(principal, conn, boundary.site, boundary.clock())


@dataclass(frozen=True)
class Writing(Access):
    """The dependency that `writing` makes."""

    async def __call__(self, request: Request) -> Write:
        principal, boundary = self._admit(request)
        keys = request.headers.getlist("idempotency-key")
        if not any(keys):
            raise IDEMPOTENCY_KEY_MISSING.problem()
        if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
            raise IDEMPOTENCY_KEY_INVALID.problem()
        scope = request.scope
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        parts = (scope["method"].encode(), path, scope["query_string"], scope[BODY])
        claim = idempotency.Claim(
            principal=principal.subject,
            route=f"{scope['method']} {route_of(scope)}",
            key=keys[0],
            fingerprint=idempotency.fingerprint(boundary.secret, *parts),
        )
        return Write(principal, boundary.site, boundary, claim)


def reading(*roles: str) -> Reading:
    """The dependency of a route that changes nothing: `Annotated[Read, Depends(reading("spip", "inspector"))]`.

    Args:
        roles: any one of them lets a token in; at least one must be named.
    """
    return Reading(named(roles))


def writing(*roles: str) -> Writing:
    """The dependency of a route that changes something: `Annotated[Write, Depends(writing("spip"))]`.

    Args:
        roles: any one of them lets a token in; at least one must be named.
    """
    return Writing(named(roles))


def named(roles: tuple[str, ...]) -> frozenset[str]:
    """The roles that a route names; raises ValueError when there are none."""
    if not roles:
        raise ValueError("a route names the roles that may use it")
    return frozenset(roles)
