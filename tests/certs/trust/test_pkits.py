"""The Public Key Interoperability Test Suite of NIST, every section of it, as far as paths decide."""

from pathlib import Path

import pytest

from certs.trust.errors import Fault
from tests.certs.trust.pkits import CASES, CHAPTERS, Case, path_of, was_valid

ALLOWANCES = {"4.1.4", "4.1.5"}
"""DSA: no authority on any list has such keys, and keys of families that nobody needs are refused at the gate."""


def outcome(case: Case) -> str | None:
    """What refuses a case here; revocation is left to its own tests and counts as said."""
    try:
        path = path_of(case)
    except Fault as fault:
        return fault.reason.value
    if not was_valid(path):
        return "time"
    return "revocation" if case.refused_by == "revocation" else None


@pytest.mark.spec("RFC 5280 §6")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_of_pkits_has_the_expected_answers(chapter: str) -> None:
    cases = [case for case in CASES if case.chapter == chapter]

    answers = [(case.section, case.rules, outcome(case)) for case in cases]

    assert answers == [(case.section, case.rules, case.refused_by) for case in cases]


def test_every_test_of_the_suite_is_in_the_table() -> None:
    counts = [len({case.section for case in CASES if case.chapter == chapter}) for chapter in CHAPTERS]

    assert counts == [6, 8, 11, 21, 8, 17, 5, 20, 8, 14, 11, 10, 38, 35, 10, 2]  # sections 4.1 to 4.16


def test_nothing_that_the_suite_calls_invalid_is_accepted() -> None:
    accepted = [case.section for case in CASES if not case.valid and case.refused_by is None]

    assert accepted == []


def test_what_the_suite_calls_valid_is_refused_only_where_an_allowance_says_why() -> None:
    refused = {case.section for case in CASES if case.valid and case.refused_by is not None}

    assert refused == ALLOWANCES


@pytest.mark.parametrize("section", sorted(ALLOWANCES))
def test_an_allowance_is_explained_to_readers(section: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "pkits.md").read_text()

    assert section in page
