"""Group PR, values: where numbers may stand, and that no level is ever higher than what was proven (PR-05, PR-10)."""

import base64
import json
import logging
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
import pytest_asyncio
from joserfc import jwe
from joserfc.jwk import RSAKey

import mock_idps.guangdong.people as guangdong
import mock_idps.macao.claims as macao
from mock_idps.people.persona import Persona
from tests.attacks.staying import a_party, stay
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

SHARED: Final = pytest.mark.asyncio(loop_scope="module")
ROOMS: Final = "https://rooms.example"
EVERYTHING: Final = "openid profile cn_id cn_doc offline_access"
NUMBERS: Final = ("gba_cn_id", "gba_doc")
FRAMEWORK: Final = {"verification": {"trust_framework": None}, "claims": {"name": None, "birthdate": None}}
IN_ID_TOKEN: Final = json.dumps({"id_token": {"gba_cn_id": {"essential": True}, "gba_doc": None, "name": None}})


def body_of(token: str) -> dict[str, Any]:
    """The claims of a signed token, unverified."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(shared_world: WatchedWorld) -> RelyingParty:
    return await a_party(shared_world, "office", resources=(ROOMS,))


# ------------------------------------------------------------------------------------------ numbers (PR-05)
@SHARED
@pytest.mark.attack("PR-05")
async def test_pr_05_the_number_comes_from_userinfo_and_stands_in_no_token_address_or_log(
    shared_world: WatchedWorld, office: RelyingParty, caplog: pytest.LogCaptureFixture
) -> None:
    world, seen = shared_world, len(shared_world.answers)
    who = await stay(office, scope=EVERYTHING)

    told = (await office.userinfo(who.access_token)).json()

    numbers = {told["gba_cn_id"]["value"], told["gba_doc"]["number9"]}
    assert all(numbers)
    claims = await world.id_token_claims(who.asked, who.tokens)
    assert not set(NUMBERS) & claims.keys()
    formatter = logging.Formatter()
    written = [
        *(json.dumps(claims), who.access_token, who.refresh_token, who.asked.url, who.browser.caught or ""),
        *(str(response.url) for response in who.browser.visited),
        *(f"{answer.path} {answer.headers}" for answer in world.answers[seen:]),
        *(formatter.format(record) for record in caplog.records if not record.name.startswith("mock_idps")),
        *(str(event) for event in await audit_trail(world)),
    ]
    assert not [text for text in written if any(number in text for number in numbers)]


@SHARED
@pytest.mark.attack("PR-05")
@pytest.mark.parametrize("offline", ["offline_access", ""])
async def test_pr_05_a_signed_access_token_says_nothing_of_the_person_but_the_subject(
    shared_world: WatchedWorld, office: RelyingParty, offline: str
) -> None:
    who = await stay(office, scope=f"openid profile cn_id cn_doc {offline}".strip(), resource=ROOMS)

    claims = body_of(who.access_token)

    person = {"name", "family_name", "given_name", "birthdate", "gender", *NUMBERS, "verified_claims"}
    assert claims["aud"] == ROOMS
    assert not person & claims.keys()


@SHARED
@pytest.mark.attack("PR-05")
async def test_pr_05_a_relying_party_that_demands_the_number_in_a_plain_id_token_does_not_get_it_there(
    shared_world: WatchedWorld, office: RelyingParty
) -> None:
    who = await stay(office, scope="openid cn_id cn_doc", claims=IN_ID_TOKEN)

    claims = await shared_world.id_token_claims(who.asked, who.tokens)

    assert "name" in claims
    assert not set(NUMBERS) & claims.keys()


@SHARED
@pytest.mark.attack("PR-05")
async def test_pr_05_a_refreshed_id_token_holds_no_number_either(
    shared_world: WatchedWorld, office: RelyingParty
) -> None:
    who = await stay(office, scope=EVERYTHING)

    tokens = (await office.refresh(who.refresh_token)).json()

    assert not set(NUMBERS) & (await shared_world.id_token_claims(who.asked, tokens)).keys()
    assert (await office.userinfo(tokens["access_token"])).json()["gba_cn_id"]


@SHARED
@pytest.mark.attack("PR-05")
async def test_pr_05_introspection_tells_no_number(shared_world: WatchedWorld, office: RelyingParty) -> None:
    who = await stay(office, scope=EVERYTHING)

    facts = (await office.post("/introspect", {"token": who.access_token})).json()

    assert facts["active"] is True
    assert facts.keys() <= {
        "active",
        "iss",
        "client_id",
        "scope",
        "sub",
        "acr",
        "auth_time",
        "token_type",
        "aud",
        "exp",
    }


@SHARED
@pytest.mark.attack("PR-05")
@pytest.mark.parametrize("mode", ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"])
async def test_pr_05_no_way_home_carries_anything_of_the_person(
    shared_world: WatchedWorld, office: RelyingParty, mode: str
) -> None:
    browser = (await stay(office, scope=EVERYTHING)).browser
    seen = len(shared_world.answers)

    await browser.open(office.asking(scope=EVERYTHING, response_mode=mode).url)

    (answer,) = shared_world.answers[seen:]
    carried = (answer.header("location") or "") + answer.body.decode()
    if "jwt" in mode:
        token = re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", carried)
        assert token is not None
        assert body_of(token[0]).keys() == {"iss", "aud", "exp", "code", "state"}
    assert "CHAN" not in carried


@SHARED
@pytest.mark.attack("PR-05")
@pytest.mark.spec("OpenID Connect Core §10.2")
async def test_pr_05_in_a_token_that_is_encrypted_for_the_relying_party_the_number_may_stand(
    shared_world: WatchedWorld,
) -> None:
    key = RSAKey.generate_key(2048, private=True)
    reader = {**key.as_dict(private=False), "use": "enc", "kid": "reader", "alg": "RSA-OAEP"}
    sealed = await a_party(shared_world, "sealed", id_token_encrypted_response_alg="RSA-OAEP", jwks={"keys": [reader]})

    who = await stay(sealed, scope=EVERYTHING)

    number = (await sealed.userinfo(who.access_token)).json()["gba_cn_id"]["value"]
    opened = jwe.decrypt_compact(who.id_token, key, algorithms=["RSA-OAEP", "A128CBC-HS256"])
    inside = body_of((opened.plaintext or b"").decode())
    assert who.id_token.count(".") == 4
    assert inside["gba_cn_id"]["value"] == number
    assert inside["aud"] == "sealed"


# -------------------------------------------------------------------------------------------- levels (PR-10)
LEVELS: Final = [f"urn:gba:loa:{level}" for level in (1, 2, 3, 4)]
REACHED: Final = {
    ("macao", "un-mei-lin"): LEVELS[0],
    ("guangdong", "liu-yang"): LEVELS[0],
    ("guangdong", "wang-yan"): LEVELS[1],
    ("hong_kong", "chan-siu-ming"): LEVELS[2],
}


def demanding(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


async def acr_of(party: RelyingParty, provider: str, person: str, **changes: str) -> str:
    who = await stay(party, provider=provider, person=person, scope="openid", **changes)  # type: ignore[arg-type]
    return str((await party.world.id_token_claims(who.asked, who.tokens))["acr"])


@SHARED
@pytest.mark.attack("PR-10")
@pytest.mark.parametrize(("provider", "person"), [pair for pair in REACHED if pair[0] != "macao"])
@pytest.mark.parametrize("wish", [LEVELS[3], f"{LEVELS[3]} {LEVELS[2]}", "urn:gba:loa:9 phr high"])
async def test_pr_10_a_wish_raises_no_level(
    shared_world: WatchedWorld, office: RelyingParty, provider: str, person: str, wish: str
) -> None:
    browser, asked = shared_world.browser(), office.asking(scope="openid", acr_values=wish)
    chooser = await browser.open(asked.url)
    if f"provider-{provider.replace('_', '-')}" not in chooser.buttons:
        return  # an account that never reaches the wish is not offered at all

    found = await acr_of(office, provider, person, acr_values=wish)

    assert found == REACHED[provider, person]


@SHARED
@pytest.mark.attack("PR-10")
@pytest.mark.parametrize(("provider", "person"), [pair for pair in REACHED if pair[0] != "hong_kong"])
async def test_pr_10_a_demand_that_the_account_does_not_meet_ends_without_a_code(
    shared_world: WatchedWorld, office: RelyingParty, provider: str, person: str
) -> None:
    browser, asked = shared_world.browser(), office.asking(scope="openid", claims=demanding(LEVELS[2]))

    await browser.prove(await browser.to_provider(asked, provider), person)

    assert browser.answer["error"] == "unmet_authentication_requirements"
    assert browser.answer["state"] == asked.state
    assert "code" not in browser.answer


@SHARED
@pytest.mark.attack("PR-10")
@pytest.mark.parametrize("claims", [demanding("urn:gba:loa:9"), demanding("4", "high")])
async def test_pr_10_a_demand_for_a_level_that_does_not_exist_is_refused_at_once(
    shared_world: WatchedWorld, office: RelyingParty, claims: str
) -> None:
    browser = shared_world.browser()

    await browser.open(office.asking(scope="openid", claims=claims).url)

    assert browser.answer["error"] == "unmet_authentication_requirements"


@SHARED
@pytest.mark.attack("PR-10")
async def test_pr_10_a_level_covers_those_below_it_and_is_never_told_as_one_above(
    shared_world: WatchedWorld, office: RelyingParty
) -> None:
    told = [
        await acr_of(office, "hong_kong", "chan-siu-ming", claims=demanding(*values))
        for values in ((LEVELS[1],), (LEVELS[2],), (LEVELS[3], LEVELS[0]), (LEVELS[3], LEVELS[2]))
    ]

    assert told == [LEVELS[1], LEVELS[2], LEVELS[0], LEVELS[2]]


@SHARED
@pytest.mark.attack("PR-10", "GD-03")
@pytest.mark.parametrize(("person", "level"), [("wang-yan", 2), ("liu-yang", 1), ("li-xiao-hua", 3)])
async def test_pr_10_a_level_above_its_items_counts_as_the_lower(
    shared_world: WatchedWorld, office: RelyingParty, person: str, level: int
) -> None:
    browser = shared_world.browser(f"t-{person}")
    await shared_world.arm("guangdong", "level_string_conflict", session=f"t-{person}")

    who = await stay(office, browser, provider="guangdong", person=person, scope="openid")

    assert (await shared_world.id_token_claims(who.asked, who.tokens))["acr"] == LEVELS[level - 1]


WRONG_LEVELS: Final = [2, 9, "9", "", "high", None, ["2"], {"level": "2"}, "2 ", "02", True, "３"]


async def at_provider(world: WatchedWorld, party: RelyingParty, provider: str, person: str) -> tuple[Browser, Any]:
    browser = world.browser(**{"accept-language": "en"})
    page = await browser.to_provider(party.asking(scope="openid"), provider)
    return browser, await browser.prove(page, person)


@SHARED
@pytest.mark.attack("PR-10")
@pytest.mark.parametrize("level", WRONG_LEVELS, ids=repr)
async def test_pr_10_a_level_of_another_type_or_an_unknown_word_is_no_level_at_macao(
    shared_world: WatchedWorld, office: RelyingParty, monkeypatch: pytest.MonkeyPatch, level: Any
) -> None:
    told = macao.claims_of
    spoil: Callable[..., dict[str, Any]] = lambda *given: told(*given) | {"acr": level}  # noqa: E731 - one line in place
    monkeypatch.setattr("mock_idps.macao.interfaces.claims_of", spoil)

    browser, page = await at_provider(shared_world, office, "macao", "un-mei-lin")

    assert browser.caught is None
    assert (page.status, page.texts["problem-code"]) == (503, "GBA-2004")


@SHARED
@pytest.mark.attack("PR-10")
@pytest.mark.parametrize("level", ["L9", "l3", "", "3", "L3 ", None, 3, ["L3"]], ids=repr)
async def test_pr_10_a_level_of_another_type_or_an_unknown_word_is_no_level_in_guangdong(
    shared_world: WatchedWorld, office: RelyingParty, monkeypatch: pytest.MonkeyPatch, level: Any
) -> None:
    told = guangdong._userobj

    def spoil(persona: Persona, *given: Any) -> dict[str, Any]:
        return told(persona, *given) | {"creditable_level_of_account": level}

    monkeypatch.setattr(guangdong, "_userobj", spoil)

    browser, page = await at_provider(shared_world, office, "guangdong", "wang-yan")

    assert browser.caught is None
    assert (page.status, page.texts["problem-code"]) == (503, "GBA-2004")


@SHARED
@pytest.mark.attack("PR-10")
async def test_pr_10_an_account_that_was_never_checked_is_of_the_lowest_level_whatever_it_says(
    shared_world: WatchedWorld, office: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = guangdong._userobj
    monkeypatch.setattr(guangdong, "_userobj", lambda *given: told(*given) | {"isreal": "false"})

    assert await acr_of(office, "guangdong", "li-xiao-hua") == LEVELS[0]


@SHARED
@pytest.mark.attack("PR-10")
async def test_pr_10_the_level_is_the_same_in_every_token_and_on_record(
    shared_world: WatchedWorld, office: RelyingParty
) -> None:
    who = await stay(
        office, provider="guangdong", person="wang-yan", scope="openid offline_access", acr_values=LEVELS[1]
    )

    refreshed = (await office.refresh(who.refresh_token)).json()
    told = {
        (await shared_world.id_token_claims(who.asked, who.tokens))["acr"],
        (await shared_world.id_token_claims(who.asked, refreshed))["acr"],
        (await office.post("/introspect", {"token": who.access_token})).json()["acr"],
    }

    assert told == {LEVELS[1]}
