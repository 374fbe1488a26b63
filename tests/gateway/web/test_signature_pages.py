"""The report on a page: what it comes to, told apart by mark, word and edge; names from the certificate alone."""

from dataclasses import replace

import pytest

from certs.signatures.checks import CheckCode, CheckStatus
from certs.signatures.indication import Indication, RecognitionVerdict
from certs.trust.equivalence import Purpose, RowStatus
from certs.trust.errors import RefusalCode
from certs.trust.freshness import ListState
from certs.trust.reasons import Reason
from certs.trust.trust_list import HolderKind, RecognitionStatus, SignatureClass
from gateway.web.languages import LOCALES
from gateway.web.reason_texts import in_language, reason_text
from gateway.web.signature_pages import CheckLine, Outcome, outcome_of, overall
from gateway.web.signing_pages import fingerprint
from tests.gateway.web.page_samples import STRICT, outline
from tests.gateway.web.signature_samples import (
    CHECK,
    FAILED_REPORT,
    NO_PLACE,
    NOT_RECOGNISED_REPORT,
    REPORT,
    SIGNED,
    SIGNER,
    SIGNING,
    SIGNING_CODE,
    UNDECIDED_REPORT,
    WRONG_FILE,
)

ENGLISH = STRICT.texts.catalogues["en"]


@pytest.mark.parametrize(
    ("indication", "recognition", "accept", "outcome"),
    [
        ("TOTAL-PASSED", "recognised", True, Outcome.ACCEPTED),
        ("TOTAL-PASSED", "recognised", False, Outcome.NOT_RECOGNISED),
        ("TOTAL-PASSED", "not-recognised-for-pair", False, Outcome.NOT_RECOGNISED),
        ("TOTAL-PASSED", "list-stale", False, Outcome.UNDECIDED),
        ("INDETERMINATE", "recognised", False, Outcome.UNDECIDED),
        ("TOTAL-FAILED", "recognised", False, Outcome.FAILED),
        ("NO_SIGNATURE_FOUND", "not-listed", False, Outcome.NONE),
    ],
)
def test_only_what_the_policy_accepts_looks_accepted(
    indication: str, recognition: str, accept: bool, outcome: Outcome
) -> None:
    assert outcome_of(indication, recognition, accept=accept) is outcome


@pytest.mark.parametrize(
    ("indication", "accept", "signers", "outcome"),
    [
        ("TOTAL-PASSED", True, [Outcome.ACCEPTED], Outcome.ACCEPTED),
        ("TOTAL-PASSED", False, [Outcome.ACCEPTED, Outcome.NOT_RECOGNISED], Outcome.NOT_RECOGNISED),
        ("TOTAL-PASSED", False, [Outcome.NOT_RECOGNISED, Outcome.UNDECIDED], Outcome.UNDECIDED),
        ("TOTAL-FAILED", False, [Outcome.ACCEPTED, Outcome.FAILED], Outcome.FAILED),
        ("NO_SIGNATURE_FOUND", False, [], Outcome.NONE),
    ],
)
def test_several_signers_come_to_one_outcome(
    indication: str, accept: bool, signers: list[Outcome], outcome: Outcome
) -> None:
    assert overall({"indication": indication, "accept": accept}, signers) is outcome


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize("page", [FAILED_REPORT, UNDECIDED_REPORT, NOT_RECOGNISED_REPORT])
def test_sg_14_the_answer_of_a_report_that_is_not_accepted_never_looks_like_one_that_is(page: object) -> None:
    assert isinstance(page, type(REPORT))

    tag, found = outline(page).by_id("answer")

    assert (tag, found["class"]) == ("div", f"verdict verdict-{page.outcome.value}")
    assert "verdict-accepted" not in found["class"]


def test_every_outcome_has_a_mark_and_a_word_of_its_own() -> None:
    words = {ENGLISH[f"report.outcome.{outcome.value}"] for outcome in Outcome}
    template = (STRICT.environment.loader.get_source(STRICT.environment, "report_parts.html"))[0]  # type: ignore[union-attr]

    assert len(words) == len(Outcome)
    assert all(f'"{outcome.value}": "' in template for outcome in Outcome)


@pytest.mark.parametrize("status", [status.value for status in CheckStatus])
def test_a_check_says_in_words_what_became_of_it_and_looks_passed_only_when_it_passed(status: str) -> None:
    line = CheckLine("SIG-VALUE", status, None if status == "passed" else "signature-mismatch", "")

    read = outline(replace(REPORT, signers=(replace(SIGNER, checks=(line,)),)))

    assert len(read.all("li", **{"class": f"check check-{status}"})) == 1
    assert ENGLISH[f"report.status.{status}"] in read.text


def test_the_report_names_the_signer_escapes_what_is_foreign_and_says_what_it_is_not() -> None:
    read = outline(REPORT)

    assert "CN=CHAN Tai Man" in read.text
    assert "合同 <final>.pdf" in read.text
    assert "information, not legal advice" in read.text
    assert read.by_id("signed-report")[0] == "textarea"
    assert [found["id"] for found in read.all("details")] == ["checks-1", "technical-1", "about-report"]


