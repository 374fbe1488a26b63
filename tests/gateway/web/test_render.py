"""What holds for every page: complete in every language, foreign text escaped, no script, nothing untranslated."""

import re
from dataclasses import replace

import pytest

from gateway.broker.problems import CATALOGUE
from gateway.web.consent_items import ConsentGroup, ConsentItem
from gateway.web.languages import LOCALES
from gateway.web.pages import FormPostPage, Page, SignedOutPage
from gateway.web.render import SUBMIT_SCRIPT, build_renderer, render
from gateway.web.texts import TextError, Texts
from tests.gateway.web.page_samples import (
    CHOOSER,
    CONSENT,
    FORM_POST,
    PAGES,
    PROBLEM,
    STRICT,
    Outline,
    name_of,
    outline,
)

ANY_KEY = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, STRICT.texts.catalogues['en']))})(?![\w.])")
"""One expression for all: hundreds of single ones would not fit into the cache of compiled ones."""
HOSTILE = ["<script>alert(1)</script>", "{{7*7}}", "{service}", '"><img src=x onerror=alert(1)>', "{0.__class__}"]


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_is_complete_in_every_language(page: Page, language: str) -> None:
    html = STRICT.render(page, language)
    read = Outline(html)

    assert html.startswith("<!DOCTYPE html>")
    assert read.all("html") == [{"lang": language}]
    assert len(read.all("h1")) == len(read.all("title")) == len(read.all("main", id="main")) == 1
    assert read.all("a", **{"class": "skip"}) == [{"class": "skip", "href": "#main"}]
    assert read.all("footer", id="help")
    assert len(read.all("p", **{"class": "simulation"})) == 1
    ids = [found["id"] for _, found in read.elements if "id" in found]
    assert len(ids) == len(set(ids))
    pointers = [
        found.get(name, "") for _, found in read.elements for name in ("aria-labelledby", "aria-describedby", "for")
    ]
    assert {target for pointer in pointers for target in pointer.split()} <= set(ids)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_untranslated_key_is_shown(page: Page, language: str) -> None:
    text = outline(page, language).text

    assert ANY_KEY.findall(text) == []
    assert "{" not in text


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("key", sorted({problem.page for problem in CATALOGUE}))
def test_every_problem_renders_with_its_own_heading_and_without_a_code_in_it(key: str, language: str) -> None:
    html = STRICT.render(replace(PROBLEM, key=key), language)

    heading = re.search(r"<h1>(.*?)</h1>", html)
    assert heading is not None
    assert heading[1] == STRICT.texts.of(language)(f"problem.{key}.title")
    assert "GBA-" not in heading[1]


@pytest.mark.parametrize("language", LOCALES)
def test_language_links_speak_their_own_language_and_keep_the_sign_in(language: str) -> None:
    read = outline(CHOOSER, language)

    links = [read.by_id(f"language-{locale}")[1] for locale in LOCALES]
    assert [(link["lang"], link["hreflang"]) for link in links] == [(locale, locale) for locale in LOCALES]
    assert [link["href"] for link in links] == [f"/sign-in/x?lang={locale}" for locale in LOCALES]
    assert [link["lang"] for link in links if "aria-current" in link] == [language]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_hold_no_script_no_inline_style_and_nothing_from_elsewhere(page: Page) -> None:
    read = outline(page)

    allowed = {FormPostPage: {"script"}, SignedOutPage: {"iframe"}}.get(type(page), set())
    assert (
        not {tag for tag, _ in read.elements}
        & {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "base",
            "svg",
            "form-",
        }
        - allowed
    )
    names = {name for _, found in read.elements for name in found}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    loaded = [link["href"] for link in read.all("link")] + [image["src"] for image in read.all("img")]
    assert {address.partition("?")[0] for address in loaded} == {"/static/gateway.css", "/static/mark.svg"}


def test_the_one_script_is_a_constant_whatever_the_form_carries() -> None:
    html = STRICT.render(replace(FORM_POST, fields=(("state", "</script><script>alert(1)</script>"),)), "en")

    assert html.count("<script>") == 1
    assert f"<script>{SUBMIT_SCRIPT}</script>" in html


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("page", [page for page in PAGES if page.service], ids=name_of)
def test_a_services_name_is_shown_and_never_run(page: Page, hostile: str) -> None:
    plain = outline(page)

    read = outline(replace(page, service=hostile))

    assert [tag for tag, _ in read.elements] == [tag for tag, _ in plain.elements]
    assert hostile in read.text or "Harbour Hotel" not in plain.text
    assert "49" not in read.text.replace("1985", "")


def test_hostile_values_stay_in_their_places() -> None:
    bad = '"><script>{{7*7}}'
    page = replace(
        CONSENT,
        action=bad,
        csrf=bad,
        provider=bad,
        jurisdiction=bad,
        purpose=bad,
        name=bad,
        groups=(ConsentGroup(bad, (ConsentItem(bad, bad, note=bad),)), ConsentGroup("cn_id", (), missing=bad)),
        client_uri=bad,
        policy_uri=bad,
    )

    read = outline(page)

    assert read.all("script") == []
    assert read.all("input", name="csrf", value=bad)
    assert read.all("input", name="withhold", value=bad)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b", ""])
def test_a_link_that_is_no_web_address_is_not_made(address: str) -> None:
    read = outline(replace(CONSENT, client_uri=address, policy_uri=address))

    assert [link for link in read.all("a") if link["href"] == address] == []


def test_an_unknown_language_is_rendered_in_english() -> None:
    assert '<html lang="en">' in render(CHOOSER, 'x"><script>')


def test_a_text_that_a_language_lacks_is_an_error_in_tests_and_english_for_people() -> None:
    catalogues = {**STRICT.texts.catalogues, "pt-MO": {}}

    with pytest.raises(TextError):
        build_renderer(Texts(catalogues, strict=True)).render(CHOOSER, "pt-MO")
    assert "Choose your account" in build_renderer(Texts(catalogues)).render(CHOOSER, "pt-MO")


def test_a_key_that_no_language_has_is_an_error_in_tests_and_never_breaks_a_page() -> None:
    with pytest.raises(TextError):
        STRICT.texts.of("en")("no.such.text")
    assert Texts(STRICT.texts.catalogues).of("en")("no.such<text>") == "no.such&lt;text&gt;"


def test_macao_speaks_as_hong_kong_where_it_has_no_words_of_its_own() -> None:
    assert STRICT.texts.of("zh-Hant-MO")("consent.agree") == STRICT.texts.of("zh-Hant-HK")("consent.agree")
    assert STRICT.texts.of("zh-Hant-MO")("consent.lead", service="x") != STRICT.texts.of("zh-Hant-HK")(
        "consent.lead", service="x"
    )
