"""Group ST, callbacks: whose sign-in a provider's answer belongs to, and how often it counts (G02, G03)."""

import asyncio
from itertools import permutations

import httpx
import pytest
import pytest_asyncio

from tests.attacks.raw import cookie_header, send_raw
from tests.attacks.watch import WatchedWorld, audit_trail, counts, leaves_nothing, refusals
from tests.attacks.way_back import (
    OTHERS,
    PEOPLE,
    a_traveller,
    assert_restart,
    code_calls,
    code_of,
    login_id,
    sent_to,
)
from tests.world import AT, a_client, asking

PLACES = tuple(PEOPLE)
PLAIN = "openid profile"
PAIRS = list(permutations(PLACES, 2))
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """The world with a second relying party."""
    await shared_world.register(a_client("other"))
    return shared_world


@SHARED
@pytest.mark.attack("ST-01")
@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("cookie", ["none", "own sign-in", "own visit to the provider"])
async def test_st_01_the_attackers_callback_is_worth_nothing_in_the_victims_browser(
    stage: WatchedWorld, provider: str, cookie: str
) -> None:
    attacker, victim = a_traveller(stage), a_traveller(stage)
    stolen = await attacker.up_to_callback(asking(scope=PLAIN), provider, OTHERS[provider])
    if cookie == "own sign-in":
        await victim.browser.open(asking(scope=PLAIN).url)
    if cookie == "own visit to the provider":
        await victim.up_to_callback(asking(scope=PLAIN), provider)
    calls = code_calls(stage)

    async with leaves_nothing(stage, refused=1):
        response = await victim.browser.http.get(stolen)

    assert_restart(response)
    assert "gate_session" not in victim.browser.http.cookies
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-01")
async def test_st_01_the_stolen_callback_still_serves_its_own_browser(stage: WatchedWorld) -> None:
    owner = a_traveller(stage)
    callback = await owner.up_to_callback(asking(scope=PLAIN), "macao")
    await stage.browser().open(callback)

    answer = await owner.browser.go_on(await owner.browser.open(callback), PEOPLE["macao"])

    assert "code" in answer


@SHARED
@pytest.mark.attack("ST-02")
async def test_st_02_a_code_of_the_attackers_account_is_refused_under_the_victims_correlation(
    stage: WatchedWorld,
) -> None:
    attacker, victim = a_traveller(stage), a_traveller(stage)
    stolen = await attacker.up_to_callback(asking(scope=PLAIN), "guangdong", OTHERS["guangdong"])
    own = await victim.up_to_callback(asking(scope=PLAIN), "guangdong")

    async with leaves_nothing(stage, refused=1):
        response = await victim.browser.http.get(own.replace(code_of(own), code_of(stolen)))

    assert 'id="problem"' in response.text
    assert "gate_session" not in victim.browser.http.cookies


@SHARED
@pytest.mark.attack("ST-02")
@pytest.mark.parametrize("correlation", ["", "/", "/{unknown}", "?state={own}&", "/{own}/more"])
async def test_st_02_a_code_without_the_correlation_of_a_sign_in_is_refused(
    stage: WatchedWorld, correlation: str
) -> None:
    victim = a_traveller(stage)
    own = await victim.up_to_callback(asking(scope=PLAIN), "guangdong")
    path = correlation.format(unknown="A" * 32, own=login_id(own))
    joint = "" if path.endswith("&") else "?"
    calls = code_calls(stage)

    async with leaves_nothing(stage):
        response = await victim.browser.http.get(f"{AT.issuer}/callback/guangdong{path}{joint}code={code_of(own)}")

    assert response.status_code in {400, 404}
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-02")
async def test_st_02_the_code_of_one_tab_is_refused_in_the_other(stage: WatchedWorld) -> None:
    tabs = a_traveller(stage)
    one = await tabs.up_to_callback(asking("shop", scope=PLAIN), "guangdong")
    two = await tabs.up_to_callback(asking("other", scope=PLAIN), "guangdong")

    async with leaves_nothing(stage, refused=1):
        response = await tabs.browser.http.get(one.replace(code_of(one), code_of(two)))

    assert 'id="problem"' in response.text


