"""An identity provider whose keys, answers and absence a test decides, on a real socket."""

import asyncio
import time
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
STRANGER = ECKey.generate_key("P-256", {"kid": "ec"})
"""Has the id of `EC`, but is not the issuer's."""


class OwnIssuer:
    """Serves discovery and keys until it is stopped, and counts how often it was asked for keys."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [RSA.as_dict(private=False), EC.as_dict(private=False)]
        self.asked = 0
        self.url = ""
        self.says: str | None = None
        """What discovery says that the issuer is, if not the truth."""
        self._runner: web.AppRunner | None = None

    async def start(self) -> "OwnIssuer":
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._configuration)
        app.router.add_get("/jwks", self._keys)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        port = int(self.url.rsplit(":", 1)[1]) if self.url else 0
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _configuration(self, _: web.Request) -> web.Response:
        return web.json_response({"issuer": self.says or self.url, "jwks_uri": f"{self.url}/jwks"})

    async def _keys(self, _: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(0)
        return web.json_response({"keys": self.keys})

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of an officer of Donchery; a change to `...` leaves the claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": "inserre",
            "exp": now + 300,
            "nbf": now - 5,
            "sub": "agent-1",
            "name": "Aglaé Fictive",
            "function": "cpip",
            "roles": ["spip"],
            "sites": ["DON"],
            "establishment": "MA-REIMS",
        } | changed
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, key: Key = EC, algorithm: str = "ES256", kid: Any = None, **changed: Any) -> str:
        """A signed token."""
        header = {"alg": algorithm, "kid": kid or key.kid}
        return jwt.encode(header, self.claims(**changed), key, algorithms=[algorithm])
