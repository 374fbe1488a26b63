"""Signing in for an entity at the simulated One Account: its form, its staff, and its faults."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.base import Assurance, Callback, MandateRole, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from tests.providers.macao.stage import BASE, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def act(stage: Stage, person: str = "chao-sio-man") -> UpstreamIdentity:
    stage.arm("org_chosen")
    return await stage.sign_in(person, organisation=True)


def query_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


async def test_a_member_of_staff_fills_in_the_form_with_the_entity_code(stage: Stage) -> None:
    start, login_id = await stage.start(organisation=True, assurance=Assurance.ONE)
    async with stage.net.browser() as browser:
        ticket = query_of((await browser.get(start.url)).headers["location"])["ticket"]
        form = {"ticket": ticket, "person": "chao-sio-man", "password": "sandbox", "entityCode": "sim000018"}
        back = await browser.post(f"{BASE}/en/login", data=form)

    callback = Callback(query_of(back.headers["location"]), start.kept, login_id, stage.now)
    identity = await stage.provider.finish(callback)

    assert identity.organisation is not None
    assert identity.mandate is not None
    assert (identity.name.han, identity.organisation.identifier) == ("周小敏", "00000018")
    assert (identity.mandate.role, identity.mandate.scope) == (MandateRole.AGENT, ("licensing", "tax"))


async def test_a_representative_is_the_same_subject_with_and_without_the_entity(stage: Stage) -> None:
    alone = await stage.sign_in("lei-ka-meng", organisation=True)

    acting = await act(stage, "lei-ka-meng")

    assert (alone.subject, alone.organisation, alone.mandate) == (acting.subject, None, None)
    assert acting.mandate is not None
    assert (acting.mandate.role, acting.mandate.scope) == (MandateRole.LEGAL_REPRESENTATIVE, ())


async def test_no_entity_is_offered_where_none_was_asked_for(stage: Stage) -> None:
    stage.arm("org_chosen")

    assert (await stage.sign_in()).organisation is None


@pytest.mark.parametrize(("person", "scenario"), [("jose-da-luz", None), ("chao-sio-man", "org_mandate_expired")])
async def test_a_lapsed_staff_login_brings_a_mandate_that_is_over(
    stage: Stage, person: str, scenario: str | None
) -> None:
    if scenario is not None:
        stage.arm(scenario)

    mandate = (await act(stage, person)).mandate

    assert mandate is not None
    assert mandate.ends_at is not None
    assert mandate.ends_at < stage.now


async def test_the_representative_of_an_entity_that_was_struck_off_is_not_eligible(stage: Stage) -> None:
    with pytest.raises(ProviderError) as refused:
        await act(stage, "ines-conceicao")

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "entity_status")


@pytest.mark.parametrize(
    ("scenario", "args", "failure", "detail"),
    [
        ("org_master_only", {}, ProviderFailure.NOT_ELIGIBLE, "4030"),
        ("org_staff_removed", {}, ProviderFailure.EXPIRED, "4011"),
        ("org_public_body", {}, ProviderFailure.NOT_ELIGIBLE, "account_type"),
        ("org_of_another", {}, ProviderFailure.BROKEN, "entity"),
        ("org_struck_off", {}, ProviderFailure.NOT_ELIGIBLE, "entity_status"),
        ("org_wrong_number", {}, ProviderFailure.BROKEN, "field:taxpayerNo"),
        ("org_absent", {}, ProviderFailure.BROKEN, "missing:entity"),
        ("org_weird", {"role": "master"}, ProviderFailure.BROKEN, "field:role"),
        ("jws_bad", {}, ProviderFailure.BROKEN, "jws_signature_refused"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    stage: Stage, scenario: str, args: dict[str, Any], failure: ProviderFailure, detail: str
) -> None:
    stage.arm(scenario, **args)

    with pytest.raises(ProviderError) as refused:
        await act(stage)

    assert (refused.value.failure, refused.value.detail) == (failure, detail)