@SHARED
@pytest.mark.attack("ST-02")
async def test_st_02_two_tabs_of_two_services_both_arrive_at_their_own(stage: WatchedWorld) -> None:
    tabs, mine, yours = a_traveller(stage), asking("shop", scope=PLAIN), asking("other", scope=PLAIN)
    one = await tabs.up_to_callback(mine, "guangdong")
    two = await tabs.up_to_callback(yours, "guangdong")

    second = await tabs.browser.go_on(await tabs.browser.open(two), PEOPLE["guangdong"])
    first = await tabs.browser.go_on(await tabs.browser.open(one), PEOPLE["guangdong"])

    assert (first["state"], second["state"]) == (mine.state, yours.state)
    assert (await stage.token(mine, first["code"])).status_code == 200
    assert (await stage.token(yours, second["code"])).status_code == 200


@SHARED
@pytest.mark.attack("ST-03")
@pytest.mark.parametrize(("hostile", "honest"), PAIRS)
async def test_st_03_a_browser_bounced_on_to_another_provider_is_refused_on_its_return(
    stage: WatchedWorld, hostile: str, honest: str
) -> None:
    attacker, victim = a_traveller(stage), a_traveller(stage)
    await attacker.browser.to_provider(asking(scope=PLAIN), honest)
    honest_page = sent_to(attacker.browser)
    await victim.browser.to_provider(asking(scope=PLAIN), hostile)
    victims = login_id(sent_to(victim.browser))
    calls = code_calls(stage)

    victim.road.is_closed = True
    bounced = await victim.browser.open(honest_page.replace(login_id(honest_page), victims))
    await victim.browser.prove(bounced, PEOPLE[honest])
    assert victim.road.held is not None
    victim.road.is_closed = False
    async with leaves_nothing(stage, refused=1):
        response = await victim.browser.http.get(victim.road.held)

    assert_restart(response)
    assert (await refusals(stage))[-1]["details"]["reason"] == "other_provider"
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-03")
@pytest.mark.parametrize(("hostile", "honest"), PAIRS)
async def test_st_03_no_provider_returns_a_browser_to_the_callback_of_another(
    stage: WatchedWorld, hostile: str, honest: str
) -> None:
    victim, attacker = a_traveller(stage), a_traveller(stage)
    await attacker.browser.to_provider(asking(scope=PLAIN), honest)
    honest_page = sent_to(attacker.browser)
    await victim.browser.to_provider(asking(scope=PLAIN), hostile)
    victim.road.is_closed = True

    names = (honest.replace("_", "-"), hostile.replace("_", "-"))
    page = await victim.browser.open(honest_page.replace(f"callback%2F{names[0]}", f"callback%2F{names[1]}"))

    assert f"callback%2F{names[0]}" in honest_page
    assert "sign-in" not in page.buttons
    assert "open-phone" not in page.links
    assert victim.road.held is None


@SHARED
@pytest.mark.attack("ST-10")
@pytest.mark.parametrize("provider", PLACES)
async def test_st_10_a_callback_sent_again_after_success_gives_nothing_twice(
    stage: WatchedWorld, provider: str
) -> None:
    person = a_traveller(stage)
    callback = await person.up_to_callback(asking(scope=PLAIN), provider)
    await person.browser.go_on(await person.browser.open(callback), PEOPLE[provider])
    stranger, other = stage.browser(), stage.browser()
    await other.open(asking(scope=PLAIN).url)
    calls = code_calls(stage)

    async with leaves_nothing(stage):
        again = await person.browser.http.get(callback)
        without_cookie = await stranger.http.get(callback)
        elsewhere = await other.http.get(callback)

    assert again.status_code == 409
    assert "GBA-1004" in again.text
    assert "set-cookie" not in again.headers
    assert_restart(without_cookie)
    assert_restart(elsewhere)
    assert code_calls(stage) == calls


@pytest.mark.attack("ST-12")
@pytest.mark.parametrize("provider", PLACES)
async def test_st_12_of_twenty_equal_callbacks_on_two_workers_one_signs_in(
    two_workers: WatchedWorld, provider: str
) -> None:
    person = a_traveller(two_workers)
    callback = await person.up_to_callback(asking(scope=PLAIN), provider)
    calls, before = code_calls(two_workers), await counts(two_workers)

    responses = await asyncio.gather(*(person.browser.http.get(callback) for _ in range(20)))
    consent = next(response.headers["location"] for response in responses if response.status_code == 303)
    answer = await person.browser.go_on(await person.browser.open(f"{AT.issuer}{consent}"), PEOPLE[provider])

    after = await counts(two_workers)
    assert {response.status_code for response in responses} <= {303, 409}
    assert code_calls(two_workers)[provider] == calls[provider] + 1
    assert "code" in answer
    assert [after[name] - before[name] for name in ("subjects", "sessions", "grants", "codes")] == [1, 1, 1, 1]


