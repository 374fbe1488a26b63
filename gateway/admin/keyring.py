"""The gateway's own keys: read from a folder outside the database, made only when an operator asks for it.

One key for each purpose (G19): a leaked form key opens no record, a leaked index key signs nothing.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.keys.errors import KeyMaterialError
from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from gateway.config import ConfigurationError, read_secret

_KEY_BYTES: Final = 32
_SYMMETRIC: Final = ("sealing", "index", "pairwise", "client-secrets", "forms")
_CHANGING: Final = ("sealing", "index")
"""Keys that change while the gateway runs: several are held at once, in ``index.key``, ``index.2.key`` and so on."""
_SIGNING: Final = (Algorithm.ES256, Algorithm.RS256)
"""Keys that every gateway has."""
_FURTHER: Final = (Algorithm.PS256,)
"""Signing keys that folders made by an earlier version lack; `gate init` adds them."""
_FEDERATION: Final = "federation-es256"
"""The entity's key (OpenID Federation 1.0 §3.1.1): it vouches for the keys of the protocol, so it is none of them."""
_REPORTS: Final = "report-es256"
"""The key under reports of signatures and receipts, and under nothing else (signatures specification §9)."""
_FIRST: Final = 1
_LATER: Final = re.compile(r"(?P<name>[a-z]+)\.(?P<id>[1-9][0-9]{0,5})\.key")


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """All keys of one gateway, parsed once."""

    sealing_keys: Mapping[str, bytes] = field(repr=False)
    """By id; the highest number is the newest."""
    index_keys: Mapping[str, bytes] = field(repr=False)
    pairwise_key: bytes = field(repr=False)
    client_secret_key: bytes = field(repr=False)
    form_key: bytes = field(repr=False)
    signing: KeySet = field(repr=False)
    federation: SigningKey | None = field(default=None, repr=False)
    """None in a folder that was made by an earlier version."""
    report: SigningKey | None = field(default=None, repr=False)
    """The same."""


def load(folder: Path, now: datetime) -> Keyring:
    """Read every key; a missing or malformed one stops the start, nothing is made up in its place."""
    keys = {name: _symmetric(folder / f"{name}.key") for name in _SYMMETRIC if name not in _CHANGING}
    signing = [_signing_key(_pem(folder, algorithm), algorithm, now) for algorithm in _SIGNING]
    signing += [
        _signing_key(_pem(folder, algorithm), algorithm, now)
        for algorithm in _FURTHER
        if _pem(folder, algorithm).exists()
    ]
    federation, report = folder / f"{_FEDERATION}.pem", folder / f"{_REPORTS}.pem"
    return Keyring(
        sealing_keys=_generations(folder, "sealing"),
        index_keys=_generations(folder, "index"),
        pairwise_key=keys["pairwise"],
        client_secret_key=keys["client-secrets"],
        form_key=keys["forms"],
        signing=KeySet(tuple(signing)),
        federation=_signing_key(federation, Algorithm.ES256, now) if federation.exists() else None,
        report=_signing_key(report, Algorithm.ES256, now) if report.exists() else None,
    )


def create(folder: Path, now: datetime) -> list[str]:
    """Make the keys that are not there yet, readable by their owner only; returns the names of those made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = [
        name
        for name in _SYMMETRIC
        # A first key that is out of use and gone must not come back as another key under the same id.
        if not _held(folder, name) and _write(folder / f"{name}.key", secrets.token_hex(_KEY_BYTES).encode())
    ]
    wanted = {_pem(folder, algorithm): algorithm for algorithm in (*_SIGNING, *_FURTHER)}
    wanted |= {folder / f"{name}.pem": Algorithm.ES256 for name in (_FEDERATION, _REPORTS)}
    for path, algorithm in wanted.items():
        if not path.exists() and _write(path, SigningKey.generate(algorithm, now).to_pem()):
            made.append(path.stem)
    return made


def create_next(folder: Path) -> list[str]:
    """Make the next sealing key and the next index key (docs/how-to/rotate-keys.md); returns the names of the files.

    They are used by nobody until an operator puts them into use, on every machine that holds a copy of the folder.
    """
    made = []
    for name in _CHANGING:
        path = folder / f"{name}.{max(_held(folder, name), default=0) + 1}.key"
        if not _write(path, secrets.token_hex(_KEY_BYTES).encode()):
            raise ConfigurationError(f"key file {path} was made by somebody else just now")
        made.append(path.name)
    return made


def _pem(folder: Path, algorithm: Algorithm) -> Path:
    return folder / f"id-token-{algorithm.lower()}.pem"


def _signing_key(path: Path, algorithm: Algorithm, now: datetime) -> SigningKey:
    pem = read_secret(path).encode("ascii", "replace") + b"\n"
    try:
        return SigningKey.from_pem(pem, algorithm=algorithm, created_at=now)
    except KeyMaterialError as error:
        raise ConfigurationError(f"key file {path} does not hold a key for {algorithm}") from error


def _generations(folder: Path, name: str) -> Mapping[str, bytes]:
    """Every key of one purpose, by id; the first file may be gone once its key is out of use."""
    held = _held(folder, name)
    keys = {str(key_id): _symmetric(path) for key_id, path in sorted(held.items())}
    return keys or {str(_FIRST): _symmetric(folder / f"{name}.key")}  # which says what is missing


def _held(folder: Path, name: str) -> Mapping[int, Path]:
    found = {} if not (folder / f"{name}.key").exists() else {_FIRST: folder / f"{name}.key"}
    for path in folder.glob(f"{name}.*.key"):
        match = _LATER.fullmatch(path.name)
        if match is None or match["name"] != name or int(match["id"]) == _FIRST:
            raise ConfigurationError(f"key file {path} has no name of the form {name}.2.key")
        found[int(match["id"])] = path
    return found


def _symmetric(path: Path) -> bytes:
    try:
        key = bytes.fromhex(read_secret(path))
    except ValueError as error:
        raise ConfigurationError(f"key file {path} is not hexadecimal") from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"key file {path} must hold {_KEY_BYTES} bytes")
    if len(set(key)) == 1:
        raise ConfigurationError(f"key file {path} holds a placeholder that nobody replaced")
    return key


def _write(path: Path, content: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return True
