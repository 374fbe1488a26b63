"""One JSON object from bytes, read so that no second reader can see something else in it (RFC 8259 §4, RFC 7515 §4).

The standard parser keeps the last of two members with one name, while others keep the first: whoever signs and whoever
decides must not differ, so doubled members are refused, together with `NaN`, half surrogates and deep nesting.
"""

import json
from typing import Any, Final, NoReturn

from certs.keys.errors import JsonError

MAX_DEPTH: Final = 32
"""Nested arrays and objects that are followed; no message of ours or of a provider comes near it."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonError("a member is doubled")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise JsonError("a number is not finite")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def parse_object(data: bytes) -> dict[str, Any]:
    """Read exactly one JSON object in UTF-8; the caller has limited the size already."""
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise JsonError("not JSON") from None
    if not isinstance(value, dict):
        raise JsonError("not an object")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise JsonError("nested too deeply")


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_surrogates(value: object) -> None:
    # Half a surrogate pair is accepted by the parser and fails later, wherever the text is written as UTF-8.
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonError("half a character") from None
