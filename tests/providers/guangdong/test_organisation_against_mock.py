"""Signing in for an organisation at the simulated platform: its tab, its representatives and agents, and its faults."""

import re
from urllib.parse import urljoin

import pytest

from providers.base import Assurance, MandateRole, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from tests.providers.guangdong.stage import BASE, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def act(stage: Stage, person: str = "li-xiao-hua") -> UpstreamIdentity:
    stage.arm("org_chosen")
    return await stage.sign_in(person)


async def test_a_person_chooses_an_organisation_on_the_tab_of_legal_persons(stage: Stage) -> None:
    start, login_id = await stage.start(organisation=True)
    async with stage.net.browser() as browser:
        out = await browser.get(start.url)
        page = await browser.get(urljoin(BASE, out.headers["location"]))
        found = re.search(r'name="ticket" value="([^"]*)"', page.text)
        assert found
        ticket = found[1]
        tab = await browser.get(f"{BASE}/tif/sso/login", params={"ticket": ticket, "tab": "legal"})
        assert 'id="as-wang-yan-for-bay-trading"' in tab.text
        form = {"ticket": ticket, "person": "wang-yan", "organisation": "bay-trading"}
        back = await browser.post(f"{BASE}/tif/sso/login", data=form)

    identity = await stage.provider.finish(stage.returned(back, start, login_id))

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.name.han, identity.organisation.name) == ("王䶮", "湾区模拟贸易有限公司")
    assert (identity.mandate.role, identity.mandate.scope) == (MandateRole.AGENT, ("tax", "social_insurance"))
    assert identity.assurance is Assurance.TWO


async def test_a_representative_is_the_same_subject_with_and_without_the_organisation(stage: Stage) -> None:
    alone = await stage.sign_in()

    acting = await act(stage)

    assert (alone.subject, alone.organisation) == (acting.subject, None)
    assert acting.organisation is not None
    assert acting.organisation.identifier == "91999900GBA000013P"
    assert acting.mandate is not None
    assert acting.mandate.role is MandateRole.LEGAL_REPRESENTATIVE
    assert (alone.assurance, acting.assurance) == (Assurance.FOUR, Assurance.THREE)


async def test_a_former_agent_brings_a_mandate_that_is_over(stage: Stage) -> None:
    mandate = (await act(stage, "leung-kin-hong")).mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < stage.now


async def test_an_appointment_can_be_made_to_have_ended(stage: Stage) -> None:
    stage.arm("org_mandate_expired")

    mandate = (await act(stage, "wang-yan")).mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < stage.now


async def test_a_residence_permit_makes_a_representative_whose_organisation_was_struck_off(stage: Stage) -> None:
    with pytest.raises(ProviderError) as refused:
        await act(stage, "wong-ka-yan")

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "org_status")


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("org_alone", ProviderFailure.NOT_ELIGIBLE, "usertype"),
        ("org_of_another", ProviderFailure.NOT_ELIGIBLE, "org_mandate"),
        ("org_struck_off", ProviderFailure.NOT_ELIGIBLE, "org_status"),
        ("org_level_low", ProviderFailure.NOT_ELIGIBLE, "org_level"),
        ("org_agent_pending", ProviderFailure.NOT_ELIGIBLE, "org_agent_status"),
        ("org_wrong_number", ProviderFailure.BROKEN, "field:idcardnumber"),
        ("org_doubled", ProviderFailure.BROKEN, "field:extproperties"),
        ("sign_bad", ProviderFailure.BROKEN, "sign"),
        ("duplicate_member", ProviderFailure.BROKEN, "json"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    stage: Stage, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    stage.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await act(stage, "wang-yan")

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.attack("GD-04")
async def test_gd_04_an_organisation_that_no_signature_covers_is_not_seen(stage: Stage) -> None:
    stage.arm("org_unsigned")

    identity = await stage.sign_in()

    assert (identity.organisation, identity.mandate) == (None, None)
