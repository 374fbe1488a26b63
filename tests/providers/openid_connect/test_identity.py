"""Claims as a person: what levels are worth, how names are kept, and what only a gateway may say."""

from datetime import UTC, date, datetime

import pytest

from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from providers.base import Assurance, MandateRole, Register
from providers.errors import ProviderError, ProviderFailure
from tests.providers.openid_connect.builders import SUBJECT, FarSide

PERMIT = {
    "type": "516",
    "number9": "H12345678",
    "nationality_class": "cn",
    "number11": "H1234567801",
    "issue_count": "01",
}
ORGANISATION = {"register": "hk.brn", "identifier": "12345678", "name": "Example Trading Limited"}
MANDATE = {"role": "agent", "scope": ["tax"], "expires_at": 1800000000}


def a_gateway(**userinfo) -> FarSide:
    far = FarSide(levels=None, is_gateway=True)
    far.says(acr="urn:gba:loa:3")
    far.userinfo = {"sub": SUBJECT, "name": "陳大文", "family_name": "Chan", "given_name": "Tai Man", **userinfo}
    return far


async def failure_of(far: FarSide) -> tuple[ProviderFailure, str]:
    with pytest.raises(ProviderError) as caught:
        await far.sign_in()
    return caught.value.failure, caught.value.detail


@pytest.mark.parametrize(
    ("acr", "level"), [("low", Assurance.ONE), ("substantial", Assurance.TWO), ("high", Assurance.THREE)]
)
async def test_a_level_is_worth_what_the_operator_says(acr, level) -> None:
    far = FarSide()
    far.says(acr=acr)

    assert (await far.sign_in()).assurance is level


@pytest.mark.parametrize("acr", ["urn:gba:loa:4", "HIGH", "", "0", None, 3, ["high"], {"high": 1}])
async def test_a_level_without_a_worth_opens_nothing(acr) -> None:
    far = FarSide()
    far.says(acr=acr)

    assert await failure_of(far) == (ProviderFailure.NOT_ELIGIBLE, "acr")


async def test_an_answer_without_level_is_worth_the_default_and_an_unknown_level_is_not() -> None:
    silent, strange = FarSide(levels=None, default_level=1), FarSide(levels=None, default_level=1)
    silent.says(acr=None)
    strange.says(acr="high")

    assert (await silent.sign_in()).assurance is Assurance.ONE
    assert await failure_of(strange) == (ProviderFailure.NOT_ELIGIBLE, "acr")


async def test_the_level_comes_from_the_id_token_and_never_from_userinfo() -> None:
    far = FarSide()
    far.userinfo |= {"acr": "high", "auth_time": 1, "amr": ["mfa"]}

    person = await far.sign_in()

    assert (person.assurance, person.amr) == (Assurance.TWO, ("pwd", "otp"))


@pytest.mark.parametrize(
    ("claims", "han", "latin"),
    [
        ({"name": "Chan Tai Man"}, None, "Chan Tai Man"),
        ({"name": "陳大文"}, "陳大文", None),
        ({"name": "陳大文", "family_name": "Chan", "given_name": "Tai Man"}, "陳大文", "Chan, Tai Man"),
        ({"family_name": "Chan", "given_name": "Tai Man"}, None, "Chan, Tai Man"),
        ({"family_name": "陳"}, "陳", None),
    ],
)
async def test_names_are_kept_as_they_come(claims, han, latin) -> None:
    far = FarSide()
    far.userinfo = {"sub": SUBJECT, **claims}

    name = (await far.sign_in()).name

    assert (name.han, name.latin) == (han, latin)
    assert (name.family, name.given) == (claims.get("family_name"), claims.get("given_name"))


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        ({}, "missing:name"),
        ({"name": ""}, "field:name"),
        ({"name": 7}, "field:name"),
        ({"name": "x" * 201}, "field:name"),
        ({"name": "a\u0000b"}, "field:name"),
        ({"name": "Chan", "birthdate": "1990-13-01"}, "field:birthdate"),
        ({"name": "Chan", "birthdate": "2999-01-01"}, "field:birthdate"),
        ({"name": "Chan", "birthdate": 1990}, "field:birthdate"),
        ({"name": "Chan", "gender": ["male"]}, "field:gender"),
    ],
)
async def test_a_malformed_claim_breaks_the_sign_in_and_is_named(claims, detail) -> None:
    far = FarSide()
    far.userinfo = {"sub": SUBJECT, **claims}

    assert await failure_of(far) == (ProviderFailure.BROKEN, detail)


