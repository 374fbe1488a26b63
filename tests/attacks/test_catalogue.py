"""Every entry of these groups of the attack catalogue has a test; an entry that lost its last one is noticed here."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ENTRIES = {
    "AZ": 12,
    "PK": 5,
    "ST": 13,
    "CD": 9,
    "HK": 11,
    "MO": 5,
    "GD": 10,
    "UN": 7,
    "HP": 9,
    "WB": 12,
    "AL": 10,
    "MP": 9,
    "PR": 11,
    "TN": 5,
    "RT": 7,
    "CA": 18,
    "DP": 7,
    "RO": 7,
    "LO": 7,
    "SF": 6,
    "DS": 8,
    "SG": 17,
    "TL": 8,
    "KM": 6,
    "AD": 7,
}
"""How many entries each group has; they are numbered from 01 without gaps."""
OF_OURS = ("mock_idps", "house")
"""Tests of the simulated far side, or of the tree, prove nothing about the gateway."""
_MARK = re.compile(r"mark\.attack\(([^)]*)\)")
_ENTRY = re.compile(r"[A-Z]{2}-[0-9]{2}")


def played() -> dict[str, set[str]]:
    """Entry -> the files whose tests are marked with it."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        where = path.relative_to(TESTS)
        if where.parts[0] in OF_OURS:
            continue
        for mark in _MARK.finditer(path.read_text(encoding="utf-8")):
            for entry in _ENTRY.findall(mark[1]):
                found.setdefault(entry, set()).add(str(where))
    return found


PLAYED = played()


@pytest.mark.parametrize("entry", [f"{group}-{n:02d}" for group, count in ENTRIES.items() for n in range(1, count + 1)])
def test_every_entry_of_the_catalogue_is_played(entry: str) -> None:
    assert PLAYED.get(entry), f"no test of the gateway is marked with {entry}"


def test_no_test_names_an_entry_that_does_not_exist() -> None:
    known = {f"{group}-{n:02d}" for group, count in ENTRIES.items() for n in range(1, count + 1)}

    named = {entry for entry in PLAYED if entry[:2] in ENTRIES}

    assert named <= known
