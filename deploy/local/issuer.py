"""A small identity provider with fictitious officers: OpenID discovery, JWKS, and tokens, for demo and tests only.

Run it with `python -m deploy.local.issuer --port 8085 --site DON`. Whoever reaches the port gets any officer's token:
it listens on 127.0.0.1, and no overlay of a real site knows it.
"""

import argparse
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

LIFETIME = 3600
"""Seconds that a token is valid unless the request says otherwise."""


@dataclass(frozen=True)
class Officer:
    """A fictitious person who may ask for a token."""

    subject: str
    name: str
    function: str
    """Code of the office held, such as `cpip`; it stands in the journey and in the decision."""
    roles: tuple[str, ...]
    establishment: str | None = None
    """Establishment of origin, for officers who work outside the site."""


OFFICERS = {
    "spip": Officer("agent-1001", "Maëlle Kervadec", "cpip", ("spip",), "MA-REIMS"),
    "head_of_spip": Officer("agent-1002", "Odilon Fauvart", "dpip", ("spip", "decision_authority"), "MA-REIMS"),
    "registry": Officer("agent-1003", "Ysoline Pernelet", "registrar", ("registry",), "MA-REIMS"),
    "origin_head": Officer("agent-1004", "Fulgence Ancelot", "head_of_prison", ("head",), "MA-REIMS"),
    "origin_spip": Officer("agent-1005", "Aubierge Trouvain", "cpip", ("spip",), "MA-CHALONS"),
    "site_spip": Officer("agent-1006", "Léopoldine Garance", "cpip", ("spip",)),
    "site_registry": Officer("agent-1007", "Anthelme Cordier", "registrar", ("registry",)),
    "site_head": Officer("agent-1008", "Hermance Vauquelin", "head_of_prison", ("head",)),
    "director": Officer("agent-2002", "Célestin Aubrac", "interregional_director", ("decision_authority",)),
    "appeal_authority": Officer(
        "agent-2003", "Victorine Esclarmont", "interregional_director", ("decision_authority",)
    ),
    "decision_authority": Officer("agent-2001", "Solange Brisefer", "deputy_director", ("decision_authority",)),
    "placement_officer": Officer("agent-3001", "Théodule Marchenoir", "placement_officer", ("placement_officer",)),
    "training_lead": Officer("agent-4001", "Capucine Vaillandet", "training_lead", ("training_lead",)),
    "companion": Officer("agent-5001", "Gaspard Lemoinard", "companion", ("companion",)),
    "partner_admin": Officer("agent-6001", "Honorine Dastugue", "partner_admin", ("partner_admin",)),
    "partner_approver": Officer("agent-6002", "Firmin Lescure", "partner_admin", ("partner_admin",)),
    "inspector": Officer("agent-7001", "Barnabé Quillerac", "inspector", ("inspector",)),
    "operator": Officer("agent-8001", "Philomène Astruc", "operator", ("operator",)),
    "partner": Officer("partner-9001", "Service d'emploi fictif", "partner", ("partner",)),
}
"""By the `client_id` that the token request names. `head_of_spip` holds two roles, to show that they do not add up."""


class Issuer:
    """One identity provider: its address, the site whose officers it knows, and a signing key made at start."""

    def __init__(self, url: str, site: str) -> None:
        """Makes a new key.

        Args:
            url: what `iss` says and services are configured with; no slash at the end.
            site: code of the site in the officers' scope.
        """
        self.url, self.site = url, site
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)

    def token(
        self,
        officer: Officer,
        *,
        sites: tuple[str, ...] | None = None,
        lifetime: int = LIFETIME,
        audience: str = "inserre",
        partner: str | None = None,
    ) -> str:
        """A signed bearer token.

        Args:
            officer: who it is for.
            sites: scope, if not the issuer's own site.
            lifetime: seconds from now; a negative one gives an expired token.
            audience: whom it is meant for.
            partner: id of the outside body that the token belongs to.
        """
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": officer.subject,
            "iat": min(now, now + lifetime),
            "exp": now + lifetime,
            "name": officer.name,
            "function": officer.function,
            "roles": list(officer.roles),
            "sites": list(sites if sites is not None else (self.site,)),
            "establishment": officer.establishment,
            "partner": partner,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": "JWT"}, claims, self._key)

    def configuration(self) -> dict[str, Any]:
        """OpenID Connect discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint": f"{self.url}/token",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def keys(self) -> dict[str, Any]:
        """The public half of the signing key, as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}


def create_app(issuer: Issuer) -> web.Application:
    """The HTTP face of an issuer."""

    async def configuration(_: web.Request) -> web.Response:
        return web.json_response(issuer.configuration())

    async def keys(_: web.Request) -> web.Response:
        return web.json_response(issuer.keys())

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        officer = OFFICERS.get(str(form.get("client_id", "")))
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if officer is None:
            return web.json_response({"error": "invalid_client"}, status=401)
        sites = tuple(str(form["sites"]).split()) if "sites" in form else None
        lifetime = int(str(form.get("lifetime", LIFETIME)))
        partner = str(form["partner"]) if "partner" in form else None
        answer = {"access_token": issuer.token(officer, sites=sites, lifetime=lifetime, partner=partner)}
        return web.json_response(
            {**answer, "token_type": "Bearer", "expires_in": lifetime}, headers={"Cache-Control": "no-store"}
        )

    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", configuration)
    app.router.add_get("/jwks", keys)
    app.router.add_post("/token", token)
    return app


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--site", default="DON")
    arguments = parser.parse_args()
    issuer = Issuer(f"http://127.0.0.1:{arguments.port}", arguments.site)
    web.run_app(create_app(issuer), host="127.0.0.1", port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
