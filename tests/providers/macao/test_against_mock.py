"""The dialect against the simulated One Account, an independent reading of the same wire, in one process."""

import asyncio
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from mapping.documents import MacaoIdentityCard
from providers.base import Assurance, Callback
from providers.errors import ProviderError, ProviderFailure
from tests.providers.macao.stage import BASE, CALLBACK_URL, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_a_person_fills_in_the_form_and_is_known(stage: Stage) -> None:
    start, login_id = await stage.start(assurance=Assurance.ONE)
    async with stage.net.browser() as browser:
        to_page = await browser.get(start.url)
        ticket = dict(parse_qsl(urlsplit(to_page.headers["location"]).query))["ticket"]
        form = {"ticket": ticket, "person": "chao-sio-man", "password": "sandbox"}
        back = await browser.post(f"{BASE}/en/login", data=form)
    parameters = dict(parse_qsl(urlsplit(back.headers["location"]).query))

    identity = await stage.provider.finish(Callback(parameters, start.kept, login_id, stage.now))

    assert (identity.name.han, identity.name.latin) == ("周小敏", "Chao, Sio Man")
    assert (identity.birthdate, identity.sex, identity.assurance) == (date(1902, 3, 4), "F", Assurance.ONE)
    assert identity.documents == (MacaoIdentityCard("12345678"),)


async def test_the_same_person_is_the_same_subject_each_time_and_nobody_elses(stage: Stage) -> None:
    first, again, other = [await stage.sign_in(who) for who in ("chao-sio-man", "chao-sio-man", "lei-ka-meng")]

    assert first.subject == again.subject != other.subject


@pytest.mark.parametrize(
    ("person", "level", "latin"),
    [
        ("un-mei-lin", Assurance.ONE, "Un, Mei Lin"),
        ("chan-weng-kin", Assurance.TWO, "Chan, Weng Kin"),
        ("jose-da-luz", Assurance.THREE, "da Luz, José"),
        ("ines-conceicao", Assurance.THREE, "Fernandes da Conceição, Inês Maria"),
    ],
)
async def test_the_cast_signs_in(stage: Stage, person: str, level: Assurance, latin: str) -> None:
    identity = await stage.sign_in(person, assurance=Assurance.THREE)

    assert (identity.assurance, identity.name.latin) == (level, latin)


async def test_once_the_keys_are_held_a_sign_in_makes_two_calls(stage: Stage) -> None:
    await stage.sign_in()

    await stage.sign_in()

    assert [stage.net.count(path) for path in ("/keys", "/oauth/token", "/api/profile")] == [1, 2, 2]


@pytest.mark.parametrize("scenario", ["lang_pt", "child_account"])
async def test_variants_of_the_profile_are_read(stage: Stage, scenario: str) -> None:
    stage.arm(scenario)

    identity = await stage.sign_in()

    assert identity.name.latin == "Chao, Sio Man"


@pytest.mark.parametrize(
    ("scenario", "args", "failure", "detail"),
    [
        ("user_cancel", {}, ProviderFailure.CANCELLED, "cancelled"),
        ("user_reject", {}, ProviderFailure.REFUSED, "rejected"),
        ("state_dropped", {}, ProviderFailure.MALFORMED_CALLBACK, "state"),
        ("iss_wrong", {}, ProviderFailure.BROKEN, "iss"),
        ("pkce_wrong", {}, ProviderFailure.EXPIRED, "invalid_grant"),
        ("token_redirect", {}, ProviderFailure.BROKEN, "redirect"),
        ("token_307", {}, ProviderFailure.BROKEN, "redirect"),
        ("token_weird", {"expires_in": "1e18"}, ProviderFailure.BROKEN, "field:expires_in"),
        ("token_weird", {"token_type": {"absent": True}}, ProviderFailure.BROKEN, "missing:token_type"),
        ("token_weird", {"refresh_token": {"repeat": 1_000_000}}, ProviderFailure.BROKEN, "oversized"),
        ("token_expired", {}, ProviderFailure.EXPIRED, "4011"),
        ("success_text", {}, ProviderFailure.BROKEN, "envelope"),
        ("false_with_data", {}, ProviderFailure.UNREACHABLE, "5999"),
        ("zero_with_tag", {}, ProviderFailure.BROKEN, "envelope"),
        ("api_error", {"code": 4030}, ProviderFailure.NOT_ELIGIBLE, "4030"),
        ("throttled", {}, ProviderFailure.UNREACHABLE, None),
        ("jws_bad", {}, ProviderFailure.BROKEN, "jws_signature_refused"),
        ("jws_old_key", {}, ProviderFailure.BROKEN, "jws_key_ended"),
        ("jws_unknown_key", {}, ProviderFailure.BROKEN, "jws_unknown_kid"),
        ("jws_alg_none", {}, ProviderFailure.BROKEN, "jws_algorithm_refused"),
        ("jws_hs256", {}, ProviderFailure.BROKEN, "jws_algorithm_refused"),
        ("extra_uid", {}, ProviderFailure.BROKEN, "jws_malformed"),
        ("other_client_jws", {}, ProviderFailure.BROKEN, "uid"),
        ("other_user_jws", {}, ProviderFailure.BROKEN, "uid"),
        ("html_200", {}, ProviderFailure.BROKEN, "content_type"),
    ],
)
@pytest.mark.attack("MO-01")
@pytest.mark.attack("MO-03")
@pytest.mark.attack("MO-04")
@pytest.mark.attack("PK-05")
async def test_mo_01_mo_03_mo_04_pk_05_each_scenario_ends_in_its_failure(
    stage: Stage, scenario: str, args: dict[str, Any], failure: ProviderFailure, detail: str | None
) -> None:
    start, login_id = await stage.start()
    if scenario == "throttled":  # would stop the pages too
        parameters = await stage.browse(f"{start.url}&auto=chao-sio-man")
        stage.arm(scenario, **args)
    else:
        stage.arm(scenario, **args)
        parameters = await stage.browse(f"{start.url}&auto=chao-sio-man")

    with pytest.raises(ProviderError) as refused:
        await stage.provider.finish(Callback(parameters, start.kept, login_id, stage.now))

    assert refused.value.failure is failure
    assert detail in {None, refused.value.detail}


