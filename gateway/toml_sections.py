"""Reads a TOML table into a frozen dataclass: the unknown is refused, and the nearest known key is named."""

import difflib
import re
import stat
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast, get_args, get_type_hints

_Section = TypeVar("_Section")
_DURATION: Final = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)", re.ASCII)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_PRIVATE_KEY: Final = "PRIVATE KEY-----"
_UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class ConfigurationError(Exception):
    """The settings cannot be used; the text names the key and is for the operator."""


def section(kind: type[_Section], raw: Mapping[str, Any], prefix: str, folder: Path) -> _Section:
    """A table as a value of ``kind``; paths are relative to ``folder``."""
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(cast("Any", kind))}
    for key in raw:
        if key not in known:
            raise ConfigurationError(_unknown(prefix + key, key, list(known)))
    values: dict[str, Any] = {}
    for name, description in known.items():
        if name in raw:
            values[name] = _value(hints[name], raw[name], prefix + name, folder)
        elif description.default is MISSING and description.default_factory is MISSING:
            raise ConfigurationError(f"setting {prefix + name} is missing")
    return kind(**values)


def _unknown(full: str, key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"unknown setting {full}" + (f"; did you mean {near[0]}?" if near else "")


def _value(hint: Any, value: Any, name: str, folder: Path) -> Any:
    nested = _nested(hint)
    if nested is not None:
        return section(nested, _table(value, name), f"{name}.", folder)
    if hint == Mapping[str, Mapping[str, Any]]:
        return {key: _block(_table(block, f"{name}.{key}"), folder) for key, block in _table(value, name).items()}
    if hint == Mapping[str, Path]:
        return {key: folder / _of(str, path, f"{name}.{key}") for key, path in _table(value, name).items()}
    if hint == Mapping[str, tuple[str, ...]]:
        return {key: _texts(texts, f"{name}.{key}") for key, texts in _table(value, name).items()}
    if hint == Mapping[str, str]:
        return {key: _of(str, text, f"{name}.{key}") for key, text in _table(value, name).items()}
    return _plain(hint, value, name, folder)


def _plain(hint: Any, value: Any, name: str, folder: Path) -> Any:  # noqa: PLR0911 - one line for each kind of setting
    if hint is timedelta:
        return duration(value, name)
    if hint in {Path, Path | None}:
        return folder / _of(str, value, name)
    if hint is bool:
        return _flag(value, name)
    if hint in {int, int | None}:
        return _of(int, value, name)
    if hint in {str, str | None}:
        return _of(str, value, name)
    if hint == tuple[str, ...]:
        return _texts(value, name)
    return _block(_table(value, name), folder)


def _nested(hint: Any) -> type[Any] | None:
    """The dataclass behind a nested section, also of one that may be absent."""
    return next((cast("type[Any]", kind) for kind in (hint, *get_args(hint)) if is_dataclass(kind)), None)


def _block(block: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A free table whose ``X_file`` entries are replaced by the content of the file, named X."""
    values: dict[str, Any] = {}
    for key, value in block.items():
        if key.endswith("_file"):
            values[key.removesuffix("_file")] = read_secret(folder / _of(str, value, key))
        else:
            values[key] = value
    return values


def read_secret(path: Path) -> str:
    """The content of a secret's file, without the final newline; a private key that others can read is refused."""
    try:
        content = path.read_text(encoding="utf-8").strip()
        is_open = path.stat().st_mode & _OTHERS
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"secret file {path} cannot be read") from error
    if is_open and _PRIVATE_KEY in content:
        raise ConfigurationError(f"key file {path} is open to others than its owner: chmod 600 {path}")
    return content


def duration(value: Any, name: str) -> timedelta:
    """A time span written as ``60s``, ``10m``, ``12h``."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigurationError(f'setting {name} must be a duration such as "60s", "10m" or "12h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def written(span: timedelta) -> str:
    """A time span as it stands in a settings file."""
    seconds = int(span.total_seconds())
    units = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
    return next(f"{seconds // size}{unit}" for size, unit in units if not seconds % size)


def _of(kind: type[_Section], value: Any, name: str) -> _Section:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConfigurationError(f"setting {name} must be of type {kind.__name__}")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    return tuple(_of(str, item, name) for item in _of(list, value, name))


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"setting {name} must be true or false")
    return value


def _table(value: Any, name: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", _of(dict, value, name))
