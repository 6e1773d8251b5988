"""Who asks: bearer tokens checked against the issuer's published keys, and read as a `Principal`. Deny by default."""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError

from shared.oidc import Keys, Unavailable
from shared.problems import IDENTITY_PROVIDER_UNAVAILABLE, ROLE_MISSING, TOKEN_INVALID, TOKEN_MISSING, WRONG_SITE

ALGORITHMS = ("RS256", "ES256")
"""The only ones accepted, whatever a token or a key says."""
LEEWAY = 30
"""Seconds by which the issuer's clock and ours may differ."""

_LONGEST_TOKEN = 8192
_REMEMBERED = 60.0
"""Seconds for which a checked token is not checked again: a signature costs 0.1 to 0.2 ms of processor time."""
_MOST_REMEMBERED = 512
_MOST_ENTRIES = 64
"""Roles or sites that one token may list."""


class Principal(NamedTuple):
    """The person or program behind a token."""

    subject: str
    """The issuer's opaque id."""
    name: str
    """The person's name, for acts that are signed. Never log it."""
    function: str
    """Such as `director` or `cpip`."""
    roles: frozenset[str]
    sites: frozenset[str]
    """Codes of the sites that the token is valid for."""
    establishment: str | None
    """The establishment of origin that limits what the person sees; None for no such limit."""
    partner: UUID | None = None
    """The outside body that the token belongs to; None for the administration's own people."""


class Authenticator:
    """Turns an `Authorization` header into a principal of this site.

    Args:
        issuer: the only `iss` accepted.
        audience: must be in `aud`.
        site: code that must be among the token's `sites`.
        keys: of the issuer; None asks the issuer.
        now: seconds since 1970, the clock that `exp` is measured by.
    """

    def __init__(
        self, issuer: str, audience: str, site: str, *, keys: Keys | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._site = site
        self._keys = keys or Keys(issuer)
        self._now = now
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def __call__(self, headers: list[str]) -> Principal:
        """Checks the values of all `Authorization` headers of a request.

        Raises:
            Problem: `token-missing`, `token-invalid`, `wrong-site` or `identity-provider-unavailable`.
        """
        if not headers:
            raise TOKEN_MISSING.problem(headers={"WWW-Authenticate": "Bearer"})
        scheme, _, token = headers[0].partition(" ")
        if len(headers) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST_TOKEN:
            raise _invalid()
        principal = await self._remembered(token)
        if self._site not in principal.sites:
            raise WRONG_SITE.problem()
        return principal

    async def _remembered(self, token: str) -> Principal:
        # By digest: a memory dump must not hold tokens that still open doors.
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = self._now()
        until, principal = self._known.get(digest, (0.0, None))
        if principal is not None and now < until:
            return principal
        claims = await self._verified(token)
        try:
            principal = self._principal(claims, now)
        except ValueError:
            raise _invalid() from None
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = (min(now + _REMEMBERED, _instant(claims["exp"]) + LEEWAY), principal)
        return principal

    async def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            key = await self._keys.find(kid) if isinstance(kid, str) else None
            if key is None:
                raise _invalid()
            return jwt.decode(token, key, algorithms=ALGORITHMS).claims
        except Unavailable:
            raise IDENTITY_PROVIDER_UNAVAILABLE.problem(headers={"Retry-After": "2"}) from None
        except (JoseError, ValueError, TypeError):
            raise _invalid() from None

    def _principal(self, claims: Mapping[str, Any], now: float) -> Principal:
        audience = claims.get("aud")
        if claims.get("iss") != self._issuer or self._audience not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise ValueError
        if _instant(claims.get("exp")) <= now - LEEWAY:
            raise ValueError
        if any(_instant(claims[name]) > now + LEEWAY for name in ("nbf", "iat") if name in claims):
            raise ValueError
        establishment, partner = claims.get("establishment"), claims.get("partner")
        return Principal(
            subject=_text(claims.get("sub"), 128),
            name=_text(claims.get("name"), 200),
            function=_text(claims.get("function"), 100),
            roles=_texts(claims.get("roles"), 64),
            sites=_texts(claims.get("sites"), 16),
            establishment=None if establishment is None else _text(establishment, 64),
            partner=None if partner is None else UUID(_text(partner, 36)),
        )

    async def close(self) -> None:
        """Ends the connections to the issuer."""
        await self._keys.close()


def require_role(principal: Principal, roles: frozenset[str]) -> None:
    """Lets the principal pass if it holds one of the roles; an empty set lets nobody pass.

    Raises:
        Problem: `role-missing`.
    """
    if not principal.roles & roles:
        raise ROLE_MISSING.problem()


def _invalid() -> Exception:
    return TOKEN_INVALID.problem(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _instant(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not an instant")  # noqa: TRY004
    return float(value)


def _text(value: object, longest: int) -> str:
    # Printable only: a NUL or a line break must reach neither the database nor an event's header.
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise ValueError
    return value


def _texts(value: object, longest: int) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > _MOST_ENTRIES:
        raise ValueError
    return frozenset(_text(item, longest) for item in cast("list[object]", value))
