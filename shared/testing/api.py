"""Drives a service's API in tests: the real application, tokens of a real key, no socket in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from joserfc.jwk import Key
from uuid_utils.compat import uuid7

from deploy.local.issuer import OFFICERS, Issuer
from shared.auth import Authenticator
from shared.oidc import Keys, usable

ISSUER = "http://issuer.test"


class _KnownKeys(Keys):
    """The keys of an issuer in this process, so that no test waits for a connection to it."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(issuer.url)
        self._known = usable(issuer.keys())

    async def find(self, kid: str) -> Key | None:
        return self._known.get(kid)


class Tokens:
    """An issuer for one test, and the check that accepts its tokens.

    Args:
        site: code of the site that tokens are for, and that the application serves.
    """

    def __init__(self, site: str = "DON") -> None:
        self.issuer = Issuer(ISSUER, site)
        self.authenticator = Authenticator(ISSUER, "inserre", site, keys=_KnownKeys(self.issuer))
        """For `create_app(..., authenticator=...)`."""

    def bearer(self, officer: str, **options: Any) -> dict[str, str]:
        """The header of an officer's token.

        Args:
            officer: a name of `deploy.local.issuer.OFFICERS`, such as `spip` or `placement_officer`.
            options: as `Issuer.token` takes them: `sites`, `lifetime`, `audience`.
        """
        return {"Authorization": f"Bearer {self.issuer.token(OFFICERS[officer], **options)}"}


def once(key: str | None = None) -> dict[str, str]:
    """The header of a write: the given Idempotency-Key, or a new one."""
    return {"Idempotency-Key": key or str(uuid7())}


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the application, which is started and stopped around it."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as api:
            yield api
