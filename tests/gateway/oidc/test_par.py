import pytest

from gateway.oidc import dpop, par
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ClientAuthMethod, ErrorCode, Profile
from gateway.oidc.provider import BackChannelCall
from gateway.oidc.random_values import digest
from gateway.oidc.request_source import HANDLE_PREFIX
from tests.gateway.oidc.fake_stores import FakePushed
from tests.gateway.oidc.fakes import (
    CALLBACK,
    SECRET,
    a_basic_header,
    a_call,
    a_client,
    a_key_client,
    a_public_client,
    an_endpoint,
)
from tests.gateway.oidc.request_fakes import (
    GOOD,
    LEFT_OUT,
    OFFERED,
    a_request_object,
    pairs,
    read,
)

JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def a_push(sent=None, authorization=None) -> BackChannelCall:
    proof = (a_basic_header(),) if authorization is None else authorization
    return a_call(pairs() if sent is None else sent, proof, path="/par")


def proven(monkeypatch, thumbprint: str | None) -> None:
    """The proof itself is tested where it is checked."""

    async def prove(*_positional, **_named):
        return thumbprint

    monkeypatch.setattr(dpop, "prove", prove)


async def refusal_of(call: BackChannelCall, op) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await par.answer(call, op, OFFERED)
    assert op.pushed.kept == {}
    return refusal.value


@pytest.mark.spec("RFC 9126 §2.2")
async def test_a_pushed_request_gets_a_handle_that_lives_ninety_seconds() -> None:
    op = an_endpoint()

    answer = await par.answer(a_push(), op, OFFERED)

    assert answer.as_json() == {"request_uri": answer.request_uri, "expires_in": 90}
    assert answer.request_uri.startswith(HANDLE_PREFIX)
    assert len(answer.request_uri) == len(HANDLE_PREFIX) + 43


@pytest.mark.spec("RFC 9126 §4")
async def test_the_handle_opens_the_request_that_was_pushed() -> None:
    op = an_endpoint()
    answer = await par.answer(a_push(), op, OFFERED)

    request = await read([("client_id", "rp-a"), ("request_uri", answer.request_uri)], op)

    assert (request.redirect_uri, request.state, request.pushed) == (
        CALLBACK,
        GOOD["state"],
        digest(answer.request_uri),
    )


async def test_every_push_gets_a_handle_of_its_own() -> None:
    op = an_endpoint()

    assert (await par.answer(a_push(), op, OFFERED)).request_uri != (
        await par.answer(a_push(), op, OFFERED)
    ).request_uri


async def test_nothing_that_authenticates_the_client_is_remembered() -> None:
    op = an_endpoint(a_client(token_endpoint_auth_method=ClientAuthMethod.POST))

    await par.answer(a_push([*pairs(), ("client_secret", SECRET)], authorization=()), op, OFFERED)

    assert isinstance(op.pushed, FakePushed)
    [(_, kept, _)] = op.pushed.kept.values()
    assert "client_secret" not in dict(kept)


@pytest.mark.attack("RO-07")
async def test_ro_07_a_push_without_authentication_is_not_remembered() -> None:
    assert (
        await refusal_of(a_push(authorization=(a_basic_header(secret="wrong"),)), an_endpoint())
    ).code is ErrorCode.INVALID_CLIENT


async def test_a_public_client_may_push_as_well() -> None:
    assert await par.answer(a_push(authorization=()), an_endpoint(a_public_client()), OFFERED)


@pytest.mark.attack("RO-03")
@pytest.mark.spec("RFC 9126 §2.1")
async def test_ro_03_a_request_uri_has_no_place_in_a_pushed_request() -> None:
    error = await refusal_of(a_push(pairs(request_uri="https://rp-a.example/r")), an_endpoint())

    assert error.code is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("AZ-01")