@pytest.mark.parametrize(
    ("birthdate", "expected"), [("1990-02-03", date(1990, 2, 3)), ("1990", None), ("0000-02-03", None), (None, None)]
)
async def test_only_a_whole_date_is_a_birth_date(birthdate, expected) -> None:
    far = FarSide()
    far.userinfo = {"sub": SUBJECT, "name": "Chan", "birthdate": birthdate}

    assert (await far.sign_in()).birthdate == expected


async def test_a_gateway_vouches_for_the_documents_it_knows() -> None:
    far = a_gateway(
        gba_doc=PERMIT, gba_cn_id={"value": "11010519491231002X", "kind": "resident_id", "realm": "sandbox"}
    )

    person = await far.sign_in()

    assert person.assurance is Assurance.THREE
    assert person.documents == (
        TravelPermit.parse("H12345678"),
        MainlandIdentifier.parse("11010519491231002X", date(2026, 5, 6)),
    )


async def test_a_stand_in_of_another_gateway_is_no_number_here() -> None:
    far = a_gateway(gba_cn_id={"value": "810050190405060015", "kind": "surrogate"})

    assert (await far.sign_in()).documents == ()


async def test_what_a_gateway_says_is_believed_from_a_gateway_only() -> None:
    far = FarSide()
    far.userinfo |= {"gba_doc": PERMIT, "gba_organisation": ORGANISATION, "gba_mandate": MANDATE}

    person = await far.sign_in()

    assert (person.documents, person.organisation, person.mandate) == ((), None, None)


async def test_the_actor_is_the_person_where_an_organisation_is_the_subject() -> None:
    far = a_gateway(gba_organisation=ORGANISATION, gba_mandate=MANDATE)
    far.says(acr="urn:gba:loa:3", act={"sub": "person-1"})

    person = await far.sign_in()

    assert person.subject == "person-1"
    assert person.organisation is not None
    assert person.organisation.register is Register.BUSINESS_REGISTRATION
    assert (person.organisation.identifier, person.organisation.name) == ("12345678", "Example Trading Limited")
    assert person.mandate is not None
    assert (person.mandate.role, person.mandate.scope) == (MandateRole.AGENT, ("tax",))
    assert person.mandate.ends_at == datetime.fromtimestamp(1800000000, UTC)


async def test_nobody_acts_without_a_mandate() -> None:
    person = await a_gateway(gba_organisation=ORGANISATION).sign_in()

    assert (person.subject, person.organisation, person.mandate) == (SUBJECT, None, None)


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        ({"gba_doc": "H12345678"}, "field:gba_doc"),
        ({"gba_doc": {"type": "516"}}, "missing:number9"),
        ({"gba_doc": PERMIT | {"number9": "X12345678"}}, "field:gba_doc"),
        ({"gba_cn_id": {"value": "110105194912310022", "kind": "resident_id"}}, "field:gba_cn_id"),
        ({"gba_organisation": [], "gba_mandate": MANDATE}, "field:gba_organisation"),
        ({"gba_organisation": ORGANISATION | {"register": "us.ein"}, "gba_mandate": MANDATE}, "field:register"),
        ({"gba_organisation": ORGANISATION | {"identifier": "1 2"}, "gba_mandate": MANDATE}, "field:identifier"),
        (
            {"gba_organisation": ORGANISATION | {"register": "cn.uscc"}, "gba_mandate": MANDATE},
            "field:gba_organisation",
        ),
        ({"gba_organisation": ORGANISATION, "gba_mandate": {"role": "owner"}}, "field:role"),
        ({"gba_organisation": ORGANISATION, "gba_mandate": MANDATE | {"scope": "tax"}}, "field:scope"),
        ({"gba_organisation": ORGANISATION, "gba_mandate": MANDATE | {"expires_at": "2030"}}, "field:expires_at"),
    ],
)
async def test_a_malformed_claim_of_a_gateway_breaks_the_sign_in(claims, detail) -> None:
    assert await failure_of(a_gateway(**claims)) == (ProviderFailure.BROKEN, detail)


@pytest.mark.parametrize("act", ["person-1", {}, {"sub": ""}, {"sub": 7}, {"sub": "a\nb"}])
async def test_an_actor_who_is_nobody_breaks_the_sign_in(act) -> None:
    far = a_gateway(gba_organisation=ORGANISATION, gba_mandate=MANDATE)
    far.says(acr="urn:gba:loa:3", act=act)

    assert await failure_of(far) == (ProviderFailure.BROKEN, "field:act")
