"""Names beyond the published cases: the table is sound, and hostile text is refused."""

import pytest

from mapping.errors import MappingError
from mapping.han_table import ONE_TO_MANY, ONE_TO_ONE
from mapping.names import HAN_TABLE, HanMatch, LatinMatch, compare_han, compare_latin


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("姜", "薑"),
        ("余", "餘"),
        ("范", "範"),
        ("于", "於"),
        ("郁", "鬱"),
        ("沈", "瀋"),
        ("鍾", "鐘"),
        ("周", "週"),
        ("谷", "穀"),
    ],
)
@pytest.mark.spec("mapping specification §8")
def test_two_characters_that_simplification_merged_are_ambiguous(a: str, b: str) -> None:
    assert compare_han(a, b) is HanMatch.AMBIGUOUS
    assert compare_han(b, a) is HanMatch.AMBIGUOUS


@pytest.mark.parametrize(
    ("a", "b"), [("衞", "衛"), ("峯", "峰"), ("啟", "啓"), ("温", "溫"), ("恆", "恒"), ("裏", "裡")]
)
def test_variants_of_one_character_are_equivalent(a: str, b: str) -> None:
    assert compare_han(a, b) is HanMatch.EQUIVALENT


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("歐陽穎詩", "欧阳颖诗"), ("劉嘉欣", "刘嘉欣"), ("鄺偉倫", "邝伟伦"), ("譚詠麟", "谭詠麟"), ("關慧嫻", "关慧娴")],
)
def test_usual_names_are_equivalent_in_both_scripts(traditional: str, simplified: str) -> None:
    assert compare_han(traditional, simplified) is HanMatch.EQUIVALENT


def test_one_ambiguous_character_makes_the_whole_name_ambiguous() -> None:
    assert compare_han("鍾麗華", "钟丽华") is HanMatch.AMBIGUOUS


@pytest.mark.parametrize(("a", "b"), [("陳大文", "陳大"), ("陳", "陳陳"), ("大文陳", "陳大文"), ("𨋢", "車")])
def test_other_characters_another_length_or_another_order_is_a_different_name(a: str, b: str) -> None:
    assert compare_han(a, b) is HanMatch.DIFFERENT


def test_spacing_middle_dots_and_variation_selectors_do_not_matter() -> None:
    assert compare_han("陳\u3000大文", "陳大文") is HanMatch.EXACT
    assert compare_han("阿依古麗·買買提", "阿依古麗買買提") is HanMatch.EXACT
    assert compare_han("葛\U000e0100文", "葛文") is HanMatch.EXACT


def test_a_compatibility_ideograph_is_the_character_it_stands_for() -> None:
    assert compare_han("\uf9d1文", "六文") is HanMatch.EXACT


def test_a_rare_character_outside_the_first_plane_equals_itself() -> None:
    assert compare_han("陳𠝹", "陳𠝹") is HanMatch.EXACT


def test_the_table_can_be_extended_without_changing_the_shipped_one() -> None:
    table = HAN_TABLE.extended("𬱖 頠")

    assert compare_han("裴頠", "裴𬱖", table) is HanMatch.EQUIVALENT
    assert compare_han("裴頠", "裴𬱖") is HanMatch.DIFFERENT


def test_no_character_of_the_table_is_listed_twice() -> None:
    pairs = ONE_TO_ONE.split()
    heads = [entry.split()[0] for line in ONE_TO_MANY.split("\n") for entry in line.split("|") if entry]
    left = [pair[0] for pair in pairs] + heads

    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in pairs)
    assert len(left) == len(set(left))
    assert len({pair[1] for pair in pairs}) == len(pairs)


def test_every_traditional_character_can_be_written_in_hong_kong() -> None:
    for pair in ONE_TO_ONE.split():
        assert pair[1].encode("big5hkscs")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Chan Tai Man", "CHAN, TAI-MAN", LatinMatch.EXACT),
        ("TAIMAN CHAN", "Chan Tai-Man", LatinMatch.JOINED_EQUAL),
        ("Luz José da", "JOSE DA LUZ", LatinMatch.TOKEN_EQUAL),
        ("João Conceição", "JOAO CONCEICAO", LatinMatch.EXACT),
        ("Ｃｈａｎ Tai Man", "chan tai man", LatinMatch.EXACT),
        ("Chan Tai", "Chan Tai Man", LatinMatch.DIFFERENT),
        ("Chan Chan Man", "Chan Man Man", LatinMatch.DIFFERENT),
    ],
)
def test_latin_names_are_compared_by_their_words(a: str, b: str, expected: LatinMatch) -> None:
    assert compare_latin(a, b) is expected
    assert compare_latin(b, a) is expected


@pytest.mark.parametrize("compare", [compare_han, compare_latin])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "input.type"),
        (7, "input.type"),
        (["陳"], "input.type"),
        ("", "input.empty"),
        (" \u3000 ", "input.empty"),
        ("陳\x00大文", "input.control_char"),
        ("陳\ud800大文", "input.control_char"),
        ("陳" * 201, "input.too_long"),
        ("A" * 10_000, "input.too_long"),
    ],
)
def test_a_name_that_is_no_name_is_refused(compare, name: object, code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        compare(name, "陳大文")

    assert refusal.value.code == code


def test_a_latin_name_of_too_many_words_is_refused() -> None:
    with pytest.raises(MappingError) as refusal:
        compare_latin("A " * 17, "A")

    assert refusal.value.code == "input.too_long"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("衞", "卫", HanMatch.EQUIVALENT),
        ("衛", "卫", HanMatch.EQUIVALENT),
        ("瑯", "琅", HanMatch.EQUIVALENT),
        ("濬", "浚", HanMatch.EQUIVALENT),
        ("繻", "𦈡", HanMatch.DIFFERENT),
        ("鎵", "镓", HanMatch.EQUIVALENT),
        ("崑", "昆", HanMatch.AMBIGUOUS),
        ("歎", "嘆", HanMatch.EQUIVALENT),
        ("飢", "饑", HanMatch.AMBIGUOUS),
        ("姊", "姐", HanMatch.DIFFERENT),
    ],
)
def test_the_further_characters_are_told_apart_with_caution(a: str, b: str, expected: HanMatch) -> None:
    assert compare_han(a, b) is expected
    assert compare_han(b, a) is expected


def test_the_table_covers_the_simplified_characters_in_common_use() -> None:
    simplified = {head for head in HAN_TABLE.traditional if head.encode("gb2312", "ignore")}

    assert len(simplified) > 2_300
