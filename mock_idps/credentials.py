"""Credentials that a platform holds several of for the time of a rotation: next, current and earlier ones.

All of a rack are accepted until they are withdrawn, so that both sides of a wire can change at different moments. What
a platform itself makes something with (a signature, a wrapped key) is always the current one.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

Value = TypeVar("Value")
PLATFORM: Final = "platform"
"""In place of a client: what the platform has of its own."""
MOST: Final = 8
"""Credentials of one rack at a time."""
SHOWN: Final = 12


class State(StrEnum):
    """Where a credential stands in its rotation."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Entry(Generic[Value]):
    """One credential under the name by which it is withdrawn."""

    name: str
    value: Value = field(repr=False)
    state: State
    made: Value = field(repr=False)
    """As it was before it became an earlier one."""


class Rack(Generic[Value]):
    """The credentials of one kind, of one client or of the platform; what is out of order is a ValueError."""

    def __init__(
        self,
        first: Value | None,
        *,
        read: Callable[[str], Value] | None = None,
        make: Callable[[str], Value] | None = None,
        show: Callable[[Value], str] = str,
        age: Callable[[Value], Value] | None = None,
        previous: Value | None = None,
        number: int = 1,
    ) -> None:
        self._read, self._make, self._show, self._age = read, make, show, age
        self._first = [(State.PREVIOUS, previous), (State.CURRENT, first)]
        self._number = number
        self._entries: list[Entry[Value]] = []
        self.reset()

    @property
    def is_made_here(self) -> bool:
        """Whether the platform makes them itself, and is not told any."""
        return self._make is not None

    @property
    def current(self) -> Value | None:
        """What the platform uses; None where it was never given any."""
        return next((one.value for one in self._entries if one.state is State.CURRENT), None)

    @property
    def accepted(self) -> tuple[Value, ...]:
        """Everything that is not withdrawn, the current one first."""
        order = (State.CURRENT, State.NEXT, State.PREVIOUS)
        return tuple(one.value for one in sorted(self._entries, key=lambda one: order.index(one.state)))

    @property
    def listed(self) -> tuple[Value, ...]:
        """The same, the oldest first."""
        return tuple(one.value for one in self._entries)

    @property
    def previous(self) -> Value | None:
        """What was current before."""
        return next((one.value for one in reversed(self._entries) if one.state is State.PREVIOUS), None)

    def publish(self, text: str | None = None) -> Entry[Value]:
        """Take the next one, which is accepted from now on; the platform makes its own."""
        if any(one.state is State.NEXT for one in self._entries):
            raise ValueError("there is a next one already; withdraw it first")
        if len(self._entries) >= MOST:
            raise ValueError("too many credentials; withdraw an earlier one first")
        name = str(self._number)
        entry = self._entry(name, self._value(name, text), State.NEXT)
        if self._entries and any(self._show(one.made) == self._show(entry.made) for one in self._entries):
            raise ValueError("this credential is known already")
        self._number += 1
        self._entries.append(entry)
        return entry

    def switch(self) -> Entry[Value]:
        """Use the next one; the one before stays accepted."""
        coming = self._one(State.NEXT, "there is no next one; publish it first")
        self._entries = [self._stepped(one) for one in self._entries]
        return replace(coming, state=State.CURRENT)

    def roll_back(self) -> Entry[Value]:
        """Use the one before again; the present one is the next one, as it was."""
        if any(one.state is State.NEXT for one in self._entries):
            raise ValueError("there is a next one already; withdraw it first")
        before = self._one(State.PREVIOUS, "there is none from before")
        back = {State.CURRENT: State.NEXT}
        self._entries = [
            self._entry(one.name, one.made, State.CURRENT)
            if one.name == before.name
            else replace(one, state=back.get(one.state, one.state))
            for one in self._entries
        ]
        return replace(before, state=State.CURRENT)

    def withdraw(self, name: str | None = None) -> Entry[Value]:
        """Accept one no longer; without a name the latest from before. The current one is in use and stays."""
        if name is None:
            gone = self._one(State.PREVIOUS, "there is none from before; switch first")
        else:
            found = next((one for one in self._entries if one.name == name), None)
            if found is None:
                raise ValueError("no credential of this name")
            gone = found
        if gone.state is State.CURRENT:
            raise ValueError("this credential is in use; switch first")
        self._entries = [one for one in self._entries if one.name != gone.name]
        return gone

    def make_room(self) -> None:
        """Let the oldest from before go, where there is room for no other."""
        if len(self._entries) >= MOST:
            self.withdraw(next(one.name for one in self._entries if one.state is State.PREVIOUS))

    def reset(self) -> None:
        """Go back to what was registered."""
        self._entries = []
        for state, value in self._first:
            if value is not None:
                self._entries.append(self._entry(str(self._number), value, state))
                self._number += 1

    def rows(self) -> list[dict[str, str]]:
        """Name and state of each, with the beginning of its digest, so that two sides can compare."""
        return [
            {"name": one.name, "state": one.state.value, "digest": _digest(self._show(one.made))}
            for one in self._entries
        ]

    def _value(self, name: str, text: str | None) -> Value:
        if self._make is not None:
            if text is not None:
                raise ValueError("the platform makes this one itself")
            return self._make(name)
        if self._read is None or text is None:
            raise ValueError("value is missing")
        return self._read(text)

    def _stepped(self, one: Entry[Value]) -> Entry[Value]:
        if one.state is State.NEXT:
            return replace(one, state=State.CURRENT)
        if one.state is State.CURRENT:
            aged = one.made if self._age is None else self._age(one.made)
            return replace(one, state=State.PREVIOUS, value=aged)
        return one

    def _one(self, state: State, otherwise: str) -> Entry[Value]:
        found = next((one for one in reversed(self._entries) if one.state is state), None)
        if found is None:
            raise ValueError(otherwise)
        return found

    def _entry(self, name: str, value: Value, state: State) -> Entry[Value]:
        return Entry(name, value, state, value)


class Credentials:
    """Every rack of one mock; a client's name and a kind find it."""

    def __init__(self) -> None:
        self._racks: dict[tuple[str, str], Rack[Any]] = {}

    def put(self, client: str, kind: str, rack: Rack[Any]) -> None:
        """Set a rack up, when the mock is built."""
        self._racks[client, kind] = rack

    def rack(self, client: str, kind: str) -> Rack[Any]:
        """Find one; an unknown client or kind is a ValueError."""
        rack = self._racks.get((client, kind))
        if rack is None:
            raise ValueError("no credentials of this client and kind")
        return rack

    def accepted(self, client: str, kind: str) -> tuple[Any, ...]:
        """What is accepted of a client that may be unknown."""
        rack = self._racks.get((client, kind))
        return () if rack is None else rack.accepted

    def racks(self) -> Mapping[tuple[str, str], Rack[Any]]:
        """All of them, for the control page."""
        return self._racks

    def reset(self) -> None:
        """Let every client have what it was registered with; the platform's own keys stay as they are."""
        for (client, _), rack in self._racks.items():
            if client != PLATFORM:
                rack.reset()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]
