"""fapi-ciba-id1-test-plan, poll mode, private_key_jwt: the flow, and what a counter may not send."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance.counter import GRANT, SCOPE, Counter, a_counter
from tests.conformance.fapi import assert_refused
from tests.conformance.suite import ISSUER, Suite
from tests.conformance.wire import claims_of, header_of, unsigned
from tests.relying_party import Key

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("CIBA Core 1.0 §7, §10, §11")]
MINUTE = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counters(suite: Suite) -> tuple[Counter, Counter]:
    return await a_counter(suite, "counter"), await a_counter(suite, "other-counter")


@pytest.fixture
def counter(counters: tuple[Counter, Counter]) -> Counter:
    """The first of them; what earlier modules left waiting is over."""
    first, _ = counters
    first.suite.world.clock.advance(minutes=6)
    return first


def now(counter: Counter) -> int:
    return int(counter.suite.world.clock.now.timestamp())


async def test_fapi_ciba_id1_discovery_end_point_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["backchannel_authentication_endpoint"] == f"{ISSUER}/bc-authorize"
    assert set(found["backchannel_token_delivery_modes_supported"]) == {"poll", "ping"}
    assert {"ES256", "PS256"} <= set(found["backchannel_authentication_request_signing_alg_values_supported"])
    assert found["backchannel_user_code_parameter_supported"] is False
    assert GRANT in found["grant_types_supported"]


async def test_fapi_ciba_id1(counter: Counter) -> None:
    started = await counter.ask()
    await counter.pending(started)
    await counter.pending(started)

    await counter.decide("approve")
    tokens = await counter.tokens(started)

    assert header_of(tokens["id_token"])["alg"] in {"ES256", "PS256"}
    assert (await counter.suite.userinfo(counter.party, tokens["access_token"]))["sub"] == counter.sub
    assert_refused(await counter.poll(started), "invalid_grant")


async def test_fapi_ciba_id1_user_rejects_authentication(counter: Counter) -> None:
    started = await counter.ask()

    await counter.decide("deny")

    assert_refused(await counter.poll(started), "access_denied")


async def test_fapi_ciba_id1_multiple_call_to_token_endpoint(counter: Counter) -> None:
    started = await counter.ask()

    answers = [await counter.poll(started, waits=False) for _ in range(4)]

    for answer in answers:
        assert_refused(answer, "authorization_pending", "slow_down")
    assert answers[-1].json()["error"] == "slow_down"


async def test_fapi_ciba_id1_auth_req_id_expired(counter: Counter) -> None:
    started = await counter.ask(requested_expiry=10)
    assert started["expires_in"] == 10
    await counter.pending(started)
    counter.suite.world.clock.advance(seconds=15)

    assert_refused(await counter.poll(started), "expired_token")


async def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(counter: Counter) -> None:
    started = await counter.ask(binding_message="1234")
    browser = await counter.known()

    page = await browser.open(f"{ISSUER}/approvals")

    assert "1234" in page.texts["request-1"]
    await browser.press(await browser.press(page, "approve-1"), "agree")
    assert (await counter.tokens(started))["access_token"]


async def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(counter: Counter) -> None:
    started = await counter.ask(scope="profile openid")

    await counter.decide("approve")

    assert (await counter.tokens(started))["access_token"]


async def test_fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds(counter: Counter) -> None:
    assert (await counter.ask(requested_expiry="30"))["expires_in"] == 30


@pytest.mark.parametrize("message", ["1234 \U0001f44d\U0001f3ff 品川 " + "long " * 20, "two\nlines"])
async def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    counter: Counter, message: str
) -> None:
    await counter.refused("invalid_binding_message", "invalid_request", binding_message=message)


BAD_REQUESTS: dict[str, Callable[[Counter], dict[str, Any]]] = {
    "ensure-request-object-missing-aud-fails": lambda _: {"aud": None},
    "ensure-request-object-bad-aud-fails": lambda _: {"aud": "https://other.example"},
    "ensure-request-object-missing-iss-fails": lambda _: {"iss": None},
    "ensure-request-object-bad-iss-fails": lambda _: {"iss": "https://other.example"},
    "ensure-request-object-missing-exp-fails": lambda _: {"exp": None},
    "ensure-request-object-expired-exp-fails": lambda counter: {"exp": now(counter) - 5 * MINUTE},
    "ensure-request-object-exp-is-70-minutes-in-future-fails": lambda counter: {"exp": now(counter) + 70 * MINUTE},
    "ensure-request-object-missing-iat-fails": lambda _: {"iat": None},
    "ensure-request-object-missing-nbf-fails": lambda _: {"nbf": None},
    "ensure-request-object-nbf-is-10-minutes-in-future-fails": lambda counter: {"nbf": now(counter) + 10 * MINUTE},
    "ensure-request-object-nbf-is-70-minutes-in-past-fails": lambda counter: {"nbf": now(counter) - 70 * MINUTE},
    "ensure-request-object-missing-jti-fails": lambda _: {"jti": None},
    "ensure-request-object-signature-algorithm-is-bad-fails": lambda _: {"header": {"alg": "HS256"}},
    "ensure-request-object-signature-algorithm-is-RS256-fails": lambda _: {"key": Key.make("RS256")},
    "ensure-request-object-signed-by-other-client-fails": lambda _: {"key": Key.make()},
    "ensure-authorization-request-with-multiple-hints-fails": lambda _: {"id_token_hint": "another"},
    "ensure-authorization-request-without-hint-fails": lambda _: {"login_hint": None},
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
async def test_fapi_ciba_id1_refuses(counter: Counter, case: str) -> None:
    await counter.refused(**BAD_REQUESTS[case](counter))


async def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_none_fails(counter: Counter) -> None:
    await counter.refused(request=unsigned(claims_of(counter.signed())))


async def test_fapi_ciba_id1_ensure_a_signed_request_counts_once(counter: Counter) -> None:
    request = counter.signed()
    assert (await counter.send(request)).status_code == 200

    await counter.refused(request=request)


async def test_fapi_ciba_id1_ensure_backchannel_authorization_request_without_request_fails(counter: Counter) -> None:
    form = {"scope": "openid", "login_hint": counter.sub, "binding_message": "1234"}

    assert_refused(await counter.party.post("/bc-authorize", form, prove=False), "invalid_request")


async def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(
    counter: Counter, counters: tuple[Counter, Counter]
) -> None:
    started = await counter.ask()
    await counter.decide("approve")

    assert_refused(await counters[1].poll(started), "invalid_grant")
    assert (await counter.tokens(started))["access_token"]


@pytest.mark.parametrize("path", ["/bc-authorize", "/token"])
async def test_fapi_ciba_id1_ensure_without_client_assertion_fails(counter: Counter, path: str) -> None:
    # …-ensure-without-client-assertion-in-backchannel-authorization-request,
    # …-ensure-without-client-assertion-in-token-endpoint-request
    form = {"client_id": counter.party.client.client_id, "client_assertion": None, "client_assertion_type": None}

    assert_refused(await call(counter, path, form), "invalid_client", "invalid_request")


@pytest.mark.parametrize("path", ["/bc-authorize", "/token"])
async def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_is_rs256_fails(
    counter: Counter, path: str
) -> None:
    form: dict[str, str | None] = {"client_assertion": counter.party.assertion(key=Key.make("RS256"))}

    assert_refused(await call(counter, path, form), "invalid_client")


async def call(counter: Counter, path: str, credentials: dict[str, str | None]) -> Any:
    own: dict[str, str | None] = (
        {"request": counter.signed()} if path == "/bc-authorize" else {"grant_type": GRANT, "auth_req_id": "a" * 43}
    )
    return await counter.party.post(path, own | credentials, prove=False)


async def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(counter: Counter) -> None:
    # The issuer is the one audience here.
    started = await counter.ask()

    await counter.pending(started)


async def test_fapi_ciba_id1_refresh_token(counter: Counter) -> None:
    started = await counter.ask(scope=SCOPE)
    await counter.decide("approve")
    tokens = await counter.tokens(started)

    fresh = await counter.party.refresh(tokens["refresh_token"])

    checked = await counter.suite.checked(counter.party, counter.party.asking(nonce=None), fresh)
    assert checked["claims"]["sub"] == counter.sub
    assert checked["refresh_token"] == tokens["refresh_token"]


async def test_fapi_ciba_id1_ensure_holder_of_key_required(counter: Counter) -> None:
    # The suite's module is about certificates; here the key is DPoP's.
    started = await counter.ask()
    await counter.decide("approve")
    counter.suite.world.clock.advance(seconds=5)

    form = {"grant_type": GRANT, "auth_req_id": started["auth_req_id"]}
    unproven = await counter.party.post("/token", form, prove=False)

    assert_refused(unproven, "invalid_dpop_proof", "invalid_request")
    assert (await counter.tokens(started))["token_type"] == "DPoP"


async def test_a_person_whom_the_counter_does_not_know_cannot_be_asked(counter: Counter) -> None:
    await counter.refused("unknown_user_id", login_hint="somebody")
