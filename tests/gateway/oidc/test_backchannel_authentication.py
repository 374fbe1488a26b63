from datetime import timedelta

import pytest

from certs.keys import jose
from gateway.audit import AuditAction
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.backchannel_authentication import answer
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token
from gateway.oidc.names import DeliveryMode, ErrorCode, GrantType, Profile
from gateway.oidc.random_values import digest
from tests.gateway.oidc.assertions import an_assertion, assertion_form
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    FakeDecoupled,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    a_key_client,
    a_public_client,
    an_endpoint,
    signing_key,
)

OFFERED = OfferedValues(providers=frozenset({"hong_kong", "macao"}))
SUB = a_grant().sub
AT = int(NOW.timestamp())
COUNTER = {"grant_types": (GrantType.CIBA,)}
PING = {"backchannel_token_delivery_mode": DeliveryMode.PING}
LEFT_OUT = None


def a_counter(**spoilt):
    return a_client(**COUNTER | {"backchannel_token_delivery_mode": DeliveryMode.POLL} | spoilt)


def an_op(client=None, **parts):
    return an_endpoint(client or a_counter(), decoupled=FakeDecoupled(**{SUB: "subject-1"}), **parts)


def asked(**changed):
    good = {"scope": "openid profile", "login_hint": SUB}
    return [(name, value) for name, value in (good | changed).items() if value is not LEFT_OUT]


async def start(op, pairs=None, **changed):
    sent = asked(**changed) if pairs is None else pairs
    header = [] if any(name == "client_assertion" for name, _ in sent) else [a_basic_header()]
    return await answer(a_call(sent, header, path="/bc-authorize"), op, OFFERED)


async def refusal_of(op, pairs=None, **changed) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await start(op, pairs, **changed)
    assert op.decoupled.requests == {}
    return refusal.value.code


def kept(op):
    (request,) = op.decoupled.requests.values()
    return request


@pytest.mark.spec("CIBA Core 1.0 §7.3")
async def test_a_counter_is_told_how_to_ask_for_the_outcome() -> None:
    op = an_op()

    told = await start(op)

    assert told == {"auth_req_id": told["auth_req_id"], "expires_in": 300, "interval": 5}
    assert len(told["auth_req_id"]) == 43


async def test_the_person_is_the_one_whom_the_client_knows_by_that_sub() -> None:
    op = an_op()

    told = await start(op, binding_message="Counter 7, K42", acr_values="urn:gba:loa:3")

    request = kept(op)
    assert (request.subject_id, request.binding_message) == ("subject-1", "Counter 7, K42")
    assert (request.grant_type, request.hash) == (GrantType.CIBA, digest(told["auth_req_id"]))
    assert (request.request.expected_sub, request.request.login_hint) == (SUB, None)
    assert request.request.decoupled == request.id
    assert (request.user_code_hash, request.auth_req_id, request.notification_token) == (None, None, None)


async def test_a_start_leaves_one_event() -> None:
    op = an_op()

    await start(op)

    (event,) = op.decoupled.events
    assert (event.action, event.client_id, event.subject_id) == (AuditAction.DECOUPLED_STARTED, "rp-a", "subject-1")


# ----------------------------------------------------------------------------------------------------- hints
async def test_an_id_token_names_the_person_as_well() -> None:
    op = an_op()
    hint = id_token(a_grant(), a_client(), "x", op, NOW - timedelta(days=1))

    await start(op, login_hint=LEFT_OUT, id_token_hint=hint)

    assert kept(op).subject_id == "subject-1"


@pytest.mark.attack("TN-01")
@pytest.mark.parametrize("changed", [{"client": a_client(client_id="rp-b")}, {"typ": "at+jwt"}])
async def test_tn_01_an_id_token_of_another_client_or_another_kind_is_no_hint(changed) -> None:
    op = an_op()
    hint = id_token(a_grant(), changed.get("client", a_client()), "x", op, NOW)
    if "typ" in changed:
        hint = jose.sign({"iss": ISSUER, "sub": SUB, "aud": "rp-a", "exp": AT, "iat": AT}, signing_key(), typ="at+jwt")

    assert await refusal_of(op, login_hint=LEFT_OUT, id_token_hint=hint) is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize(
    "hints",
    [
        {"login_hint": LEFT_OUT},
        {"login_hint": ""},
        {"id_token_hint": "x.y.z"},
        {"login_hint_token": "x"},
        {"login_hint": LEFT_OUT, "login_hint_token": "x"},
        {"login_hint": LEFT_OUT, "id_token_hint": "x.y.z"},
    ],
)
async def test_exactly_one_usable_hint_is_needed(hints) -> None:
    assert await refusal_of(an_op(), **hints) is ErrorCode.INVALID_REQUEST


async def test_two_good_hints_are_one_too_many() -> None:
    op = an_op()
    hint = id_token(a_grant(), a_client(), "x", op, NOW)

    assert await refusal_of(op, id_token_hint=hint) is ErrorCode.INVALID_REQUEST


async def test_a_hint_that_contradicts_the_claims_that_are_asked_for_names_nobody() -> None:
    wish = '{"id_token":{"sub":{"value":"somebody-else"}}}'

    assert await refusal_of(an_op(), claims=wish) is ErrorCode.UNKNOWN_USER_ID


@pytest.mark.parametrize("hint", ["sub-of-somebody", "H00000018", "+85200000000"])
async def test_nobody_is_found_by_anything_but_their_sub(hint) -> None:
    assert await refusal_of(an_op(), login_hint=hint) is ErrorCode.UNKNOWN_USER_ID


