"""The dialect against the simulated platform, an independent reading of the same wire, in one process."""

import asyncio
import re
from datetime import date
from html import unescape
from urllib.parse import urljoin

import pytest

from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from mock_idps.personas import PERSONAS
from providers.base import Assurance, Callback
from providers.errors import ProviderError, ProviderFailure
from tests.providers.guangdong.stage import BASE, CALLBACK_URL, TOKENINFO, Stage, persona


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_a_person_fills_in_the_form_and_is_known(stage: Stage) -> None:
    start, login_id = await stage.start()
    async with stage.net.browser() as browser:
        page = await browser.get(start.url)
        ticket = re.search(r'name="ticket" value="([^"]*)"', page.text)
        assert ticket
        form = {"ticket": unescape(ticket[1]), "person": "li-xiao-hua"}
        back = await browser.post(f"{BASE}/tif/sso/login", data=form)

    identity = await stage.provider.finish(stage.returned(back, start, login_id))

    assert (identity.name.han, identity.birthdate, identity.sex) == ("李小华", date(1906, 6, 7), "M")
    assert (identity.assurance, identity.amr) == (Assurance.FOUR, ("pwd",))
    assert identity.documents == (MainlandIdentifier.parse("440305190606070012", stage.now.date()),)


@pytest.mark.parametrize(
    ("person", "level", "documents"),
    [("wang-yan", Assurance.TWO, 1), ("liu-yang", Assurance.ONE, 0), ("leung-kin-hong", Assurance.THREE, 1)],
)
async def test_the_cast_signs_in(stage: Stage, person: str, level: Assurance, documents: int) -> None:
    identity = await stage.sign_in(person)

    assert (identity.assurance, len(identity.documents)) == (level, documents)


async def test_an_account_bound_to_a_permit_gives_the_permit(stage: Stage) -> None:
    identity = await stage.sign_in("leung-kin-hong")

    assert identity.documents == (TravelPermit(persona("leung-kin-hong").permit),)


async def test_an_account_bound_to_a_residence_permit_gives_its_number(stage: Stage) -> None:
    holder = next(person for person in PERSONAS if person.gd_level and person.residence_permit)

    identity = await stage.sign_in(holder.id)

    document = identity.documents[0]
    assert isinstance(document, MainlandIdentifier)
    assert (document.value, identity.birthdate) == (holder.residence_permit, date.fromisoformat(holder.birthdate))


async def test_a_sign_in_makes_two_calls(stage: Stage) -> None:
    callback = await stage.callback()
    before = len(stage.net.requests)

    await stage.provider.finish(callback)

    assert len(stage.net.requests) - before == 2


@pytest.mark.parametrize(
    "scenario", ["state_echo", "unsigned_member", "level_string_conflict", "node_switch", "gbk_name"]
)
@pytest.mark.attack("GD-04")
@pytest.mark.attack("GD-08")
async def test_gd_04_gd_08_a_harmless_oddity_leaves_the_person_who_they_are(stage: Stage, scenario: str) -> None:
    usual = await stage.sign_in()
    stage.arm(scenario)

    odd = await stage.sign_in()

    assert odd.subject == usual.subject
    assert odd.name == usual.name


@pytest.mark.attack("GD-08")
async def test_gd_08_a_name_in_a_narrower_character_set_is_shown_as_it_came(stage: Stage) -> None:
    stage.arm("gbk_name")

    assert (await stage.sign_in("wang-yan")).name.han == "王?"


