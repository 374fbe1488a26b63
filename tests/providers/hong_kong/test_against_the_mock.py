"""Sign-ins against the mock: the adapter and the mock are two independent readings of one wire."""

from datetime import UTC, date, datetime

import pytest

from mapping.documents import HongKongIdentityCard
from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.providers.hong_kong.builders import BASE, NOW, NOW_MS
from tests.providers.hong_kong.world import World, walk


@pytest.fixture
def world() -> World:
    return World()


async def test_a_person_signs_in_over_the_pages(world: World) -> None:
    identity = await world.provider.finish(await walk(world, "approve"))

    assert (identity.name.han, identity.name.family, identity.name.given) == ("陳小明", "CHAN", "Siu Ming")
    assert (identity.birthdate, identity.sex) == (date(1904, 5, 6), "M")
    assert identity.documents == (HongKongIdentityCard("A1234563"),)
    assert identity.assurance is Assurance.THREE


async def test_a_person_says_no_on_the_phone(world: World) -> None:
    callback = await walk(world, "reject")

    with pytest.raises(ProviderError) as refused:
        await world.provider.finish(callback)

    assert refused.value.failure is ProviderFailure.REFUSED


async def test_every_persona_with_an_account_can_sign_in(world: World) -> None:
    async with world.net.browser() as browser:
        personas = (await browser.get(f"{BASE}/__mock__/personas")).json()

    identities = [await world.sign_in(persona["id"]) for persona in personas]

    assert len(identities) >= 8
    assert len({identity.subject for identity in identities}) == len(identities)
    assert [identity.name.han for identity in identities] == [persona["name_han"] for persona in personas]
    assert [identity.birthdate.isoformat() for identity in identities if identity.birthdate] == [
        persona["birthdate"] for persona in personas
    ]


async def test_a_person_is_the_same_person_the_next_time(world: World) -> None:
    first, second = await world.sign_in(), await world.sign_in()

    assert (first.subject, first.data_version) == (second.subject, second.data_version)


async def test_a_sign_in_makes_two_calls_once_the_key_is_held(world: World) -> None:
    await world.sign_in()
    callback = await world.come_back()
    world.net.requests.clear()

    await world.provider.finish(callback)

    assert [r.url.path for r in world.net.requests] == ["/api/v1/auth/getToken", "/api/v1/profiles"]


async def test_a_code_is_honoured_once(world: World) -> None:
    callback = await world.come_back()
    await world.provider.finish(callback)

    with pytest.raises(ProviderError) as refused:
        await world.provider.finish(callback)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.EXPIRED, "D40004")


async def test_a_code_lives_for_a_minute(world: World) -> None:
    callback = await world.come_back()
    world.clock.turn(seconds=61)

    with pytest.raises(ProviderError, match="D40004"):
        await world.provider.finish(callback)


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("user_cancel", ProviderFailure.CANCELLED, "D40000"),
        ("user_reject", ProviderFailure.REFUSED, "D40001"),
        ("deny_state_only", ProviderFailure.REFUSED, "state_only"),
        ("deny_sandbox_code", ProviderFailure.REFUSED, "D20001"),
        ("auth_timeout", ProviderFailure.EXPIRED, "D40003"),
        ("state_dropped", ProviderFailure.MALFORMED_CALLBACK, "state"),
        ("state_wrong", ProviderFailure.MALFORMED_CALLBACK, "state"),
        ("code_expired", ProviderFailure.EXPIRED, "D40004"),
        ("code_reused", ProviderFailure.EXPIRED, "D40004"),
        ("token_expired", ProviderFailure.EXPIRED, "D20009"),
        ("openid_mismatch", ProviderFailure.BROKEN, "D20010"),
        ("bad_signature", ProviderFailure.MISCONFIGURED, "D20006"),
        ("bad_method", ProviderFailure.MISCONFIGURED, "D20005"),
        ("kek_missing", ProviderFailure.MISCONFIGURED, "D30001"),
        ("truncated", ProviderFailure.BROKEN, "json"),
    ],
)
async def test_each_scenario_ends_in_a_clear_refusal(
    world: World, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    await world.arm(scenario)

    assert await world.failure() == (failure, detail)


@pytest.mark.parametrize(
    ("scenario", "detail"), [("maintenance", "http_503"), ("outage", "http_500"), ("throttled", "http_429")]
)
async def test_an_outage_says_that_later_may_help(world: World, scenario: str, detail: str) -> None:
    await world.arm(scenario, "getToken")

    assert await world.failure() == (ProviderFailure.UNREACHABLE, detail)


async def test_a_dead_provider_is_unreachable(world: World) -> None:
    callback = await world.come_back()
    world.net.unmount(BASE)

    with pytest.raises(ProviderError) as refused:
        await world.provider.finish(callback)

    assert refused.value.failure is ProviderFailure.UNREACHABLE


@pytest.mark.parametrize("scenario", ["no_chinese_name", "chinese_name_unverified"])
async def test_without_a_verified_chinese_name_the_english_one_stands(world: World, scenario: str) -> None:
    await world.arm(scenario)

    name = (await world.sign_in()).name

    assert (name.han, name.display) == (None, "CHAN, Siu Ming")


async def test_changed_data_show_in_the_version(world: World) -> None:
    before = await world.sign_in()
    await world.arm("data_changed")

    after = await world.sign_in()

    assert after.data_version != before.data_version
    assert after.data_version == str(NOW_MS)


async def test_times_are_taken_from_the_callback(world: World) -> None:
    world.clock.turn(minutes=3)

    assert (await world.sign_in()).authenticated_at == datetime(NOW.year, NOW.month, NOW.day, 4, 3, tzinfo=UTC)
