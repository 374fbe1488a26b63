"""Documents and their codes: our own words, the national list, and each relying party's own."""

from datetime import date
from typing import Any

import pytest

from mapping.claims import document_claim
from mapping.document_codes import DEFAULT_CODES, DocumentType, IdentifyingDocument, code_map, type_of
from mapping.documents import ForeignPermanentResidentCard, HongKongIdentityCard, MacaoIdentityCard, TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from tests.mapping.resolve_builders import CITIZEN, HONG_KONG_NUMBER, MACAO_NUMBER, STAND_IN, number

AS_OF = date(2026, 11, 22)


@pytest.mark.spec("mapping specification §5")
@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (TravelPermit("H12345678"), DocumentType.PERMIT_CN, "516"),
        (TravelPermit("MA1234567"), DocumentType.PERMIT_NONCN, "516"),
        (CITIZEN, DocumentType.RESIDENT_ID, "111"),
        (HONG_KONG_NUMBER, DocumentType.RESIDENCE_PERMIT_HK, "550"),
        (MACAO_NUMBER, DocumentType.RESIDENCE_PERMIT_MO, "550"),
        (number("932682"), DocumentType.FOREIGN_PR, "553"),
        (ForeignPermanentResidentCard("KAZ110090123105"), DocumentType.FOREIGN_PR, "553"),
        (HongKongIdentityCard("A1234563"), DocumentType.HKID, None),
        (MacaoIdentityCard("12345678"), DocumentType.BIR, None),
    ],
)
def test_every_document_has_our_word_and_the_code_of_the_national_list_if_there_is_one(
    document: IdentifyingDocument, kind: DocumentType, code: str | None
) -> None:
    assert type_of(document) is kind
    assert DEFAULT_CODES[kind] == code
    assert code_map({}).get(kind) == code


@pytest.mark.parametrize(
    ("document", "code"),
    [(STAND_IN, "surrogate.input_forbidden"), (number("830000"), "binding.territory_not_served")],
)
def test_a_number_without_a_document_of_ours_has_no_type(document: MainlandIdentifier, code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        type_of(document)

    assert refusal.value.code == code


def test_a_relying_partys_codes_lie_over_the_default_ones() -> None:
    codes = code_map({"permit_cn": "C", "hkid": "HK_ID-1"})

    assert (codes[DocumentType.PERMIT_CN], codes[DocumentType.HKID]) == ("C", "HK_ID-1")
    assert codes[DocumentType.PERMIT_NONCN] == "516"
    assert DocumentType.BIR not in codes
    assert code_map({})[DocumentType.PERMIT_CN] == "516"


def test_a_map_cannot_be_changed_afterwards() -> None:
    codes: Any = code_map({})

    with pytest.raises(TypeError):
        codes[DocumentType.HKID] = "1"


@pytest.mark.parametrize("name", ["passport", "", "PERMIT_CN", " permit_cn", "permit_cn\n"])
def test_an_unknown_document_type_is_refused_without_being_quoted(name: str) -> None:
    with pytest.raises(ValueError, match="unknown document type") as refusal:
        code_map({name: "1"})

    assert str(refusal.value) == "unknown document type"


@pytest.mark.parametrize("code", ["", "1" * 17, "5 16", "516\n", "５１６", "<b>", "a/b", "證", 516, None])
def test_a_code_that_no_form_would_take_is_refused_without_being_quoted(code: Any) -> None:
    with pytest.raises(ValueError, match="a document code has 1 to 16") as refusal:
        code_map({"permit_cn": code})

    assert str(code) not in str(refusal.value).removeprefix("a document code") or code == ""


def test_a_claim_carries_the_relying_partys_own_code() -> None:
    codes = code_map({"permit_cn": "C"})

    assert document_claim(TravelPermit("H12345678"), codes)["type"] == "C"
    assert document_claim(TravelPermit("HA1234567"), codes)["type"] == "516"
    assert document_claim(TravelPermit("H12345678"))["type"] == "516"
