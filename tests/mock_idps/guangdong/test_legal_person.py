import re

import pytest

from tests.mock_idps.guangdong.stage import Stage, returned


async def ticket_of(stage):
    return re.search(r'name="ticket" value="([0-9a-f]{32})"', (await stage.authorize()).text).group(1)


async def submit(stage, person, organisation):
    form = {"ticket": await ticket_of(stage), "person": person, "organisation": organisation}
    return await stage.browser.post("/tif/sso/login", data=form)


async def parent(stage, person="wang-yan"):
    stage.arm("org_chosen")
    return (await stage.user(person))["biz_content"]["pareobj"]


async def test_an_agent_signs_in_for_the_organisation_on_the_tab(stage: Stage):
    code = returned(await submit(stage, "wang-yan", "bay-trading"))["code"]

    token = (await stage.redeem(code))["access_token"]

    content = (await stage.tokeninfo(token)).json()["biz_content"]
    assert (content["userobj"]["usertype"], content["pareobj"]["usertype"]) == ("1", "2")
    assert (content["pareobj"]["idcardtype"], content["pareobj"]["idcardnumber"]) == ("49", "91999900GBA000013P")
    assert f"agent_useridcode={content['userobj']['useridcode']}" in content["pareobj"]["extproperties"]


@pytest.mark.parametrize(
    ("person", "organisation"),
    [("wang-yan", "closed-workshop"), ("liu-yang", "bay-trading"), ("nobody", "bay-trading")],
)
async def test_nobody_signs_in_for_an_organisation_without_a_mandate(stage: Stage, person, organisation):
    response = await submit(stage, person, organisation)

    assert response.status_code == 400
    assert 'id="error"' in response.text


async def test_a_representative_has_no_appointment(stage: Stage):
    properties = (await parent(stage, "li-xiao-hua"))["extproperties"]

    assert "legal_code=440305190606070012" in properties
    assert not any(entry.startswith("agent_") for entry in properties)


async def test_without_a_choice_there_is_no_organisation(stage: Stage):
    assert (await stage.user("wang-yan"))["biz_content"]["pareobj"] == {}


async def test_a_wish_for_an_organisation_without_a_mandate_is_a_sign_in_for_oneself(stage: Stage):
    stage.arm("org_chosen", args={"organisation": "closed-workshop"})

    assert (await stage.user("wang-yan"))["biz_content"]["pareobj"] == {}


async def test_single_sign_on_remembers_for_whom(stage: Stage):
    await submit(stage, "wang-yan", "bay-trading")

    code = returned(await stage.authorize())["code"]

    token = (await stage.redeem(code))["access_token"]
    assert (await stage.tokeninfo(token)).json()["biz_content"]["pareobj"]["usertype"] == "2"


@pytest.mark.parametrize(
    ("scenario", "entry"),
    [
        ("org_struck_off", "ent_status=revoked"),
        ("org_mandate_expired", "agent_until=20201231"),
        ("org_agent_pending", "agent_status=PENDING"),
    ],
)
async def test_a_scenario_changes_its_property(stage: Stage, scenario, entry):
    stage.arm(scenario)

    assert entry in (await parent(stage))["extproperties"]