# ------------------------------------------------------------------------------------------------- parameters
@pytest.mark.spec("CIBA Core 1.0 §13")
@pytest.mark.parametrize("message", ["x" * 65, "   ", "left\u202eright", "zero\u200bwidth", "\ue000"])
async def test_a_message_that_could_not_be_compared_is_refused(message) -> None:
    assert await refusal_of(an_op(), binding_message=message) is ErrorCode.INVALID_BINDING_MESSAGE


@pytest.mark.parametrize("message", ["x" * 64, "七號櫃位 K42", "Balcão 7"])
async def test_a_message_may_be_in_any_script(message) -> None:
    op = an_op()

    await start(op, binding_message=message)

    assert kept(op).binding_message == message


@pytest.mark.parametrize(("asked_for", "given"), [("60", 60), ("300", 300), ("999999999", 300)])
async def test_a_client_may_shorten_the_life_of_its_request(asked_for, given) -> None:
    op = an_op()

    assert (await start(op, requested_expiry=asked_for))["expires_in"] == given
    assert kept(op).expires_at == NOW + timedelta(seconds=given)


@pytest.mark.parametrize("expiry", ["0", "-1", "1.5", "soon", "٣٠", "9" * 10])
async def test_a_life_that_is_no_number_of_seconds_is_refused(expiry) -> None:
    assert await refusal_of(an_op(), requested_expiry=expiry) is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("CIBA Core 1.0 §7.1")
async def test_a_client_that_is_pinged_brings_a_token_for_that() -> None:
    op = an_op(a_counter(**PING))

    told = await start(op, client_notification_token="a-fictional-token")

    assert (kept(op).notification_token, kept(op).auth_req_id) == ("a-fictional-token", told["auth_req_id"])
    assert "a-fictional-token" not in repr(kept(op))
    assert told["auth_req_id"] not in repr(kept(op))


@pytest.mark.parametrize("token", [LEFT_OUT, "", "x" * 1025, "a b", "a,b", "é"])
async def test_a_client_that_is_pinged_and_brings_no_usable_token_is_refused(token) -> None:
    assert await refusal_of(an_op(a_counter(**PING)), client_notification_token=token) is ErrorCode.INVALID_REQUEST


async def test_a_client_that_polls_needs_no_notification_token_and_has_none_kept() -> None:
    op = an_op()

    await start(op, client_notification_token="a-fictional-token")

    assert kept(op).notification_token is None


@pytest.mark.parametrize("scope", [LEFT_OUT, "profile", "openid organisation"])
async def test_a_request_for_the_wrong_scopes_is_refused(scope) -> None:
    assert await refusal_of(an_op(), scope=scope) is ErrorCode.INVALID_SCOPE


# ---------------------------------------------------------------------------------------------------- clients
@pytest.mark.attack("TN-02")
async def test_tn_02_a_client_that_is_no_counter_is_refused() -> None:
    assert await refusal_of(an_op(a_client())) is ErrorCode.UNAUTHORIZED_CLIENT


async def test_a_client_that_cannot_prove_itself_asks_nobody() -> None:
    op = an_op(a_public_client(**COUNTER))

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call([*asked(), ("client_id", "rp-a")], path="/bc-authorize"), op, OFFERED)

    assert (refusal.value.code, op.decoupled.requests) == (ErrorCode.INVALID_CLIENT, {})


# ------------------------------------------------------------------------------------------- signed requests
SIGNER = a_key_client(**COUNTER)


def signed(*, key=None, **changed):
    good = {"iss": "rp-a", "aud": ISSUER, "exp": AT + 60, "iat": AT, "nbf": AT, "jti": "one"}
    claims = {**good, "scope": "openid", "login_hint": SUB, **changed}
    claims = {name: value for name, value in claims.items() if value is not LEFT_OUT}
    request = jose.sign(claims, key or signing_key(name="client"), typ="oauth-authz-req+jwt")
    return [("request", request), *assertion_form(an_assertion(jti=f"assertion-{len(claims)}"))]


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
async def test_a_client_may_sign_its_request() -> None:
    op = an_op(SIGNER)

    told = await start(op, signed(binding_message="K42", requested_expiry=60))

    assert (kept(op).binding_message, told["expires_in"]) == ("K42", 60)


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
@pytest.mark.parametrize("name", ["aud", "iss", "exp", "iat", "nbf", "jti"])
async def test_a_signed_request_that_lacks_a_claim_is_refused(name) -> None:
    assert await refusal_of(an_op(SIGNER), signed(**{name: LEFT_OUT})) is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("jti", [7, "x" * 257])
async def test_a_signed_request_needs_a_name_of_its_own(jti) -> None:
    assert await refusal_of(an_op(SIGNER), signed(jti=jti)) is ErrorCode.INVALID_REQUEST


async def test_a_signed_request_counts_once() -> None:
    op = an_op(SIGNER)
    request = signed()[0]
    await start(op, [request, *assertion_form(an_assertion(jti="first"))])
    op.decoupled.requests.clear()

    assert await refusal_of(op, [request, *assertion_form(an_assertion(jti="second"))]) is ErrorCode.INVALID_REQUEST


async def test_parameters_beside_a_signed_request_are_refused() -> None:
    assert await refusal_of(an_op(SIGNER), [*signed(), ("binding_message", "K42")]) is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("CIBA Core 1.0 §13")
async def test_a_request_signed_by_somebody_else_is_refused_with_a_code_of_this_endpoint() -> None:
    assert await refusal_of(an_op(SIGNER), signed(key=signing_key(name="thief"))) is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("FAPI 2.0 Message Signing §5.3.1")
async def test_a_client_that_must_sign_its_requests_is_refused_without() -> None:
    client = a_key_client(**COUNTER, profile=Profile.FAPI2_MS, dpop_bound_access_tokens=True)

    assert await refusal_of(an_op(client), [*asked(), *assertion_form(an_assertion())]) is ErrorCode.INVALID_REQUEST
