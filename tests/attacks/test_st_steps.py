"""Group ST, steps: no step is skipped, no session is planted, no form acts for another; and what is not built is absent."""

from dataclasses import replace
from urllib.parse import urljoin

import pytest
import pytest_asyncio

from gateway.app import build_upstreams
from gateway.cli.robot import Page
from gateway.config import ConfigurationError, load
from gateway.web.browser import form_token
from providers.calls import Calls
from providers.registry import FACTORIES
from tests.attacks.watch import WatchedWorld, leaves_nothing, refusals
from tests.attacks.way_back import PEOPLE, a_traveller, assert_restart, code_calls, login_id
from tests.world import AT, Browser, a_client, asking

PLAIN = "openid profile"
STUDENT = PEOPLE["hong_kong"]
ENDPOINTS = ("provider", "permit", "consent")
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """The world with a second relying party."""
    await shared_world.register(a_client("other"))
    return shared_world


def valid_token(world: WatchedWorld, browser: Browser, transaction: str, step: str) -> str:
    """A form's token as the gateway itself would write it: what stands behind the token is attacked here."""
    binding = browser.http.cookies["gate_browser"]
    return form_token(world.gateway.inner.state.web.form_key, binding, f"{transaction}/{step}")


def transaction_of(page: Page) -> str:
    """The sign-in that one of our pages belongs to."""
    return page.url.partition("/sign-in/")[2].partition("/")[0].partition("?")[0]


@SHARED
@pytest.mark.attack("ST-07")
@pytest.mark.parametrize("step", ["permit", "consent"])
@pytest.mark.parametrize("answer", ["agree", "skip", "check", "refuse"])
@pytest.mark.parametrize("stands", ["choosing", "away"])
async def test_st_07_a_step_behind_the_provider_is_refused_before_it(
    stage: WatchedWorld, step: str, answer: str, stands: str
) -> None:
    browser = stage.browser()
    page = await browser.open(asking().url)
    transaction = transaction_of(page)
    if stands == "away":
        await browser.press(page, "provider-macao")
    fields = {"action": answer, "permit": "H00000018", "csrf": valid_token(stage, browser, transaction, step)}

    async with leaves_nothing(stage):
        response = await browser.http.post(f"{AT.issuer}/sign-in/{transaction}/{step}", data=fields)

    assert response.status_code in {400, 409}
    assert "location" not in response.headers


@SHARED
@pytest.mark.attack("ST-07")
@pytest.mark.parametrize("step", ENDPOINTS)
@pytest.mark.parametrize("content", [{}, {"action": "agree"}, {"csrf": ""}, {"csrf": "0" * 64, "action": "agree"}])
async def test_st_07_an_empty_form_takes_no_step(stage: WatchedWorld, step: str, content: dict[str, str]) -> None:
    browser = stage.browser()
    transaction = transaction_of(await browser.open(asking().url))
    body = {"content-type": "application/x-www-form-urlencoded"}

    async with leaves_nothing(stage):
        url = f"{AT.issuer}/sign-in/{transaction}/{step}"
        response = await browser.http.post(url, data=content, headers=body)
        shown = await browser.http.get(url)

    assert (response.status_code, shown.status_code) == (403, 405)


@SHARED
@pytest.mark.attack("ST-07")
@pytest.mark.parametrize("provider", PEOPLE)
async def test_st_07_a_return_without_a_result_of_the_provider_makes_no_code(
    stage: WatchedWorld, provider: str
) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), provider)
    made_up = f"{url.partition('?')[0]}?state={login_id(url)}&code={'0123456789abcdef' * 2}"

    async with leaves_nothing(stage, refused=1):
        response = await person.browser.http.get(made_up)

    assert 'id="problem"' in response.text
    assert "location" not in response.headers


