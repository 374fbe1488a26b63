"""Negotiation: the client's wish, the person's choice, the browser's list, our default; hostile lists change nothing."""

import pytest

from gateway.web.languages import LOCALES, NATIVE_NAMES, html_lang, negotiate

HK, MO, CN, PT, EN = LOCALES

WISHES = [
    # exact tags, in any case
    ("zh-Hant-HK", HK),
    ("ZH-HANT-MO", MO),
    ("zh-hans-cn", CN),
    ("pt-MO", PT),
    ("en", EN),
    # likely scripts
    ("zh-TW", HK),
    ("zh-HK", HK),
    ("zh_HK", HK),
    ("zh-Hant", HK),
    ("zh-Hant-TW", HK),
    ("yue", HK),
    ("yue-Hant-HK", HK),
    ("yue-MO", MO),
    ("zh-MO", MO),
    ("zh-Hant-MO-x-private", MO),
    ("zh", CN),
    ("zh-CN", CN),
    ("zh-SG", CN),
    ("zh-Hans-HK", CN),
    ("cmn-Hans", CN),
    ("pt", PT),
    ("pt-PT", PT),
    ("pt-BR", PT),
    ("en-GB", EN),
    ("en-HK", EN),
    # nothing of ours
    ("fr", None),
    ("zho", None),
    ("english", None),
    ("i-klingon", None),
]


@pytest.mark.parametrize(("tag", "expected"), WISHES)
def test_a_tag_is_read_alike_wherever_it_comes_from(tag: str, expected: str | None) -> None:
    default = EN if expected != EN else HK

    results = {
        negotiate([tag], None, None, default),
        negotiate([], tag, None, default),
        negotiate([], None, tag, default),
    }

    assert results == {expected or default}


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_the_clients_wish_comes_before_the_persons_choice_and_the_browser() -> None:
    assert negotiate(["fr", "pt"], HK, "en", CN) == PT


def test_the_persons_choice_comes_before_the_browser() -> None:
    assert negotiate(["fr"], HK, "en", CN) == HK


def test_without_any_wish_the_deployments_default_counts() -> None:
    assert negotiate([], None, None, MO) == MO


def test_a_default_that_is_none_of_ours_becomes_english() -> None:
    assert negotiate([], None, None, "tlh") == EN


@pytest.mark.spec("RFC 9110 §12.5.4")
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("en;q=0.3, pt;q=0.8, zh-TW;q=0.5", PT),
        ("fr, zh-TW;q=0.9, zh;q=0.8, en-US;q=0.7", HK),
        ("en , zh-MO", EN),
        ("pt;q=0, en;q=0.1", EN),
        ("pt;q=0.5,en;q=0.5", PT),
        ("pt ; Q=0.2 , en;q=0.30", EN),
        ("*", MO),
        ("fr, *;q=0.5, en;q=0.1", MO),
        ("pt;q=nan, en;q=0.1", EN),
        ("pt;q=2, en;q=0.1", EN),
        ("pt;q=-1, en;q=0.1", EN),
        ("pt;q=0.1234, en;q=0.1", EN),
        ("pt;level=1, en;q=0.1", EN),
        (", ,;q=1,;;, en", EN),
        ("", MO),
    ],
)
def test_accept_language_is_read_by_weight(header: str, expected: str) -> None:
    assert negotiate([], None, header, MO) == expected


def test_only_the_first_ten_tags_are_read() -> None:
    assert negotiate(["fr"] * 9 + ["pt"], None, None, HK) == PT
    assert negotiate(["fr"] * 10 + ["pt"], None, None, HK) == HK
    assert negotiate([], None, ",".join(["fr"] * 9 + ["pt"]), HK) == PT
    assert negotiate([], None, ",".join(["fr"] * 10 + ["pt"]), HK) == HK


def test_a_tag_longer_than_any_of_ours_is_passed_over() -> None:
    assert negotiate(["pt-" + "-".join(["abcdefg"] * 4)], None, None, HK) == PT
    assert negotiate(["pt-" + "-".join(["abcdefg"] * 5)], None, None, HK) == HK


@pytest.mark.parametrize(
    "hostile",
    [
        "\x00",
        "../../etc/passwd",
        "<script>",
        "zh-Hant-HK\r\nset-cookie: a=b",
        "\ud800",
        "ｐｔ",
        "-" * 40,
        "pt-",
        "p" * 100_000,
        "," * 100_000,
        ";q=" * 30_000,
        "{0.__class__}",
    ],
)
def test_hostile_tags_change_nothing_and_raise_nothing(hostile: str) -> None:
    assert negotiate([hostile] * 50, hostile, hostile, HK) == HK


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_its_own_tag_and_name(locale: str) -> None:
    assert html_lang(locale) == locale
    assert NATIVE_NAMES[locale]


def test_an_unknown_language_is_announced_as_english_because_that_is_what_is_rendered() -> None:
    assert html_lang('"><script>') == EN
