"""How far the file of checkpoints says that the audit had come: read without a database, which may be lost.

Nothing is decided on it but warnings and one refusal, so its signature is not checked here: the keys for that are in
the very database that is to be restored. The chain itself is checked as soon as the gateway runs again.
"""

import os
from pathlib import Path
from typing import Final

from certs.keys import JsonError, base64url, strict_json
from gateway.admin.checkpoint_file import LONGEST_LINE
from gateway.config import ConfigurationError

_PARTS: Final = 3
_TAIL: Final = 2 * LONGEST_LINE


def checkpoint_position(path: Path | None) -> int | None:
    """The position of the last whole line; none without a file. Raises ``ConfigurationError`` for another file."""
    if path is None or not path.exists():
        return None
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read(_TAIL).split(b"\n")[:-1]  # what a crash tore is the last one, and does not end
    except OSError as error:
        raise ConfigurationError(f"setting audit.checkpoints: the file cannot be read ({error.strerror})") from error
    return None if not lines else _position(lines[-1])


def _position(line: bytes) -> int:
    try:
        parts = line.decode("ascii").split(".")
        claims = strict_json.parse_object(base64url.decode(parts[1])) if len(parts) == _PARTS else {}
    except (ValueError, JsonError):
        claims = {}
    position = claims.get("position")
    if not isinstance(position, int) or isinstance(position, bool):
        raise ConfigurationError("setting audit.checkpoints: the file's last line is no checkpoint")
    return position
