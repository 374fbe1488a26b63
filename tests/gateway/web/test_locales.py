"""The catalogues: the same keys and the same placeholders in every language, official terms exact, nothing hollow."""

from pathlib import Path

import pytest

from gateway.broker.problems import CATALOGUE
from gateway.web.languages import LOCALES
from gateway.web.texts import FALLBACKS, PLACEHOLDER, TextError, load_texts, read_catalogue
from mapping.lifecycle import Standing

CATALOGUES = load_texts(strict=True).catalogues
REFERENCE = CATALOGUES["en"]
COMPLETE = [locale for locale in LOCALES if locale != "zh-Hant-MO"]
PROBLEM_KEYS = sorted({problem.page for problem in CATALOGUE})
PERMIT_ANSWERS = [
    "permit.length",
    "permit.format",
    "permit.placeholder",
    "permit.wrong_document",
    "permit.type_mismatch",
    "permit.issue_count_mismatch",
    "permit.too_many_tries",
    "register.not_matched",
    "register.several",
    "register.unavailable",
    "register.expired",
    "binding.frozen",
    "binding.closed",
]

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize("locale", COMPLETE)
def test_every_language_has_every_text(locale: str) -> None:
    assert CATALOGUES[locale].keys() == REFERENCE.keys()


def test_macao_holds_only_what_it_says_differently_from_hong_kong() -> None:
    macao, hong_kong = CATALOGUES["zh-Hant-MO"], CATALOGUES["zh-Hant-HK"]

    assert macao.keys() <= REFERENCE.keys()
    assert [key for key in macao if macao[key] == hong_kong[key]] == []


def test_only_macao_falls_back_to_anything_but_english() -> None:
    chains = {locale: chain for locale, chain in FALLBACKS.items() if chain not in {(locale, "en"), ("en",)}}

    assert chains == {"zh-Hant-MO": ("zh-Hant-MO", "zh-Hant-HK", "en")}
    assert set(FALLBACKS) == set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_are_the_same_in_every_language(locale: str) -> None:
    differing = [
        key
        for key, text in CATALOGUES[locale].items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(REFERENCE[key]))
    ]

    assert differing == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_hollow_or_holds_markup(locale: str) -> None:
    wrong = [key for key, text in CATALOGUES[locale].items() if text != text.strip() or "&lt;" in text or text == key]

    assert wrong == []


@pytest.mark.parametrize("locale", ["zh-Hant-HK", "zh-Hans-CN", "pt-MO"])
def test_no_sentence_was_left_in_english(locale: str) -> None:
    copied = [key for key, text in CATALOGUES[locale].items() if text == REFERENCE[key] and text.count(" ") > 1]

    assert copied == []


@pytest.mark.parametrize("key", PROBLEM_KEYS)
def test_every_problem_has_its_texts(key: str) -> None:
    assert {f"problem.{key}.{part}" for part in ("title", "happened", "next")} <= REFERENCE.keys()


def test_no_texts_are_left_over_from_a_problem_that_is_gone() -> None:
    described = {key.split(".")[1] for key in REFERENCE if key.startswith("problem.") and key.count(".") == 2}

    assert described == set(PROBLEM_KEYS)


@pytest.mark.parametrize("answer", PERMIT_ANSWERS)
def test_every_answer_about_a_permit_has_a_sentence_of_its_own(answer: str) -> None:
    assert f"answer.{answer}" in REFERENCE


@pytest.mark.parametrize("act", ["new_permit", "dispute", "untie", "erase"])
def test_every_change_is_named_explained_and_confirmed(act: str) -> None:
    assert {f"mine.{act}.{part}" for part in ("title", "text", "confirm")} <= REFERENCE.keys()


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_of_a_record_is_explained(standing: Standing) -> None:
    assert f"mine.standing.{standing.value}" in REFERENCE


@pytest.mark.parametrize(
    ("locale", "term"),
    [
        ("zh-Hant-HK", "智方便 iAM Smart"),
        ("zh-Hant-HK", "澳門公共服務一戶通"),
        ("zh-Hant-HK", "港澳居民來往內地通行證（回鄉證）"),
        ("zh-Hans-CN", "广东省统一身份认证平台"),
        ("zh-Hans-CN", "港澳居民来往内地通行证"),
        ("zh-Hans-CN", "港澳居民居住证"),
        ("pt-MO", "Conta Única de Acesso Comum aos Serviços Públicos da RAEM"),
        ("pt-MO", "Salvo-conduto para o Interior da China dos residentes de Hong Kong e Macau"),
        ("en", "Home Return Permit"),
    ],
)
def test_official_terms_are_spelt_as_the_glossary_has_them(locale: str, term: str) -> None:
    glossary = (Path(__file__).parents[3] / "docs" / "reference" / "glossary.md").read_text("utf-8")

    assert any(term in text for text in CATALOGUES[locale].values())
    assert term in glossary


@pytest.mark.parametrize(
    "placeholder", ["{service.__class__}", "{0}", "{}", "{service!r}", "{service:>9}", "{", "}", "{{7*7}}", "{Service}"]
)
def test_a_catalogue_whose_placeholder_is_no_bare_name_is_refused(tmp_path: Path, placeholder: str) -> None:
    catalogue = tmp_path / "messages.po"
    catalogue.write_text(f'{HEADER}msgid "a.b"\nmsgstr "text {placeholder}"\n', encoding="utf-8")

    with pytest.raises(TextError):
        read_catalogue(catalogue)


def test_uncertain_and_empty_translations_count_as_missing(tmp_path: Path) -> None:
    catalogue = tmp_path / "messages.po"
    catalogue.write_text(
        f'{HEADER}#, fuzzy\nmsgid "a.b"\nmsgstr "perhaps"\n\nmsgid "c.d"\nmsgstr ""\n\nmsgid "e.f"\nmsgstr "sure"\n',
        encoding="utf-8",
    )

    assert read_catalogue(catalogue) == {"e.f": "sure"}
