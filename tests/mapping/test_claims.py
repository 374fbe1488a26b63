"""What relying parties are told about a number and a document."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mapping.claims import Resolution, document_claim, scheme
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind, Realm

AS_OF = date(2026, 11, 22)
STAND_IN = MainlandIdentifier.parse("810050190405065908", AS_OF)
RESIDENCE_PERMIT = MainlandIdentifier.parse("810000190405069024", AS_OF)
ISSUED = datetime(2026, 11, 22, 12, 0, 30, 999, tzinfo=timezone(timedelta(hours=8)))


def a_resolution(number: MainlandIdentifier = STAND_IN, realm: Realm = Realm.SANDBOX) -> Resolution:
    return Resolution(number, number.kind, realm, ("810052190405065468",), ISSUED, "binding")


@pytest.mark.spec("mapping specification §10.6")
def test_a_number_is_released_with_its_kind_and_scheme() -> None:
    assert a_resolution().as_claim() == {
        "value": "810050190405065908",
        "kind": "surrogate",
        "scheme": "urn:gba-gateway:cnid:surrogate:v1",
        "realm": "sandbox",
        "verifiable_with_police_data": False,
        "replaces": ["810052190405065468"],
        "issued_at": "2026-11-22T04:00:30Z",
    }


@pytest.mark.parametrize(
    ("number", "realm", "expected"),
    [
        (STAND_IN, Realm.SANDBOX, False),
        (STAND_IN, Realm.PRODUCTION, False),
        (RESIDENCE_PERMIT, Realm.SANDBOX, True),
        (RESIDENCE_PERMIT, Realm.PRODUCTION, True),
    ],
)
def test_only_a_genuine_number_is_of_the_kind_that_can_be_verified(
    number: MainlandIdentifier,
    realm: Realm,
    expected: bool,
) -> None:
    assert a_resolution(number, realm).as_claim()["verifiable_with_police_data"] is expected


def test_a_number_that_was_only_read_has_no_moment_of_issue() -> None:
    resolution = Resolution(RESIDENCE_PERMIT, IdentifierKind.RESIDENCE_PERMIT, Realm.SANDBOX)

    assert "issued_at" not in resolution.as_claim()


def test_each_released_kind_has_a_scheme_and_foreign_residents_have_none() -> None:
    assert scheme(IdentifierKind.RESIDENCE_PERMIT) == "urn:gba-gateway:cnid:residence-permit:v1"
    assert scheme(IdentifierKind.RESIDENT_ID) == "urn:gba-gateway:cnid:resident-id:v1"
    with pytest.raises(MappingError) as refusal:
        scheme(IdentifierKind.FOREIGN_PR)
    assert refusal.value.code == "binding.not_eligible"


def test_a_resolution_does_not_show_numbers() -> None:
    assert "190405" not in repr(a_resolution())


@pytest.mark.spec("mapping specification §10.6")
def test_a_permit_is_released_in_both_forms() -> None:
    assert document_claim(TravelPermit.parse("H1234567801")) == {
        "type": "516",
        "number9": "H12345678",
        "number11": "H1234567801",
        "issue_count": "01",
        "nationality_class": "cn",
    }


def test_what_is_not_known_about_a_permit_is_left_out() -> None:
    assert document_claim(TravelPermit.parse("MA1234567")) == {
        "type": "516",
        "number9": "MA1234567",
        "nationality_class": "noncn",
    }


def test_the_moment_is_given_in_utc() -> None:
    assert ISSUED.astimezone(UTC).hour == 4
    assert a_resolution().as_claim()["issued_at"].endswith("Z")
