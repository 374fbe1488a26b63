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
_EARLIER_KEY: Final = "previous_decryption_key"
_NEXT_KEY: Final = "next_decryption_key"
_OPTIONAL: Final = (_EARLIER_KEY, _NEXT_KEY, "corpid_base_url", "corpid_sandbox")
_CLIENT_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, repr=False)
class HongKongSettings:
    """The registration with iAM Smart; secrets never print."""

    base_url: str
    client_id: str
    client_secret: str
    decryption_keys: tuple[RsaDecryptionKey, ...]
    """Our key-encryption keys, the current one first; an earlier one stays for the overlap of its rotation."""
    next_decryption_key: RsaDecryptionKey | None = None
    """A key whose public half the provider has already: from then on it may wrap under it, at a moment of its own."""
    corpid_base_url: str | None = None
    """Where CorpID is; without a registration there nobody is offered to act for a company (§2)."""
    corpid_sandbox: bool = False
    """Whether CorpID is its sandbox, which has a page and a code of its own (§2)."""

    def __post_init__(self) -> None:
        """Let no registration exist that the wire could not carry."""
        # The signed string has no separators, so the client id must have exactly one length (HK-01).
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise ValueError("setting client_id must be 32 lower-case hexadecimal digits")
        if len(self.client_secret.encode("utf-8")) < SMALLEST_HMAC_KEY:
            raise ValueError(f"setting client_secret must have at least {SMALLEST_HMAC_KEY} bytes")
        if not self.decryption_keys:
            raise ValueError("setting decryption_key is missing")
        # Whether plain http is allowed was decided for the one address; the other cannot be the weaker of the two.
        corpid = self.corpid_base_url or self.base_url
        if self.base_url.startswith("https:") and not corpid.startswith("https:"):
            raise ValueError("setting corpid_base_url must be an https address, as base_url is")

    def __repr__(self) -> str:
        return f"HongKongSettings({self.base_url!r})"

    def address(self, path: str) -> str:
        """Give the address of an endpoint."""
        return f"{self.base_url}{path}"


def from_settings(block: Mapping[str, Any]) -> HongKongSettings:
    """Read a block; a missing, unknown or unusable key is a `ValueError` that names it and shows no value."""
    check_names(block, required=_REQUIRED, optional=_OPTIONAL)
    names = ["decryption_key", *([_EARLIER_KEY] if _EARLIER_KEY in block else [])]
    return HongKongSettings(
        base_url=address(block, "base_url"),
        client_id=text(block, "client_id"),
        client_secret=text(block, "client_secret"),
        decryption_keys=tuple(_decryption_key(block, name) for name in names),
        next_decryption_key=_decryption_key(block, _NEXT_KEY) if _NEXT_KEY in block else None,
        corpid_base_url=address(block, "corpid_base_url") if "corpid_base_url" in block else None,
        corpid_sandbox=_flag(block, "corpid_sandbox"),
    )


def _flag(block: Mapping[str, Any], name: str) -> bool:
    value = block.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"setting {name} must be true or false")  # noqa: TRY004 - a wrong setting is a ValueError
    return value


def _decryption_key(block: Mapping[str, Any], name: str) -> RsaDecryptionKey:
    try:
        return RsaDecryptionKey.from_pem(text(block, name).encode("utf-8"))
    except KeyMaterialError as error:
        raise ValueError(f"setting {name}: {error}") from None
