"""The issuer's public keys: found by OIDC discovery, kept while it is down, and asked for again when needed."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey

_LONGEST_DOCUMENT = 256 * 1024
_FRESH = 900.0
"""Seconds after which the keys are asked for again, so that a withdrawn key stops working."""
_COOLDOWN = 10.0
"""Seconds between two questions that strangers' tokens can cause."""
_PATIENCE = 3.0
_RSA_BITS = 2048

_log = structlog.get_logger()


class Unavailable(Exception):
    """The issuer gave no usable keys."""


class Keys:
    """The issuer's public keys: found by OIDC discovery, kept, and asked for again when needed.

    Once there are keys they go on being used while the issuer is down.

    Args:
        issuer: URL of the issuer, exactly as in the tokens' `iss`.
        monotonic: gives seconds.
    """

    def __init__(self, issuer: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._monotonic = monotonic
        self._keys: dict[str, Key] = {}
        self._asked = self._loaded = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def find(self, kid: str) -> Key | None:
        """The key of that id; None if the issuer does not have it.

        Raises:
            Unavailable: there are no keys yet, and none could be had.
        """
        now = self._monotonic()
        cool = now - self._asked > _COOLDOWN
        if kid not in self._keys and (cool or self._refreshing is not None):
            # Shielded: a caller who goes away must not end it for the others.
            await asyncio.shield(self._refresh())
        elif cool and now - self._loaded > _FRESH:
            self._refresh()
        if not self._keys:
            # Nobody can be let in, so the next request may ask at once.
            self._asked = float("-inf")
            raise Unavailable
        return self._keys.get(kid)

    def _refresh(self) -> asyncio.Task[None]:
        if self._refreshing is None:
            self._asked = self._monotonic()
            self._refreshing = asyncio.create_task(self._load())
        return self._refreshing

    async def _load(self) -> None:
        try:
            self._keys, self._loaded = await self._published(), self._monotonic()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, Unavailable) as error:
            _log.warning("issuer's keys cannot be had", error=error, cached=len(self._keys))
        finally:
            self._refreshing = None

    async def _published(self) -> dict[str, Key]:
        metadata = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != self._issuer:
            raise Unavailable
        keys = usable(await self._get(str(metadata.get("jwks_uri"))))
        if not keys:
            raise Unavailable
        return keys

    async def _get(self, url: str) -> Mapping[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE))
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise Unavailable
            content = b""
            async for chunk in response.content.iter_chunked(65536):
                content += chunk
                if len(content) > _LONGEST_DOCUMENT:
                    raise Unavailable
        document = json.loads(content)
        if not isinstance(document, dict):
            raise Unavailable
        return document

    async def close(self) -> None:
        """Ends a question that is under way, and the connections to the issuer."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def usable(document: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of a JWKS that may check a signature here, by id: RSA of 2048 bits or more, and P-256; others are left.

    Args:
        document: a JWK set, as the issuer publishes it.
    """
    found: dict[str, Key] = {}
    entries = document.get("keys")
    for entry in entries if isinstance(entries, list) else ():
        try:
            kid = entry["kid"]
            key = JWKRegistry.import_key(entry)
        except (JoseError, KeyError, TypeError, ValueError):
            continue
        fit = (
            (isinstance(key, RSAKey) and key.public_key.key_size >= _RSA_BITS)
            or (isinstance(key, ECKey) and key.curve_name == "P-256")
        ) and entry.get("use", "sig") == "sig"
        if fit and isinstance(kid, str):
            found[kid] = key
    return found
