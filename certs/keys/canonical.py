"""One spelling of a JSON value, so that who signs, who digests and who compares mean the same bytes (RFC 8785).

Fractions do not exist here: their spelling is where implementations differ, and no list, report or receipt needs one.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from certs.keys.errors import JsonError

_LARGEST: Final = 2**53 - 1  # beyond it a reader that knows only double precision sees another number (RFC 7493 §2.2)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)


def canonical(value: object) -> bytes:
    """Write texts, whole numbers, truth values, nothing, sequences and mappings canonically, or raise `JsonError`."""
    try:
        # The standard encoder escapes exactly what RFC 8785 §3.2.2.2 asks and nothing else.
        return _ENCODER.encode(_ordered(value)).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonError("half a character") from None
    except RecursionError:
        raise JsonError("nested too deeply") from None


def _ordered(value: object) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise JsonError("a number is too large")
        return value
    if isinstance(value, (dict, Mapping)):  # the common kind first: asking about any other is slow
        # Most children are texts: they are taken as they are, without a call.
        return {name: child if isinstance(child := value[name], str) else _ordered(child) for name in _names(value)}
    if isinstance(value, (list, Sequence)) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [_ordered(child) for child in value]
    raise JsonError("a value has no canonical spelling")


def _names(value: Mapping[Any, Any]) -> list[str]:
    """The members' names in order of their UTF-16 code units, not code points (RFC 8785 §3.2.3)."""
    try:
        is_ascii = "".join(value).isascii()
    except TypeError:
        raise JsonError("a member's name is no text") from None
    return sorted(value) if is_ascii else sorted(value, key=_place)


def _place(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")
