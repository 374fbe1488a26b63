"""The secrets of a sandbox: made once for each folder, and what an older folder lacks is added."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.signing_key import Algorithm, SigningKey
from certs.keys.sm import Sm2PrivateKey
from gateway.product import utc_now

FILES: Final = (
    "kek.pem",
    "sm2.pem",
    "hk.secret",
    "mo.secret",
    "gd.secret",
    "paas.token",
    "sm4.key",
    "anchor.jwks",
    "fapi-demo.pem",
)
"""What the settings name, and the key of the demo's FAPI client: each in a file of its own."""


def credentials(folder: Path) -> dict[str, str]:
    """Everybody's secrets by name, kept in ``credentials.json``; those of ``FILES`` in files of their own as well."""
    path = folder / "credentials.json"
    made: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for marker, make in _MAKERS.items():
        if marker not in made:
            made |= make()
    write(path, json.dumps(made))
    for name in FILES:
        write(folder / name, made[name])
    return made


def _upstreams() -> dict[str, str]:
    """What the gateway and the three providers know of each other."""
    kek, own = RsaDecryptionKey.generate(), Sm2PrivateKey.generate()
    platform = secrets.token_hex(32)
    return {
        "hk_client_id": secrets.token_hex(16),
        "hk.secret": secrets.token_urlsafe(24),
        "mo.secret": secrets.token_urlsafe(24),
        "gd.secret": secrets.token_urlsafe(24),
        "paas.token": secrets.token_urlsafe(24),
        "sm4.key": secrets.token_hex(16),
        "kek.pem": kek.to_pem().decode("ascii"),
        "kek_public": _spki_pem(kek.public_spki_der()),
        "sm2.pem": own.to_pem().decode("ascii"),
        "sm2_public": own.public_key.to_hex(),
        "platform_private": platform,
        "platform_public": Sm2PrivateKey.from_hex(platform).public_key.to_hex(),
    }


def _federation() -> dict[str, str]:
    """The trust anchor's key, and its public half for those who trust it."""
    key = SigningKey.generate(Algorithm.ES256, utc_now())
    return {"anchor.pem": _pem(key), "anchor.jwks": json.dumps({"keys": [key.public_jwk()]})}


def _relying_party() -> dict[str, str]:
    """The key of a relying party that authenticates by signature."""
    key = SigningKey.generate(Algorithm.ES256, utc_now())
    return {"fapi-demo.pem": _pem(key), "fapi-demo.jwks": json.dumps({"keys": [key.public_jwk()]})}


_MAKERS: Final[Mapping[str, Callable[[], dict[str, str]]]] = {
    "kek.pem": _upstreams,
    "anchor.pem": _federation,
    "fapi-demo.pem": _relying_party,
}
"""By one name among those that each makes."""


def _pem(key: SigningKey) -> str:
    return key.to_pem().decode("ascii")


def _spki_pem(der: bytes) -> str:
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def write(path: Path, content: str) -> None:
    """Write a file that nobody else can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
