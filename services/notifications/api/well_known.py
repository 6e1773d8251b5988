"""The public keys of the site, for anybody: with them a partner checks v1a signatures, and can prove them to others."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

PATH = "/.well-known/inserre-webhook-keys"

CACHED = 300
"""Seconds for which an answer may be kept: a key that was stolen is trusted for so long after it is taken out."""


def build(keys: Mapping[str, Any]) -> APIRouter:
    """The route.

    Args:
        keys: what is published, a JSON Web Key Set.
    """
    body = json.dumps(keys).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": f"public, max-age={CACHED}", "ETag": tag}
    router = APIRouter(tags=["keys"])

    @router.get(PATH)
    async def show_keys(if_none_match: Annotated[str | None, Header()] = None) -> Response:
        """The keys that sign (v1a), with those that will and those that did."""
        known = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
        if known & {tag, "*"}:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/jwk-set+json")

    return router