@SHARED
@pytest.mark.attack("ST-07")
async def test_st_07_steps_that_were_taken_cannot_be_taken_again(stage: WatchedWorld) -> None:
    browser, asked = stage.browser(), asking()
    chooser = await browser.open(asked.url)
    transaction = transaction_of(chooser)
    permit = await browser.prove(await browser.press(chooser, "provider-hong-kong"), STUDENT)
    consent = await browser.press(permit, "check-permit", permit="H00000018")

    async with leaves_nothing(stage):
        chosen_again = await _press(browser, chooser, "provider-macao")
        typed_again = await _press(browser, permit, "skip-permit")
    await browser.press(consent, "agree")
    async with leaves_nothing(stage):
        after_all = [
            await _press(browser, page, button)
            for page, button in [(chooser, "provider-macao"), (permit, "skip-permit"), (consent, "agree")]
        ]

    statuses = {status for status, _ in [chosen_again, typed_again, *after_all]}
    assert statuses == {409}
    assert not [location for _, location in [chosen_again, typed_again, *after_all] if location]
    assert transaction == transaction_of(consent)


async def _press(browser: Browser, page: Page, button: str) -> tuple[int, str | None]:
    form, name, value = page.buttons[button]
    response = await browser.http.post(urljoin(page.url, form.action), data={**form.fields, name: value})
    return response.status_code, response.headers.get("location")


@SHARED
@pytest.mark.attack("ST-08")
async def test_st_08_a_planted_session_cookie_is_replaced_and_stays_unknown(stage: WatchedWorld) -> None:
    victim, attacker = stage.browser(), stage.browser()
    for browser in (victim, attacker):
        for name in ("gate_session", "gate_browser"):
            browser.http.cookies.set(name, f"{name}-planted-by-the-attacker", domain="127.0.0.1", path="/")

    await victim.sign_in(asking(scope=PLAIN), "hong_kong", STUDENT)
    await attacker.open(asking(scope=PLAIN, prompt="none").url)

    assert len(_session_values(victim)) == 1
    assert _session_values(victim).isdisjoint(_session_values(attacker))
    assert attacker.answer["error"] == "login_required"


def _session_values(browser: Browser) -> set[str]:
    return {cookie.value or "" for cookie in browser.http.cookies.jar if cookie.name == "gate_session"}


@SHARED
@pytest.mark.attack("ST-08")
async def test_st_08_a_session_of_the_attackers_does_not_survive_the_victims_sign_in(stage: WatchedWorld) -> None:
    attacker, victim = stage.browser(), stage.browser()
    await attacker.sign_in(asking(scope=PLAIN), "macao", PEOPLE["macao"])
    victim.http.cookies.update(attacker.http.cookies)

    await victim.sign_in(asking(scope=PLAIN, prompt="login"), "hong_kong", STUDENT)
    await attacker.open(asking(scope=PLAIN, prompt="none").url)

    assert attacker.answer["error"] == "login_required"
    assert _session_values(attacker).isdisjoint(_session_values(victim))


@SHARED
@pytest.mark.attack("ST-08")
@pytest.mark.parametrize("step_up", [{"prompt": "login"}, {"max_age": "0"}])
async def test_st_08_the_session_cookie_changes_at_step_up_and_the_old_value_is_forgotten(
    stage: WatchedWorld, step_up: dict[str, str]
) -> None:
    browser, thief = stage.browser(), stage.browser()
    await browser.sign_in(asking(scope=PLAIN), "hong_kong", STUDENT)
    thief.http.cookies.update(browser.http.cookies)
    before = _session_values(browser)
    stage.clock.advance(minutes=1)

    await browser.sign_in(asking(scope=PLAIN, **step_up), "hong_kong", STUDENT)
    await thief.open(asking(scope=PLAIN, prompt="none").url)

    assert before.isdisjoint(_session_values(browser))
    assert thief.answer["error"] == "login_required"


