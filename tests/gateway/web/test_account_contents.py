"""What the pages of "my identifier" say and offer, in every language, whatever stands in the record."""

from dataclasses import replace

import pytest

from gateway.web.languages import LOCALES
from tests.gateway.web.page_samples import (
    ACCOUNT,
    ACCOUNT_PAGES,
    ACCOUNT_SIGN_IN,
    CONSENT,
    DISPUTE,
    ERASE,
    NEW_PERMIT,
    NO_RECORD,
    RECORD,
    SIGNED_OUT,
    STRICT,
    UNTIE,
    outline,
)

LABEL = "GBA 关联号(非公民身份号码)"
HOSTILE = '"><script>{{7*7}}</script>'


@pytest.mark.parametrize("language", LOCALES)
def test_a_stand_in_carries_its_label_wherever_it_is_shown(language: str) -> None:
    for page in (ACCOUNT, CONSENT):
        read = outline(page, language)
        assert LABEL in read.text
        assert read.all("span", lang="zh-Hans-CN")
    assert LABEL not in outline(replace(ACCOUNT, record=replace(RECORD, kind="residence_permit")), language).text


@pytest.mark.parametrize("language", LOCALES)
def test_the_page_names_permit_number_standing_receivers_and_consents(language: str) -> None:
    read = outline(ACCOUNT, language)

    for shown in ("H******18", "8****************5", "2026-11-24", "2026-11-20", "Harbour Hotel", "Sai Van Clinic"):
        assert shown in read.text
    assert {"record", "receivers", "consent-1", "consent-2", "standing", "kind"} <= ids(read)
    assert [button["id"] for button in read.all("button", type="submit")] == ["withdraw-1", "withdraw-2"]


def test_each_consent_is_withdrawn_by_a_form_of_its_own_that_names_the_service() -> None:
    read = outline(ACCOUNT)

    assert [form["action"] for form in read.all("form", method="post")] == ["/account/withdraw"] * 2
    assert [field["value"] for field in read.all("input", name="client_id")] == ["shop", "clinic"]
    assert len(read.all("input", name="csrf")) == 2
    assert "Withdraw what I agreed to: Harbour Hotel" in read.text


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("standing", ["active", "frozen", "closed", "retired"])
def test_every_standing_is_a_sentence_of_its_own(standing: str, language: str) -> None:
    page = replace(ACCOUNT, record=replace(RECORD, standing=standing))

    assert STRICT.texts.of(language)(f"mine.standing.{standing}") in outline(page, language).text
    assert f" {standing} " not in outline(page, language).text


def test_a_standing_that_is_unknown_is_told_as_frozen_and_never_as_in_use() -> None:
    assert "Frozen:" in outline(replace(ACCOUNT, record=replace(RECORD, standing="odd"))).text


def test_changes_are_links_to_pages_that_ask() -> None:
    read = outline(ACCOUNT)

    assert [read.by_id(f"ask-{act}")[1]["href"] for act in ACCOUNT.acts] == [
        "/account/ask/new-permit",
        "/account/ask/dispute",
        "/account/ask/untie",
        "/account/ask/erase",
    ]


def test_without_a_record_there_is_nothing_to_dispute() -> None:
    read = outline(NO_RECORD)

    assert "no-record" in ids(read)
    assert not {"record", "receivers", "ask-dispute", "ask-untie", "done"} & ids(read)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("page", [DISPUTE, UNTIE, ERASE], ids=lambda page: page.act)
def test_a_change_is_asked_about_with_one_button_and_a_way_back(page, language: str) -> None:
    read = outline(page, language)

    (form,) = read.all("form")
    assert (form["method"], form["action"]) == ("post", f"/account/{page.act}")
    assert [button["id"] for button in read.all("button")] == [f"confirm-{page.act}"]
    assert read.by_id("leave-it")[1]["href"] == "/account"
    assert read.all("input", type="hidden", name="csrf", value="token")


