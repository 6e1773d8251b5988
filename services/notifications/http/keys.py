"""Signing secrets at rest: AES-256-GCM under a key that the database never sees."""

import os
from base64 import b64decode
from binascii import Error
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY = 32


class Unreadable(Exception):
    """A stored secret that this key does not open: another key, another owner, or changed bytes."""


class Keys:
    """Seals and opens the secrets of subscriptions.

    Args:
        encoded: base64 of 32 random bytes.

    Raises:
        ValueError: it is not that.
    """

    def __init__(self, encoded: str) -> None:
        try:
            key = b64decode(encoded, validate=True)
        except Error:
            raise ValueError("not base64") from None
        if len(key) != _KEY:
            raise ValueError("not 32 bytes")
        self._box = AESGCM(key)

    def seal(self, secret: bytes, owner: UUID) -> bytes:
        """Encrypts a secret so that it opens for this owner only.

        Args:
            secret: the bytes that sign.
            owner: the subscription.
        """
        nonce = os.urandom(_NONCE)
        return nonce + self._box.encrypt(nonce, secret, owner.bytes)

    def open(self, sealed: bytes, owner: UUID) -> bytes:
        """Decrypts what `seal` gave.

        Raises:
            Unreadable: it was not sealed with this key for this owner.
        """
        try:
            return self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.bytes)
        except InvalidTag:
            raise Unreadable from None
