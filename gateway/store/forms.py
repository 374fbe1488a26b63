"""How single values stand in a JSON record: one form for each type that a record's field may have."""

import types
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias, Union, get_args, get_origin

Read: TypeAlias = Callable[[Any], Any]
"""Raises ``TypeError`` or ``ValueError`` for a member that is no such value."""


class Form(NamedTuple):
    """How values of one type are written, ``None`` meaning just as they are, and read."""

    write: Callable[[Any], Any] | None
    read: Read


Nested: TypeAlias = Callable[[type[Any], Mapping[Any, Form]], Form]
"""Makes the form of a dataclass."""


def form_of(hint: Any, forms: Mapping[Any, Form], nested: Nested) -> Form:
    """The form for a type hint: one of ``forms`` if it is there, else what its shape says."""
    found = forms.get(hint) or _PLAIN.get(hint)
    if found is not None:
        return found
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        (some,) = (part for part in parts if part is not type(None))
        return _optional(form_of(some, forms, nested))
    if origin in {tuple, frozenset}:
        return _several(origin, form_of(parts[0], forms, nested))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(None if parts[1] is Any else form_of(parts[1], forms, nested))
    return _of_class(hint, forms, nested)


def _of_class(hint: Any, forms: Mapping[Any, Form], nested: Nested) -> Form:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Form(attrgetter("value"), hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return nested(hint, forms)
    raise TypeError(f"{hint} has no form in a record")


def _optional(form: Form) -> Form:
    write, read = form
    return Form(
        None if write is None else lambda value: None if value is None else write(value),
        lambda member: None if member is None else read(member),
    )


def _several(kind: Callable[[Any], Any], form: Form) -> Form:
    order: Callable[[Any], list[Any]] = sorted if kind is frozenset else list
    write, read, as_list = form.write, form.read, _exactly(list)
    return Form(
        order if write is None else lambda values: order(map(write, values)),
        lambda member: kind(map(read, as_list(member))),
    )


def _mapping(form: Form | None) -> Form:
    """An object as it is, or one whose values all have one form that needs no writing."""
    as_object = _exactly(dict)
    if form is None:
        return Form(dict, as_object)
    read = form.read
    return Form(dict, lambda member: {name: read(value) for name, value in as_object(member).items()})


def _exactly(kind: type) -> Read:
    """Accept a member of this very type: true is no number."""

    def read(member: Any) -> Any:
        if type(member) is not kind:
            raise TypeError
        return member

    return read


def _read_moment(member: str) -> datetime:
    moment = datetime.fromisoformat(member)
    if moment.tzinfo is None:
        raise ValueError
    return moment


_PLAIN: Final[Mapping[Any, Form]] = {
    str: Form(None, _exactly(str)),
    int: Form(None, _exactly(int)),
    bool: Form(None, _exactly(bool)),
    bytes: Form(bytes.hex, bytes.fromhex),
    date: Form(date.isoformat, date.fromisoformat),
    datetime: Form(datetime.isoformat, _read_moment),
}