def test_what_stays_is_said_before_an_account_goes() -> None:
    assert "never given to anybody else" in outline(ERASE).text
    assert "never given to anybody else" in outline(UNTIE).text
    assert "what-stays" not in ids(outline(DISPUTE))


def test_a_new_permit_is_typed_into_the_same_field_as_at_a_sign_in() -> None:
    read = outline(replace(NEW_PERMIT, answer="permit.format"))

    _, field = read.by_id("permit")
    assert (field["autocomplete"], field["maxlength"], field["aria-invalid"]) == ("off", "40", "true")
    assert "value" not in field
    assert read.by_id("error-summary")[1]["role"] == "alert"
    assert "Error: I have a new permit" in read.text


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(
    "code",
    [
        "permit.length",
        "input.charset",
        "input.empty",
        "permit.too_many_tries",
        "register.not_matched",
        "register.several",
        "register.unavailable",
        "register.expired",
        "assurance.too_low",
        "evidence.missing",
        "binding.frozen",
        "binding.closed",
        "binding.conflict",
        "policy.purpose_not_permitted",
        "surrogate.capacity",
        "never.heard_of",
        "odd",
    ],
)
def test_any_code_becomes_a_sentence_that_does_not_speak_of_going_on_without(code: str, language: str) -> None:
    read = outline(replace(NEW_PERMIT, answer=code), language)

    assert code not in read.text
    for words in ("go on without", "不提供號碼，繼續", "不提供号码继续", "Continue sem"):
        assert words not in read.text


@pytest.mark.parametrize("code", ["register.unavailable", "permit.too_many_tries", "binding.frozen"])
def test_a_number_is_not_called_wrong_when_the_reason_lies_elsewhere(code: str) -> None:
    assert "aria-invalid" not in outline(replace(NEW_PERMIT, answer=code)).by_id("permit")[1]


def test_a_fresh_sign_in_is_asked_for_with_a_reason_and_a_way_back() -> None:
    first, again = outline(ACCOUNT_SIGN_IN), outline(replace(ACCOUNT_SIGN_IN, is_again=True))

    assert first.by_id("account-sign-in")[1]["href"].startswith("/authorize")
    assert "ten minutes" in again.text
    assert "leave-it" in ids(again)
    assert "leave-it" not in ids(first)


def test_the_page_is_linked_from_consent_and_from_the_farewell() -> None:
    for page in (CONSENT, SIGNED_OUT):
        assert outline(page).by_id("my-identifier")[1]["href"] == "/account"


@pytest.mark.attack("WB-08")
def test_wb_08_names_and_ids_of_others_stay_in_their_places() -> None:
    consent, receiver = ACCOUNT.consents[0], ACCOUNT.receivers[0]
    page = replace(
        ACCOUNT,
        name=HOSTILE,
        consents=(replace(consent, name=HOSTILE, client_id=HOSTILE, purpose=HOSTILE, scopes=(HOSTILE,)),),
        receivers=(replace(receiver, name=HOSTILE, jurisdiction=HOSTILE),),
        done=None,
    )

    read = outline(page)

    assert read.all("script") == []
    assert read.all("input", name="client_id", value=HOSTILE)
    assert "49" not in read.text


def test_every_page_shows_numbers_masked() -> None:
    for page in ACCOUNT_PAGES:
        assert not any(len(word) > 8 and word.isdigit() for word in outline(page).text.split())


def ids(read) -> set[str]:
    return {found["id"] for _, found in read.elements if "id" in found}


@pytest.mark.parametrize("language", LOCALES)
def test_a_service_that_stays_connected_is_marked_with_how_to_end_that(language: str) -> None:
    read = outline(ACCOUNT, language)

    assert "stays-connected-1" in ids(read)
    assert "stays-connected-2" not in ids(read)
    assert "claim:" not in read.text


def test_the_page_leads_to_what_counters_ask() -> None:
    assert outline(ACCOUNT).by_id("approvals")[1]["href"] == "/approvals"