@pytest.mark.parametrize("scenario", ["maintenance", "outage", "slow"])
async def test_a_platform_that_is_down_or_slow_is_unreachable(stage: Stage, scenario: str) -> None:
    stage.provider._calls._total = 0.05
    start, login_id = await stage.start()
    parameters = await stage.browse(f"{start.url}&auto=chao-sio-man")
    stage.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await stage.provider.finish(Callback(parameters, start.kept, login_id, stage.now))

    assert refused.value.failure is ProviderFailure.UNREACHABLE


async def test_a_code_is_worth_nothing_twice(stage: Stage) -> None:
    start, login_id = await stage.start()
    parameters = await stage.browse(f"{start.url}&auto=chao-sio-man")
    callback = Callback(parameters, start.kept, login_id, stage.now)
    await stage.provider.finish(callback)

    with pytest.raises(ProviderError) as refused:
        await stage.provider.finish(callback)

    assert refused.value.failure is ProviderFailure.EXPIRED


async def test_a_code_of_another_sign_in_does_not_fit_this_ones_verifier(stage: Stage) -> None:
    mine, my_id = await stage.start()
    theirs, _ = await stage.start()
    code = (await stage.browse(f"{theirs.url}&auto=lei-ka-meng"))["code"]

    with pytest.raises(ProviderError) as refused:
        await stage.provider.finish(Callback({"code": code, "state": my_id}, mine.kept, my_id, stage.now))

    assert refused.value.detail == "invalid_grant"


@pytest.mark.attack("MO-02")
async def test_mo_02_a_rotation_costs_one_fetch_for_twenty_sign_ins_in_flight(stage: Stage) -> None:
    await stage.sign_in()
    stage.app.state.account.rotate()

    people = await asyncio.gather(*(stage.sign_in() for _ in range(20)))

    assert len({person.subject for person in people}) == 1
    assert stage.net.count("/keys") == 2


@pytest.mark.attack("MO-02")
async def test_mo_02_unknown_key_numbers_make_no_storm(stage: Stage) -> None:
    await stage.sign_in()
    stage.arm("jws_unknown_key")

    refused = await asyncio.gather(*(stage.sign_in() for _ in range(50)), return_exceptions=True)

    assert all(isinstance(error, ProviderError) for error in refused)
    assert stage.net.count("/keys") == 2


async def test_a_fresh_proof_is_asked_of_a_browser_that_is_signed_in_over_there(stage: Stage) -> None:
    async with stage.net.browser() as browser:
        start, _ = await stage.start()
        url = f"{start.url}&auto=chao-sio-man"
        while not url.startswith(CALLBACK_URL):
            url = urljoin(url, (await browser.get(url)).headers["location"])
        known, _ = await stage.start()
        fresh, _ = await stage.start(fresh=True)

        straight_back = await browser.get(known.url)
        to_the_page = await browser.get(fresh.url)

    assert straight_back.headers["location"].startswith(CALLBACK_URL)
    assert "/en/login" in to_the_page.headers["location"]


async def test_a_clock_that_is_a_minute_off_does_not_matter(stage: Stage) -> None:
    stage.provider._clock = lambda: stage.now + timedelta(seconds=55)

    assert (await stage.sign_in()).provider == "macao"
