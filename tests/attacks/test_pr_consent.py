"""Group PR, consent: nothing leaves without it, and no more than was shown and ticked (PR-03, PR-04)."""

import json
from typing import Final

import pytest

from gateway.oidc.names import GrantType
from tests.asking import AT
from tests.attacks.consenting import code_in, ledger, press_agree, to_consent, told_with
from tests.attacks.staying import a_party, a_public_party, error_in, events, stay
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

SHARED: Final = pytest.mark.asyncio(loop_scope="module")


# ---------------------------------------------------------------------------------- no release without it (PR-03)
@SHARED
@pytest.mark.attack("PR-03")
@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"skip_consent": "true"},
        {"approve": "1", "approved": "true", "consent": "granted", "action": "agree"},
        {"approval_prompt": "auto", "acknowledge": "yes", "user_oauth_approval": "true"},
        {"claims": json.dumps({"userinfo": {"name": {"essential": True}}})},
    ],
    ids=lambda forged: "-".join(forged) or "nothing",
)
async def test_pr_03_without_a_decision_a_silent_request_gets_nothing(
    shared_world: WatchedWorld, forged: dict[str, str]
) -> None:
    trusted = await a_party(shared_world, f"trusted-{len(shared_world.answers)}")
    party = await a_party(shared_world, f"new-{len(shared_world.answers)}")
    browser = (await stay(trusted)).browser

    async with leaves_nothing(shared_world):
        await browser.open(party.asking(scope="openid profile", prompt="none", **forged).url)

    assert browser.answer["error"] == "consent_required"
    assert "code" not in browser.answer


@SHARED
@pytest.mark.attack("PR-03")
@pytest.mark.parametrize("forged", [{"skip_consent": "true"}, {"approve": "1", "action": "agree", "csrf": "x"}])
async def test_pr_03_a_request_that_says_that_consent_was_given_is_asked_for_it(
    shared_world: WatchedWorld, forged: dict[str, str]
) -> None:
    trusted = await a_party(shared_world, f"trusted-{len(shared_world.answers)}")
    party = await a_party(shared_world, f"new-{len(shared_world.answers)}")
    who = await stay(trusted)

    async with leaves_nothing(shared_world, but={"transactions": 2}):
        asked = party.asking(scope="openid profile", **forged)
        by_get = await who.browser.open(asked.url)
        by_post = await who.browser.open(f"{AT.issuer}/authorize", dict(asked.parameters))

    assert "agree" in by_get.buttons
    assert "agree" in by_post.buttons


@SHARED
@pytest.mark.attack("PR-03")
async def test_pr_03_a_wider_request_than_the_remembered_one_is_asked_in_whole_and_covers_the_addition(
    shared_world: WatchedWorld,
) -> None:
    party = await a_party(shared_world, "wider")
    who = await stay(party, scope="openid profile")
    narrow = await silent(who.browser, party, "openid")
    wide = await silent(who.browser, party, "openid profile cn_doc")

    _, _, page = await to_consent(party, "openid profile cn_doc", who.browser)

    assert "code" in narrow
    assert wide["error"] in {"consent_required", "interaction_required"}
    assert "scope-cn_doc" in page
    assert "scope-profile" in page


async def silent(browser: Browser, party: RelyingParty, scope: str) -> dict[str, str]:
    await browser.open(party.asking(scope=scope, prompt="none").url)
    return browser.answer


@SHARED
@pytest.mark.attack("PR-03", "PR-04")
async def test_pr_03_what_was_refused_is_remembered_as_refused(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "half")
    browser, _, page = await to_consent(party, "openid profile")
    await press_agree(browser, page, ("withhold", "profile"))

    again = party.asking(scope="openid profile", prompt="none")
    await browser.open(again.url)
    told = await told_with(party, again, browser.answer["code"])

    assert told["scope"] == "openid"
    assert "name" not in told


@SHARED
@pytest.mark.attack("PR-03", "TN-05")
async def test_pr_03_another_grant_is_no_way_round_the_question(shared_world: WatchedWorld) -> None:
    """A kiosk's request is not answered by the session, nor by what was agreed to elsewhere (Dex, GHSA-7qjx)."""
    kiosk = await a_public_party(
        shared_world, "kiosk", redirect_uris=(), grant_types=(GrantType.DEVICE_CODE,), scopes=("openid", "profile")
    )
    browser = (await stay(await a_party(shared_world, "trusted-kiosk"))).browser
    started = (await kiosk.post("/device_authorization", {"scope": "openid profile"})).json()
    form = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": started["device_code"]}

    page = await browser.open(started["verification_uri_complete"])
    if "continue" in page.buttons:
        page = await browser.press(page, "continue")
    pending = await kiosk.post("/token", form)

    assert error_in(pending) == (400, "authorization_pending")
    assert "device-approved" not in page
    assert await ledger(shared_world, "kiosk") == []


