"""What pages about kiosks and counters say: who asks, what they show, and in plain words when not to go on."""

from dataclasses import replace

import pytest

from gateway.web.decoupled_pages import DecidedPage
from gateway.web.languages import LOCALES
from gateway.web.pages import Page
from tests.gateway.web.page_samples import (
    APPROVALS,
    CHOOSER,
    CONSENT,
    COUNTER,
    DECIDED,
    DEVICE,
    ELSEWHERE,
    FULL_CONSENT,
    USER_CODE,
    outline,
)

WARNED: list[Page] = [USER_CODE, DEVICE, APPROVALS, replace(CONSENT, elsewhere=COUNTER)]


@pytest.mark.spec("RFC 10027")
@pytest.mark.parametrize("page", WARNED, ids=lambda page: page.template)
def test_every_page_on_the_way_warns_before_its_buttons(page: Page) -> None:
    read = outline(page)

    assert read.by_id("elsewhere")
    tags = [tag if found.get("id") != "elsewhere" else "warning" for tag, found in read.elements]
    buttons = [place for place, (tag, found) in enumerate(read.elements) if tag == "button" and "hidden" not in found]
    assert tags.index("warning") < min(buttons)


@pytest.mark.spec("RFC 8628 §3.3.1")
def test_a_code_out_of_an_address_is_shown_to_compare_and_still_has_to_be_sent() -> None:
    read = outline(replace(USER_CODE, user_code="WDJB-MJHT"))

    assert read.by_id("user-code")[1]["value"] == "WDJB-MJHT"
    assert "exactly the same one" in read.text
    assert read.by_id("continue")[0] == "button"
    assert [(form["method"], form["action"]) for form in read.all("form")] == [("post", "/device")]


def test_a_wrong_code_is_said_at_the_top_at_the_field_and_in_the_title() -> None:
    read = outline(replace(USER_CODE, user_code="WDJB", is_wrong=True))

    assert read.by_id("user-code")[1]["aria-invalid"] == "true"
    assert read.all("a", href="#user-code")
    assert read.text.count("This code is not valid, or no longer valid.") == 2
    assert read.text.lstrip().startswith("Error:")


@pytest.mark.spec("RFC 8628 §5.4")
def test_the_question_about_a_kiosk_names_service_place_code_and_time_and_weighs_both_answers_alike() -> None:
    read = outline(DEVICE)

    for shown in ("Harbour Hotel", "Guangdong Province", "WDJB-MJHT", "16:02"):
        assert shown in read.text
    (_, yes), (_, no) = read.by_id("continue"), read.by_id("deny")
    assert (yes["value"], no["value"]) == ("continue", "deny")
    assert yes["class"] == no["class"]


def test_each_request_of_a_counter_has_its_message_its_form_and_its_two_buttons() -> None:
    read = outline(APPROVALS)

    assert [form["action"] for form in read.all("form")] == ["/approvals/x", "/approvals/y"]
    assert [read.by_id(f"{act}-{place}")[0] for place in (1, 2) for act in ("approve", "deny")] == ["button"] * 4
    assert len(read.all("blockquote")) == 1
    assert "W4-17 Housing desk" in read.text


def test_without_requests_the_page_says_so_and_lets_one_look_again() -> None:
    read = outline(replace(APPROVALS, requests=()))

    assert read.by_id("nothing-waits")
    assert read.by_id("again")[1]["href"] == "/approvals"
    assert read.all("form") == []


@pytest.mark.parametrize("language", LOCALES)
def test_consent_for_a_counter_quotes_the_message_and_speaks_of_the_counter(language: str) -> None:
    read = outline(replace(CONSENT, elsewhere=COUNTER), language)

    assert len(read.all("blockquote")) == 1
    assert "W4-17 Housing desk" in read.text
    assert read.by_id("agree")
    assert read.by_id("refuse")


def test_a_binding_message_is_shown_and_never_run() -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"

    read = outline(replace(CONSENT, elsewhere=replace(COUNTER, binding_message=hostile)))

    assert read.all("script") == []
    assert hostile in read.text


def test_a_sign_in_that_no_client_awaits_in_this_browser_has_no_way_home() -> None:
    assert "way-home" not in str(outline(replace(CHOOSER, way_home=None)).elements)


@pytest.mark.parametrize(
    ("page", "box"),
    [(DECIDED, "device-approved"), (replace(DECIDED, is_approved=False), "device-denied")],
)
def test_the_farewell_has_its_box_and_names_the_service(page: DecidedPage, box: str) -> None:
    read = outline(page)

    assert read.by_id(box)
    assert "Harbour Hotel" in read.text


def test_only_a_request_from_elsewhere_is_warned_about() -> None:
    assert "elsewhere" not in [found.get("id") for _, found in outline(CONSENT).elements]
    assert "elsewhere" in [found.get("id") for _, found in outline(replace(CONSENT, elsewhere=ELSEWHERE)).elements]


@pytest.mark.parametrize("language", LOCALES)
def test_consent_says_for_whom_one_acts_who_vouches_and_how_long_the_service_stays(language: str) -> None:
    read = outline(FULL_CONSENT, language)

    assert read.by_id("acting-for")
    assert "海風貿易有限公司" in read.text
    assert "90" in read.text
    assert [box["value"] for box in read.all("input", type="checkbox", name="withhold")] == [
        "profile",
        "claim:birthdate",
        "claim:verified_claims",
        "organisation",
        "offline_access",
    ]
    assert read.by_id("withhold-claim-birthdate")
    assert "urn:gba" not in read.text
    assert "hk_iam_smart" not in read.text
