"""Key sets on a page: where every key stands, what comes next and when, and which guard is in the way (§9.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from certs.keys.key_state import BAD, KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.schedule import Step, Verb
from gateway.admin import key_work
from gateway.admin.key_words import described_set, summary
from gateway.admin.records import Role
from gateway.admin.rights import covers
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit
from gateway.web.operator_call import not_found

VERBS: Final[Mapping[str, tuple[str, tuple[KeyState, ...]]]] = {
    "publish": (
        "Show the next key, or let a held one go on.",
        (KeyState.GENERATED, KeyState.CERTIFIED, KeyState.HELD),
    ),
    "hold": ("Keep the next key from being activated.", (KeyState.PUBLISHED,)),
    "activate": ("The next key signs from now on; every guard must hold.", (KeyState.PUBLISHED,)),
    "abort": ("Take a fresh activation back: the key before signs again.", (KeyState.ACTIVE,)),
    "retire": ("Take a key that only verifies out of the document.", (KeyState.RETIRING,)),
    "compromise": (
        "Somebody else may have a key: out of the document at once, the standby signs.",
        (KeyState.GENERATED, KeyState.CERTIFIED, KeyState.PUBLISHED, KeyState.HELD, KeyState.ACTIVE, KeyState.RETIRING),
    ),
}
"""What a custodian may do here: what it does, and with keys in which states."""
_LINE: Final = ("generated", "published", "active", "retiring", "retired")
_REACHED: Final[Mapping[KeyState, str]] = {
    KeyState.CERTIFIED: "generated",
    KeyState.HELD: "published",
    **{state: state.value for state in KeyState if state.value in _LINE},
}
"""State -> the last point of the line that it has reached."""
_COMING: Final = {Verb.PUBLISH: "published", Verb.ACTIVATE: "active", Verb.RETIRE: "retired"}
_DONE: Final = {name: f"Done: {name}. It is on record." for name in VERBS}


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a key's progress line."""

    name: str
    at: datetime | None
    is_reached: bool
    is_current: bool
    is_foreseen: bool
    """Whether the date is that of a step which is planned."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key with its line."""

    record: Mapping[str, Any]
    points: tuple[Point, ...]
    is_bad: bool
    """Compromised or revoked: such a key has left the line."""


@dataclass(frozen=True, slots=True)
class Verbs:
    """One form of the page."""

    name: str
    sentence: str
    kids: tuple[tuple[str, str], ...]
    """(kid, state) of the keys that it can be done with."""
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySetsSheet(Sheet):
    """Every set in a row."""

    template = "keys.html"
    sets: Sequence[Mapping[str, Any]]
    now: datetime


@dataclass(frozen=True, slots=True)
class KeySetSheet(Sheet):
    """One set."""

    template = "key_set.html"
    record: Mapping[str, Any]
    keys: tuple[KeyLine, ...]
    history: tuple[tuple[datetime, str], ...]
    """What happened when, the newest last."""
    verbs: tuple[Verbs, ...]
    joint_act: str
    """An agreement that was come here with."""
    now: datetime


async def show_sets(visit: Visit) -> Sheet:
    """The sets that are this operator's to see."""
    rows = []
    for name in sorted(visit.desk.keys.sets):
        if is_theirs(visit, name):
            keys, steps = await key_work.show_plan(visit.desk.keys, name, visit.now)
            rows.append({**summary(visit.desk.keys.sets[name], keys, steps), "points": _of_next(keys, steps)})
    return KeySetsSheet(rows, visit.now)


async def show_set(visit: Visit) -> Sheet:
    """One set: its line, its plan, its forms."""
    name = name_of(visit)
    keys, steps = await key_work.show_plan(visit.desk.keys, name, visit.now)
    record = described_set(visit.desk.keys.sets[name], keys, steps)
    lines = [
        KeyLine(shown, line_of(key, steps), key.state in BAD)
        for shown, key in zip(record["keys"], keys.keys, strict=True)
    ]
    return KeySetSheet(
        record=record,
        keys=tuple(reversed(lines)),
        history=_history(keys),
        verbs=_verbs(visit, name, keys) if visit.may(Role.CUSTODIAN, changes=True) else (),
        joint_act=visit.fields.get("joint_act", ""),
        now=visit.now,
        done=_DONE.get(visit.fields.get("done", ""), ""),
    )


def is_theirs(visit: Visit, name: str) -> bool:
    """Whether a set is this operator's: those towards a partner of their place; the gateway's own are everybody's."""
    description = visit.desk.keys.sets.get(name)
    return description is not None and covers(visit.signed.operator, description.place or "")


def name_of(visit: Visit) -> str:
    """The set in the address; an unknown one and somebody else's look alike."""
    name = visit.path["key_set"]
    if not is_theirs(visit, name):
        raise not_found()
    return name


def preview_purpose(name: str, verb: str) -> str:
    """What the token of a form on a set's page is good for: looking at what one verb would do."""
    return f"preview {verb} {name}"


def line_of(key: KeyRecord, steps: Sequence[Step]) -> tuple[Point, ...]:
    """A key's way from being made to its farewell, with dates: those that were, and those that are planned."""
    at = {
        "generated": key.created_at,
        "published": key.published_at,
        "active": key.activated_at,
        "retiring": key.retiring_at,
        "retired": key.retired_at,
    }
    planned = {_COMING[one.verb]: one.due_at for one in steps if one.kid == key.kid and one.verb in _COMING}
    current = _REACHED.get(key.state)
    reached = _LINE.index(current) if current is not None else -1
    return tuple(
        Point(
            name,
            at[name] if place <= reached or reached < 0 else planned.get(name),
            is_reached=place <= reached or (reached < 0 and at[name] is not None),
            is_current=name == current,
            is_foreseen=place > reached >= 0 and name in planned,
        )
        for place, name in enumerate(_LINE)
    )


def _of_next(keys: KeySetRecord, steps: Sequence[Step]) -> tuple[Point, ...]:
    """The line of the key that a set's rotation is about: the next one, else the one that signs."""
    chosen = keys.standby or next(iter(keys.in_state(KeyState.GENERATED, KeyState.CERTIFIED, KeyState.HELD)), None)
    chosen = chosen or keys.active
    return () if chosen is None else line_of(chosen, steps)


def _history(keys: KeySetRecord) -> tuple[tuple[datetime, str], ...]:
    """The dates of all keys in one list."""
    found = [
        (moment, f"{key.kid[:12]} {word}")
        for key in keys.keys
        for word, moment in (
            ("was made", key.created_at),
            ("was published", key.published_at),
            ("began to sign", key.activated_at),
            ("stopped signing", key.retiring_at),
            ("left the document", key.retired_at),
            ("must be doubted from here on", key.compromised_from),
            ("lost its private half", key.private_gone_at),
        )
        if moment is not None
    ]
    return tuple(sorted(found, key=lambda one: one[0]))


def _verbs(visit: Visit, name: str, keys: KeySetRecord) -> tuple[Verbs, ...]:
    """The forms for which there is a key."""
    return tuple(
        Verbs(
            verb,
            sentence,
            tuple((key.kid, key.state.value) for key in keys.in_state(*states)),
            visit.csrf(preview_purpose(name, verb)),
        )
        for verb, (sentence, states) in VERBS.items()
        if keys.in_state(*states)
    )


SIGHTS: Final = (
    Sight("GET", "/keys", Role.READER, show_sets, is_scoped=True),
    Sight("GET", "/keys/{key_set}", Role.READER, show_set, is_scoped=True),
)
