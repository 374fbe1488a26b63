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
from certs.keys.private_file import read_private
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin import key_roles
from gateway.config import ConfigurationError

_KEY_BYTES: Final = 32
_SYMMETRIC: Final = ("sealing", "index", "pairwise", "client-secrets", "forms")
_LATER_ADDED: Final = ("wrapping", "backup")
"""Keys that folders made by an earlier version lack; `gate init` adds them."""
_CHANGING: Final = ("sealing", "index")
"""Keys that change while the gateway runs: several are held at once, in ``index.key``, ``index.2.key`` and so on."""
_SIGNING: Final[Mapping[str, Algorithm]] = {
    "id-token-es256": Algorithm.ES256,
    "id-token-rs256": Algorithm.RS256,
    "id-token-ps256": Algorithm.PS256,
    # It vouches for the keys of the protocol, so it is none of them (OpenID Federation 1.0 §3.1.1).
    "federation-es256": Algorithm.ES256,
    "report-es256": Algorithm.ES256,
    "audit-es256": Algorithm.ES256,
}
"""The first signing keys: adopted by the managed key sets, which make every later one (`gateway.managed_keys`)."""
_MANAGED: Final = "sealed"
"""The folder of later keys; once it is there, first ones are not made again."""
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
    wrapping_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Under which later private halves are sealed in their files; none in a folder that an earlier version made."""
    backup_key: bytes | None = field(default=None, repr=False)
    """The same."""


def load(folder: Path) -> Keyring:
    """Read every key; a missing or malformed one stops the start, nothing is made up in its place.

    So does a file that others can open, and a key that stands in two roles (KM-04, KM-05).
    """
    key_roles.require_one_each(own_files(folder))
    keys = {name: _symmetric(folder / f"{name}.key") for name in _SYMMETRIC if name not in _CHANGING}
    return Keyring(
        sealing_keys=_generations(folder, "sealing"),
        index_keys=_generations(folder, "index"),
        pairwise_key=keys["pairwise"],
        client_secret_key=keys["client-secrets"],
        form_key=keys["forms"],
        wrapping_keys=_generations(folder, "wrapping") if _held(folder, "wrapping") else {},
        backup_key=_symmetric(folder / "backup.key") if (folder / "backup.key").exists() else None,
    )


def own_files(folder: Path) -> list[Path]:
    """The files of keys of ours that are there: every generation of each, and the first signing keys."""
    named = [path for name in (*_SYMMETRIC, *_LATER_ADDED) for path in _held(folder, name).values()]
    return named + [path for name in _SIGNING if (path := folder / f"{name}.pem").exists()]


def create(folder: Path, now: datetime) -> list[str]:
    """Make the keys that are not there yet, readable by their owner only; returns the names of those made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = [
        name
        for name in (*_SYMMETRIC, *_LATER_ADDED)
        # A first key that is out of use and gone must not come back as another key under the same id.
        if not _held(folder, name) and _write(folder / f"{name}.key", secrets.token_hex(_KEY_BYTES).encode())
    ]
    for name, algorithm in _SIGNING.items() if not (folder / _MANAGED).exists() else ():
        path = folder / f"{name}.pem"
        if not path.exists() and _write(path, SigningKey.generate(algorithm, now).to_pem()):
            made.append(path.stem)
    return made


def read_pin(path: Path) -> str:
    """The PIN of a token, from a file that nobody else can read."""
    try:
        pin = read_private(path).decode("utf-8").strip()
    except KeyMaterialError as error:
        raise ConfigurationError(str(error)) from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"key file {path} is no text") from None
    if not pin:
        raise ConfigurationError(f"key file {path} is empty")
    return pin


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


def create_next_wrapping(folder: Path) -> str:
    """Make the next key for sealed files; `gate keys rewrap` moves them under it after a restart."""
    path = wrapping_file(folder, str(max(_held(folder, "wrapping"), default=0) + 1))
    if not _write(path, secrets.token_hex(_KEY_BYTES).encode()):
        raise ConfigurationError(f"key file {path} was made by somebody else just now")
    return path.name


def wrapping_file(folder: Path, key_id: str) -> Path:
    """Where one wrapping key lies."""
    return folder / ("wrapping.key" if key_id == str(_FIRST) else f"wrapping.{key_id}.key")


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
        key = bytes.fromhex(read_private(path).decode("ascii").strip())
    except KeyMaterialError as error:
        raise ConfigurationError(str(error)) from error
    except ValueError:
        raise ConfigurationError(f"key file {path} is not hexadecimal") from None
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