@pytest.mark.attack("AZ-06")
@pytest.mark.parametrize("uri", [LEFT_OUT, "https://rp-a.example/cb/../evil", "https://evil.test/"])
async def test_az_01_az_06_the_redirect_uri_of_a_pushed_request_is_registered_too(uri) -> None:
    error = await refusal_of(a_push(pairs(redirect_uri=uri)), an_endpoint())

    assert (error.code, error.reply_to) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"scope": "profile"}, ErrorCode.INVALID_SCOPE),
        ({"response_type": "token"}, ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ({"code_challenge": LEFT_OUT}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge_method": "plain"}, ErrorCode.INVALID_REQUEST),
        ({"claims": "[]"}, ErrorCode.INVALID_REQUEST),
        ({"resource": "https://api.example/"}, ErrorCode.INVALID_TARGET),
        ({"response_mode": "fragment"}, ErrorCode.INVALID_REQUEST),
    ],
)
async def test_a_mistake_is_told_to_the_server_that_made_it_and_not_to_its_redirect_uri(wrong, code) -> None:
    error = await refusal_of(a_push(pairs(**wrong)), an_endpoint())

    assert (error.code, error.reply_to) == (code, None)


@pytest.mark.attack("AZ-08")
async def test_az_08_a_doubled_parameter_is_refused() -> None:
    error = await refusal_of(a_push([*pairs(), ("state", GOOD["state"])]), an_endpoint())

    assert error.code is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("AZ-08")
async def test_az_08_a_doubled_parameter_beside_a_request_object_is_refused_too() -> None:
    client = a_public_client(jwks=a_key_client().jwks)
    sent = [("client_id", "rp-a"), ("request", a_request_object()), ("colour", "red"), ("colour", "red")]

    error = await refusal_of(a_push(sent, authorization=()), an_endpoint(client))

    assert error.code is ErrorCode.INVALID_REQUEST


@pytest.mark.spec("RFC 9126 §3")
async def test_a_signed_request_is_remembered_as_its_parameters() -> None:
    client = a_public_client(jwks=a_key_client().jwks, require_signed_request_object=True)
    op = an_endpoint(client)
    sent = [
        ("client_id", "rp-a"),
        ("request", a_request_object(nonce="inside")),
        ("nonce", "outside"),
        ("state", "outside"),
    ]

    answer = await par.answer(a_push(sent, authorization=()), op, OFFERED)

    request = await read([("client_id", "rp-a"), ("request_uri", answer.request_uri)], op)
    assert (request.nonce, request.state) == ("inside", GOOD["state"])


async def test_a_client_that_must_sign_pushes_nothing_unsigned() -> None:
    error = await refusal_of(a_push(), an_endpoint(a_client(require_signed_request_object=True)))

    assert error.code is ErrorCode.INVALID_REQUEST


async def test_an_object_without_a_redirect_uri_is_refused() -> None:
    client = a_public_client(jwks=a_key_client().jwks)
    sent = pairs(request=a_request_object(redirect_uri=LEFT_OUT))

    error = await refusal_of(a_push(sent, authorization=()), an_endpoint(client))

    assert error.code is ErrorCode.INVALID_REQUEST_OBJECT


@pytest.mark.spec("RFC 9449 §10.1")
@pytest.mark.parametrize("named", [LEFT_OUT, JKT])
async def test_a_proof_binds_the_code_to_its_key(monkeypatch, named) -> None:
    proven(monkeypatch, JKT)
    op = an_endpoint()

    answer = await par.answer(a_push(pairs(dpop_jkt=named)), op, OFFERED)

    request = await read([("client_id", "rp-a"), ("request_uri", answer.request_uri)], op)
    assert request.dpop_jkt == JKT


@pytest.mark.attack("DP-06")
async def test_dp_06_a_proof_of_another_key_than_the_named_one_is_refused(monkeypatch) -> None:
    proven(monkeypatch, JKT)

    error = await refusal_of(a_push(pairs(dpop_jkt="x" * 43)), an_endpoint())

    assert error.code is ErrorCode.INVALID_DPOP_PROOF


async def test_a_client_whose_registration_breaks_its_profile_pushes_nothing() -> None:
    error = await refusal_of(a_push(), an_endpoint(a_client(profile=Profile.FAPI2_SP)))

    assert error.code is ErrorCode.UNAUTHORIZED_CLIENT
