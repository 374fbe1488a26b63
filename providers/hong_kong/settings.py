"""What an operator settles with iAM Smart, read from a block of settings and checked before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from certs.keys import KeyMaterialError
from certs.keys.frame import SMALLEST_HMAC_KEY
from certs.keys.key_transport import RsaDecryptionKey
from providers.settings import address, check_names, text

_REQUIRED: Final = ("base_url", "client_id", "client_secret", "decryption_key")
_OPTIONAL: Final = ("previous_decryption_key",)
_CLIENT_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, repr=False)
class HongKongSettings:
    """The registration with iAM Smart; secrets never print."""

    base_url: str
    client_id: str
    client_secret: str
    decryption_keys: tuple[RsaDecryptionKey, ...]
    """Our key-encryption keys, the current one first; an earlier one stays for the overlap of its rotation."""

    def __post_init__(self) -> None:
        """Let no registration exist that the wire could not carry."""
        # The signed string has no separators, so the client id must have exactly one length (HK-01).
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise ValueError("setting client_id must be 32 lower-case hexadecimal digits")
        if len(self.client_secret.encode("utf-8")) < SMALLEST_HMAC_KEY:
            raise ValueError(f"setting client_secret must have at least {SMALLEST_HMAC_KEY} bytes")
        if not self.decryption_keys:
            raise ValueError("setting decryption_key is missing")

    def __repr__(self) -> str:
        return f"HongKongSettings({self.base_url!r})"

    def address(self, path: str) -> str:
        """Give the address of an endpoint."""
        return f"{self.base_url}{path}"


def from_settings(block: Mapping[str, Any]) -> HongKongSettings:
    """Read a block; a missing, unknown or unusable key is a `ValueError` that names it and shows no value."""
    check_names(block, required=_REQUIRED, optional=_OPTIONAL)
    names = ["decryption_key", *(name for name in _OPTIONAL if name in block)]
    return HongKongSettings(
        base_url=address(block, "base_url"),
        client_id=text(block, "client_id"),
        client_secret=text(block, "client_secret"),
        decryption_keys=tuple(_decryption_key(block, name) for name in names),
    )


def _decryption_key(block: Mapping[str, Any], name: str) -> RsaDecryptionKey:
    try:
        return RsaDecryptionKey.from_pem(text(block, name).encode("utf-8"))
    except KeyMaterialError as error:
        raise ValueError(f"setting {name}: {error}") from None
