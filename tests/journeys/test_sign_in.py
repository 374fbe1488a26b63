"""The main job: a person signs in through one of the three places and the service receives the identifier."""

import pytest

from gateway.audit import AuditAction
from mapping.vocabulary import IdentifierKind
from mock_idps.personas import PERSONAS, find
from tests.world import AT, World, a_client, asking

PLACES = {"hong_kong": "chan-siu-ming"}


async def test_a_student_from_hong_kong_without_residence_permit_receives_a_surrogate(world: World) -> None:
    asked = asking()

    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    tokens = (await world.token(asked, answer["code"])).json()
    claims = await world.claims(asked, tokens)

    number = claims["gba_cn_id"]
    assert (answer["state"], answer["iss"]) == (asked.state, AT.issuer)
    assert claims["nonce"] == asked.nonce
    assert (number["kind"], number["realm"]) == ("surrogate", "sandbox")
    assert number["value"][:6] in {f"8100{code}" for code in range(50, 55)}
    assert len(number["value"]) == 18
    assert claims["gba_doc"]["number9"] == find(PERSONAS, "chan-siu-ming").permit
    assert claims["acr"] == "urn:gba:loa:3"


async def test_userinfo_gives_the_profile_and_the_same_subject(world: World) -> None:
    asked = asking()
    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    tokens = (await world.token(asked, answer["code"])).json()

    userinfo = (await world.userinfo(tokens["access_token"])).json()

    claims = await world.id_token_claims(asked, tokens)
    person = find(PERSONAS, "chan-siu-ming")
    assert userinfo["sub"] == claims["sub"]
    assert userinfo["name"] == person.name_han
    assert userinfo["birthdate"] == person.birthdate
    assert userinfo["gba_cn_id"]["kind"] == "surrogate"
    assert not {"name", "gba_cn_id", "gba_doc"} & claims.keys()


@pytest.mark.parametrize("person", [person for person in PERSONAS if person.hk_user_type], ids=lambda person: person.id)
async def test_every_persona_with_iam_smart_signs_in(world: World, person) -> None:
    claims = await world.signed_in("hong_kong", person.id)

    assert_fits(person, claims)


@pytest.mark.parametrize("person", [person for person in PERSONAS if person.mo_level], ids=lambda person: person.id)
async def test_every_persona_with_a_one_account_signs_in(world: World, person) -> None:
    claims = await world.signed_in("macao", person.id)

    assert_fits(person, claims)


@pytest.mark.parametrize("person", [person for person in PERSONAS if person.gd_level], ids=lambda person: person.id)
async def test_every_persona_with_a_guangdong_account_signs_in(world: World, person) -> None:
    claims = await world.signed_in("guangdong", person.id)

    assert_fits(person, claims)


def assert_fits(person, claims) -> None:
    """The number is the register's where there is one, a surrogate of the person's own block or nothing otherwise."""
    number = claims.get("gba_cn_id")
    if person.home == "guangdong" and claims["acr"] >= "urn:gba:loa:2":
        assert number["kind"] == IdentifierKind.RESIDENT_ID
        assert number["value"] == person.resident_id
    elif person.residence_permit and person.register == "ok" and claims["acr"] >= "urn:gba:loa:2":
        assert (number["kind"], number["value"]) == ("residence_permit", person.residence_permit)
    elif number is not None:
        assert number["kind"] == "surrogate"
        assert number["value"][:2] == ("81" if person.permit[0] == "H" else "82")
        assert number["value"][6:14] == person.birthdate.replace("-", "")
    else:
        assert person.permit is None or person.register != "ok" or claims["acr"] == "urn:gba:loa:1"


async def test_the_second_sign_in_asks_nothing_and_gives_the_same_identifier(world: World) -> None:
    first = await world.signed_in("macao", _macao_person())
    browser, asked = world.browser(), asking()

    page = await browser.prove(await browser.to_provider(asked, "macao"), _macao_person())

    assert browser.caught is not None, page
    again = await world.claims(asked, (await world.token(asked, browser.answer["code"])).json())
    assert again["gba_cn_id"]["value"] == first["gba_cn_id"]["value"]
    assert again["sub"] == first["sub"]


def _macao_person() -> str:
    return next(
        p.id
        for p in PERSONAS
        if p.mo_level and p.mo_level > 1 and p.permit and p.register == "ok" and p.home == "macao"
    )


async def test_two_services_of_different_sectors_know_the_person_by_different_subjects(world: World) -> None:
    await world.register(a_client("other"))

    one = await world.signed_in("hong_kong", "chan-siu-ming")
    two = await world.signed_in("hong_kong", "chan-siu-ming", client_id="other")

    assert one["sub"] != two["sub"]


async def test_what_the_person_leaves_out_is_not_passed_on(world: World) -> None:
    browser, asked = world.browser(), asking()
    page = await browser.prove(await browser.to_provider(asked, "hong_kong"), "chan-siu-ming")
    page = await browser.press(page, "check-permit", permit=find(PERSONAS, "chan-siu-ming").permit)

    form, name, value = page.buttons["agree"]
    await browser.open(f"{AT.issuer}{form.action}", {**form.fields, name: value, "withhold": "cn_doc"})

    tokens = (await world.token(asked, browser.answer["code"])).json()
    claims = await world.claims(asked, tokens)
    assert "gba_doc" not in claims
    assert "gba_cn_id" in claims
    assert "gba_doc" not in (await world.userinfo(tokens["access_token"])).json()


async def test_refusing_sends_access_denied_home_and_leaves_no_grant(world: World) -> None:
    browser, asked = world.browser(), asking(scope="openid profile")
    page = await browser.prove(await browser.to_provider(asked, "hong_kong"), "chan-siu-ming")

    await browser.press(page, "refuse")

    assert browser.answer["error"] == "access_denied"
    assert (browser.answer["state"], browser.answer["iss"]) == (asked.state, AT.issuer)
    assert "code" not in browser.answer


def test_the_catalogue_of_events_has_a_word_for_a_completed_sign_in() -> None:
    assert AuditAction.SIGN_IN_COMPLETED == "sign_in.completed"
