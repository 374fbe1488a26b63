"""Group GD, register: the link register misbehaves while a person stands on the permit page."""

import asyncio
import tomllib

import pytest

from gateway.cli.robot import Page
from mock_idps.personas import PERSONAS, find
from providers.guangdong import link_from_settings
from tests.attacks.failing_provider import (
    NEVER_MS,
    Victim,
    a_victim,
    assert_undisturbed,
    provider_answer,
    shorten_deadline,
)
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.world import AT

PERMIT_HOLDER = "chan-siu-ming"
SHARED = pytest.mark.asyncio(loop_scope="module")
ASK = "/ebus/tyrzapi/link/permit"
REDEEM = "/ebus/tyrzapi/link/redeem"
SEALED_WRONG = {"tif_bad", "tif_skew", "tif_replay", "sm4_wrong_key", "sm2_wrong_key"}
REGISTER = {
    "register_none": "The register has no entry that fits this number",
    "register_several": "The register cannot tell which entry is yours",
    "register_down": "The register does not answer at the moment",
}


async def at_permit_page(world: WatchedWorld, person: str = PERMIT_HOLDER) -> tuple[Victim, Page]:
    """A person of Hong Kong who is asked for the permit number."""
    victim = a_victim(world)
    world.clock.advance(minutes=2)
    page = await provider_answer(victim, "hong_kong", person)
    assert "permit" in page.inputs
    return victim, page


async def assert_goes_on_without(world: WatchedWorld, victim: Victim, page: Page) -> None:
    """The service gets a sign-in without an identifier, and nothing was bound."""
    answer = await victim.browser.go_on(await victim.browser.press(page, "skip-permit"), PERMIT_HOLDER)
    tokens = (await world.token(victim.asked, answer["code"])).json()
    claims = await world.claims(victim.asked, tokens)
    assert (answer["state"], answer["iss"]) == (victim.asked.state, AT.issuer)
    assert {"gba_cn_id", "gba_doc"} & claims.keys() == set()


@SHARED
@pytest.mark.parametrize("scenario", sorted(REGISTER))
async def test_what_the_register_says_stands_on_the_page_and_the_person_may_go_on(
    shared_world: WatchedWorld, scenario: str
) -> None:
    world, number = shared_world, find(PERSONAS, PERMIT_HOLDER).permit
    await world.arm("guangdong", scenario, match={"persona": PERMIT_HOLDER}, times=1)
    victim, page = await at_permit_page(world)

    async with leaves_nothing(world):
        answered = await victim.browser.press(page, "check-permit", permit=number)

    assert answered.status == 200
    assert REGISTER[scenario] in answered.texts["permit-error"]
    assert number not in victim.browser.last.text
    assert "error=access_denied&" in answered.links["way-home"]
    assert f"state={victim.asked.state}" in answered.links["way-home"]
    await assert_undisturbed(world, "guangdong")
    await world.signed_in("hong_kong", "cheung-mei-fong")
    await assert_goes_on_without(world, victim, answered)


async def test_a_register_that_is_slow_is_given_up_and_asked_again(world: WatchedWorld) -> None:
    await assert_undisturbed(world, "hong_kong")
    shorten_deadline(world)
    await world.arm(
        "guangdong", "register_slow", match={"persona": PERMIT_HOLDER}, times=1, args={"delay_ms": NEVER_MS}
    )
    victim, page = await at_permit_page(world)

    async with leaves_nothing(world):
        slow = await victim.browser.press(page, "check-permit", permit=find(PERSONAS, PERMIT_HOLDER).permit)
    answer = await victim.browser.go_on(slow, PERMIT_HOLDER)

    assert REGISTER["register_down"] in slow.texts["permit-error"]
    claims = await world.claims(victim.asked, (await world.token(victim.asked, answer["code"])).json())
    assert claims["gba_cn_id"]["kind"] == "surrogate"


