from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys import jose
from certs.keys.signing_key import KeySet, KeyState
from gateway.oidc import logout_token
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token
from gateway.oidc.logout import LogoutRequest, front_channel_url, post_logout_url, validate
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Delivery, DeliveryKind
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    FakeClients,
    a_client,
    a_grant,
    a_key_set,
    an_endpoint,
    base64url,
    signing_key,
)

BYE = "https://rp-a.example/bye"


def a_hint(client=None) -> str:
    return id_token(a_grant(), client or a_client(), "x", an_endpoint(), NOW)


def claims(**changed):
    at = int(NOW.timestamp())
    return {"iss": ISSUER, "sub": "s", "aud": "rp-a", "exp": at + 1, "iat": at} | changed


async def checked(*clients, keys=None, now=NOW, **sent) -> LogoutRequest:
    return await validate(
        list(sent.items()), FakeClients(*(clients or (a_client(),))), keys or a_key_set(), ISSUER, now
    )


async def refusal_of(*clients, **sent) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await checked(*clients, **sent)
    assert (refusal.value.code, refusal.value.reply_to) == (ErrorCode.INVALID_REQUEST, None)
    return refusal.value


@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
async def test_a_hint_proves_whose_sign_out_is_asked_for() -> None:
    request = await checked(id_token_hint=a_hint(), post_logout_redirect_uri=BYE, state="s")

    assert request == LogoutRequest(a_client(), BYE, "s", "pairwise-sub-of-rp-a", "session-1")


@pytest.mark.spec("RP-Initiated Logout 1.0 §4")
async def test_an_expired_hint_is_still_one() -> None:
    assert (await checked(id_token_hint=a_hint(), now=NOW + timedelta(days=30))).sub == "pairwise-sub-of-rp-a"


async def test_a_hint_signed_with_a_retiring_key_is_still_one() -> None:
    retiring = KeySet(tuple(key.enter(KeyState.RETIRING, NOW) for key in a_key_set().keys))

    assert (await checked(id_token_hint=a_hint(), keys=retiring)).sub == "pairwise-sub-of-rp-a"


async def test_a_hint_in_rs256_is_accepted() -> None:
    assert (await checked(id_token_hint=a_hint(a_client(id_token_signed_response_alg="RS256")))).sid == "session-1"


async def test_without_a_hint_nobody_has_proved_anything() -> None:
    request = await checked(client_id="rp-a", post_logout_redirect_uri=BYE)

    assert request == LogoutRequest(a_client(), BYE)


async def test_a_bare_request_is_a_question_to_the_person() -> None:
    assert await checked() == LogoutRequest()


async def test_a_hint_without_session_names_none() -> None:
    hint = jose.sign(claims(sid=7), signing_key(), typ="JWT")

    assert (await checked(id_token_hint=hint)).sid is None


@pytest.mark.parametrize(
    "uri", [f"{BYE}/", f"{BYE}?x", "https://evil.test/", "https://rp-a.example/cb", "javascript:x"]
)
async def test_an_address_that_is_not_registered_gets_no_redirect(uri) -> None:
    await refusal_of(id_token_hint=a_hint(), post_logout_redirect_uri=uri)


async def test_the_port_of_a_loopback_address_is_not_free_here() -> None:
    client = a_client(post_logout_redirect_uris=("http://127.0.0.1:1/bye",))

    await refusal_of(client, client_id="rp-a", post_logout_redirect_uri="http://127.0.0.1:2/bye")


async def test_an_address_without_a_client_belongs_to_nobody() -> None:
    await refusal_of(post_logout_redirect_uri=BYE)


@pytest.mark.parametrize("client_id", ["rp-b", "rp-x"])
async def test_a_hint_of_another_client_is_refused(client_id) -> None:
    await refusal_of(a_client(), a_client(client_id="rp-b"), id_token_hint=a_hint(), client_id=client_id)


@pytest.mark.parametrize("client", [a_client(client_id="rp-b"), a_client(disabled_at=NOW)])
async def test_an_unknown_or_disabled_client_gets_no_redirect(client) -> None:
    await refusal_of(client, id_token_hint=a_hint(), post_logout_redirect_uri=BYE)
    await refusal_of(client, client_id="rp-a", post_logout_redirect_uri=BYE)


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("typ", ["logout+jwt", "at+jwt", "client-authentication+jwt"])
async def test_cd_07_a_token_of_another_type_is_no_hint(typ) -> None:
    await refusal_of(id_token_hint=jose.sign(claims(), signing_key(), typ=typ))


@pytest.mark.parametrize(
    "changed", [{"iss": "https://idp.example.mo"}, {"aud": ["rp-a"]}, {"sub": ""}, {"exp": "soon"}]
)
async def test_a_token_with_other_claims_is_no_hint(changed) -> None:
    await refusal_of(id_token_hint=jose.sign(claims(**changed), signing_key(), typ="JWT"))


@pytest.mark.attack("CA-01")
async def test_ca_01_an_unsigned_or_foreign_hint_is_refused() -> None:
    _, payload, signature = a_hint().split(".")
    none = base64url(b'{"alg":"none","typ":"JWT"}')

    for hint in (
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        jose.sign(claims(), signing_key(name="somebody"), typ="JWT"),
        "x.y.z",
        "x",
    ):
        await refusal_of(id_token_hint=hint)


@pytest.mark.attack("AZ-08")
async def test_az_08_a_doubled_parameter_is_refused() -> None:
    with pytest.raises(OAuthError):
        await validate([("state", "a"), ("state", "a")], FakeClients(), a_key_set(), ISSUER, NOW)


@pytest.mark.spec("RP-Initiated Logout 1.0 §3")
@pytest.mark.parametrize(
    ("uri", "state", "url"),
    [
        (BYE, None, BYE),
        (BYE, "a b&c", f"{BYE}?state=a%20b%26c"),
        (f"{BYE}?x=1", "s", f"{BYE}?x=1&state=s"),
        (None, "s", None),
    ],
)
def test_the_browser_goes_back_with_its_state(uri, state, url) -> None:
    request = replace(LogoutRequest(a_client()), post_logout_redirect_uri=uri, state=state)

    assert post_logout_url(request) == url


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
@pytest.mark.parametrize(
    ("uri", "address"),
    [
        (None, None),
        ("https://rp-a.example/out", "https://rp-a.example/out?iss=https%3A%2F%2Fid.example.hk&sid=a%26b"),
        ("https://rp-a.example/out?x=1", "https://rp-a.example/out?x=1&iss=https%3A%2F%2Fid.example.hk&sid=a%26b"),
    ],
)
def test_a_frame_names_the_issuer_and_the_session(uri, address) -> None:
    assert front_channel_url(a_client(frontchannel_logout_uri=uri), ISSUER, "a&b") == address


@pytest.mark.attack("LO-07")
async def test_lo_07_our_own_logout_token_is_no_hint() -> None:
    delivery = Delivery("delivery-1", DeliveryKind.LOGOUT, "rp-a", {"sub": "s", "sid": "x"}, NOW)

    await refusal_of(id_token_hint=logout_token.make(delivery, a_client(), an_endpoint(), NOW))
