"""Group MP, stand-ins: a surrogate never passes as a citizen's or a resident's number, whoever hands it on (MP-05)."""

import json
import re
from typing import Any

import pytest

from mapping.identifier import MainlandIdentifier, check_character
from mapping.vocabulary import IdentifierKind
from mock_idps.personas import Persona
from tests.attacks.failing_provider import a_victim, provider_answer
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.faults.province import believe, one, open_alerts
from tests.world import AT, a_client, asking

pytestmark = pytest.mark.attack("MP-05")
SHARED = pytest.mark.asyncio(loop_scope="module")
RESIDENCE_PERMIT = re.compile(r"8[123]0000(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]")
"""The type-specific check that police-backed forms make (identifiers.md §2)."""
CITIZEN = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])\d{15}[\dX]")
RESERVED_CODE = re.compile(r"8[12]00[5-9]\d")
WITHOUT_RESIDENCE_PERMIT = [
    ("hong_kong", "chan-siu-ming"),
    ("hong_kong", "jane-smith"),
    ("hong_kong", "lau-chi-wai"),
    ("macao", "chao-sio-man"),
    ("macao", "ines-conceicao"),
    ("guangdong", "leung-kin-hong"),
]


async def tokens_of(world: WatchedWorld, place: str, person: str, client: str = "shop") -> tuple[dict[str, Any], str]:
    """The claims of the ID token, which are those of userinfo too, and the access token."""
    asked = asking(client)
    answer = await world.browser().sign_in(asked, place, person)
    tokens = (await world.token(asked, answer["code"])).json()
    claims = await world.claims(asked, tokens)
    userinfo = (await world.userinfo(tokens["access_token"])).json()
    assert userinfo.get("gba_cn_id") == claims.get("gba_cn_id")
    return claims, tokens["access_token"]


async def verdict(world: WatchedWorld, token: str, number: str) -> dict[str, Any]:
    async with world.net.browser(authorization=f"Bearer {token}") as http:
        answer = await http.post(f"{AT.issuer}/v1/identifiers/verify", json={"number": number})
    found: dict[str, Any] = answer.json()
    return found


def a_surrogate(code: str, person: Persona) -> str:
    stem = f"{code}{person.birthdate.replace('-', '')}{'591' if person.sex == 'M' else '592'}"
    return stem + check_character(stem)


@SHARED
@pytest.mark.parametrize(("place", "person"), WITHOUT_RESIDENCE_PERMIT)
async def test_mp_05_what_is_issued_fails_the_checks_of_real_numbers_and_says_what_it_is(
    shared_world: WatchedWorld, place: str, person: str
) -> None:
    claims, token = await tokens_of(shared_world, place, person)
    told, born = claims["gba_cn_id"], one(person).birthdate.replace("-", "")

    number = told["value"]
    read = MainlandIdentifier.parse(number, shared_world.clock.now.date())

    assert len(number) == 18
    assert number[6:14] == born
    assert RESIDENCE_PERMIT.fullmatch(number) is None
    assert CITIZEN.fullmatch(number) is None
    assert RESERVED_CODE.fullmatch(number[:6])
    assert number[:6] not in {"810000", "820000", "830000"}
    assert read.kind is IdentifierKind.SURROGATE
    assert (told["kind"], told["scheme"]) == ("surrogate", "urn:gba-gateway:cnid:surrogate:v1")
    assert told["verifiable_with_police_data"] is False
    assert told["realm"] == "sandbox"
    assert (await verdict(shared_world, token, number))["kind"] == "surrogate"


@SHARED
async def test_mp_05_a_hostile_relying_party_cannot_have_a_surrogate_called_a_citizens_number(
    shared_world: WatchedWorld,
) -> None:
    world = shared_world
    await world.register(a_client("rp-x", surrogate_purposes=(), purpose="accommodation"))
    claims, _ = await tokens_of(world, "hong_kong", "chan-siu-ming")
    stolen = claims["gba_cn_id"]["value"]
    _, token = await tokens_of(world, "hong_kong", "wong-ka-yan", "rp-x")

    answers = [
        await verdict(world, token, text)
        for text in (
            stolen,
            f" {stolen[:6]}-{stolen[6:]} ",
            stolen.lower(),
            f"{stolen[:-1]}{'0' if stolen[-1] != '0' else '1'}",
        )
    ]

    assert {answer["kind"] for answer in answers} == {"surrogate", "unknown"}
    assert not any(answer["is_subjects"] for answer in answers)


@SHARED
@pytest.mark.parametrize("with_suffix", [False, True])
async def test_mp_05_a_surrogate_typed_as_a_permit_is_refused(shared_world: WatchedWorld, with_suffix: bool) -> None:
    world = shared_world
    claims, _ = await tokens_of(world, "hong_kong", "chan-siu-ming")
    typed = claims["gba_cn_id"]["value"] + ("00" if with_suffix else "")
    victim = a_victim(world)
    page = await provider_answer(victim, "hong_kong", "ng-pui-shan")
    asked = world.net.count("/ebus/tyrzapi/link/permit")

    async with leaves_nothing(world):
        answered = await victim.browser.press(page, "check-permit", permit=typed)

    assert "permit-error" in answered.texts
    assert typed not in victim.browser.last.text
    assert world.net.count("/ebus/tyrzapi/link/permit") == asked


@pytest.mark.parametrize("code", ["810050", "810054", "810070", "810099", "810060"])
async def test_mp_05_a_surrogate_that_the_register_vouches_for_is_refused_and_its_code_is_closed(
    world: WatchedWorld, code: str
) -> None:
    person = one("wong-ka-yan")
    forged = a_surrogate(code, person)
    believe(world, person.id, residence_permit=forged)
    victim = a_victim(world)
    page = await provider_answer(victim, "hong_kong", person.id)

    async with leaves_nothing(world):
        answered = await victim.browser.press(page, "check-permit", permit=person.permit or "")
    answer = await victim.browser.go_on(answered, person.id)

    told = await world.claims(victim.asked, (await world.token(victim.asked, answer["code"])).json())
    assert "gba_cn_id" not in told
    assert forged not in json.dumps(told)
    assert await open_alerts(world) == [("reserved_block", code)]
    refused = [e["details"]["reason"] for e in await audit_trail(world) if e["action"] == "identifier.refused"]
    assert refused[0] == "surrogate.input_forbidden"
    assert forged not in json.dumps(await audit_trail(world), default=str)
    switches = await world.stores.switch_registry.all()
    assert [switch.name for switch in switches] == [code]


async def test_mp_05_a_surrogate_that_a_provider_delivers_is_not_passed_on(world: WatchedWorld) -> None:
    person = one("wong-ka-yan")
    forged = a_surrogate("810050", person)
    believe(world, person.id, residence_permit=forged, permit=None)
    victim = a_victim(world)

    async with leaves_nothing(world, but={"transactions": 1}):
        page = await provider_answer(victim, "guangdong", person.id)

    assert page.texts["problem-code"] == "GBA-2004"
    assert forged not in victim.browser.last.text
