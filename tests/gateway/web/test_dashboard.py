"""The operators' pages: who gets in, what each role and place sees, what a form needs, what is said when it is refused."""

import contextlib
from collections.abc import Callable

import pytest
from icalendar import Calendar

from gateway.oidc.ports import StoreUnavailableError
from gateway.web.dashboard import SIGHTS
from tests.attacks.operators_office import PASSWORD, OperatorsOffice
from tests.gateway.web.dashboard_desk import Tab, a_tab, cookie, dashboard, tab, text_of

__all__ = ["dashboard", "tab"]

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = ("/", "/ends", "/keys", "/keys/id-token-es256", "/upstreams", "/joint-acts", "/audit", "/calendar.ics")
SET = "/keys/id-token-es256"


# ------------------------------------------------------------------------------------------------ getting in
async def test_without_a_session_every_address_leads_to_the_sign_in_whether_it_exists_or_not(tab: Tab) -> None:
    answers = [await tab.get(path) for path in (*PAGES, "/nothing", "/keys/nothing", "/sign-out")]
    posted = [await tab.http.post(one.path, data={}) for one in SIGHTS if one.method == "POST"]
    wrong = await tab.http.request("DELETE", "/ends")

    for answer in (*answers, *posted, wrong):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), answer.url


async def test_a_name_a_password_and_a_code_open_the_overview_and_signing_out_ends_it_everywhere(
    dashboard: OperatorsOffice, tab: Tab
) -> None:
    answer = await tab.sign_in("cora")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=strict" in kept
    page = text_of((await tab.get("/")).text)
    assert "cora, custodian" in page
    assert "Your session ends in 15 min" in page
    token = tab.http.cookies[cookie()]
    out = await tab.post("/sign-out")
    assert out.headers["location"] == "/sign-in?signed-out"
    tab.http.cookies.set(cookie(), token, domain=tab.http.base_url.host)
    assert (await tab.get("/")).headers["location"] == "/sign-in"


@pytest.mark.attack("AD-01")
async def test_ad_01_whatever_is_wrong_is_answered_alike_and_never_repeated(
    dashboard: OperatorsOffice, tab: Tab
) -> None:
    wrong = [
        await tab.sign_in("cora", password="quite another one, and long"),
        await tab.sign_in("cora", code="000000"),
        await tab.sign_in("nobody-of-this-name"),
        await tab.sign_in("cora", by_certificate="yes"),
    ]

    assert {answer.status_code for answer in wrong} == {403}
    assert len({text_of(answer.text) for answer in wrong}) == 1
    assert "nobody-of-this-name" not in wrong[2].text
    assert cookie() not in tab.http.cookies


@pytest.mark.attack("AD-01")
async def test_ad_01_too_many_tries_are_told_so_even_for_a_name_that_nobody_has(tab: Tab) -> None:
    statuses = [(await tab.sign_in("nobody-here")).status_code for _ in range(12)]

    assert statuses[-1] == 429
    assert "Too many tries" in text_of(tab.page)


async def test_nobody_is_signed_in_by_another_sites_page(dashboard: OperatorsOffice, tab: Tab) -> None:
    dashboard.world.clock.advance(seconds=31)
    typed = {"name": "cora", "password": PASSWORD, "code": dashboard.code("cora")}
    await tab.get("/sign-in")
    own = tab.hidden("/sign-in")

    without = await tab.http.post("/sign-in", data=typed)
    elsewhere = await tab.http.post("/sign-in", data=typed | own, headers={"sec-fetch-site": "cross-site"})
    async with a_tab(dashboard) as another:
        other_browser = await another.http.post("/sign-in", data=typed | own)
    with_json = await tab.http.post("/sign-in", json=typed | own)

    assert [one.status_code for one in (without, elsewhere, other_browser, with_json)] == [403, 403, 403, 415]


# ------------------------------------------------------------------------------------------------ who sees what
@pytest.mark.attack("AD-02")
@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("rita", {"/joint-acts": 403, "/audit": 403}),
        ("kim", {"/joint-acts": 403, "/audit": 403}),
        ("aud", {}),
        ("cora", {}),
        ("may", {"/ends": 404, "/calendar.ics": 404, "/joint-acts": 404, "/audit": 403}),
    ],
)
async def test_ad_02_each_role_and_place_sees_its_pages_and_is_offered_no_other(
    dashboard: OperatorsOffice, name: str, hidden: dict[str, int]
) -> None:
    async with a_tab(dashboard, name) as tab:
        statuses = {path: (await tab.get(path)).status_code for path in PAGES if path != SET}
        overview = (await tab.get("/")).text

    assert statuses == {path: hidden.get(path, 200) for path in statuses}
    for path in hidden:
        assert f'href="{path}"' not in overview


@pytest.mark.attack("AD-02")
async def test_ad_02_an_operator_of_one_place_sees_its_providers_and_keys_and_nothing_of_everybody(
    dashboard: OperatorsOffice,
) -> None:
    async with a_tab(dashboard, "may") as tab:
        overview = text_of((await tab.get("/")).text)
        keys = text_of((await tab.get("/keys")).text)
        foreign = [await tab.get(f"/keys/{name}") for name in ("id-token-es256", "hong_kong-client-secret", "nothing")]

    assert "macao" in overview
    for word in ("hong kong", "Last backup", "last checkpoint", "Open alerts", "Running processes", "id-token"):
        assert word not in overview
    assert "macao-client-secret" in keys
    assert "id-token" not in keys
    assert {one.status_code for one in foreign} == {404}
    assert len({text_of(one.text).split("Page of")[0].split("Your session")[0] for one in foreign}) == 1


