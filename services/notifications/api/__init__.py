"""The HTTP routes of notifications: partners, subscriptions, deliveries."""

from fastapi import APIRouter

from services.notifications.api import (
    acknowledgements,
    attention,
    credentials,
    deliveries,
    disclosures,
    feed,
    manifests,
    manners,
    partners,
    proofs,
    replays,
    scopes,
    self_service,
    subscriptions,
    trials,
)
from services.notifications.api.credentials import ReadCertificate
from services.notifications.api.manifests import Sign
from services.notifications.api.proofs import Ask, Post
from services.notifications.api.refusals import REFUSALS
from services.notifications.api.trials import Send
from services.notifications.handlers import Seal

__all__ = ["REFUSALS", "build"]


def build(
    seal: Seal,
    ask: Ask,
    sign: Sign,
    send: Send,
    read_certificate: ReadCertificate,
    post: Post | None = None,
    *,
    allow_loopback: bool,
) -> APIRouter:
    """All routes, under `/v1`.

    Args:
        seal: encrypts signing secrets before they are stored.
        ask: asks an endpoint whether it wants to be told.
        sign: with the site's own key.
        send: sends an example to an endpoint.
        read_certificate: says whether a client certificate can be used.
        post: sends a mailbox the link that proves it; None where this site sends no e-mail.
        allow_loopback: whether endpoints on this machine may be subscribed: on a developer's machine only.
    """
    router = APIRouter(prefix="/v1")
    router.include_router(partners.router)
    router.include_router(subscriptions.router)
    router.include_router(subscriptions.build(seal, allow_loopback=allow_loopback, mail=post is not None))
    router.include_router(manners.router)
    router.include_router(scopes.router)
    router.include_router(proofs.build(ask, post))
    router.include_router(trials.build(send))
    router.include_router(credentials.build(seal, read_certificate, allow_loopback=allow_loopback))
    router.include_router(deliveries.router)
    router.include_router(attention.router)
    router.include_router(replays.router)
    router.include_router(disclosures.router)
    router.include_router(feed.router)
    router.include_router(manifests.build(sign))
    router.include_router(acknowledgements.router)
    router.include_router(self_service.build(seal))
    return router
