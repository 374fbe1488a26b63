"""Every entry of these groups of the fault catalogue has a test; an entry that lost its last one is noticed here."""

import re
from pathlib import Path

import pytest

ENTRIES = {"MAPF": 3, "TLST": 3, "KEY": 3, "CRT": 2, "CLK": 3, "BK": 2, "UPG": 4}
"""How many entries each group has; they are numbered from 01 without gaps."""
_MARK = re.compile(r"mark\.attack\(([^)]*)\)")
_ENTRY = re.compile(r"F-[A-Z0-9]+-[0-9]{2}")
PLAYED = {
    entry
    for path in Path(__file__).parent.glob("test_*.py")
    for mark in _MARK.finditer(path.read_text(encoding="utf-8"))
    for entry in _ENTRY.findall(mark[1])
}
KNOWN = [f"F-{group}-{place:02d}" for group, count in ENTRIES.items() for place in range(1, count + 1)]


@pytest.mark.parametrize("entry", KNOWN)
def test_every_entry_of_the_fault_catalogue_is_played(entry: str) -> None:
    assert entry in PLAYED, f"no test is marked with {entry}"


def test_no_test_names_a_fault_that_does_not_exist() -> None:
    assert set(KNOWN) >= PLAYED