def test_what_to_do_is_said_under_the_answer() -> None:
    assert reason_text("signature-mismatch", "en") in outline(FAILED_REPORT).text


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_can_be_said_in_the_language_of_a_page(locale: str) -> None:
    assert all(reason_text(reason.value, locale) for reason in Reason)


@pytest.mark.parametrize(
    "keys",
    [
        {f"report.check.{code.value}" for code in CheckCode},
        {f"report.status.{status.value}" for status in CheckStatus},
        {f"report.recognition.{verdict.value}" for verdict in RecognitionVerdict},
        {f"report.class.{found.value}" for found in SignatureClass},
        {f"check.purpose.{purpose.value}" for purpose in Purpose},
        {f"check.refused.{code.value}" for code in RefusalCode},
        {f"trust.state.{state.value}" for state in ListState},
        {f"trust.row_status.{status.value}" for status in RowStatus},
        {f"trust.entry_status.{status.value}" for status in RecognitionStatus},
        {f"trust.holder.{holder.value}" for holder in HolderKind},
    ],
    ids=lambda keys: min(keys).rpartition(".")[0],
)
def test_every_code_that_can_turn_up_has_words(keys: set[str]) -> None:
    assert keys <= ENGLISH.keys()


def test_every_indication_has_an_outcome() -> None:
    assert {outcome_of(one.value, "not-listed", accept=False) for one in Indication} == set(Outcome) - {
        Outcome.ACCEPTED
    }


def test_the_form_takes_files_a_place_and_a_purpose() -> None:
    read = outline(CHECK)

    (form,) = read.all("form")
    assert (form["method"], form["enctype"]) == ("post", "multipart/form-data")
    assert [found["name"] for found in read.all("input", type="file")] == ["document", "signature"]
    assert [found["name"] for found in read.all("select")] == ["relying", "purpose"]
    assert read.by_id("check")[0] == "button"


@pytest.mark.parametrize(("page", "field"), [(WRONG_FILE, "document"), (NO_PLACE, "relying")])
def test_what_is_wrong_is_said_at_the_top_at_the_field_and_in_the_title(page: object, field: str) -> None:
    assert isinstance(page, type(CHECK))

    read = outline(page)

    assert read.all("a", href=f"#{field}")
    assert read.by_id(field)[1]["aria-invalid"] == "true"
    assert f"{field}-error" in read.by_id(field)[1]["aria-describedby"]
    assert "Error: Check an electronic signature" in read.text


def test_a_file_is_not_called_wrong_when_the_reason_lies_with_us() -> None:
    read = outline(replace(CHECK, answer="lists"))

    assert "aria-invalid" not in read.by_id("document")[1]
    assert ENGLISH["check.refused.lists"] in read.text


def test_signing_shows_the_document_its_fingerprint_and_for_whom_and_warns() -> None:
    read = outline(SIGNING)

    assert "Tenancy agreement <1>.pdf" in read.text
    assert "0001 0203 0405" in read.text
    assert "Harbour Hotel" in read.text
    assert read.by_id("stop")
    assert [read.by_id(f"provider-{name}")[0] for name in ("hong-kong", "macao", "guangdong")] == ["button"] * 3


def test_the_code_to_compare_stands_alone_before_the_person_leaves() -> None:
    with_code, without = outline(SIGNING_CODE), outline(replace(SIGNING_CODE, identification_code=None))

    assert with_code.by_id("identification-code")[0] == "p"
    assert "7Q4M" in with_code.text
    assert with_code.by_id("continue")[0] == without.by_id("continue")[0] == "button"
    assert not [found for _, found in without.elements if found.get("id") == "identification-code"]


def test_a_failed_signing_says_why_and_does_not_look_signed() -> None:
    read = outline(replace(SIGNED, status="failed", reason="provider-hash-differs"))

    assert read.by_id("signing-result")[1]["class"] == "verdict verdict-failed"
    assert reason_text("provider-hash-differs", "en") in read.text


def test_a_fingerprint_is_the_digest_in_groups_of_four() -> None:
    assert fingerprint(bytes.fromhex("00112233445566")) == ("0011", "2233", "4455", "66")


@pytest.mark.parametrize(
    ("names", "language", "found"),
    [
        ((("en", "A"), ("zh-Hant", "甲")), "zh-Hant-HK", ("zh-Hant", "甲")),
        ((("en", "A"), ("zh-Hant", "甲")), "zh-Hans-CN", ("en", "A")),
        ((("pt", "B"),), "zh-Hans-CN", ("pt", "B")),
        ((("en", "A"), ("pt-MO", "B")), "pt-MO", ("pt-MO", "B")),
        ((), "en", ("en", "")),
    ],
)
def test_a_name_is_given_in_the_nearest_language_there_is(
    names: tuple[tuple[str, str], ...], language: str, found: tuple[str, str]
) -> None:
    assert in_language(names, language) == found
