"""Signing in for a company at the simulated iAM Smart and CorpID: the phone's choice, its codes, and its faults."""

from dataclasses import replace
from typing import Any

import pytest

from providers.base import Callback, LoginRequest, MandateRole, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong import HongKong
from tests.providers.hong_kong.builders import BASE, LOGIN_ID, settings
from tests.providers.hong_kong.world import CALLBACK, STUDENT, World, link, ticket


class CorpWorld(World):
    """The world of iAM Smart, with a registration at CorpID."""

    is_sandbox = False

    def another_provider(self, clock: Any = None) -> HongKong:
        registered = replace(settings(), corpid_base_url=f"{BASE}/corpid", corpid_sandbox=self.is_sandbox)
        return HongKong(registered, Calls(self.net), clock or self.clock)

    async def company_callback(self, persona: str = STUDENT, **login: Any) -> Callback:
        """Sign in without pages, for the person's first company."""
        await self.arm("org_chosen")
        wish = {"organisation": True, **login}
        start = await self.provider.start(LoginRequest(LOGIN_ID, CALLBACK, "zh-Hant-HK", **wish))
        async with self.net.browser() as browser:
            answer = await browser.get(f"{start.url}&auto={persona}")
        return replace(self.callback_of(answer.headers["location"]), kept=start.kept)

    async def act(self, persona: str = STUDENT, **login: Any) -> UpstreamIdentity:
        return await self.provider.finish(await self.company_callback(persona, **login))


class Sandbox(CorpWorld):
    """CorpID's sandbox, with its own page and code."""

    is_sandbox = True


@pytest.fixture
def world() -> CorpWorld:
    return CorpWorld()


@pytest.mark.parametrize("kind", [CorpWorld, Sandbox])
async def test_a_representative_acts_for_the_company(kind: type[CorpWorld]) -> None:
    identity = await kind().act()

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.name.han, identity.organisation.name) == ("陳小明", "海港模擬書店有限公司")
    assert (identity.mandate.role, identity.mandate.scope) == (MandateRole.AGENT, ("login", "formfill"))


async def test_a_person_chooses_the_company_on_the_phone(world: CorpWorld) -> None:
    start = await world.provider.start(LoginRequest(LOGIN_ID, CALLBACK, "en", organisation=True))
    async with world.net.browser() as browser, world.net.browser() as phone:
        qr = await browser.get(start.url)
        asked = await phone.get(link(qr.text, "open-phone"))
        assert 'id="person-cheung-mei-fong-for-harbour-books"' in asked.text
        form = {"c": ticket(asked.text), "person": "cheung-mei-fong", "organisation": "harbour-books"}
        await phone.post(f"{BASE}/qr", data={**form, "action": "approve"})
        home = await browser.get(f"{BASE}/qr/continue", params={"c": ticket(qr.text)})

    identity = await world.provider.finish(replace(world.callback_of(home.headers["location"]), kept=start.kept))

    assert identity.mandate is not None
    assert identity.mandate.role is MandateRole.LEGAL_REPRESENTATIVE


async def test_a_person_is_the_same_subject_with_and_without_the_company(world: CorpWorld) -> None:
    alone = await world.sign_in()

    acting = await world.act()

    assert (alone.subject, alone.organisation) == (acting.subject, None)


async def test_no_company_is_offered_where_none_was_asked_for(world: CorpWorld) -> None:
    assert (await world.act(organisation=False)).organisation is None


@pytest.mark.parametrize(("persona", "scenario"), [("lau-chi-wai", None), (STUDENT, "org_mandate_expired")])
async def test_a_former_representative_brings_a_mandate_that_is_over(
    world: CorpWorld, persona: str, scenario: str | None
) -> None:
    if scenario is not None:
        await world.arm(scenario)

    mandate = (await world.act(persona)).mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < world.clock()


async def test_a_missing_second_code_is_a_sign_in_for_oneself(world: CorpWorld) -> None:
    await world.arm("org_code_missing")

    assert (await world.act()).organisation is None


async def test_mixed_letters_are_read_as_they_come(world: CorpWorld) -> None:
    await world.arm("org_mixed_prefix", times=5)

    assert (await world.act()).organisation is not None


async def test_a_second_code_is_honoured_once_and_for_its_own_person_alone(world: CorpWorld) -> None:
    mine, theirs = await world.company_callback(), await world.company_callback("cheung-mei-fong")
    crossed = replace(mine, parameters={**mine.parameters, "cCode": theirs.parameters["cCode"]})

    with pytest.raises(ProviderError) as refused:
        await world.provider.finish(crossed)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.EXPIRED, "M40004")


@pytest.mark.parametrize(
    ("scenario", "args", "failure", "detail"),
    [
        ("org_code_odd", {}, ProviderFailure.MALFORMED_CALLBACK, "corp_code_shape"),
        ("org_code_doubled", {}, ProviderFailure.MALFORMED_CALLBACK, "corp_code"),
        ("org_code_foreign", {}, ProviderFailure.EXPIRED, "M40004"),
        ("org_code_reused", {}, ProviderFailure.EXPIRED, "M40004"),
        ("org_token_spent", {}, ProviderFailure.EXPIRED, "M20009"),
        ("org_suspended", {}, ProviderFailure.UNREACHABLE, "M10001"),
        ("org_revoked", {}, ProviderFailure.NOT_ELIGIBLE, "M99992"),
        ("org_certificate", {}, ProviderFailure.NOT_ELIGIBLE, "corp_user_type"),
        ("org_no_login", {}, ProviderFailure.NOT_ELIGIBLE, "corp_powers"),
        ("org_struck_off", {}, ProviderFailure.NOT_ELIGIBLE, "corp_status"),
        ("org_wrong_number", {}, ProviderFailure.BROKEN, "field:brn"),
        ("org_weird", {"openID": "somebody-else-00000000"}, ProviderFailure.BROKEN, "corp_open_id"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    world: CorpWorld, scenario: str, args: dict[str, Any], failure: ProviderFailure, detail: str
) -> None:
    await world.arm(scenario, **args)

    with pytest.raises(ProviderError) as refused:
        await world.act()

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


async def test_a_dissolved_company_is_not_eligible(world: CorpWorld) -> None:
    await world.arm("org_chosen", organisation="closed-teahouse")

    with pytest.raises(ProviderError) as refused:
        await world.act("lau-chi-wai")

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "corp_status")


async def test_a_second_code_that_nobody_asked_for_is_refused(world: CorpWorld) -> None:
    await world.arm("org_code_unasked")

    assert await world.failure() == (ProviderFailure.MALFORMED_CALLBACK, "corp_code")


@pytest.mark.parametrize("endpoint", ["corpGetToken", "corpProfiles"])
@pytest.mark.parametrize(("scenario", "detail"), [("outage", "http_500"), ("maintenance", "http_503")])
async def test_corpid_can_be_down_by_itself(world: CorpWorld, endpoint: str, scenario: str, detail: str) -> None:
    await world.arm(scenario, endpoint)

    with pytest.raises(ProviderError) as refused:
        await world.act()

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.UNREACHABLE, detail)
    assert (await world.sign_in()).organisation is None