@SHARED
@pytest.mark.attack("ST-09")
@pytest.mark.parametrize("first", [0, 1])
async def test_st_09_crossed_consent_forms_are_refused_and_both_tabs_arrive(stage: WatchedWorld, first: int) -> None:
    browser, asked = stage.browser(), [asking(prompt="consent"), asking("other", scope=PLAIN, prompt="consent")]
    pages = []
    for one in asked:
        page = await browser.prove(await browser.to_provider(one, "hong_kong"), STUDENT)
        asks_number = "permit" in page.inputs
        pages.append(await browser.press(page, "check-permit", permit="H00000018") if asks_number else page)
    forms = [page.buttons["agree"][0] for page in pages]

    async with leaves_nothing(stage):
        for mine, yours in [(0, 1), (1, 0)]:
            url = urljoin(AT.issuer, forms[mine].action)
            crossed = await browser.http.post(url, data={"csrf": forms[yours].fields["csrf"], "action": "agree"})
            assert crossed.status_code == 403
    answers = {}
    for index in [first, 1 - first]:
        await browser.press(pages[index], "agree")
        answers[index] = (browser.caught or "", browser.answer)

    for index, (caught, answer) in answers.items():
        tokens = (await stage.token(asked[index], answer["code"])).json()
        assert caught.startswith(asked[index].redirect_uri)
        assert answer["state"] == asked[index].state
        assert set(tokens["scope"].split()) == set(asked[index].parameters["scope"].split())


@SHARED
@pytest.mark.attack("ST-09")
async def test_st_09_a_consent_form_is_refused_in_another_browser_token_and_all(stage: WatchedWorld) -> None:
    owner, thief = stage.browser(), stage.browser()
    page = await owner.prove(await owner.to_provider(asking(scope=PLAIN, prompt="consent"), "hong_kong"), STUDENT)
    form = page.buttons["agree"][0]
    await thief.open(asking(scope=PLAIN).url)
    forged = valid_token(stage, thief, transaction_of(page), "consent")

    async with leaves_nothing(stage):
        url = urljoin(AT.issuer, form.action)
        copied = await thief.http.post(url, data={**form.fields, "action": "agree"})
        own_token = await thief.http.post(url, data={"csrf": forged, "action": "agree"})
        shown = await thief.http.get(page.url)

    assert copied.status_code == 403
    assert_restart(own_token)
    assert_restart(shown)


@SHARED
@pytest.mark.attack("ST-04")
@pytest.mark.spec("RFC 9207 §2.4")
@pytest.mark.parametrize("iss", ["https://issuer.elsewhere.example", AT.guangdong, f"{AT.macao}/", "", AT.issuer])
async def test_st_04_an_iss_of_somebody_else_ends_the_sign_in_and_is_named(stage: WatchedWorld, iss: str) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), "macao")
    calls = code_calls(stage)

    async with leaves_nothing(stage, refused=1):
        response = await person.browser.http.get(f"{url}&iss={iss}")

    assert 'id="problem"' in response.text
    assert (await refusals(stage))[-1]["details"]["detail"] == "iss"
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-04")
@pytest.mark.attack("ST-05")
@pytest.mark.attack("ST-06")
@pytest.mark.attack("ST-11")
async def test_st_04_05_06_11_there_is_no_ready_openid_connect_upstream_to_attack(stage: WatchedWorld) -> None:
    settings = load(stage.folder / "gate.toml")
    block = {"base_url": "https://idp.example", "client_id": "gate", "client_secret": "s"}
    asked_for = replace(settings, providers={**settings.providers, "openid_connect": block})

    with pytest.raises(ConfigurationError, match="unknown provider openid_connect"):
        build_upstreams(asked_for, Calls(stage.net), stage.clock)
    async with stage.net.browser() as http:
        discovery = await http.get(f"{AT.issuer}/.well-known/openid-configuration")
        callback = await http.get(f"{AT.issuer}/callback/openid-connect?code=x&state=y")

    assert set(FACTORIES) == {"hong_kong", "macao", "guangdong"}
    assert "openid_connect" not in discovery.text
    assert callback.status_code == 404