async def test_an_act_is_offered_to_whoever_may_and_refused_to_the_others_whatever_they_send(
    dashboard: OperatorsOffice,
) -> None:
    async with a_tab(dashboard, "rita") as tab:
        pages = [(await tab.get(path)).text for path in (SET, "/upstreams")]
        posts = [one for one in SIGHTS if one.method == "POST"]
        refused = [
            (await tab.http.post(one.path.format(key_set="id-token-es256", id="x"), data={})).status_code
            for one in posts
        ]

    assert not any("<form" in page.replace('action="/sign-out"', "").split("<main")[1] for page in pages)
    assert refused == [403] * len(posts)


async def test_a_session_that_was_idle_too_long_shows_nothing_more(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "aud") as tab:
        assert (await tab.get("/audit")).status_code == 200
        dashboard.world.clock.advance(minutes=16)
        over = await tab.get("/audit")

    assert (over.status_code, over.headers["location"]) == (303, "/sign-in")


async def test_keys_and_session_tokens_of_the_api_open_no_page_and_the_cookie_opens_no_api(
    dashboard: OperatorsOffice,
) -> None:
    async with a_tab(dashboard, "cora") as tab:
        api = await tab.get("/v1/keys")
    async with a_tab(dashboard) as tab:
        pages = [
            await tab.http.get("/keys", headers=headers) for headers in (dashboard.by_key("cora"), dashboard.by("cora"))
        ]

    assert api.status_code == 401
    assert {one.status_code for one in pages} == {303}


# ------------------------------------------------------------------------------------------------ what pages say
async def test_the_overview_shows_sign_ins_ends_rotations_and_processes(dashboard: OperatorsOffice) -> None:
    await dashboard.world.signed_in("hong_kong", "chan-siu-ming")
    keeper = dashboard.world.chores.keeper
    assert keeper is not None
    while await keeper.link(dashboard.world.clock()):
        pass

    async with a_tab(dashboard, "rita") as tab:
        response = await tab.get("/")

    page = text_of(response.text)
    assert 'class="bar-completed"' in response.text
    for words in ("last backup", "last checkpoint", "hong kong ● answers", "id-token-es256", "HKT"):
        assert words in page
    assert "H00000018" not in response.text
    assert "chan" not in response.text.lower()


async def test_what_ends_can_be_narrowed_and_sorted_and_taken_as_a_calendar(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "rita") as tab:
        everything = text_of((await tab.get("/ends")).text)
        sealing = text_of((await tab.get("/ends?kind=sealing_key&sort=name")).text).split("Where")[-1]
        calendar = await tab.get("/calendar.ics")
        refused = [
            (await tab.get(f"/ends?{query}")).status_code
            for query in ("sort=1;--", "kind=person", "order=name", "sort=end&sort=name")
        ]

    assert "signing key" in everything
    assert "signing key" not in sealing
    assert Calendar.from_ical(calendar.content).walk("VEVENT")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert refused == [400] * 4


async def test_every_page_is_dressed_like_the_public_ones_and_has_no_script(dashboard: OperatorsOffice) -> None:
    async with a_tab(dashboard, "cora") as tab:
        answers = [await tab.get(path) for path in (*PAGES[:-1], "/nothing", "/sign-in?x")]
        head = await tab.http.head("/ends")
        wrong = await tab.http.put("/ends")
        style = await tab.get("/static/operators/operators.css")

    for answer in answers[:-1]:
        assert "script" not in answer.text.lower().replace("javascript", "")
        assert " style=" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
    assert answers[-1].status_code == 303
    assert answers[-2].status_code == 404
    assert (head.status_code, wrong.status_code) == (200, 405)
    assert "GET" in wrong.headers["allow"]
    assert style.headers["content-type"].startswith("text/css")


async def test_the_public_listener_has_none_of_it(dashboard: OperatorsOffice) -> None:
    async with dashboard.world.net.browser() as http:
        found = [
            (await http.get(f"{dashboard.world.issuer}{path}")).status_code
            for path in ("/ends", "/keys", "/audit", "/upstreams", "/static/operators/operators.css", "/calendar.ics")
        ]

    assert found == [404] * 6


async def test_a_store_that_is_away_and_a_fault_of_ours_are_pages_that_say_nothing_of_themselves(
    dashboard: OperatorsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_tab(dashboard, "rita") as tab:
        for fault, status in ((StoreUnavailableError("secret word"), 503), (ValueError("secret word"), 500)):
            monkeypatch.setattr("gateway.web.dashboard_ends.timeline", _raising(fault))
            with contextlib.suppress(ValueError):  # the framework passes a fault on, for its own log
                answer = await tab.get("/ends")
                assert answer.status_code == status
                assert "secret word" not in answer.text


def _raising(fault: Exception) -> Callable[..., None]:
    def stand_in(*_: object) -> None:
        raise fault

    return stand_in
