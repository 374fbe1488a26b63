"""Group WB, foreign text: what relying parties, addresses and providers say is shown as text or not at all (G06, G08)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from gateway.admin import clients
from gateway.admin.acts import Act
from gateway.admin.clients import ClientOffice
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.registration import MetadataError, with_sector
from mock_idps.personas import PERSONAS, find
from tests.attacks.raw import cookie_header, send_raw
from tests.attacks.tour import assert_inert, tour
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.attacks.way_back import PEOPLE, a_traveller, login_id
from tests.world import AT, NOW, SHOP, a_client, asking

PLAIN = "openid profile"
MARK = "zxq7marker"
HOSTILE = (
    f"<script>alert('{MARK}')</script>",
    f'"><img src=x onerror=alert("{MARK}")>',
    f"' onmouseover='alert({MARK})",
    f"<svg/onload=alert('{MARK}')>",
    f"</title></textarea><b>{MARK}</b>",
    f"{{{{7*19112311}}}}${{7*19112311}}<%= 7*19112311 %>{MARK}",
    f"{{% raw %}}{MARK}%(site)s{{0}}",
)
Rename = Callable[[str, str], Awaitable[None]]
EVALUATED = str(7 * 19112311)
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """The world of this file."""
    return shared_world


@SHARED
@pytest.mark.attack("WB-06")
@pytest.mark.parametrize("name", HOSTILE)
async def test_wb_06_a_hostile_client_name_is_text_on_every_page(stage: WatchedWorld, name: str) -> None:
    client_id = f"rp-x-{HOSTILE.index(name)}"
    await stage.register(a_client(client_id, client_name=name))

    seen = await tour(stage, client_id)

    shown = []
    for page, response in seen.pages.items():
        markup = assert_inert(response.text)
        assert EVALUATED not in markup.text, page
        shown += [page] if name in markup.text else []
    assert seen.pages.keys() & {"chooser", "permit", "consent", "cancelled", "sign out"} <= set(shown)


@SHARED
@pytest.mark.attack("WB-06")
@pytest.mark.parametrize("field", ["policy_uri", "client_uri"])
@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "data:text/html,x", "http://rp.example/policy", "//rp.example/p", "https://a b/<svg>"],
)
async def test_wb_06_only_https_addresses_can_be_registered_for_links(
    stage: WatchedWorld, field: str, uri: str
) -> None:
    office = ClientOffice(stage.stores.registry, stage.stores.clients, bytes(32))

    with pytest.raises(MetadataError):
        await clients.create(office, a_client("rp-y", **{field: uri}), Act("operator", NOW))

    assert await stage.stores.clients.find("rp-y") is None


@SHARED
@pytest.mark.attack("WB-06")
async def test_wb_06_a_script_address_is_no_link_even_if_it_stands_in_the_database(stage: WatchedWorld) -> None:
    bad = {"policy_uri": f"javascript:alert('{MARK}')", "client_uri": f"data:text/html,{MARK}"}
    event = AuditEvent(AuditAction.CLIENT_CREATED, NOW, "0" * 16)
    assert await stage.stores.registry.save(replace(with_sector(a_client("rp-db", **bad)), created_at=NOW), event)

    seen = await tour(stage, "rp-db")

    for response in seen.pages.values():
        assert MARK not in response.text
        assert_inert(response.text)


@SHARED
@pytest.mark.attack("WB-07")
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "name",
    ["error", "error_description", "error_hint", "state", "ui_locales", "login_hint", "idp_hint", "nonce", "lang"],
)
async def test_wb_07_parameters_of_a_request_are_never_part_of_a_page(
    stage: WatchedWorld, name: str, text: str
) -> None:
    browser = stage.browser()
    pages = []
    for target in [asking(**{name: text}), asking("nobody", **{name: text})]:
        await browser.open(target.url)
        pages.append(browser.last)
    paths = ("/", "/signed-out", "/logout", "/nowhere", f"/{quote(text, safe='')}", "/callback/macao")
    pages += [await browser.http.get(f"{AT.issuer}{path}", params={name: text}) for path in paths]

    for response in pages:
        if not response.is_redirect:
            assert_inert(response.text)
            assert text not in response.text
            assert EVALUATED not in response.text


@SHARED
@pytest.mark.attack("WB-07")
async def test_wb_07_what_the_sign_out_page_carries_along_stays_a_value(stage: WatchedWorld) -> None:
    browser = stage.browser()
    await browser.sign_in(asking(scope=PLAIN), "hong_kong", PEOPLE["hong_kong"])

    for text in HOSTILE:
        given = {"client_id": "shop", "state": text, text: text}
        response = await browser.http.get(f"{AT.issuer}/logout", params=given)
        markup = assert_inert(response.text)
        assert text in [values.get("value") for _, values in markup.tags]
        assert MARK not in markup.text


@SHARED
@pytest.mark.attack("WB-07")
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("provider", PEOPLE)
async def test_wb_07_what_a_hostile_provider_says_is_replaced_by_words_of_ours(
    stage: WatchedWorld, provider: str, text: str
) -> None:
    person = a_traveller(stage)
    url = await person.up_to_callback(asking(scope=PLAIN, prompt="login"), provider)
    bare, known = url.partition("?")[0], f"state={quote(login_id(url))}"

    for said in ("error", "error_code", "error_description", "error_hint", "error_uri"):
        error = "" if said in {"error", "error_code"} else "&error=access_denied&error_code=D40000"
        response = await person.browser.http.get(f"{bare}?{known}&{said}={quote(text, safe='')}{error}")

        assert 'id="problem"' in response.text
        assert MARK not in response.text
        assert_inert(response.text)


@SHARED
@pytest.mark.attack("WB-08")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("provider", PEOPLE)
async def test_wb_08_a_hostile_name_from_a_provider_stays_text_and_arrives_whole(
    stage: WatchedWorld, rename: Rename, provider: str, name: str
) -> None:
    await rename(provider, name)
    browser, asked = stage.browser(), asking(scope=PLAIN, prompt="login consent")

    consent = await browser.prove(await browser.to_provider(asked, provider), PEOPLE[provider])
    markup = assert_inert(browser.last.text)
    await browser.press(consent, "agree")
    tokens = (await stage.token(asked, browser.answer["code"])).json()
    userinfo = await stage.userinfo(tokens["access_token"])

    assert EVALUATED not in markup.text
    assert userinfo.headers["content-type"] == "application/json"
    assert userinfo.headers["x-content-type-options"] == "nosniff"
    assert userinfo.json()["name"] == name


@SHARED
@pytest.mark.attack("WB-08")
@pytest.mark.parametrize("provider", PEOPLE)
@pytest.mark.parametrize("characters", [201, 10_240])
async def test_wb_08_an_endless_name_is_refused(
    stage: WatchedWorld, rename: Rename, provider: str, characters: int
) -> None:
    await rename(provider, "陳" * characters)
    browser = stage.browser()

    page = await browser.to_provider(asking(scope=PLAIN, prompt="login consent"), provider)
    await browser.prove(page, PEOPLE[provider])

    assert 'id="problem"' in browser.last.text
    assert "陳" * 100 not in browser.last.text
    assert "gate_session" not in browser.http.cookies


@SHARED
@pytest.mark.attack("WB-08")
@pytest.mark.parametrize("path", ["/audit", "/admin", "/report", "/export.csv"])
async def test_wb_08_no_other_page_shows_a_name_yet(stage: WatchedWorld, path: str) -> None:
    assert (await send_raw(stage, path.encode())).status == 404


@pytest.fixture
def rename(shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch) -> Rename:
    """Let a provider's own account holder bear another name for one test."""

    async def rename(provider: str, name: str) -> None:
        if provider == "hong_kong":
            changed = {"chName": {"ChineseName": name}, "chNameVerified": name}
            await shared_world.arm(provider, "profile_weird", times=1, args=changed)
            return
        person = find(PERSONAS, PEOPLE[provider])
        assert person is not None
        state, people = shared_world.mocks[provider].state, (replace(person, name_han=name),)
        if provider == "macao":
            monkeypatch.setattr(state.account, "people", people)
        else:
            monkeypatch.setattr(state.province, "account_holders", people)

    return rename


