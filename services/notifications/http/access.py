"""What it takes to be heard by an endpoint: its signatures, and whatever else it wants to see."""

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from services.notifications.domain.answer import Answer
from services.notifications.http import sign
from services.notifications.http.credentials import Credentials, Presented, Withheld
from services.notifications.http.keys import Keys, Unreadable
from services.notifications.http.send import Sender
from services.notifications.http.signing_keys import SigningKeys
from services.notifications.store.subscriptions import Endpoint
from shared.messaging.event import Clock


class Access(NamedTuple):
    """Of one request."""

    secrets: list[bytes]
    shown: Presented


class Accesses:
    """Opens what is sealed, for deliveries, proofs and examples alike.

    Args:
        keys: open it.
        signing: the site's own keys.
        clock: signatures, tokens and certificates go by it.
    """

    def __init__(self, keys: Keys, signing: SigningKeys, clock: Clock) -> None:
        self._keys, self._signing, self._clock = keys, signing, clock
        self._credentials = Credentials(keys, clock)

    async def open(self, sender: Sender, endpoint: Endpoint) -> Access:
        """What the next request to an endpoint needs.

        Args:
            sender: fetches a token where there is none.
            endpoint: with all that is sealed.

        Raises:
            Withheld: something cannot be opened or had, so nothing may be sent.
        """
        try:
            sealed = [one for one in (endpoint.secret, endpoint.old_secret) if one is not None]
            secrets = [self._keys.open(one, endpoint.subscription) for one in sealed]
        except Unreadable:
            raise Withheld("secret_unreadable") from None
        shown = await self._credentials.present(sender, endpoint.subscription, endpoint.oauth2, endpoint.certificate)
        return Access(secrets, shown)

    def headers(self, access: Access, message: UUID, body: bytes) -> dict[str, str]:
        """Of one request that is sent now.

        Args:
            access: to its endpoint.
            message: the `webhook-id`.
            body: exactly as it is sent.
        """
        now = self._clock()
        return sign.headers(access.secrets, message, now, body, self._signing.at(now)) | access.shown.headers

    def answered(self, endpoint: Endpoint, access: Access, answer: Answer) -> Answer:
        """The answer without the token, should the endpoint repeat it; the next request fetches another at a 401."""
        self._credentials.answered(endpoint.subscription, access.shown, answer.status)
        token = access.shown.token
        return answer if token is None else replace(answer, head=answer.head.replace(token.encode(), b""))
