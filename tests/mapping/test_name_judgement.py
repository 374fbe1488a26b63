"""Graded judgements of names: the published cases, and that no judgement is ever a yes."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import MappingError
from mapping.name_judgement import NameGrade, NameJudgement, NameParts, NameReason, judge_names

VECTORS = Path(__file__).parents[1] / "vectors" / "name-cases.json"
META, *CASES = json.loads(VECTORS.read_text(encoding="utf-8"))
WORDS = ["CHAN", "TAI", "MAN", "TAIMAN", "DA", "SILVA", "DO", "E"]
HAN = "陳陈余餘衞卫衛大文"

latin = st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
names = st.builds(NameParts, st.none() | st.text(HAN, min_size=1, max_size=4), latin, latin, latin)


def judged(given_names: dict[str, Any]) -> dict[str, Any]:
    try:
        judgement = judge_names(NameParts(**given_names["a"]), NameParts(**given_names["b"]))
    except MappingError as error:
        return {"error": error.code}
    return {"grade": judgement.grade.value, "reasons": list(judgement.reasons)}


@pytest.mark.spec("mapping specification §8")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_published_pair_of_names_gets_the_published_judgement(case: dict[str, Any]) -> None:
    assert judged(case["input"]) == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_which_of_two_names_is_told_first_does_not_change_the_grade(case: dict[str, Any]) -> None:
    turned = {"a": case["input"]["b"], "b": case["input"]["a"]}

    assert judged(turned) == judged(case["input"])


def test_the_file_says_what_every_field_means() -> None:
    described = " ".join(META["input"])

    fields = {field for case in CASES for name in case["input"].values() for field in name}
    assert all(
        field in described for field in fields | {"kind", "expect.grade", "expect.reasons", "expect.error", "why"}
    )
    assert all(case["kind"] == "names.judge" for case in CASES)
    assert len({case["id"] for case in CASES}) == len(CASES)


def test_a_judgement_is_neither_yes_nor_no() -> None:
    judgement = judge_names(NameParts(han="陳大文"), NameParts(han="陳大文"))

    with pytest.raises(TypeError):
        bool(judgement)
    with pytest.raises(TypeError):
        assert judgement
    assert judgement.grade is NameGrade.IDENTICAL


@pytest.mark.attack("UN-05")
@pytest.mark.parametrize("part", ["han", "latin", "family", "given"])
@pytest.mark.parametrize("name", ["", " ", "陳\ud800文", "a\x00b", "a" * 10_000, b"CHAN", 7])
def test_un_05_a_part_that_is_no_name_cannot_be_made(part: str, name: Any) -> None:
    with pytest.raises(MappingError):
        NameParts(**{part: name})


def test_parts_that_are_too_long_together_cannot_be_made() -> None:
    with pytest.raises(MappingError) as refusal:
        NameParts(family="A " * 10, given="B " * 10)

    assert refusal.value.code == "input.too_long"


def test_neither_a_name_nor_a_judgement_shows_a_name() -> None:
    parts = NameParts("陳大文", "CHAN Tai Man")

    shown = repr(parts) + repr(judge_names(parts, parts))

    assert "陳" not in shown
    assert "CHAN" not in shown


@given(names, names)
@settings(max_examples=300, deadline=None, database=None)
def test_any_two_names_are_judged_alike_from_both_sides_in_fixed_words(a: NameParts, b: NameParts) -> None:
    judgement = judge_names(a, b)

    turned = judge_names(b, a)
    assert (judgement.grade, set(judgement.reasons)) == (turned.grade, set(turned.reasons))
    assert set(judgement.reasons) <= set(get_args(NameReason))
    assert judgement.reasons


@given(names)
@settings(max_examples=200, deadline=None, database=None)
def test_a_name_never_contradicts_itself(name: NameParts) -> None:
    assert judge_names(name, name).grade in {NameGrade.IDENTICAL, NameGrade.WEAK, NameGrade.NOT_COMPARABLE}


@given(names, names)
@settings(max_examples=200, deadline=None, database=None)
def test_two_scripts_without_one_in_common_are_never_compared(a: NameParts, b: NameParts) -> None:
    only_han, only_latin = NameParts(han=a.han), NameParts(latin=b.latin)

    assert judge_names(only_han, only_latin).grade is NameGrade.NOT_COMPARABLE


def test_a_judgement_can_be_compared_and_kept() -> None:
    one = NameJudgement(NameGrade.WEAK, ("latin_subset",))

    assert one == NameJudgement(NameGrade.WEAK, ("latin_subset",))
    assert len({one, NameJudgement(NameGrade.WEAK, ("missing_given",))}) == 2