# ------------------------------------------------------------------------------------- a tampered form (PR-04)
@SHARED
@pytest.mark.attack("PR-04")
@pytest.mark.parametrize(
    "more",
    [
        [("scope", "openid profile cn_id cn_doc")],
        [("scopes", "cn_id"), ("grant", "cn_id"), ("granted", "cn_id"), ("allow", "cn_id"), ("claim", "gba_cn_id")],
        [("claims", json.dumps({"userinfo": {"gba_cn_id": None}}))],
        [("client_id", "somebody-else"), ("purpose", "insurance"), ("jurisdiction", "macao")],
        [("redirect_uri", "https://evil.example/"), ("sub", "somebody"), ("acr", "urn:gba:loa:4")],
    ],
    ids=lambda more: more[0][0],
)
async def test_pr_04_fields_that_were_added_to_the_form_grant_nothing(
    shared_world: WatchedWorld, more: list[tuple[str, str]]
) -> None:
    party = await a_party(shared_world, f"forged-{more[0][0]}")
    browser, asked, page = await to_consent(party, "openid profile")

    response = await press_agree(browser, page, *more)
    told = await told_with(party, asked, code_in(response))

    (entry,) = await ledger(shared_world, party.client.client_id)
    assert response.headers["location"].startswith(asked.redirect_uri)
    assert set(told["scope"].split()) == {"openid", "profile"}
    assert not {"gba_cn_id", "gba_doc"} & told.keys()
    assert (set(entry["granted"].split()), entry["purpose"]) == ({"openid", "profile"}, "accommodation")


@SHARED
@pytest.mark.attack("PR-04")
async def test_pr_04_a_decision_that_was_taken_is_not_taken_again_with_fewer_boxes(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "re-ticked")
    browser, asked, page = await to_consent(party, "openid profile cn_doc")
    first = await press_agree(browser, page, ("withhold", "cn_doc"))

    async with leaves_nothing(shared_world):
        again = await press_agree(browser, page)

    told = await told_with(party, asked, code_in(first))
    (entry,) = await ledger(shared_world, "re-ticked")
    assert again.status_code >= 400
    assert "location" not in again.headers
    assert "gba_doc" not in told
    assert (set(entry["granted"].split()), entry["withheld"]) == ({"openid", "profile"}, "cn_doc")


@SHARED
@pytest.mark.attack("PR-04")
@pytest.mark.parametrize(
    "more",
    [[("action", "refuse")], [("action", "agree")], [("csrf", "x")]],
    ids=["agree-and-refuse", "agree-twice", "two-tokens"],
)
async def test_pr_04_a_form_that_says_two_things_says_nothing(
    shared_world: WatchedWorld, more: list[tuple[str, str]]
) -> None:
    party = await a_party(shared_world, f"doubled-{len(shared_world.answers)}")
    browser, _, page = await to_consent(party, "openid profile")

    async with leaves_nothing(shared_world):
        response = await press_agree(browser, page, *more)

    assert response.status_code >= 400
    assert await ledger(shared_world, party.client.client_id) == []


@SHARED
@pytest.mark.attack("PR-04")
async def test_pr_04_boxes_that_were_not_on_the_page_and_the_sign_in_itself_cannot_be_left_out(
    shared_world: WatchedWorld,
) -> None:
    party = await a_party(shared_world, "unknown-boxes")
    browser, asked, page = await to_consent(party, "openid profile")

    response = await press_agree(browser, page, ("withhold", "openid"), ("withhold", "cn_id"), ("withhold", "x" * 500))
    told = await told_with(party, asked, code_in(response))

    (entry,) = await ledger(shared_world, "unknown-boxes")
    assert set(told["scope"].split()) == {"openid", "profile"}
    assert entry["withheld"] == ""


@SHARED
@pytest.mark.attack("PR-04")
async def test_pr_04_the_form_of_one_relying_party_agrees_to_no_other(shared_world: WatchedWorld) -> None:
    one, other = await a_party(shared_world, "form-one"), await a_party(shared_world, "form-other")
    browser, _, first = await to_consent(one, "openid profile")
    _, _, second = await to_consent(other, "openid profile", browser)
    here, there = first.buttons["agree"][0], second.buttons["agree"][0]

    async with leaves_nothing(shared_world, refused=1):
        fields = {"csrf": here.fields["csrf"], "action": "agree"}
        response = await browser.http.post(f"{AT.issuer}{there.action}", data=fields)

    assert response.status_code >= 400


@SHARED
@pytest.mark.attack("PR-04", "PR-07")
async def test_pr_04_the_event_of_a_decision_names_what_was_granted(shared_world: WatchedWorld) -> None:
    party = await a_party(shared_world, "told")
    browser, _, page = await to_consent(party, "openid profile cn_doc")

    await press_agree(browser, page, ("withhold", "cn_doc"))

    (event,) = [one for one in await events(shared_world, "consent.given") if one["client_id"] == "told"]
    assert set(event["details"]["scopes"].split()) == {"openid", "profile"}
