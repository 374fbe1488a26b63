"""The gateway's own keys: read from a folder outside the database, made only when an operator asks for it.

One key for each purpose (G19): a leaked form key opens no record, a leaked index key signs nothing.
"""

import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.keys.errors import KeyMaterialError
from certs.keys.seal import Sealer
from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from gateway.config import ConfigurationError, read_secret

_KEY_BYTES: Final = 32
_SYMMETRIC: Final = ("sealing", "index", "pairwise", "client-secrets", "forms")
_SIGNING: Final = (Algorithm.ES256, Algorithm.RS256)
_SEALING_ID: Final = "1"


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """All keys of one gateway, parsed once."""

    sealer: Sealer
    index_key: bytes = field(repr=False)
    pairwise_key: bytes = field(repr=False)
    client_secret_key: bytes = field(repr=False)
    form_key: bytes = field(repr=False)
    signing: KeySet = field(repr=False)


def load(folder: Path, now: datetime) -> Keyring:
    """Read every key; a missing or malformed one stops the start, nothing is made up in its place."""
    keys = {name: _symmetric(folder / f"{name}.key") for name in _SYMMETRIC}
    signing = []
    for algorithm in _SIGNING:
        path = folder / f"id-token-{algorithm.lower()}.pem"
        pem = read_secret(path).encode("ascii", "replace") + b"\n"
        try:
            signing.append(SigningKey.from_pem(pem, algorithm=algorithm, created_at=now))
        except KeyMaterialError as error:
            raise ConfigurationError(f"key file {path} does not hold a key for {algorithm}") from error
    return Keyring(
        sealer=Sealer({_SEALING_ID: keys["sealing"]}, _SEALING_ID),
        index_key=keys["index"],
        pairwise_key=keys["pairwise"],
        client_secret_key=keys["client-secrets"],
        form_key=keys["forms"],
        signing=KeySet(tuple(signing)),
    )


def create(folder: Path, now: datetime) -> list[str]:
    """Make the keys that are not there yet, readable by their owner only; returns the names of those made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = [name for name in _SYMMETRIC if _write(folder / f"{name}.key", secrets.token_hex(_KEY_BYTES).encode())]
    for algorithm in _SIGNING:
        path = folder / f"id-token-{algorithm.lower()}.pem"
        if not path.exists() and _write(path, SigningKey.generate(algorithm, now).to_pem()):
            made.append(path.stem)
    return made


def _symmetric(path: Path) -> bytes:
    try:
        key = bytes.fromhex(read_secret(path))
    except ValueError as error:
        raise ConfigurationError(f"key file {path} is not hexadecimal") from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"key file {path} must hold {_KEY_BYTES} bytes")
    return key


def _write(path: Path, content: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return True
