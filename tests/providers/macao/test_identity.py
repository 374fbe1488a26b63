"""Macao's profile becomes a person: names, dates, documents and levels, and what is refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mapping.documents import HongKongIdentityCard, MacaoIdentityCard
from mapping.identifier import MainlandIdentifier
from providers.base import Assurance, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.macao.identity import read_identity
from tests.providers.macao.builders import NOW, UID, a_profile, a_reading, signed


def identity_of(received_at: datetime = NOW, **changes: Any) -> UpstreamIdentity:
    claims = a_profile(**changes)
    return read_identity(a_reading().verify(signed(claims), NOW), received_at)


def test_a_permanent_resident_is_read_in_full() -> None:
    identity = identity_of()

    assert (identity.provider, identity.subject) == ("macao", UID)
    assert (identity.name.han, identity.name.latin) == ("周小敏", "Chao, Sio Man")
    assert (identity.name.family, identity.name.given) == ("Chao", "Sio Man")
    assert (identity.birthdate, identity.sex) == (date(1902, 3, 4), "F")
    assert identity.documents == (MacaoIdentityCard("12345678"),)
    assert identity.authenticated_at == NOW


@pytest.mark.parametrize(
    ("acr", "level", "amr"),
    [
        ("1", Assurance.ONE, ("pwd",)),
        ("2", Assurance.TWO, ("pwd", "otp", "mfa")),
        ("3", Assurance.THREE, ("mfa",)),
    ],
)
@pytest.mark.spec("RFC 8176 §2")
def test_each_level_has_its_place_on_the_scale(acr: str, level: Assurance, amr: tuple[str, ...]) -> None:
    identity = identity_of(acr=acr)

    assert (identity.assurance, identity.amr) == (level, amr)


def test_a_person_with_a_portuguese_name_alone_keeps_accents_and_particle() -> None:
    name = identity_of(nameZh=None, namePt={"apelido": "da Luz", "nome": "José"}).name

    assert (name.han, name.latin, name.display) == (None, "da Luz, José", "da Luz, José")


@pytest.mark.attack("UN-05")
def test_un_05_a_decomposed_name_is_composed() -> None:
    assert identity_of(namePt={"apelido": "Luz", "nome": "Jose\u0301"}).name.given == "José"


def test_one_romanised_name_alone_is_enough() -> None:
    assert identity_of(nameZh=None, namePt={"nome": "Suharto"}).name.latin == "Suharto"


@pytest.mark.parametrize("change", [{"nameZh": None, "namePt": None}, {"nameZh": None, "namePt": {}}])
def test_a_person_without_any_name_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(**change)

    assert refused.value.detail == "missing:name"


def test_a_hong_kong_card_is_read() -> None:
    assert identity_of(docType="HKID", docNo="A123456(3)").documents == (HongKongIdentityCard("A1234563"),)


def test_a_mainland_number_is_read() -> None:
    document = identity_of(docType="CHNID", docNo="440305190606070012").documents[0]

    assert isinstance(document, MainlandIdentifier)
    assert document.value == "440305190606070012"


@pytest.mark.parametrize("kind", ["TNR", "CHNPASS", "PASS"])
def test_other_documents_lead_nowhere(kind: str) -> None:
    assert identity_of(docType=kind, docNo="X7654321").documents == ()


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("BIRP", "9234567(8)"),
        ("BIRNP", "1234567"),
        ("HKID", "A123456(4)"),
        ("CHNID", "440305190606070013"),
        ("CHNID", "820000190505050015"),
    ],
)
def test_a_document_number_that_cannot_be_is_refused_and_not_quoted(kind: str, number: str) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(docType=kind, docNo=number)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "field:docNo")
    assert number not in str(refused.value)


@pytest.mark.parametrize("birth", ["1902-03-04", "31/02/1902", "04/03/2902", "00/00/1902", "4/3/1902", "04/03/1899"])
def test_a_birth_date_that_cannot_be_is_refused(birth: str) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(birth=birth)

    assert refused.value.detail == "field:birth"


def test_today_is_the_day_in_macao() -> None:
    late_evening_in_utc = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)

    assert identity_of(late_evening_in_utc, birth="07/05/2026").birthdate == date(2026, 5, 7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uid", "not-a-uuid"),
        ("acr", 2),
        ("acr", "4"),
        ("docNo", 12345678),
        ("docNo", ["1234567(8)"]),
        ("docType", "SSP"),
        ("sex", "U"),
        ("birth", 4031902),
        ("nameZh", ""),
        ("nameZh", "周\x00敏"),
        ("nameZh", "周" * 201),
        ("namePt", "Chao Sio Man"),
    ],
)
@pytest.mark.attack("UN-06")
def test_un_06_a_field_of_another_type_or_value_is_refused_never_coerced(name: str, value: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(**{name: value})

    assert refused.value.detail == f"field:{name}"


@pytest.mark.parametrize("without", ["accountType", "acr", "docType", "docNo", "birth", "sex"])
def test_a_profile_lacking_a_claim_is_refused(without: str) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(**{without: None})

    assert refused.value.detail == f"missing:{without}"


def test_the_profile_of_an_entity_is_not_eligible() -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(accountType="Corp-Entity")

    assert refused.value.failure is ProviderFailure.NOT_ELIGIBLE


def test_a_guardian_signs_in_as_themselves() -> None:
    assert identity_of(guardianOf=["0a1b2c3d-0000-5000-8000-00000000eeee"]).subject == UID
