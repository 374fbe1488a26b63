"""The chain over the audit: what a link covers, and that every kind of tampering is found at its place."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.admin.audit_chain import (
    COLUMNS,
    START,
    UNREADABLE,
    Break,
    ChainError,
    Finding,
    Link,
    Place,
    chained,
    follow,
    link_hash,
    row_of,
)
from gateway.admin.audit_office import WORDS
from tests.gateway.admin.audit_world import a_chain, a_row

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "audit.md"


def broken(portion: list[Link], place: Place | None = None) -> Finding:
    with pytest.raises(ChainError) as caught:
        follow(place or Place(), portion)
    return caught.value.finding


def test_the_worked_example_of_the_reference_page_is_right() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [eval_row(line) for line in re.findall(r"^\{\"action.*\}$", page, re.MULTILINE)]
    hashes = re.findall(r"`([0-9a-f]{64})`", page)

    links = list(chained(Place(), rows))

    assert len(rows) == 2
    assert hashes == [START.hex(), *(link.hash.hex() for link in links)]


@pytest.mark.parametrize("kind", Break)
def test_every_break_is_explained_to_operators(kind: Break) -> None:
    assert WORDS[kind]
    assert f"| `{kind.value}` |" in PAGE.read_text(encoding="utf-8")


def eval_row(line: str) -> dict[str, Any]:
    """The example is canonical already, so what is hashed is the line itself."""
    import json  # noqa: PLC0415 - used by the example only

    row: dict[str, Any] = json.loads(line)
    written = b"gba-audit-link 1\n" + START + line.encode()
    assert row["seq"] != 1 or hashlib.sha256(written).digest() == link_hash(START, row)
    return row


def test_a_chain_follows_from_its_start_and_from_any_place_in_it() -> None:
    links = a_chain(9)

    assert follow(Place(), links) == Place(9, links[-1].hash)
    assert follow(Place(4, links[3].hash), links[4:]) == Place(9, links[-1].hash)
    assert follow(Place(), []) == Place()


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_covered(column: str) -> None:
    row = a_row(details='{"by":"provider"}')

    assert link_hash(START, row) != link_hash(START, row | {column: "another"})
    assert link_hash(START, row) != link_hash(START, row | {column: None})


@pytest.mark.attack("AU-01")
@settings(max_examples=30)
@given(count=st.integers(2, 12), where=st.integers(0, 11), column=st.sampled_from(COLUMNS))
def test_au_01_an_edited_event_is_found_at_its_place(count: int, where: int, column: str) -> None:
    links, index = a_chain(count), where % count
    links[index] = replace(links[index], row=dict(links[index].row or {}) | {column: "made up"})

    assert broken(links) == Finding(Break.EDITED, index + 1)


@pytest.mark.attack("AU-01")
@settings(max_examples=30)
@given(count=st.integers(3, 12), where=st.integers(0, 10))
def test_au_01_a_removed_link_or_event_is_found_at_its_place(count: int, where: int) -> None:
    links, index = a_chain(count), where % (count - 1)
    emptied = [replace(link, row=None) if place == index else link for place, link in enumerate(links)]

    assert broken(links[:index] + links[index + 1 :]) == Finding(Break.REMOVED, index + 1)
    assert broken(emptied) == Finding(Break.REMOVED, index + 1)


@pytest.mark.attack("AU-01")
@settings(max_examples=30)
@given(count=st.integers(3, 9), first=st.integers(0, 8), second=st.integers(0, 8))
def test_au_01_exchanged_events_are_found_at_the_first_of_them(count: int, first: int, second: int) -> None:
    low, high = sorted((first % count, second % count))
    links = a_chain(count)
    rows = [link.row or {} for link in links]
    by_link = [*links]
    by_link[low], by_link[high] = replace(links[low], row=rows[high]), replace(links[high], row=rows[low])
    by_content = [*links]
    by_content[low] = replace(links[low], row={**rows[high], "seq": rows[low]["seq"]})
    by_content[high] = replace(links[high], row={**rows[low], "seq": rows[high]["seq"]})

    if low == high:
        assert follow(Place(), by_link).position == count
        return
    assert broken(by_link) == Finding(Break.REORDERED, low + 1)
    assert broken(by_content) == Finding(Break.REORDERED, low + 1)


@pytest.mark.attack("AU-01")
def test_au_01_an_event_that_was_put_in_between_is_told_from_one_that_was_edited() -> None:
    links = a_chain(5)
    false = Link(3, bytes(32), a_row(99))
    moved = [*links[:2], false, *(replace(link, position=link.position + 1) for link in links[2:])]

    assert broken(moved) == Finding(Break.INSERTED, 3)


@pytest.mark.attack("AU-01")
def test_au_01_a_renumbered_chain_without_one_event_breaks_where_it_was() -> None:
    links = a_chain(5)
    closed = [*links[:2], *(replace(link, position=link.position - 1) for link in links[3:])]

    assert broken(closed) == Finding(Break.EDITED, 3)


def test_a_finding_names_the_place_and_quotes_nothing() -> None:
    links = a_chain(2)
    links[1] = replace(links[1], row=a_row(2, details="secret"))

    with pytest.raises(ChainError) as caught:
        follow(Place(), links)

    assert str(caught.value) == "edited at 2"


@pytest.mark.parametrize("value", [b"bytes", 1.5, True, 2**60, -(2**60)])
def test_what_we_never_write_is_linked_all_the_same(value: object) -> None:
    row = row_of(1, value, "a", value, None, None, None, value)

    assert (row["correlation_id"], row["details"]) == (UNREADABLE, UNREADABLE)
    assert len(link_hash(START, row)) == 32


def test_moments_are_written_with_six_digits() -> None:
    assert row_of(1, 1_772_443_800_000_001, *"abcdef")["at"] == "2026-03-02T09:30:00.000001Z"
    assert row_of(1, -62_135_596_800_000_000, *"abcdef")["at"] == "0001-01-01T00:00:00.000000Z"
    assert row_of(1, 2**62, *"abcdef")["at"] == UNREADABLE
    assert row_of(1, "yesterday", *"abcdef")["at"] == UNREADABLE