BREAKS = (
    "%0d%0aSet-Cookie:%20evil=1",
    "%0aevil:1",
    "%0d",
    "\r\nevil: 1",
    "\nevil: 1",
    "\r",
    "%E2%80%A8evil",
    "%00evil",
)


@SHARED
@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("name", ["state", "ui_locales", "nonce", "login_hint", "redirect_uri", "made_up"])
async def test_wb_09_a_line_break_in_a_parameter_is_refused_and_adds_no_header(
    stage: WatchedWorld, name: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    absent: dict[str, Any] = {name: None}
    given = asking(**absent).url.removeprefix(AT.issuer)
    before = len(await audit_trail(stage))

    answer = await send_raw(stage, f"{given}&{name}=x{text}".encode())

    location = answer.header("location") or ""
    assert answer.status == 400 or (location.startswith(SHOP) and "error=invalid_request" in location)
    assert not [pair for pair in answer.headers if "\r" in "".join(pair) or "\n" in "".join(pair)]
    assert "evil" not in str(answer.headers)
    assert len(await audit_trail(stage)) == before + 1
    assert not [record for record in caplog.records if "\n" in record.getMessage() or "\r" in record.getMessage()]


@SHARED
@pytest.mark.attack("WB-09")
async def test_wb_09_letters_that_end_in_the_bytes_of_a_line_break_are_encoded(stage: WatchedWorld) -> None:
    asked = asking(state="a\u010d\u010aevil:1", prompt="none")

    answer = await send_raw(stage, asked.url.removeprefix(AT.issuer).encode())

    location = answer.header("location") or ""
    assert "state=a%C4%8D%C4%8Aevil%3A1" in location
    assert location.isascii()
    assert location.isprintable()


@SHARED
@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("name", [b"user-agent", b"x-forwarded-for", b"accept-language", b"referer", b"x-request-id"])
async def test_wb_09_headers_with_line_breaks_reach_no_log_and_no_answer(
    stage: WatchedWorld, name: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    value = b"x\r\n" + MARK.encode() + b": level=ERROR"

    for target in (b"/", b"/authorize", b"/nowhere", b"/callback/macao?state=x&code=y"):
        answer = await send_raw(stage, target, [(name, value), cookie_header(gate_browser="b" * 43)])
        assert MARK not in str(answer.headers)
        assert MARK.encode() not in answer.body

    assert not [record for record in caplog.records if MARK in record.getMessage()]
    assert not [event for event in await audit_trail(stage) if MARK in str(event)]


@SHARED
@pytest.mark.attack("WB-09")
async def test_wb_09_line_breaks_in_the_path_add_no_header(stage: WatchedWorld) -> None:
    answer = await send_raw(stage, b"/nowhere\r\nSet-Cookie: evil=1")

    assert answer.status == 404
    assert "evil" not in str(answer.headers)
