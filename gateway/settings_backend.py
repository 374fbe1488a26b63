"""The settings as a place for keys: read-only, and only of the credentials with which a gateway began.

A handle ends with the name under which a value was adopted. When the file holds another value later, what stands on
record is not there any more, and that is said instead of passing one secret off as another.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from certs.keys import base64url
from certs.keys.backends import NewKey
from certs.keys.backends.material import new_key, public_of
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Signer
from gateway.config import Settings
from gateway.upstream_credentials import CredentialSet, blocks_of, credential_sets

NAME: Final = "settings"
_PURPOSE: Final = b"name of a credential"


class SettingsBackend:
    """Values that an operator wrote into the settings, or into the files that they name."""

    def __init__(self, settings: Settings, secret_key: bytes) -> None:
        self._blocks = blocks_of(settings)
        self._sets = {f"{one.block}.{one.setting}": one for one in credential_sets(settings)}
        self._secret_key = secret_key

    @property
    def name(self) -> str:
        """What handles begin with."""
        return NAME

    def adopt(self, one: CredentialSet) -> NewKey:
        """What is put on record of the value in the settings; raises ``KeyMaterialError`` for one that is no key."""
        value = self._value(one)
        path = f"{one.block}.{one.setting}"
        public = public_of(one.algorithm, value)
        made = new_key(one.algorithm, value, "")
        # A secret is named by a keyed hash, so that the name tells the value again and gives nothing of it away.
        kid = made.kid if public else self._keyed_name(path, value)
        return NewKey(kid, one.algorithm, f"{NAME}:{path}#{kid}", public)

    def secret(self, handle: str) -> bytes:
        """The value; raises ``KeyUnavailableError`` where it is not the one that was adopted."""
        place, _, rest = handle.partition(":")
        path, _, kid = rest.partition("#")
        one = self._sets.get(path)
        if place != NAME or one is None:
            raise KeyUnavailableError("this credential does not stand in the settings any more")
        if self.adopt(one).kid != kid:
            raise KeyUnavailableError(f"setting {path} was changed after its value was put on record")
        return self._value(one)

    def generate(self, key_set: str, algorithm: str) -> NewKey:  # noqa: ARG002 - the port's signature
        """Refuse: the settings are the operator's to write."""
        _refuse()

    def signer(self, handle: str) -> Signer:  # noqa: ARG002 - the port's signature
        """Refuse: the dialects hold their keys in their hands."""
        _refuse()

    def destroy(self, handle: str) -> None:
        """Nothing is done: the file is the operator's, who is told that it may go."""

    def answers(self) -> bool:
        """The settings were read when the gateway started."""
        return True

    def _value(self, one: CredentialSet) -> bytes:
        block: Mapping[str, Any] = self._blocks[one.block]
        value = block.get(one.setting)
        if not isinstance(value, str):
            raise KeyMaterialError(f"setting {one.setting} is no text")
        return value.strip().encode("utf-8")

    def _keyed_name(self, path: str, value: bytes) -> str:
        message = b"\0".join((_PURPOSE, path.encode("utf-8"), value))
        return base64url.encode(hmac.digest(self._secret_key, message, hashlib.sha256))


def _refuse() -> NoReturn:
    raise KeyMaterialError("keys in the settings are neither made nor used here")
