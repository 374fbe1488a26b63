"""Writes a frozen dataclass as a JSON object and reads it strictly, by a table made once out of its type hints.

A field that is added to a dataclass, with a default, needs no migration: a record that was written before simply lacks
the member. What is empty by default is not written while it is empty; every other value is, so that a default that
changes one day changes nothing that is on record. A member that no field asks for is refused: another version wrote
it, or another hand.
"""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, get_type_hints

from gateway.store.fields import Fields, RecordError
from gateway.store.forms import Form, form_of

T = TypeVar("T")

_NOT_EMPTY: Final = object()


class Codec(Generic[T]):
    """The JSON form of one dataclass, less the fields that are columns of their own."""

    def __init__(self, kind: type[T], *, but: Collection[str] = (), forms: Mapping[Any, Form] | None = None) -> None:
        self._kind = kind
        kept = [field for field in fields(kind) if field.name not in but]  # type: ignore[arg-type]  # a dataclass
        hints = get_type_hints(kind)
        table = {field.name: form_of(hints[field.name], forms or {}, _nested) for field in kept}
        self._writers = tuple((field.name, table[field.name].write, _empty(field)) for field in kept)
        self._readers = {name: form.read for name, form in table.items()}
        self._required = frozenset(field.name for field in kept if _is_required(field))
        self._values = attrgetter(*(field.name for field in kept))

    def write(self, value: T) -> dict[str, Any]:
        """The record of a value."""
        record = {}
        for (name, write, empty), member in zip(self._writers, self._values(value), strict=True):
            if member or member != empty:
                record[name] = member if write is None else write(member)
        return record

    def read(self, record: Fields, **columns: Any) -> T:
        """The value of a record, with what stands in columns beside it."""
        members = record.rest()
        if not self._required <= members.keys():
            raise RecordError(min(self._required - members.keys()))
        name = ""
        try:
            for name, member in members.items():
                columns[name] = self._readers[name](member)
        except KeyError:
            raise RecordError("unknown members") from None
        except (TypeError, ValueError):
            raise RecordError(name) from None
        return self._kind(**columns)


def _nested(kind: type[Any], forms: Mapping[Any, Form]) -> Form:
    """The form of a dataclass inside another record."""
    codec = Codec(kind, forms=forms)
    return Form(codec.write, lambda member: codec.read(Fields(member)))


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _empty(field: Field[Any]) -> object:
    """The default of a field, if that is an empty value."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return _NOT_EMPTY if default is MISSING or default else default