@SHARED
@pytest.mark.attack("GD-06")
@pytest.mark.parametrize(
    ("scenario", "side"),
    [
        *((scenario, "question") for scenario in sorted(SEALED_WRONG)),
        ("sm4_wrong_key", "answer"),
        ("sm2_wrong_key", "answer"),
    ],
)
async def test_gd_06_a_register_that_refuses_us_or_answers_under_a_strange_key_tells_nothing(
    shared_world: WatchedWorld, scenario: str, side: str
) -> None:
    world = shared_world
    await world.arm("guangdong", scenario, times=1, args={"side": side})
    victim, page = await at_permit_page(world)

    async with leaves_nothing(world):
        answered = await victim.browser.press(page, "check-permit", permit=find(PERSONAS, PERMIT_HOLDER).permit)

    assert REGISTER["register_down"] in answered.texts["permit-error"]
    assert "46" not in answered.texts["permit-error"]
    await assert_goes_on_without(world, victim, answered)


@SHARED
@pytest.mark.attack("GD-06")
async def test_gd_06_no_nonce_of_ours_is_used_twice(shared_world: WatchedWorld) -> None:
    world = shared_world
    await asyncio.gather(*(world.signed_in("hong_kong", person) for person in ("lam-yi-lin", "lee-wing-sze")))

    sent = [request.headers["x-tif-nonce"] for request in world.net.requests if request.url.path in {ASK, REDEEM}]

    assert len(sent) > 1
    assert len(set(sent)) == len(sent)


@SHARED
@pytest.mark.attack("GD-06")
@pytest.mark.parametrize("spelling", [str.lower, str.upper])
async def test_gd_06_nobody_can_call_us_with_headers_of_the_government_gateway(
    shared_world: WatchedWorld, spelling
) -> None:
    headers = {
        "x-tif-paasid": "gba_gateway",
        "x-tif-timestamp": "1795507200",
        "x-tif-nonce": "199c82cc000-5f3a1b",
        "x-tif-signature": spelling("6a" * 32),
        "x-tif-uid": "u1",
        "x-tif-uinfo": "eyJjbiI6IuW8oOS4iSJ9",
    }
    async with shared_world.net.browser(**headers) as http, leaves_nothing(shared_world):
        answers = [
            await http.request(method, f"{AT.issuer}{path}")
            for method in ("GET", "POST")
            for path in ("/ebus/gateway", "/userinfo", "/callback/guangdong")
        ]

    assert {answer.status_code for answer in answers} <= {401, 404, 405}


@SHARED
@pytest.mark.attack("GD-06")
async def test_gd_06_probing_the_register_is_bounded_and_on_record(shared_world: WatchedWorld) -> None:
    world = shared_world
    victim, page = await at_permit_page(world, "ng-pui-shan")
    asked, told = world.net.count(ASK), len(await audit_trail(world))

    for number in range(7):
        page = await victim.browser.press(page, "check-permit", permit=f"H{7_000_000 + number:08d}")

    assert "Too many numbers were tried" in page.texts["permit-error"]
    assert world.net.count(ASK) - asked == 5
    events = [(e["action"], e["details"].get("reason")) for e in (await audit_trail(world))[told:]]
    assert (
        events
        == [("identifier.refused", "register.not_matched")] * 5 + [("identifier.refused", "permit.too_many_tries")] * 2
    )


@SHARED
@pytest.mark.attack("GD-09")
@pytest.mark.parametrize("role", ["sm2_encryption_key", "sm2_encryption_certificate", "sm2_certificate"])
async def test_gd_09_there_is_one_signing_key_and_no_second_role_to_mix_it_up_with(
    shared_world: WatchedWorld, role: str
) -> None:
    folder = shared_world.folder
    block = tomllib.loads((folder / "gate.toml").read_text())["register"]
    texts = {
        name.removesuffix("_file"): (folder / value).read_text().strip() if name.endswith("_file") else value
        for name, value in block.items()
    }

    assert link_from_settings(texts)
    with pytest.raises(ValueError, match=role):
        link_from_settings({**texts, role: texts["sm2_key"]})
    with pytest.raises(ValueError, match="sm2_key"):
        link_from_settings({**texts, "sm2_key": texts["sm2_key"].replace("PRIVATE KEY", "CERTIFICATE")})
