"""The members of one object in a signed document, each read strictly: what is missing, foreign or malformed is named.

A document about trust is written by people and read by machines of several makers: one spelling of every value, no
member that one reader knows and another passes over.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NoReturn, Self, TypeVar
from urllib.parse import urlsplit

from certs.trust.list_errors import ListError, ListRefusal

MAX_ITEMS: Final = 64
"""Members of any list in a document that has no limit of its own."""
MAX_TEXT: Final = 1_000
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_OID: Final = re.compile(r"(?:[01]\.[1-3]?\d|2\.(?:0|[1-9]\d{0,38}))(?:\.(?:0|[1-9]\d{0,38})){1,30}")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fields:
    """One object's members and the path to it."""

    members: Mapping[str, Any]
    where: str

    @classmethod
    def of(cls, value: object, where: str, *, required: frozenset[str], optional: frozenset[str] = frozenset()) -> Self:
        """Take an object that has all of the required members and no foreign one."""
        if not isinstance(value, dict):
            _refuse(where, "is not an object")
        if missing := sorted(required - value.keys()):
            _refuse(_below(where, missing[0]), "is missing")
        if not required | optional >= value.keys():  # foreign names are not quoted: they are not ours
            _refuse(where, "has a member that this format does not know")
        return cls(value, where)

    def at(self, name: str) -> str:
        """The path to one member."""
        return _below(self.where, name)

    def has(self, name: str) -> bool:
        """Whether an optional member is there and not null."""
        return self.members.get(name) is not None

    def text(self, name: str, *, longest: int = MAX_TEXT, may_be_empty: bool = False) -> str:
        """One line or paragraph of text, without characters that hide or turn what an operator reads."""
        return read_text(self.members.get(name), self.at(name), longest=longest, may_be_empty=may_be_empty)

    def optional_text(self, name: str) -> str:
        """Text that may be left out."""
        return self.text(name, may_be_empty=True) if self.has(name) else ""

    def matching(self, name: str, pattern: re.Pattern[str], detail: str) -> str:
        """Text of one shape."""
        return _matching(self.members.get(name), self.at(name), pattern, detail)

    def digest(self, name: str) -> str:
        """A SHA-256 value in lower-case hexadecimal."""
        return self.matching(name, _HEX, "is not a SHA-256 value in lower-case hexadecimal")

    def oid(self, name: str) -> str:
        """An object identifier."""
        return self.matching(name, _OID, "is not an object identifier")

    def oids(self, name: str) -> tuple[str, ...]:
        """Object identifiers, possibly none."""
        return tuple(_matching(item, path, _OID, "is not an object identifier") for item, path in self.optional(name))

    def word(self, name: str, words: type[Word]) -> Word:
        """One word out of an enumeration."""
        return _word(self.members.get(name), self.at(name), words)

    def words(self, name: str, words: type[Word]) -> tuple[Word, ...]:
        """Different words out of an enumeration, at least one."""
        found = tuple(_word(item, path, words) for item, path in self.items(name, at_least=1))
        if len(set(found)) != len(found):
            _refuse(self.at(name), "names one thing twice")
        return found

    def number(self, name: str, *, smallest: int, largest: int) -> int:
        """A whole number."""
        value = self.members.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not smallest <= value <= largest:
            _refuse(self.at(name), "is not a whole number within its bounds")
        return value

    def flag(self, name: str) -> bool:
        """A truth value."""
        value = self.members.get(name)
        if not isinstance(value, bool):
            _refuse(self.at(name), "is neither true nor false")
        return value

    def time(self, name: str) -> datetime:
        """A moment with its offset (RFC 3339 §5.6), in UTC."""
        text = self.matching(name, _TIME, "is not a time with its offset, to the second")
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            _refuse(self.at(name), "is not a time that exists")

    def optional_time(self, name: str) -> datetime | None:
        """A moment that may be left open."""
        return self.time(name) if self.has(name) else None

    def items(self, name: str, *, at_least: int = 0, at_most: int = MAX_ITEMS) -> list[tuple[Any, str]]:
        """The members of a list, each with its path."""
        value = self.members.get(name)
        if not isinstance(value, list) or not at_least <= len(value) <= at_most:
            _refuse(self.at(name), "is not a list of a permitted length")
        return [(item, f"{self.at(name)}[{number}]") for number, item in enumerate(value)]

    def optional(self, name: str) -> list[tuple[Any, str]]:
        """The members of a list that may be left out."""
        return self.items(name) if self.has(name) else []

    def texts(self, name: str, *, at_least: int = 0) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(read_text(item, path) for item, path in self.items(name, at_least=at_least))

    def languages(self, name: str) -> Mapping[str, str]:
        """One name in several languages."""
        value = self.members.get(name)
        if not isinstance(value, dict) or not 1 <= len(value) <= MAX_ITEMS:
            _refuse(self.at(name), "does not give a name for each language")
        path = self.at(name)
        return {read_text(language, path, longest=35): read_text(text, path) for language, text in value.items()}

    def addresses(self, name: str) -> tuple[str, ...]:
        """Addresses on the web, possibly none."""
        return tuple(_address(item, path) for item, path in self.items(name))


def read_text(value: object, where: str, *, longest: int = MAX_TEXT, may_be_empty: bool = False) -> str:
    """Read one text."""
    if not isinstance(value, str) or len(value) > longest or not (value.strip() or may_be_empty):
        _refuse(where, "is not text of a permitted length")
    if any(character in _BIDI or unicodedata.category(character) == "Cc" for character in value):
        _refuse(where, "has a character that cannot be seen")
    return value


def read_base64(value: object, where: str, *, longest: int) -> bytes:
    """Read bytes from base64 in its one spelling (RFC 4648 §4)."""
    if not isinstance(value, str) or not 0 < len(value) <= (longest + 2) // 3 * 4:
        _refuse(where, "is not base64 of a permitted length")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        _refuse(where, "is not base64")
    if base64.b64encode(data).decode("ascii") != value:
        _refuse(where, "is not base64 in its one spelling")
    return data


def _address(value: object, where: str) -> str:
    text = read_text(value, where)
    try:
        parts = urlsplit(text)
        named = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        named = False
    if not named or parts.fragment or any(character.isspace() for character in text):
        _refuse(where, "is not an address on the web")
    return text


def _word(value: object, where: str, words: type[Word]) -> Word:
    found = [word for word in words if word.value == value]
    if not found:
        _refuse(where, "is not one of the words of this format")
    return found[0]


def _matching(value: object, where: str, pattern: re.Pattern[str], detail: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse(where, detail)
    return value


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _refuse(where: str, detail: str) -> NoReturn:
    raise ListError(ListRefusal.SCHEMA, detail, where=where)
