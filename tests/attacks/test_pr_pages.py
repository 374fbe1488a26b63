"""Group PR, the page of consent: numbers and names are covered, and every language is complete (PR-09, PR-11)."""

import re
from typing import Final

import pytest

from gateway.web.languages import LOCALES
from gateway.web.render import text_version
from tests.attacks.consenting import FULL, PERMIT, code_in, ledger, press_agree, to_consent, told_with
from tests.attacks.staying import STUDENT, a_party
from tests.attacks.tour import read_markup
from tests.attacks.watch import WatchedWorld
from tests.my_identifier import ACCOUNT
from tests.recast import person

SHARED: Final = pytest.mark.asyncio(loop_scope="module")

_RANDOM = re.compile(r"[?]v=[0-9a-f]+|[0-9A-Za-z_-]{16,}")
"""Values of forms and versions of files: any of them may hold five digits in a row."""


# ----------------------------------------------------------------------------------------- masked display (PR-09)
@SHARED
@pytest.mark.attack("PR-09")
async def test_pr_09_no_full_value_stands_anywhere_in_the_source_of_the_page(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "masked")
    browser, asked, page = await to_consent(party)
    html = browser.last.text
    response = await press_agree(browser, page)
    told = await told_with(party, asked, code_in(response))
    student = person(STUDENT)

    secrets = {
        *(told["gba_cn_id"]["value"], told["gba_doc"]["number9"], told["birthdate"], told["family_name"]),
        *(str(student.permit), str(student.hkid), str(student.name_han), told["sub"]),
    }
    assert len(secrets) == 7
    assert not [secret for secret in secrets if secret in html or secret in html.replace("&#x200b;", "")]
    assert "H******18" in html
    assert re.search(r"8\*{16}[\dX]", html)  # the check character is X for one number in eleven


@SHARED
@pytest.mark.attack("PR-09")
async def test_pr_09_what_screen_readers_and_browsers_are_told_is_masked_as_well(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "read-aloud")
    browser, _, _ = await to_consent(party)

    markup = read_markup(browser.last.text)

    attributes = [(name, value) for _, values in markup.tags for name, value in values.items()]
    assert not [value for _, value in attributes if re.search(r"\d{5}", _RANDOM.sub("", value))]
    assert not [name for name, _ in attributes if name.startswith("data-")]
    fields = [values for tag, values in markup.tags if tag == "input"]
    assert {values["type"] for values in fields} == {"hidden", "checkbox"}
    assert {values["name"] for values in fields} == {"csrf", "withhold"}


@SHARED
@pytest.mark.attack("PR-09")
async def test_pr_09_the_permit_is_typed_into_a_field_that_browsers_do_not_remember(shared_world: WatchedWorld) -> None:
    party, typist = await a_party(shared_world, "typist"), shared_world.browser()
    asked = party.asking(scope=FULL)
    page = await typist.prove(await typist.to_provider(asked, "hong_kong"), "cheung-mei-fong")
    assert "check-permit" in page.buttons

    again = await typist.press(page, "check-permit", permit="H1234")

    (field,) = [values for tag, values in read_markup(typist.last.text).tags if values.get("name") == "permit"]
    assert "permit" in again.inputs
    assert field["autocomplete"] == "off"
    assert "H1234" not in typist.last.text, "what was typed does not come back"


@SHARED
@pytest.mark.attack("PR-09")
async def test_pr_09_the_persons_own_page_masks_it_too(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "own-page")
    browser, asked, page = await to_consent(party)
    told = await told_with(party, asked, code_in(await press_agree(browser, page)))

    await browser.open(ACCOUNT)

    assert told["gba_cn_id"]["value"] not in browser.last.text
    assert PERMIT not in browser.last.text


# ------------------------------------------------------------------------------------- language and text (PR-11)
WISHES: Final = {
    "pt": "pt-MO",
    "zh-Hant": "zh-Hant-HK",
    "zh-Hans": "zh-Hans-CN",
    "en": "en",
    "zh-Hant-MO": "zh-Hant-MO",
    "xx": "en",
    "de fr": "en",
    "../../etc/passwd": "en",
    "<script>": "en",
    "zh-Hant-" + "x" * 300: "en",
    " ".join(["qq"] * 1_000): "en",
}


@SHARED
@pytest.mark.attack("PR-11")
@pytest.mark.parametrize("wish", list(WISHES), ids=lambda wish: re.sub(r"[^\w-]", ".", wish[:24]))
async def test_pr_11_the_whole_question_is_asked_in_one_complete_language(
    shared_world: WatchedWorld, wish: str
) -> None:
    party = await a_party(shared_world, f"language-{list(WISHES).index(wish)}")

    browser, _, page = await to_consent(party, "openid profile", ui_locales=wish)

    html = browser.last.text
    assert re.findall(r'<html lang="([^"]+)"', html) == [WISHES[wish]]
    shown = {name: page.texts[name].strip() for name in ("purpose", "receiver", "jurisdiction", "origin")}
    assert all(shown.values())
    assert not re.search(r">\s*(?:consent|purpose|claim|scope|place)\.[a-z_.]+\s*<", html), (
        "a key in the place of a text"
    )
    assert "<script" not in html


@SHARED
@pytest.mark.attack("PR-11")
async def test_pr_11_every_language_says_every_purpose_in_its_own_words(shared_world: WatchedWorld) -> None:
    said: dict[str, list[str]] = {}
    for purpose in ("accommodation", "insurance", ""):
        party = await a_party(shared_world, f"says-{purpose or 'none'}", purpose=purpose, surrogate_purposes=())
        browser, _, page = await to_consent(party, "openid profile")
        said[purpose] = []
        for locale in LOCALES:
            page = await browser.follow(page, f"language-{locale}")
            said[purpose].append(page.texts["purpose"].strip())
            assert "agree" in page.buttons

    for texts in said.values():
        assert all(texts)
        assert len(set(texts)) >= 4, "the two Traditional editions may agree, no others"
    assert not set(said["accommodation"]) & set(said["insurance"]) & set(said[""])


@SHARED
@pytest.mark.attack("PR-11")
async def test_pr_11_a_purpose_without_a_text_of_ours_is_named_and_none_is_said_to_be_none(
    shared_world: WatchedWorld,
) -> None:
    party = await a_party(shared_world, "unheard-of", purpose="bird_watching", surrogate_purposes=())

    _, _, page = await to_consent(party, "openid profile")

    assert "bird watching" in page.texts["purpose"]


@SHARED
@pytest.mark.attack("PR-11", "PR-07")
async def test_pr_11_the_text_that_was_shown_can_be_read_from_the_ledger(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "text-kept")
    browser, _, page = await to_consent(party, "openid profile")
    await press_agree(browser, page)

    (entry,) = await ledger(shared_world, "text-kept")

    assert entry["text_version"] == text_version(entry["language"])
    assert len({text_version(language) for language in LOCALES}) == len(LOCALES)