async def test_a_level_above_every_verification_is_not_believed(stage: Stage) -> None:
    stage.arm("level_string_conflict")

    assert (await stage.sign_in()).assurance is Assurance.THREE


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("user_cancel", ProviderFailure.CANCELLED, "cancel"),
        ("code_expired", ProviderFailure.EXPIRED, "40029"),
        ("code_reused", ProviderFailure.EXPIRED, "40029"),
        ("token_expired", ProviderFailure.EXPIRED, "42001"),
        ("level_low", ProviderFailure.NOT_ELIGIBLE, "43010"),
        ("permit_unsupported", ProviderFailure.NOT_ELIGIBLE, "43011"),
        ("sign_bad", ProviderFailure.BROKEN, "sign"),
        ("sign_old_key", ProviderFailure.BROKEN, "sign"),
        ("sign_missing", ProviderFailure.BROKEN, "sign"),
        ("mode_v1", ProviderFailure.BROKEN, "wrapper"),
        ("stale_stamp", ProviderFailure.BROKEN, "time_stamp"),
        ("duplicate_member", ProviderFailure.BROKEN, "json"),
        ("gbk_body", ProviderFailure.BROKEN, "json"),
        ("busy", ProviderFailure.UNREACHABLE, "-1"),
        ("rate_limit", ProviderFailure.UNREACHABLE, "45009"),
        ("maintenance", ProviderFailure.UNREACHABLE, "maintenance"),
        ("outage", ProviderFailure.UNREACHABLE, "http_502"),
    ],
)
@pytest.mark.attack("GD-04")
@pytest.mark.attack("GD-05")
@pytest.mark.attack("GD-08")
async def test_gd_04_gd_05_gd_08_each_scenario_ends_in_its_failure(
    stage: Stage, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    stage.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await stage.sign_in()

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.parametrize("sign", ["", "AAAA", "A" * 25_000, "MAYCAQACAQA="])
@pytest.mark.attack("GD-01")
@pytest.mark.attack("GD-10")
async def test_gd_01_gd_10_a_signature_of_another_shape_is_refused(stage: Stage, sign: str) -> None:
    stage.arm("sign_bad", sign=sign)

    with pytest.raises(ProviderError) as refused:
        await stage.sign_in()

    assert refused.value.detail == "sign"


async def test_a_slow_platform_is_given_up(stage: Stage) -> None:
    stage.calls._total = 0.05
    stage.arm("slow")

    with pytest.raises(ProviderError) as refused:
        await stage.sign_in()

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.UNREACHABLE, "timeout")


@pytest.mark.attack("GD-05")
async def test_gd_05_a_platform_that_rotated_its_key_is_refused_until_the_operator_adds_it(stage: Stage) -> None:
    stage.app.state.province.keys.rotate()

    with pytest.raises(ProviderError) as refused:
        await stage.sign_in()

    assert refused.value.detail == "sign"


@pytest.mark.attack("ST-02")
async def test_st_02_a_code_of_another_sign_in_does_not_fit_this_ones_callback(stage: Stage) -> None:
    mine, theirs = await stage.callback("li-xiao-hua"), await stage.callback("wang-yan")
    crossed = Callback(theirs.parameters, mine.kept, mine.login_id, stage.now)

    with pytest.raises(ProviderError) as refused:
        await stage.provider.finish(crossed)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MISCONFIGURED, "40035")


async def test_twenty_sign_ins_at_once_are_twenty_times_the_right_person(stage: Stage) -> None:
    stage.arm("node_switch")
    people = ["li-xiao-hua", "wang-yan"] * 10

    identities = await asyncio.gather(*(stage.sign_in(person) for person in people))

    assert [identity.name.han for identity in identities] == ["李小华", "王䶮"] * 10
    assert stage.net.count(TOKENINFO) == 40


async def test_a_fresh_proof_goes_through_the_platforms_logout_back_to_its_sign_in(stage: Stage) -> None:
    async with stage.net.browser() as browser:
        start, _ = await stage.start()
        await browser.get(f"{start.url}&auto=li-xiao-hua")
        known, _ = await stage.start()
        fresh, _ = await stage.start(fresh=True)

        straight_back = await browser.get(known.url)
        out = await browser.get(fresh.url)
        page = await browser.get(urljoin(BASE, out.headers["location"]))

    assert straight_back.headers["location"].startswith(CALLBACK_URL)
    assert page.status_code == 200
    assert 'id="sign-in"' in page.text
