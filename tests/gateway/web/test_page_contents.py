"""What each page says and offers: promised ids, ways on, and sentences for every code that can turn up."""

from dataclasses import replace

import pytest

from gateway.web.consent_items import ConsentGroup
from gateway.web.languages import LOCALES
from gateway.web.pages import Page, ProviderOption
from tests.gateway.web.page_samples import (
    CHOOSER,
    CONSENT,
    HOME,
    PERMIT,
    PROBLEM,
    SIGN_OUT,
    SIGNED_OUT,
    STRICT,
    Outline,
    name_of,
    outline,
)


def test_the_chooser_offers_each_account_as_a_button_with_a_link_about_it() -> None:
    read = outline(CHOOSER)

    buttons = [read.by_id(f"provider-{name}") for name in ("hong-kong", "macao", "guangdong")]
    assert [(tag, found["name"], found["value"], found["type"]) for tag, found in buttons] == [
        ("button", "provider", name, "submit") for name in ("hong_kong", "macao", "guangdong")
    ]
    more = [read.by_id(f"more-provider-{name}")[1] for name in ("hong-kong", "macao", "guangdong")]
    assert [link["href"] for link in more] == [
        "https://www.iamsmart.gov.hk",
        "https://www.gov.mo",
        "https://www.gdzwfw.gov.cn",
    ]
    assert {link["rel"] for link in more} == {"noopener noreferrer"}
    assert not [link for link in more if "target" in link]
    assert read.text.index("Hong Kong") < read.text.index("iAM Smart")


def test_a_provider_without_texts_is_offered_by_its_name() -> None:
    read = outline(replace(CHOOSER, providers=(ProviderOption("shenzhen"),)))

    assert read.by_id("provider-shenzhen")[1]["value"] == "shenzhen"
    assert "shenzhen" in read.text


def test_a_provider_that_an_operator_named_is_offered_by_that_name_and_shown_as_text() -> None:
    page = replace(CHOOSER, providers=(ProviderOption("shenzhen"),))

    read = Outline(STRICT.render(page, "en", {"shenzhen": "<b>Shenzhen Pass</b>"}))

    assert "<b>Shenzhen Pass</b>" in read.text
    assert read.by_id("provider-shenzhen")[1]["value"] == "shenzhen"


@pytest.mark.parametrize("page", [CHOOSER, PERMIT, CONSENT, SIGN_OUT, PROBLEM], ids=name_of)
def test_every_form_posts_with_the_token(page: Page) -> None:
    read = outline(page)

    (form,) = read.all("form")
    assert form["method"] == "post"
    assert read.all("input", type="hidden", name="csrf", value="token")


@pytest.mark.parametrize("page", [CHOOSER, PERMIT, SIGNED_OUT, PROBLEM], ids=name_of)
def test_the_way_home_is_a_link(page: Page) -> None:
    tag, found = outline(page).by_id("way-home")

    assert (tag, found["href"]) == ("a", HOME)


def test_the_permit_page_asks_for_one_number_without_letting_browsers_remember_it() -> None:
    read = outline(PERMIT)

    tag, field = read.by_id("permit")
    assert (tag, field["name"], field["maxlength"]) == ("input", "permit", "40")
    assert (field["autocomplete"], field["inputmode"]) == ("off", "text")
    assert "aria-invalid" not in field
    assert "value" not in field
    assert "required" not in field
    assert [read.by_id(button)[1]["value"] for button in ("check-permit", "skip-permit")] == ["check", "skip"]
    assert "error-summary" not in str(read.elements)


