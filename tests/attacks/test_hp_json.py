"""Group HP, JSON of strangers: providers' answers, tokens and parameters that hold it (HP-07, RFC 8259 §9)."""

import base64
import json

import httpx
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.oidc.names import CLIENT_ASSERTION_TYPE
from mock_idps.personas import PERSONAS
from tests.attacks.authorize_requests import send, told
from tests.attacks.codes import error_of, gateway_client
from tests.attacks.watch import WatchedWorld, Witness, leaves_nothing
from tests.world import AT, Browser, asking

SHARED = pytest.mark.asyncio(loop_scope="module")
MACAO = next(person.id for person in PERSONAS if person.home == "macao" and person.mo_level == 3 and person.permit)

HOSTILE = {
    "nested brackets": "[" * 100_000,
    "nested and closed": "[" * 100_000 + "]" * 100_000,
    "nested objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a 5,000-digit integer": '{"sub":' + "9" * 5_000 + "}",
    "infinity by exponent": '{"sub":1e999}',
    "NaN": '{"sub":NaN}',
    "doubled members": '{"sub":"a","sub":"b"}',
    "half a character": '{"sub":"\\ud800"}',
    "byte order mark": '\ufeff{"sub":"a"}',
    "many members": "{" + ",".join(f'"k{n}":1' for n in range(30_000)) + "}",
    "NUL": '{"sub":"a\\u0000b"}',
    "not an object": '"a"',
    "nothing": "",
}
JSON = {"content-type": "application/json"}
HARMLESS = {"NUL", "nothing", "infinity by exponent"}
"""In a claims parameter these are an unknown member, which is ignored, and a parameter that is not there."""

SPLICED = {
    "nested": '"extra":' + "[" * 100 + "]" * 100,
    "deeply nested": '"extra":' + "[" * 100_000 + "]" * 100_000,
    "a 5,000-digit integer": '"extra":' + "9" * 5_000,
    "infinity by exponent": '"extra":1e999',
    "NaN": '"extra":NaN',
    "a member doubled": '"access_token":"x"',
    "an unknown member doubled": '"extra":1,"extra":1',
}


class HostileAt:
    """A provider whose token endpoint answers with hostile JSON, or with its own into which some is spliced."""

    def __init__(self, app: ASGIApp, body: str, *, spliced: bool = False) -> None:
        self._app, self._body, self._spliced = app, body, spliced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/oauth/token":
            await self._app(scope, receive, send)
            return
        body = self._body
        if self._spliced:
            own = Witness(self._app)
            await own(scope, receive, nowhere)
            body = own.answers[0].body.decode().rstrip().removesuffix("}") + "," + body + "}"
        await Response(body.encode("utf-8", "surrogatepass"), media_type="application/json")(scope, receive, send)


async def nowhere(_: Message) -> None:
    """Swallow what an application sends."""


async def signed_in_against(world: WatchedWorld, hostile: HostileAt) -> Browser:
    """Sign in at Macao while its token endpoint is hostile."""
    browser = world.browser()
    page = await browser.to_provider(asking(), "macao")
    world.net.mount(AT.macao, hostile)
    await browser.prove(page, MACAO)
    world.net.mount(AT.macao, world.mocks["macao"])
    return browser


@SHARED
@pytest.mark.attack("HP-07")
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_hp_07_hostile_json_of_a_provider_refuses_the_sign_in(shared_world: WatchedWorld, body: str) -> None:
    async with leaves_nothing(shared_world, refused=1, but={"transactions": 1}):
        browser = await signed_in_against(shared_world, HostileAt(shared_world.mocks["macao"], body))

    assert 'id="problem"' in browser.last.text
    assert browser.caught is None


@SHARED
@pytest.mark.attack("HP-07")
@pytest.mark.spec("RFC 8259 §4")
@pytest.mark.parametrize("member", SPLICED.values(), ids=SPLICED)
async def test_hp_07_one_hostile_member_in_a_good_answer_refuses_the_sign_in(
    shared_world: WatchedWorld, member: str
) -> None:
    hostile = HostileAt(shared_world.mocks["macao"], member, spliced=True)

    async with leaves_nothing(shared_world, refused=1, but={"transactions": 1}):
        browser = await signed_in_against(shared_world, hostile)

    assert 'id="problem"' in browser.last.text
    assert browser.caught is None


@pytest.mark.attack("HP-07")
async def test_hp_07_a_harmless_member_more_disturbs_nobody(world: WatchedWorld) -> None:
    browser = await signed_in_against(world, HostileAt(world.mocks["macao"], '"extra":1', spliced=True))

    assert 'id="problem"' not in browser.last.text


def a_jws(payload: str, header: str = '{"alg":"ES256","typ":"JWT"}') -> str:
    parts = [header.encode(), payload.encode("utf-8", "surrogatepass"), b"x" * 64]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@SHARED
@pytest.mark.attack("HP-07")
@pytest.mark.parametrize("place", ["payload", "header"])
@pytest.mark.parametrize("text", [t[:5_000] for t in HOSTILE.values()], ids=HOSTILE)
async def test_hp_07_hostile_json_in_a_client_assertion_or_a_hint_is_refused(
    shared_world: WatchedWorld, text: str, place: str
) -> None:
    token = a_jws(text) if place == "payload" else a_jws('{"sub":"shop","iss":"shop"}', text)

    async with leaves_nothing(shared_world, refused=2), gateway_client(shared_world) as http:
        form = {"grant_type": "authorization_code", "code": "x", "client_assertion": token}
        assertion = await http.post("/token", data=form | {"client_assertion_type": CLIENT_ASSERTION_TYPE})
        hint = await http.post("/logout", data={"id_token_hint": token})

    assert error_of(assertion) == (401, "invalid_client")
    assert hint.status_code == 400


@SHARED
@pytest.mark.attack("HP-07")
@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - HARMLESS))
async def test_hp_07_hostile_json_in_the_claims_parameter_is_an_invalid_request(
    shared_world: WatchedWorld, name: str
) -> None:
    async with leaves_nothing(shared_world, refused=1):
        response = await send(shared_world, asking(claims=HOSTILE[name][:4_000]))

    assert told(response)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("HP-07")
async def test_hp_07_nobody_without_a_token_has_a_registration_parsed(shared_world: WatchedWorld) -> None:
    async with gateway_client(shared_world) as http:
        registration = await http.post("/register", content=HOSTILE["nested brackets"][:60_000], headers=JSON)
    large = await send(shared_world, asking(claims="[" * 4_097))

    assert registration.status_code == 401
    assert told(large)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("HP-07")
@pytest.mark.parametrize("value", ["\ufeff", "\x00", "[" * 2_000, json.dumps({"a": "\ud800"}), "9" * 4_000])
async def test_hp_07_hostile_values_in_a_callback_end_on_a_page(shared_world: WatchedWorld, value: str) -> None:
    browser = shared_world.browser()
    await browser.open(asking().url)

    async with leaves_nothing(shared_world):
        response = await browser.http.get(
            f"{AT.issuer}/callback/macao", params=httpx.QueryParams({"state": value, "code": value})
        )

    assert response.status_code == 400
    assert 'id="problem"' in response.text
