"""Group RO, request objects: from no address but a registered one, and each checked like an assertion (RO-01, RO-06)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tests.asking import AT, RP
from tests.attacks.authorize_requests import assert_local, send, told
from tests.attacks.forgeries import SINK, symmetric, taken_apart, unsigned
from tests.attacks.places import PLACES, Place, object_material
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing
from tests.relying_party import Key, RelyingParty
from tests.world import a_client

pytestmark = pytest.mark.asyncio(loop_scope="module")
OBJECTS: Final = [place for place in PLACES if place.name.startswith("request object")]
AT_BOTH = pytest.mark.parametrize("place", OBJECTS, ids=str)
HOUR: Final = 3_600
SKEW: Final = 60

# --------------------------------------------------------------------------------------- addresses (RO-01)
ELSEWHERE: Final = (
    f"{SINK}/request",
    "http://sink.example/request",
    "http://127.0.0.1:9/request",
    "https://127.0.0.1:9/request",
    "http://[::1]:9/request",
    "https://localhost/request",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/request",
    "file:///etc/hostname",
    "gopher://sink.example/1",
    "//sink.example/request",
    "data:application/jwt,x.y.z",
    f"{RP}/request.jwt@sink.example",
    f"{RP}@sink.example/request.jwt",
    f"{RP}/request.jwt?x=1",
    f"{RP}/request.jwt/../other",
    f"{RP}/REQUEST.jwt",
    f"{RP}:443/request.jwt",
    f"{RP}/request.jwt#other",
    "urn:ietf:params:oauth:request_uri:" + "A" * 43,
    "urn:ietf:params:oauth:request_uri:short",
    "urn:ietf:params:oauth:request_uri:../../x",
    "URN:IETF:params:oauth:request_uri:" + "A" * 43,
    "urn:example:something-else",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
)


@pytest.fixture
def sink(stage: Stage) -> list[str]:
    """Whoever calls the sink is written down."""
    called: list[str] = []

    async def note(request: Request) -> Response:
        called.append(str(request.url))
        return Response("x.y.z")

    app = Starlette()
    app.add_route("/{path:path}", note)
    stage.world.net.mount(SINK, app)
    stage.world.net.mount("http://sink.example", app)
    return called


@pytest.mark.attack("RO-01")
@pytest.mark.parametrize("is_registered", [False, True])
async def test_ro_01_no_address_of_a_request_is_called_unless_it_is_registered(
    stage: Stage, sink: list[str], *, is_registered: bool
) -> None:
    party = await _with_address(stage, (f"{RP}/request.jwt",) if is_registered else ())
    asked, calls = party.asking(), len(stage.world.net.requests)

    async with leaves_nothing(stage.world):
        for address in ELSEWHERE:
            bare = replace(asked, parameters={"client_id": asked.client_id, "request_uri": address})
            beside = replace(asked, parameters={**asked.parameters, "request_uri": address})
            assert_local(await send(stage.world, bare))
            answer = await send(stage.world, beside)
            if "location" in answer.headers:
                assert told(answer)["error"] == "invalid_request_uri", address
            else:
                assert_local(answer)

    called = {str(request.url.copy_with(query=None)) for request in stage.world.net.requests[calls:]}
    assert called == {f"{AT.issuer}/authorize"}
    assert sink == []


@pytest.mark.attack("RO-01")
async def test_ro_01_a_registered_address_is_called_once_and_where_it_leads_is_not_followed(
    stage: Stage, sink: list[str]
) -> None:
    party = await _with_address(stage, (f"{RP}/request.jwt",))
    asked = party.asking()
    stage.served["/request.jwt"] = party.request_object(asked)
    named = replace(asked, parameters={"client_id": asked.client_id, "request_uri": f"{RP}/request.jwt"})

    good = await send(stage.world, named)
    stage.served["/request.jwt"] = party.request_object(asked, request_uri=f"{SINK}/second")
    nested = await send(stage.world, named)
    del stage.served["/request.jwt"]
    missing = await send(stage.world, named)

    assert good.status_code == 303
    assert_local(nested)
    assert_local(missing)
    assert stage.world.net.count("/request.jwt") == 3
    assert sink == []


async def _with_address(stage: Stage, addresses: tuple[str, ...]) -> RelyingParty:
    client_id = f"addressed-{next(stage.numbers)}"
    client = replace(
        a_client(client_id, redirect_uris=(f"{RP}/{client_id}/callback",), post_logout_redirect_uris=()),
        token_endpoint_auth_method=stage.party.client.token_endpoint_auth_method,
        request_uris=addresses,
    )
    return await RelyingParty.register(stage.world, client)


# ------------------------------------------------------------------------------------------ checks (RO-06)
def wrong(now: int) -> Mapping[str, Mapping[str, Any]]:
    """Claims of request objects that must not pass."""
    return {
        "no aud": {"aud": None},
        "other aud": {"aud": "https://other.example"},
        "aud with a slash": {"aud": f"{AT.issuer}/"},
        "aud of the endpoint": {"aud": f"{AT.issuer}/par"},
        "others in a list": {"aud": ["https://other.example"]},
        "no iss": {"iss": None},
        "other iss": {"iss": "rsa-signer"},
        "no exp": {"exp": None},
        "no nbf": {"nbf": None},
        "past": {"exp": now - SKEW, "nbf": now - 300, "iat": now - 300},
        "exp over an hour ahead": {"exp": now + HOUR + SKEW + 1},
        "nbf over an hour old": {"nbf": now - HOUR - SKEW - 1},
        "nbf ahead": {"nbf": now + SKEW + 1},
        "exp as text": {"exp": str(now + 60)},
        "exp 1e30": {"exp": 1e30},
        "other client_id": {"client_id": "rsa-signer"},
        "passes for an assertion": {"sub": "signer"},
        "request inside": {"request": "x.y.z"},
        "request_uri inside": {"request_uri": "https://sink.example/r"},
        "scope as list": {"scope": ["openid"]},
        "state as number": {"state": 1},
        "max_age as text in a list": {"max_age": ["1"]},
    }


@AT_BOTH
@pytest.mark.attack("RO-06")
@pytest.mark.spec("RFC 9101 §6.3")
async def test_ro_06_a_request_object_that_is_not_for_us_now_is_refused(stage: Stage, place: Place) -> None:
    cases = wrong(stage.now)
    found = {}

    async with leaves_nothing(stage.world):
        for name, claims in cases.items():
            found[name] = await place.offer(stage, (await place.material(stage)).token(claims=claims))

    assert found == dict.fromkeys(cases, place.refused)


@AT_BOTH
@pytest.mark.attack("RO-06", "CA-01", "CA-02")
async def test_ro_06_an_unsigned_one_and_one_under_a_public_key_are_refused(stage: Stage, place: Place) -> None:
    await place.refuses(stage, unsigned)
    await place.refuses(stage, symmetric)


SIGNERS: Final[Mapping[str, Callable[[Stage], tuple[Key, Mapping[str, Any]]]]] = {
    "another key": lambda _: (Key.make(), {}),
    "another key under the right name": lambda stage: (Key.make(), {"kid": stage.party.key.thumbprint}),
    "another client's key": lambda stage: (stage.rsa_party.key, {}),
    "RS256 where ES256 is registered": lambda _: (Key.make("RS256"), {}),
    "PS256 where ES256 is registered": lambda _: (Key.make("PS256"), {}),
    "the DPoP key": lambda stage: (stage.party.dpop or Key.make(), {}),
    "another type": lambda stage: (stage.party.key, {"typ": "dpop+jwt"}),
    "type of an ID token hint": lambda stage: (stage.party.key, {"typ": "at+jwt"}),
    "ES384": lambda stage: (stage.party.key, {"alg": "ES384"}),
}


@AT_BOTH
@pytest.mark.attack("RO-06")
@pytest.mark.parametrize("name", SIGNERS)
async def test_ro_06_another_key_or_algorithm_is_refused(stage: Stage, place: Place, name: str) -> None:
    key, header = SIGNERS[name](stage)
    token = stage.party.request_object(stage.party.asking(), key=key, header=header)

    assert await place.offer(stage, token) == place.refused


@pytest.mark.attack("RO-06")
async def test_ro_06_a_client_registered_for_one_algorithm_is_held_to_it(stage: Stage) -> None:
    key = Key.make("RS256")
    client_id = "es256-only"
    client = replace(
        a_client(client_id, redirect_uris=(f"{RP}/{client_id}/callback",), post_logout_redirect_uris=()),
        token_endpoint_auth_method=stage.party.client.token_endpoint_auth_method,
        request_object_signing_alg="ES256",
        jwks={"keys": [{**key.members, "kid": key.thumbprint}, stage.party.key.jwk]},
    )
    party = await RelyingParty.register(stage.world, client)
    asked = party.asking()
    signed = {"RS256": key, "ES256": stage.party.key}

    answers = {}
    for name, each in signed.items():
        token = party.request_object(asked, key=each)
        answers[name] = await send(stage.world, replace(asked, parameters={**asked.parameters, "request": token}))

    assert told(answers["RS256"])["error"] == "invalid_request_object"
    assert "error" not in told(answers["ES256"])


@pytest.mark.attack("RO-06")
async def test_ro_06_a_redirect_uri_that_the_object_lacks_is_not_taken_from_beside(stage: Stage) -> None:
    asked = stage.party.asking()
    token = stage.party.request_object(asked, redirect_uri=None)
    bare = replace(asked, parameters={"client_id": "signer", "request": token})
    beside = replace(asked, parameters={**asked.parameters, "request": token})

    async with leaves_nothing(stage.world):
        answers = [await send(stage.world, bare), await send(stage.world, beside)]

    assert_local(answers[0])
    assert answers[1].status_code == 400 or told(answers[1])["error"].startswith("invalid_request")


@AT_BOTH
@pytest.mark.attack("RO-06")
async def test_ro_06_a_clock_that_differs_and_a_full_hour_are_accepted(stage: Stage, place: Place) -> None:
    now = stage.now
    good: Mapping[str, Mapping[str, Any]] = {
        "a full hour": {"exp": now + HOUR, "nbf": now},
        "an hour old": {"exp": now + 60, "nbf": now - HOUR, "iat": now - HOUR},
        "ahead a little": {"nbf": now + 8, "iat": now + 8},
        "issuer among audiences": {"aud": [AT.issuer, "https://other.example"]},
    }

    found = {}
    for name, claims in good.items():
        material = await object_material(stage)
        token = taken_apart(material.token(claims=claims), material.key).token()
        found[name] = await place.offer(stage, token)

    assert found == dict.fromkeys(good, place.accepted)
