"""Guangdong's user data become a person: names, levels, documents, and what is refused."""

from datetime import date
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from providers.base import Assurance, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.guangdong.identity import read_identity
from providers.guangdong.wire import read_user_data
from tests.providers.guangdong.builders import KEYS, NOW, SUBJECT, a_user, a_wrapper, an_answer, content_of


def identity_of(parent: Any | None = None, **changes: Any) -> UpstreamIdentity:
    content = content_of(a_user(**changes), pareobj={} if parent is None else parent)
    return read_identity(read_user_data(an_answer(a_wrapper(content)), KEYS, NOW), NOW)


def test_a_resident_is_read_in_full() -> None:
    identity = identity_of()

    assert (identity.provider, identity.subject, identity.data_version) == ("guangdong", SUBJECT, "3.0")
    assert (identity.name.han, identity.name.latin) == ("李小华", None)
    assert (identity.birthdate, identity.sex) == (date(1906, 6, 7), "M")
    assert identity.documents == (MainlandIdentifier.parse("440305190606070012", NOW.date()),)
    assert (identity.assurance, identity.amr) == (Assurance.FOUR, ("mca",))
    assert identity.authenticated_at == NOW


@pytest.mark.parametrize(
    ("level", "way", "expected"),
    [
        ("L0", "L0@IDV@k", Assurance.ONE),
        ("L1", "L1@IDV@k||L0@IDV@k", Assurance.TWO),
        ("L2", "L2@IAM@k||L1@IDV@k", Assurance.THREE),
        ("L3", "L3@GW@k", Assurance.FOUR),
        ("L3", "L2@YSS@k||L0@IDV@k", Assurance.THREE),
        ("L1", "L3@GW@k", Assurance.TWO),
        ("L3", "-1", Assurance.ONE),
        ("L3", "", Assurance.ONE),
    ],
)
def test_the_lowest_of_level_and_verification_is_believed(level: str, way: str, expected: Assurance) -> None:
    identity = identity_of(creditable_level_of_account=level, creditable_level_of_account_way=way)

    assert identity.assurance is expected


@pytest.mark.parametrize("flag", ["isreal", "is_real"])
def test_an_account_that_says_it_is_not_real_is_at_the_lowest_level(flag: str) -> None:
    assert identity_of(**{"isreal": None, flag: "false"}).assurance is Assurance.ONE


@pytest.mark.parametrize(
    "way", ["L4@GW@k", "L3", "L3@GW", "L3@GW@k|L2@YSS@k", "L3@GW@k||", ["L3@GW@k"], "L3@GW@k||" * 999]
)
def test_a_list_of_verifications_that_cannot_be_read_is_refused(way: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(creditable_level_of_account_way=way)

    assert refused.value.detail == "field:creditable_level_of_account_way"


def test_an_account_bound_to_a_permit_gives_the_permit_and_no_birth_date() -> None:
    identity = identity_of(idcardtype="14", idcardnumber="H0000001800", cn="陳小明")

    assert identity.documents == (TravelPermit("H00000018"),)
    assert identity.birthdate is None


def test_an_account_bound_to_a_residence_permit_gives_its_number_and_birth_date() -> None:
    identity = identity_of(idcardtype="31", idcardnumber="820000190505050015")

    document = identity.documents[0]
    assert isinstance(document, MainlandIdentifier)
    assert document.value == "820000190505050015"
    assert identity.birthdate == date(1905, 5, 5)


@pytest.mark.parametrize(("kind", "number"), [("20", "E00000000"), ("40", "x"), ("16", "A1234563"), ("-1", "-1")])
def test_other_documents_lead_nowhere(kind: str, number: str) -> None:
    assert identity_of(idcardtype=kind, idcardnumber=number).documents == ()


@pytest.mark.attack("UN-06")
def test_un_06_the_sentinel_means_absent() -> None:
    identity = identity_of(idcardnumber="-1", sex="-1")

    assert (identity.documents, identity.sex, identity.birthdate) == ((), None, None)


def test_an_account_that_was_never_verified_vouches_for_no_document() -> None:
    identity = identity_of(creditable_level_of_account="L0", creditable_level_of_account_way="L0@IDV@k", isreal="false")

    assert (identity.documents, identity.birthdate) == ((), None)


@pytest.mark.parametrize(
    ("kind", "number", "detail"),
    [
        ("10", "440305190606070013", "field:idcardnumber"),
        ("10", '"440305190606070012"', "field:idcardnumber"),
        ("10", "null", "field:idcardnumber"),
        ("10", "820000190505050015", "field:idcardtype"),
        ("31", "440305190606070012", "field:idcardtype"),
        ("14", "K00000018", "field:idcardnumber"),
        ("14", "H00000000", "field:idcardnumber"),
    ],
)
@pytest.mark.attack("UN-06")
def test_un_06_a_number_that_is_not_what_its_type_says_is_refused_and_not_quoted(
    kind: str, number: str, detail: str
) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(idcardtype=kind, idcardnumber=number)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, detail)
    assert number not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idcardnumber", 440305190606070012),
        ("idcardnumber", ["440305190606070012"]),
        ("idcardnumber", {"value": "440305190606070012"}),
        ("idcardnumber", True),
        ("idcardnumber", None),
        ("idcardnumber", ""),
        ("useridcode", "00112233"),
        ("useridcode", 7),
        ("useridcode", "-1"),
        ("usertype", 1),
        ("cn", "李\u0000小华"),
        ("cn", "李" * 201),
        ("cn", "   "),
        ("cn", "-1"),
        ("sex", 1),
        ("isreal", True),
        ("creditable_level_of_account", "L4"),
        ("creditable_level_of_account", 3),
    ],
)
@pytest.mark.attack("UN-05")
@pytest.mark.attack("UN-06")
@pytest.mark.attack("WB-08")
def test_un_05_un_06_wb_08_a_field_of_another_type_or_value_is_refused_never_coerced(name: str, value: Any) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(**{name: value})

    assert refused.value.failure is ProviderFailure.BROKEN
    assert refused.value.detail.endswith(f":{name}")


