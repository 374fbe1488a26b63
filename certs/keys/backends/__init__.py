"""Where private halves lie: sealed files, a token behind PKCS #11, or a service of a cloud; one port for all of them.

A record names its private half by a handle, ``backend:name``, and holds nothing of it. What cannot be reached raises
``KeyUnavailableError``; nothing is ever made up in its place (F-KEY-03).
"""

from typing import Protocol

from certs.keys.rotation.moves import NewKey
from certs.keys.signing_key import Signer

__all__ = ["KeyBackend", "KeyPlaces", "NewKey"]


class KeyBackend(Protocol):
    """One place for private halves."""

    @property
    def name(self) -> str:
        """What handles begin with: ``pem``, ``sealed``, ``pkcs11``, ``kms``."""
        ...

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a key for one set (``ES256``, ``RS256``, ``PS256``, ``RSA-OAEP-256``, ``SM2``).

        Raises ``KeyUnavailableError`` where nothing can be kept now, ``KeyMaterialError`` for an algorithm that this
        place cannot hold.
        """
        ...

    def signer(self, handle: str) -> Signer:
        """What signs with a key; raises ``KeyUnavailableError``."""
        ...

    def secret(self, handle: str) -> bytes:
        """The private half itself (PEM, or the bytes of a secret), for the few dialects that have to hold it.

        Raises ``KeyMaterialError`` where it cannot be handed out.
        """
        ...

    def destroy(self, handle: str) -> None:
        """Destroy a private half; one that is gone already is no error."""
        ...

    def answers(self) -> bool:
        """Whether the place can be reached now."""
        ...


class KeyPlaces(KeyBackend, Protocol):
    """All places together, one of which also keeps what was made elsewhere."""

    def store(self, key_set: str, algorithm: str, material: bytes) -> NewKey:
        """Keep a private half or a secret that somebody else has made; raises as ``generate`` does."""
        ...
