"""Reads a stored JSON object strictly: every member there, of its type, and none besides."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_ABSENT: Final = object()


class RecordError(Exception):
    """A stored record does not have the shape that this program writes; its content is never quoted."""

    def __init__(self, member: str) -> None:
        super().__init__(f"a stored record is not as it should be, at {member!r}")


class Fields:
    """The members of one object, taken out one by one; ``end`` refuses what nobody took."""

    __slots__ = ("_rest",)

    def __init__(self, members: object, name: str = "record") -> None:
        if not isinstance(members, dict):
            raise RecordError(name)
        self._rest: dict[str, Any] = dict(members)

    def has(self, name: str) -> bool:
        """Say whether a member is there: an older schema's record may lack it."""
        return name in self._rest

    def text(self, name: str) -> str:
        """Take a text."""
        return self._take(name, str)

    def optional_text(self, name: str) -> str | None:
        """Take a text or nothing."""
        return self._take_or_none(name, str)

    def integer(self, name: str) -> int:
        """Take a whole number; true and false are none."""
        return self._take(name, int)

    def optional_integer(self, name: str) -> int | None:
        """Take a whole number or nothing."""
        return self._take_or_none(name, int)

    def flag(self, name: str) -> bool:
        """Take true or false."""
        return self._take(name, bool)

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts."""
        values: list[Any] = self._take(name, list)
        if not all(isinstance(value, str) for value in values):
            raise RecordError(name)
        return tuple(values)

    def moment(self, name: str) -> datetime:
        """Take a moment with its zone."""
        return _moment(name, self.text(name))

    def optional_moment(self, name: str) -> datetime | None:
        """Take a moment with its zone, or nothing."""
        text = self.optional_text(name)
        return None if text is None else _moment(name, text)

    def optional_day(self, name: str) -> date | None:
        """Take a day or nothing."""
        text = self.optional_text(name)
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            raise RecordError(name) from None

    def day(self, name: str) -> date:
        """Take a day."""
        value = self.optional_day(name)
        if value is None:
            raise RecordError(name)
        return value

    def member(self, name: str, kind: type[E]) -> E:
        """Take a member of a closed list."""
        value = self._rest.pop(name, _ABSENT)
        try:
            return kind(value)
        except ValueError:
            raise RecordError(name) from None

    def members(self, name: str, kind: type[E]) -> tuple[E, ...]:
        """Take several members of a closed list."""
        try:
            return tuple(kind(value) for value in self.texts(name))
        except ValueError:
            raise RecordError(name) from None

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Take an object as it is."""
        found: dict[str, Any] = self._take(name, dict)
        return found

    def optional_mapping(self, name: str) -> Mapping[str, Any] | None:
        """Take an object as it is, or nothing."""
        found: dict[str, Any] | None = self._take_or_none(name, dict)
        return found

    def text_mapping(self, name: str) -> Mapping[str, str]:
        """Take an object whose values are texts."""
        values = self.mapping(name)
        if not all(isinstance(value, str) for value in values.values()):
            raise RecordError(name)
        return values

    def fields(self, name: str) -> Self:
        """Take an object to be read in its turn."""
        return type(self)(self._rest.pop(name, _ABSENT), name)

    def optional_fields(self, name: str) -> Self | None:
        """Take an object to be read in its turn, or nothing."""
        members = self._rest.pop(name, _ABSENT)
        return None if members is None else type(self)(members, name)

    def rest(self) -> Mapping[str, Any]:
        """Take all that nobody has taken yet."""
        members, self._rest = self._rest, {}
        return members

    def end(self) -> None:
        """Refuse members that nobody asked for: another version wrote them, or another hand."""
        if self._rest:
            raise RecordError("unknown members")

    def _take(self, name: str, kind: type[T]) -> T:
        value = self._rest.pop(name, _ABSENT)
        if type(value) is not kind:
            raise RecordError(name)
        return value

    def _take_or_none(self, name: str, kind: type[T]) -> T | None:
        value = self._rest.pop(name, _ABSENT)
        if value is None:
            return None
        if type(value) is not kind:
            raise RecordError(name)
        return value


def _moment(name: str, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise RecordError(name) from None
    if value.tzinfo is None:
        raise RecordError(name)
    return value
