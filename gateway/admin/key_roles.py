"""One key, one role: equal key material in two places stops the start, and so does a file that others can open (G19).

A key that signs tokens and opens boxes, or a partner's key that is also ours, makes one leak into two (KM-04, KM-05).
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from certs.keys.backends.material import public_name
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.private_file import KeyFileError, read_private
from gateway.config import ConfigurationError, Settings

_PEM: Final = "-----BEGIN "
_EARLIER: Final = "previous_"
"""A credential and the one before it have the same role."""
_LISTENERS: Final = frozenset({"setting server.tls_key", "setting operator_api.tls_key"})
"""The two listeners of one machine may show the same certificate."""


def require_one_each(files: Iterable[Path]) -> None:
    """Refuse key files of ours that are open to others, or of which two hold the same key."""
    seen: dict[str, str] = {}
    for role, material in _of_files(files):
        _see(seen, role, material)


def require_separate(settings: Settings, files: Iterable[Path]) -> None:
    """Refuse settings that give a key of ours another role, or two partners the same private key."""
    seen = {material: role for role, material in _of_files(files)}
    ours = frozenset(seen)
    for role, text in _values(settings):
        material = _material(text)
        # Two addresses may be equal, two private keys may not; a secret only counts where it is a key of ours.
        if material is not None and (text.lstrip().startswith(_PEM) or material in ours):
            _see(seen, role, material)
    for role, path in _listener_keys(settings):
        material = _of_file(path)
        if material is not None:
            _see(seen, role, material)


def _see(seen: dict[str, str], role: str, material: str) -> None:
    first = seen.setdefault(material, role)
    if first != role and {first, role} != _LISTENERS:
        raise ConfigurationError(f"{first} and {role} hold the same key, and a key has one role: make another one")


def _of_files(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        try:
            content = read_private(path)
        except KeyFileError as error:
            raise ConfigurationError(str(error)) from error
        except KeyUnavailableError:
            continue  # it may be gone for good; whoever needs it says so
        except KeyMaterialError as error:
            raise ConfigurationError(str(error)) from error
        material = _material(content.decode("utf-8", "replace"))
        if material is not None:
            yield f"key file {path}", material


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    for block, values in {**settings.providers, "register": settings.register or {}}.items():
        for name, value in values.items():
            if isinstance(value, str):
                yield f"setting {block}.{name.removeprefix(_EARLIER)}", value


def _listener_keys(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.server.tls_key is not None:
        yield "setting server.tls_key", settings.server.tls_key
    if settings.operator_api is not None and settings.operator_api.tls_key is not None:
        yield "setting operator_api.tls_key", settings.operator_api.tls_key


def _of_file(path: Path) -> str | None:
    try:
        return _material(read_private(path).decode("utf-8", "replace"))
    except KeyFileError as error:
        raise ConfigurationError(str(error)) from error
    except KeyMaterialError:
        return None  # whoever needs it says so


def _material(text: str) -> str | None:
    """What tells one key from another: of a pair its public half, of a secret its digest."""
    content = text.strip()
    if content.startswith(_PEM):
        return public_name(content.encode("utf-8") + b"\n")
    return hashlib.sha256(content.lower().encode("utf-8")).hexdigest() if content else None
