"""Reads a provider's block of settings: a missing, misspelt or wrong key stops the start and is named, never shown."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit


def check_names(block: Mapping[str, Any], *, required: Collection[str], optional: Collection[str] = ()) -> None:
    """Refuse unknown keys, with the nearest known one named, and the lack of a required one."""
    known = [*required, *optional]
    for name in block:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"unknown setting {name}" + (f"; did you mean {near[0]}?" if near else ""))
    for name in required:
        if name not in block:
            raise ValueError(f"setting {name} is missing")


def text(block: Mapping[str, Any], name: str) -> str:
    """A text that is not empty; surrounding space is an accident of files."""
    value = block[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"setting {name} must be a text that is not empty")
    return value.strip()


def address(block: Mapping[str, Any], name: str) -> str:
    """The address of a provider, without the final slash; whether plain http is allowed was decided before."""
    value = text(block, name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment or parts.username:
        raise ValueError(f"setting {name} must be an http address without query, fragment or credentials")
    return value


def lines(block: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """At least one text: a list of the settings file, or the lines of a file of its own."""
    value = block[name]
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise ValueError(f"setting {name} must be a list of texts that is not empty")
    return tuple(item.strip() for item in items)


def whole_number(block: Mapping[str, Any], name: str, default: int, allowed: range) -> int:
    """A whole number within bounds, or the default where the key is absent."""
    value = block.get(name, default)
    if type(value) is not int or value not in allowed:
        raise ValueError(f"setting {name} must be a whole number from {allowed.start} to {allowed.stop - 1}")
    return value
