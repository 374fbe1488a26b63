"""What an operator settles with the province, read from blocks of settings before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm import SM4_KEY_BYTES, Sm2PrivateKey, Sm2PublicKey
from providers import settings

MAX_PLATFORM_KEYS: Final = 4
"""Each is tried in turn: the present key, and those of a rotation under way."""
_FURTHER_KEYS: Final = ("next_sm4_key", "previous_sm4_key")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class GuangdongSettings:
    """The registration with the sign-in platform; the secret never prints."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    platform_keys: tuple[Sm2PublicKey, ...]


@dataclass(frozen=True, slots=True)
class PermitLinkSettings:
    """The registration with the government gateway and its register; secrets never print."""

    base_url: str
    paas_id: str
    paas_token: str = field(repr=False)
    app_code: str
    signing_key: Sm2PrivateKey = field(repr=False)
    content_key: bytes = field(repr=False)
    platform_keys: tuple[Sm2PublicKey, ...]
    further_content_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """The next and the earlier one during a rotation: they open answers, and seal nothing."""


def from_settings(block: Mapping[str, Any]) -> GuangdongSettings:
    """Read the block of the sign-in; `mode` can only say what is done anyway."""
    required = ("base_url", "client_id", "client_secret", "platform_public_keys")
    settings.check_names(block, required=required, optional=("mode",))
    if block.get("mode", "v2") != "v2":
        # The bare form signs neither name space nor time; there is nothing to fall back to (GD-05).
        raise ValueError('setting mode must be "v2": user data without the signed wrapper is not accepted')
    return GuangdongSettings(
        base_url=settings.address(block, "base_url"),
        client_id=settings.text(block, "client_id"),
        client_secret=settings.text(block, "client_secret"),
        platform_keys=_platform_keys(block),
    )


def link_from_settings(block: Mapping[str, Any]) -> PermitLinkSettings:
    """Read the block of the register."""
    required = ("base_url", "paas_id", "paas_token", "app_code", "sm2_key", "sm4_key", "platform_public_keys")
    settings.check_names(block, required=required, optional=_FURTHER_KEYS)
    paas_id = settings.text(block, "paas_id")
    if not _HEADER_VALUE.fullmatch(paas_id):
        raise ValueError("setting paas_id must be printable ASCII, since it travels in a header")
    return PermitLinkSettings(
        base_url=settings.address(block, "base_url"),
        paas_id=paas_id,
        paas_token=settings.text(block, "paas_token"),
        app_code=settings.text(block, "app_code"),
        signing_key=_signing_key(settings.text(block, "sm2_key")),
        content_key=_content_key(block, "sm4_key"),
        platform_keys=_platform_keys(block),
        further_content_keys=tuple(_content_key(block, name) for name in _FURTHER_KEYS if name in block),
    )


def _platform_keys(block: Mapping[str, Any]) -> tuple[Sm2PublicKey, ...]:
    name = "platform_public_keys"
    texts = settings.lines(block, name)
    if len(texts) > MAX_PLATFORM_KEYS:
        raise ValueError(f"setting {name} may list {MAX_PLATFORM_KEYS} keys at most")
    try:
        return tuple(Sm2PublicKey.from_hex(text) for text in texts)
    except SmUnavailableError as error:
        raise ValueError(str(error)) from None
    except SmError:
        raise ValueError(f"setting {name} must list SM2 public keys, each as 04, x and y in hexadecimal") from None


def _signing_key(pem: str) -> Sm2PrivateKey:
    try:
        return Sm2PrivateKey.from_pem(pem.encode("utf-8"))
    except SmUnavailableError as error:
        raise ValueError(str(error)) from None
    except SmError:
        raise ValueError("setting sm2_key must be an unencrypted SM2 private key in PEM (PKCS #8)") from None


def _content_key(block: Mapping[str, Any], name: str) -> bytes:
    text = settings.text(block, name)
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise ValueError(f"setting {name} must be {SM4_KEY_BYTES} bytes in hexadecimal")
    return bytes.fromhex(text)
