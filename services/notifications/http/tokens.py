"""Access tokens for endpoints that want one: the client credentials grant of RFC 6749, section 4.4."""

import asyncio
import json
import re
from base64 import b64encode
from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import structlog

from services.notifications.domain.credentials import OAuth2
from services.notifications.http.send import Reply, Sender
from shared.messaging.event import Clock

_log = structlog.get_logger()

DEADLINE = 5.0
"""Seconds for a token: with those of the attempt it must stay far below the lease of a delivery."""

MOST_READ = 16_384
"""Bytes of an answer that are read: tokens of some servers carry long lists of roles."""

UNSAID = timedelta(seconds=60)
"""How long a token is used whose server does not say how long it may be."""

LONGEST = timedelta(hours=24)

EARLY = timedelta(seconds=30)
"""A token is not used in its last seconds, or in the second half of its time if that is shorter."""

_REFUSING = frozenset({400, 401, 403})
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
"""RFC 6750, section 2.1."""


class NoToken(Exception):
    """There is none, so nothing is sent.

    Args:
        code: `token_refused` by the server's own words, or `token_unavailable`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Fetched(NamedTuple):
    oauth2: OAuth2
    token: str
    until: datetime
    code: str | None = None
    """Why there is none."""
    number: int = 0
    """Of all fetches, in the order in which they ended."""


class Tokens:
    """The tokens of one process, in memory only.

    Args:
        clock: tokens age by it.
        deadline: seconds for a fetch.
    """

    def __init__(self, clock: Clock, *, deadline: float = DEADLINE) -> None:
        self._clock, self._deadline = clock, deadline
        self._last: dict[UUID, _Fetched] = {}
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._ended = 0

    async def token(self, sender: Sender, subscription: UUID, oauth2: OAuth2) -> str:
        """A token that is good for now, fetched by one of those who wait for it.

        Raises:
            NoToken: there is none.
        """
        ended = self._ended
        async with self._locks[subscription]:
            last = self._last.get(subscription)
            # What came of a fetch while we waited, came for us too, also a refusal: to ask one by one would outlast
            # the leases.
            if (
                last is None
                or last.oauth2 != oauth2
                or (last.number <= ended and (last.code is not None or self._clock() >= last.until))
            ):
                fetched = await self._fetch(sender, oauth2)
                self._ended += 1
                self._last[subscription] = last = fetched._replace(number=self._ended)
        if last.code is not None:
            raise NoToken(last.code)
        return last.token

    def drop(self, subscription: UUID, token: str) -> None:
        """Forgets a token that the endpoint did not accept; a newer one is kept."""
        last = self._last.get(subscription)
        if last is not None and last.token == token:
            del self._last[subscription]

    async def _fetch(self, sender: Sender, oauth2: OAuth2) -> _Fetched:
        asked_at = self._clock()
        pair = f"{quote_plus(oauth2.client_id)}:{quote_plus(oauth2.client_secret)}"
        headers = {
            "authorization": f"Basic {b64encode(pair.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }
        wanted = {"grant_type": "client_credentials", "scope": oauth2.scope, "audience": oauth2.audience}
        form = urlencode({name: value for name, value in wanted.items() if value is not None}).encode()
        try:
            async with asyncio.timeout(self._deadline):
                reply = await sender.ask("POST", oauth2.token_url, headers, form, most=MOST_READ)
            code, reason = _judged(reply)
        except TimeoutError:
            code, reason = "token_unavailable", "timeout"
        if code is None:
            token, life = _granted(reply.answer.head)
            if token is not None:
                return _Fetched(oauth2, token, asked_at + life - min(EARLY, life / 2))
            code, reason = "token_unavailable", "answer_unusable"
        # Neither address nor answer: they are the partner's.
        _log.warning("no token for an endpoint", code=code, reason=reason)
        return _Fetched(oauth2, "", asked_at, code)


def _judged(reply: Reply) -> tuple[str | None, str]:
    """Code and reason of an answer that gives no token; None for one that may."""
    status = reply.answer.status
    reason = reply.answer.error or f"answered_{status}"
    if status in _REFUSING:
        return "token_refused", reason
    return (None if reply.answer.outcome == "accepted" else "token_unavailable"), reason


def _granted(body: bytes) -> tuple[str | None, timedelta]:
    """A token and how long it may be used; None for what is none that could stand in a header."""
    try:
        said = json.loads(body)
        token, kind, seconds = said["access_token"], said["token_type"], said.get("expires_in")
        life = UNSAID if seconds is None else min(timedelta(seconds=float(seconds)), LONGEST)
        usable = kind.lower() == "bearer" and _TOKEN.fullmatch(token) is not None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None, UNSAID
    return (token if usable else None), life
