"""The settings as they are in force, for people to read: defaults filled in, secrets left out (F-UPG-04)."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.config import Settings
from gateway.toml_sections import written

HIDDEN: Final = "(not shown)"
_BLOCKS: Final = ("providers", "register")
"""Free tables: their secrets have been read from files and stand among the rest."""
_ADDRESSES: Final = frozenset({"database_url", "redis_url"})
_PLAIN: Final = ("kind", "issuer", "client_id", "title", "scopes")
"""What is shown of a free table, and every address; anything else could be a secret."""


def effective(settings: Settings) -> dict[str, Any]:
    """Every setting with its value, as nested plain values."""
    return _table(settings)


def flat(settings: Settings) -> dict[str, Any]:
    """The same as dotted keys, one to a line."""
    return dict(_lines("", effective(settings)))


def _lines(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _lines(f"{prefix}{name}.", value) if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return found


def _table(value: Any) -> dict[str, Any]:
    return {one.name: _shown(one.name, getattr(value, one.name)) for one in fields(value)}


def _shown(name: str, value: Any) -> Any:
    if is_dataclass(value):
        return _table(value)
    if name in _BLOCKS and value is not None:
        return _free(value)
    if name in _ADDRESSES and value is not None:
        return without_credentials(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return written(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(member) for member in value]
    return value


def _free(table: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            shown[name] = _free(value)
        elif name.endswith("_url"):
            shown[name] = without_credentials(str(value))
        else:
            shown[name] = _plain(value) if name in _PLAIN else HIDDEN
    return shown


def without_credentials(address: str) -> str:
    """An address without the password in it, and without its query, where drivers take passwords too."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    user = parts.username
    return f"{parts.scheme}://{user + '@' if user else ''}{place}{parts.path}" + (f"?{HIDDEN}" if parts.query else "")
