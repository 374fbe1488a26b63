"""Records are written and read by the type hints of a dataclass: strictly, and across versions of the program."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest

from gateway.store.codec import Codec
from gateway.store.fields import Fields, RecordError

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    name: str
    count: int | None = None


@dataclass(frozen=True)
class Everything:
    column: str
    text: str
    number: int
    flag: bool
    key: bytes
    day: date
    moment: datetime
    colour: Colour
    inner: Inner
    maybe: str | None
    texts: tuple[str, ...] = ()
    colours: frozenset[Colour] = frozenset()
    inners: tuple[Inner, ...] = ()
    anything: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    is_new: bool = False
    choice: Colour = Colour.RED


CODEC = Codec(Everything, but={"column"})
PLAIN = Everything("c", "t", 1, False, b"\x00\xff", NOW.date(), NOW, Colour.BLUE, Inner("i"), None)
FULL = Everything(
    "c",
    "",
    0,
    True,
    b"",
    NOW.date(),
    NOW,
    Colour.RED,
    Inner("i", 0),
    "m",
    texts=("a", "字"),
    colours=frozenset(Colour),
    inners=(Inner("x"), Inner("y", 2)),
    anything={"deep": [{"er": None}]},
    words={"k": "v"},
    limit=0,
    is_new=True,
    choice=Colour.BLUE,
)


def stored(value: Everything) -> dict[str, Any]:
    """The record as it comes back from a database."""
    return json.loads(json.dumps(CODEC.write(value)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("value", [PLAIN, FULL])
def test_every_kind_of_value_comes_back_as_it_was(value: Everything) -> None:
    assert CODEC.read(Fields(stored(value)), column="c") == value


def test_what_is_empty_by_default_is_not_written_and_every_other_default_is() -> None:
    record = stored(PLAIN)

    assert record.keys().isdisjoint({"column", "texts", "colours", "inners", "anything", "words", "limit", "is_new"})
    assert record["choice"] == "red"
    assert record["flag"] is False
    assert record["maybe"] is None


def test_a_member_that_an_older_program_did_not_write_takes_its_default() -> None:
    record = stored(FULL)
    for name in ("choice", "limit", "texts"):
        del record[name]

    read = CODEC.read(Fields(record), column="c")

    assert (read.choice, read.limit, read.texts) == (Colour.RED, None, ())


@pytest.mark.parametrize("name", ["text", "flag", "inner", "maybe"])
def test_a_member_without_a_default_must_be_there(name: str) -> None:
    record = stored(PLAIN)
    del record[name]

    with pytest.raises(RecordError, match=name):
        CODEC.read(Fields(record), column="c")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 1),
        ("text", None),
        ("number", True),
        ("number", "1"),
        ("flag", 0),
        ("key", "not hexadecimal"),
        ("key", 1),
        ("day", "2026-02-30"),
        ("moment", "2026-03-02T09:30:00"),
        ("moment", 1),
        ("colour", "green"),
        ("colour", None),
        ("inner", None),
        ("inner", {"name": "i", "more": 1}),
        ("inner", {}),
        ("maybe", 1),
        ("texts", "abc"),
        ("texts", ["a", None]),
        ("colours", ["green"]),
        ("inners", [1]),
        ("anything", []),
        ("words", {"k": 1}),
        ("limit", 1.0),
        ("column", "c"),
        ("surplus", 1),
    ],
)
def test_a_record_that_was_tampered_with_is_refused_and_not_quoted(name: str, value: Any) -> None:
    with pytest.raises(RecordError) as refusal:
        CODEC.read(Fields(stored(FULL) | {name: value}), column="c")

    assert "green" not in str(refusal.value)


def test_a_type_without_a_form_is_noticed_when_the_program_starts() -> None:
    @dataclass
    class Odd:
        value: complex

    with pytest.raises(TypeError, match="no form"):
        Codec(Odd)