@pytest.mark.parametrize(
    ("changes", "parent"),
    [({"usertype": "2"}, None), ({}, a_user(usertype="2")), ({}, {"useridcode": SUBJECT})],
)
def test_an_organisation_without_a_person_and_a_sub_account_of_another_kind_are_not_eligible(
    changes: dict[str, Any], parent: Any
) -> None:
    with pytest.raises(ProviderError) as refused:
        identity_of(parent, **changes)

    assert refused.value.failure is ProviderFailure.NOT_ELIGIBLE


@pytest.mark.attack("GD-08")
def test_gd_08_a_name_with_a_question_mark_is_shown_as_it_came() -> None:
    assert identity_of(cn="王?").name.display == "王?"


def test_a_romanised_name_is_a_latin_one() -> None:
    name = identity_of(cn="SMITH JOHN").name

    assert (name.han, name.latin) == (None, "SMITH JOHN")


@pytest.mark.parametrize(("kind", "amr"), [("1", ("pwd",)), ("2", ("swk",)), ("4", ("mca",)), ("9", ()), (None, ())])
@pytest.mark.spec("RFC 8176 §2")
def test_the_way_of_signing_in_is_named(kind: str | None, amr: tuple[str, ...]) -> None:
    assert identity_of(accout_type=kind).amr == amr


PERMIT_HOLDER = {"idcardtype": "14", "idcardnumber": "H00000042"}


@pytest.mark.parametrize("properties", [["birth=19060809"], ["address=-1", "birth=19060809"]])
def test_the_birth_date_of_a_permit_holder_stands_among_the_properties(properties: list[str]) -> None:
    assert identity_of(**PERMIT_HOLDER, extproperties=properties).birthdate == date(1906, 8, 9)


@pytest.mark.parametrize(
    "properties",
    [
        ["birth=1906-08-09"],
        ["birth=19061309"],
        ["birth=１９０６０８０９"],
        ["birth=19060809"] * 2,
        "birth=19060809",
        ["x"] * 65,
    ],
)
def test_a_malformed_or_doubled_birth_date_breaks_the_sign_in(properties: object) -> None:
    with pytest.raises(ProviderError, match="extproperties"):
        identity_of(**PERMIT_HOLDER, extproperties=properties)


@pytest.mark.parametrize("properties", [[], ["birth=-1"], ["address=-1"]])
def test_no_birth_date_is_no_error(properties: list[str]) -> None:
    assert identity_of(**PERMIT_HOLDER, extproperties=properties).birthdate is None