SHAPES = {
    "code and error": "{url}&error=access_denied&error_code=D40000",
    "code twice": "{url}&code={code}",
    "another code": "{url}&code=0123456789abcdef0123456789abcdef",
    "state twice": "{url}&state={id}&state={id}",
    "fragment only": "{bare}#code={code}&state={id}",
    "nothing at all": "{bare}",
    "empty code": "{bare}?code=&state={id}",
    "code of 8 kB": "{bare}?state={id}&code=" + "a" * 8_000,
    "control characters": "{bare}?state={id}&code=%00%0d%0a",
    "not UTF-8": "{bare}?state={id}&code=%ff%fe",
    "hundreds of parameters": "{url}" + "".join(f"&x{number}=1" for number in range(300)),
    "no code": "{bare}?state={id}&code[]={code}",
}


@SHARED
@pytest.mark.attack("ST-13")
@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
async def test_st_13_a_callback_of_another_shape_is_a_neutral_page_and_no_call(
    stage: WatchedWorld, provider: str, shape: str
) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), provider)
    attack = SHAPES[shape].format(url=url, bare=url.partition("?")[0], code=code_of(url), id=login_id(url))
    calls = code_calls(stage)

    async with leaves_nothing(stage):
        response = await person.browser.http.get(attack)

    # Hong Kong says no by sending nothing but `state`: the page of a person who refused, which is no error.
    assert response.status_code == (200 if (provider, shape) == ("hong_kong", "no code") else 400)
    assert "location" not in response.headers
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-13")
@pytest.mark.parametrize("provider", PLACES)
async def test_st_13_a_code_of_100_kb_is_refused_by_its_size_alone(stage: WatchedWorld, provider: str) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), provider)
    target = f"{url.partition('?')[0].removeprefix(AT.issuer)}?state={login_id(url)}&code={'a' * 100_000}"
    cookie = cookie_header(gate_browser=person.browser.http.cookies["gate_browser"])
    calls = code_calls(stage)

    async with leaves_nothing(stage):
        answer = await send_raw(stage, target.encode("ascii"), [cookie])

    assert answer.status == 414
    assert code_calls(stage) == calls


@SHARED
@pytest.mark.attack("ST-13")
@pytest.mark.parametrize(
    "shape", ["code and error", "code twice", "state twice", "not UTF-8", "hundreds of parameters"]
)
async def test_st_13_a_refused_shape_is_on_record_once_and_spends_nothing(stage: WatchedWorld, shape: str) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), "macao")
    attack = SHAPES[shape].format(url=url, bare=url.partition("?")[0], code=code_of(url), id=login_id(url))

    async with leaves_nothing(stage, refused=1):
        await person.browser.http.get(attack)

    assert (await person.browser.http.get(url)).status_code == 303, "the refusal spent the sign-in"


@SHARED
@pytest.mark.attack("ST-13")
@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("body", ["form", "json"])
async def test_st_13_a_callback_comes_by_get_and_in_the_query(stage: WatchedWorld, provider: str, body: str) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), provider)
    bare, fields = url.partition("?")[0], {"code": code_of(url), "state": login_id(url)}
    calls = code_calls(stage)

    async with leaves_nothing(stage):
        response = await _posted(person.browser.http, bare, fields, body)
        whole = await _posted(person.browser.http, url, fields, body)

    assert {response.status_code, whole.status_code} == {405}
    assert code_calls(stage) == calls


async def _posted(http: httpx.AsyncClient, url: str, fields: dict[str, str], body: str) -> httpx.Response:
    return await (http.post(url, json=fields) if body == "json" else http.post(url, data=fields))


@SHARED
@pytest.mark.attack("ST-13")
async def test_st_13_what_a_hostile_answer_says_never_reaches_the_audit_trail(stage: WatchedWorld) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN), "macao")

    await person.browser.http.get(f"{url.partition('?')[0]}?state={login_id(url)}&error=marker-of-the-attack")

    assert not [event for event in await audit_trail(stage) if "marker-of-the-attack" in str(event)]
