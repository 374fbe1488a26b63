"""Keys in a service of a cloud: the port that a client of such a service fulfils, and the backend over it.

No client ships with the gateway. One is 50 lines over a maker's library: it keeps the deadline that it is given, brings
signatures into the form of RFC 7518 §3, and turns whatever goes wrong into ``KmsError``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from certs.keys.backends import NewKey, handles
from certs.keys.backends.public_half import members_of_spki, require_fit, require_form, thumbprint
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Algorithm, Signer

NAME: Final = "kms"
SIGNING: Final = timedelta(seconds=2)
"""How long a signature may take: the person at the other end is waiting."""
KEEPING: Final = timedelta(seconds=10)
"""How long anything else may take."""
_SILENT: Final = "the key service does not answer"


class KmsError(Exception):
    """The service refused, failed or did not answer in time; its words go no further."""


class KmsClient(Protocol):
    """What is asked of a key service; each call ends within its deadline, and fails with ``KmsError``."""

    def create(self, key_set: str, algorithm: str, deadline: timedelta) -> str:
        """Make a key that never leaves the service; gives its id."""
        ...

    def public(self, key_id: str, deadline: timedelta) -> bytes:
        """The public half, SubjectPublicKeyInfo in DER."""
        ...

    def sign(self, key_id: str, algorithm: str, message: bytes, deadline: timedelta) -> bytes:
        """A signature in the form of RFC 7518 §3."""
        ...

    def destroy(self, key_id: str, deadline: timedelta) -> None:
        """Destroy a key, or have it destroyed as soon as the service allows; one that is gone is no error."""
        ...

    def ping(self, deadline: timedelta) -> None:
        """Answer."""
        ...


@dataclass(frozen=True, slots=True)
class KmsBackend:
    """Keys in a service elsewhere; handles are ``kms:<id>``."""

    client: KmsClient

    @property
    def name(self) -> str:
        """What handles begin with."""
        return NAME

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a key over there; one whose public half cannot be read is not left behind."""
        handles.require_set(key_set)
        if algorithm not in set(Algorithm):
            raise KeyMaterialError("a key service holds keys that sign, and no others")
        try:
            key_id = self.client.create(key_set, algorithm, KEEPING)
        except (KmsError, OSError):
            raise KeyUnavailableError(_SILENT) from None
        try:
            public = members_of_spki(algorithm, self._spki(key_id))
        except KeyMaterialError:
            self.destroy(f"{NAME}:{key_id}")
            raise
        return NewKey(thumbprint(public), algorithm, f"{NAME}:{key_id}", public)

    def signer(self, handle: str) -> Signer:
        """What signs with a key; its public half is asked for once."""
        key_id = handles.within(handle, NAME)
        return KmsSigner(self.client, key_id, members_of_spki(None, self._spki(key_id)))

    def secret(self, handle: str) -> bytes:  # noqa: ARG002 - the port's argument; no key is handed out
        """Refuse."""
        raise KeyMaterialError("a key service hands out no private half")

    def destroy(self, handle: str) -> None:
        """Destroy a key over there."""
        try:
            self.client.destroy(handles.within(handle, NAME), KEEPING)
        except (KmsError, OSError):
            raise KeyUnavailableError(_SILENT) from None

    def answers(self) -> bool:
        """Whether the service answers."""
        try:
            self.client.ping(SIGNING)
        except (KmsError, OSError):
            return False
        return True

    def _spki(self, key_id: str) -> bytes:
        try:
            return self.client.public(key_id, KEEPING)
        except (KmsError, OSError):
            raise KeyUnavailableError(_SILENT) from None


@dataclass(frozen=True, slots=True, repr=False)
class KmsSigner:
    """One key of a service."""

    client: KmsClient
    key_id: str
    public: Mapping[str, Any]

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:
        """Have a signature made; one of a wrong length is not passed on."""
        require_fit(self.public, algorithm)
        try:
            signature = self.client.sign(self.key_id, algorithm, message, SIGNING)
        except (KmsError, OSError):
            raise KeyUnavailableError(_SILENT) from None
        return require_form(algorithm, signature)
