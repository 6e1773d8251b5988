"""Signed manifests: by these a partner knows that nothing is missing, though no number above the last one came."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.notifications.domain import LONGEST, SETTLED, Manifest, day_in_france
from services.notifications.store.manifests import manifests
from shared.boundary import Read, reading
from shared.problems import Problem

Sign = Callable[[str, datetime, bytes], str | None]
"""The site's signature (v1a) of a message by its id, instant and body; None while no key of the site is valid."""

_LATELY = timedelta(days=7)


class SignedManifest(BaseModel):
    """A manifest, signed as a notice is."""

    id: str
    subscription_id: UUID
    day: date
    """Europe/Paris."""
    timestamp: str
    """When this was signed: seconds since 1970, as they are signed."""
    body: str
    """JSON text with `count`, `first`, `last` and `digest`; it never changes."""
    signature: str
    """`v1a,…` over `id.timestamp.body`, by a key of `/.well-known/inserre-webhook-keys`."""


class Manifests(BaseModel):
    """Manifests of days that are over, the oldest first."""

    items: tuple[SignedManifest, ...]


def build(sign: Sign) -> APIRouter:
    """The route.

    Args:
        sign: with the site's key.
    """
    router = APIRouter(tags=["partner"])

    @router.get("/partner/manifests")
    async def show_manifests(
        read: Annotated[Read, Depends(reading("partner"))],
        since: Annotated[date | None, Query(alias="from", description="First day; a week ago unless said.")] = None,
        until: Annotated[date | None, Query(description="First day after; today unless said.")] = None,
    ) -> Manifests:
        """What each subscription of the partner was told, day by day. Days of Europe/Paris that are over."""
        partner, today = read.principal.partner, day_in_france(read.now)
        if partner is None:
            raise Problem(403, "partner-missing", "The token does not say which partner it belongs to.")
        until = until or today
        since = since or min(today, until) - _LATELY
        if not timedelta() < until - since <= timedelta(days=LONGEST):
            raise Problem(422, "days-invalid", f"From one day until a later one, {LONGEST} days at most.")
        found = await manifests(read.conn, partner, since=since, until=until, ended_before=read.now - SETTLED)
        return Manifests(items=tuple(_signed(one, sign, read.now) for one in found))

    return router


def _signed(manifest: Manifest, sign: Sign, now: datetime) -> SignedManifest:
    body = manifest.body()
    signature = sign(manifest.id, now, body.encode())
    if signature is None:
        raise Problem(503, "signing-key-missing", "No key of the site is valid now.")
    return SignedManifest(
        id=manifest.id,
        subscription_id=manifest.subscription,
        day=manifest.day,
        timestamp=str(int(now.timestamp())),
        body=body,
        signature=signature,
    )
