"""The HTTP routes of notifications: partners, subscriptions, deliveries."""

from fastapi import APIRouter

from services.notifications.api import deliveries, disclosures, partners, subscriptions
from services.notifications.api.refusals import REFUSALS
from services.notifications.handlers import Seal

__all__ = ["REFUSALS", "build"]


def build(seal: Seal, *, allow_loopback: bool) -> APIRouter:
    """All routes, under `/v1`.

    Args:
        seal: encrypts signing secrets before they are stored.
        allow_loopback: whether endpoints on this machine may be subscribed: on a developer's machine only.
    """
    router = APIRouter(prefix="/v1")
    router.include_router(partners.router)
    router.include_router(subscriptions.build(seal, allow_loopback=allow_loopback))
    router.include_router(deliveries.router)
    router.include_router(disclosures.router)
    return router
