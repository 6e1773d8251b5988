"""With what we show ourselves to an endpoint is set, changed and taken away. Each change leaves a line in the trail."""

from uuid import UUID

from services.notifications import domain
from services.notifications.domain import Refusal, Refused, forbidden_url
from services.notifications.domain.credentials import ClientCertificate, OAuth2, check_current, owner
from services.notifications.handlers.subscriptions import Seal
from services.notifications.store import credentials as store
from services.notifications.store import scopes, subscriptions
from shared.messaging import Tx


async def set_oauth2(
    tx: Tx, subscription: UUID, oauth2: OAuth2 | None, *, seal: Seal, allow_loopback: bool, by: str
) -> UUID:
    """Has a token asked for before anything is sent; None: no more.

    Args:
        tx: the request's transaction.
        subscription: whose endpoint wants one.
        oauth2: how it is asked for.
        seal: encrypts it.
        allow_loopback: whether a token endpoint on this machine is good.
        by: subject of the officer.

    Raises:
        Refused: the token endpoint is an address that we never call, or the subscription has ended.
    """
    await _check_open(tx, subscription)
    values = store.NO_OAUTH2
    shown: tuple[str, ...] = ()
    if oauth2 is not None:
        if forbidden_url(oauth2.token_url, allow_loopback=allow_loopback) is not None:
            raise Refused(Refusal.TOKEN_URL_NOT_ALLOWED)
        sealed = seal(oauth2.to_bytes(), owner(subscription, "oauth2"))
        values = {"oauth2": sealed, "token_url": oauth2.token_url, "client_id": oauth2.client_id}
        shown = (oauth2.token_url, oauth2.client_id)
    await store.put(tx.conn, subscription, by, tx.now, **values)
    change = "oauth2_set" if oauth2 is not None else "oauth2_removed"
    await scopes.note_change(tx.conn, subscription, change, by, tx.now, *shown)
    return subscription


async def set_certificate(
    tx: Tx, subscription: UUID, certificate: ClientCertificate | None, *, seal: Seal, by: str
) -> UUID:
    """Has a client certificate shown in each TLS handshake; None: no more.

    Raises:
        Refused: the certificate is not valid now, or the subscription has ended.
    """
    await _check_open(tx, subscription)
    values = store.NO_CERTIFICATE
    shown: tuple[str, ...] = ()
    if certificate is not None:
        check_current(certificate, tx.now)
        values = {
            "certificate": seal(certificate.to_bytes(), owner(subscription, "certificate")),
            "certificate_fingerprint": certificate.fingerprint,
            "certificate_expires_at": certificate.expires_at,
        }
        shown = (certificate.fingerprint,)
    await store.put(tx.conn, subscription, by, tx.now, **values)
    change = "certificate_set" if certificate is not None else "certificate_removed"
    await scopes.note_change(tx.conn, subscription, change, by, tx.now, *shown)
    return subscription


async def _check_open(tx: Tx, subscription: UUID) -> None:
    known = await subscriptions.lock_subscription(tx.conn, subscription)
    if known is None:
        raise Refused(Refusal.SUBSCRIPTION_UNKNOWN)
    domain.check_open(known)