def test_a_wrong_permit_number_is_said_at_the_top_at_the_field_and_in_the_title() -> None:
    read = outline(replace(PERMIT, answer="permit.format"))

    _, field = read.by_id("permit")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "permit-hint permit-printed-as permit-error"
    assert read.all("a", href="#permit")
    assert read.by_id("error-summary")[1]["role"] == "alert"
    assert read.text.count("It starts with H or M, and digits follow.") == 2
    assert "Error: Enter your travel permit number – Bay Area Identity Gateway" in read.text


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(
    "code",
    [
        "permit.length",
        "input.charset",
        "register.not_matched",
        "assurance.too_low",
        "binding.sex_mismatch",
        "policy.purpose_not_permitted",
        "surrogate.capacity",
        "evidence.missing",
        "never.heard_of",
        "odd",
        "",
    ],
)
def test_any_code_becomes_a_sentence_and_is_not_shown_itself(code: str, language: str) -> None:
    asking = outline(replace(PERMIT, answer=code), language)
    missing = outline(replace(CONSENT, groups=(ConsentGroup("cn_id", (), missing=code),)), language)

    assert not code or code not in asking.text + missing.text


@pytest.mark.parametrize("code", ["register.unavailable", "permit.too_many_tries", "assurance.too_low"])
def test_a_number_is_not_called_wrong_when_the_reason_lies_elsewhere(code: str) -> None:
    _, field = outline(replace(PERMIT, answer=code)).by_id("permit")

    assert "aria-invalid" not in field
    assert "permit-error" in field["aria-describedby"]


def test_consent_says_who_where_from_where_what_for_and_that_a_border_is_crossed() -> None:
    read = outline(CONSENT)

    assert "Harbour Hotel" in read.text
    assert "Guangdong Province" in read.text
    assert "iAM Smart – Hong Kong Special Administrative Region" in read.text
    assert "Booking accommodation" in read.text
    assert "free to refuse" in read.text
    assert read.by_id("cross-border")


def test_consent_within_one_place_mentions_no_border() -> None:
    read = outline(replace(CONSENT, jurisdiction="hong_kong"))

    assert "cross-border" not in str(read.elements)


@pytest.mark.parametrize(("purpose", "words"), [("", "not stated a purpose"), ("moon_travel", "moon travel")])
def test_a_purpose_without_a_text_is_said_honestly(purpose: str, words: str) -> None:
    assert words in outline(replace(CONSENT, purpose=purpose)).text


def test_agreeing_and_refusing_weigh_the_same_and_nothing_is_ticked() -> None:
    read = outline(CONSENT)

    (_, agree), (_, refuse) = read.by_id("agree"), read.by_id("refuse")
    assert (agree["name"], agree["value"]) == ("action", "agree")
    assert (refuse["name"], refuse["value"]) == ("action", "refuse")
    assert agree["class"] == refuse["class"]
    boxes = read.all("input", type="checkbox", name="withhold")
    assert [(box["id"], box["value"]) for box in boxes] == [
        ("withhold-profile", "profile"),
        ("withhold-cn_id", "cn_id"),
    ]
    assert not [box for box in boxes if "checked" in box]


def test_signing_out_carries_the_request_and_asks_with_one_button() -> None:
    read = outline(SIGN_OUT)

    assert read.by_id("confirm-sign-out")[0] == "button"
    assert read.all("input", type="hidden", name="id_token_hint", value="e30")


def test_the_farewell_and_the_problem_have_their_boxes() -> None:
    assert outline(SIGNED_OUT).by_id("signed-out")
    assert outline(PROBLEM).by_id("problem")


def test_a_problem_offers_every_way_on_and_folds_the_technical_details() -> None:
    read = outline(PROBLEM)

    assert read.by_id("provider-hong-kong")
    assert read.by_id("provider-guangdong")
    assert read.by_id("again")[1]["href"] == "/sign-in/x"
    assert len(read.all("details")) == 1
    assert read.text.index("Technical details") < read.text.index("GBA-2003") < read.text.index("9f3c1a77d2b04e65")
    assert read.all("dd", lang="en")


def test_a_problem_without_a_sign_in_offers_no_form() -> None:
    bare = replace(PROBLEM, others=(), action=None, csrf=None, again=None, way_home=None, provider=None, detail=None)

    assert outline(bare).all("form") == []


def test_an_unknown_problem_is_told_as_a_fault_of_ours() -> None:
    assert "Something went wrong on our side" in outline(replace(PROBLEM, key="never_heard_of")).text
