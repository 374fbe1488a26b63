"""The logout token: its type, its claims and nothing beside them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.keys.jose import Expectation, JoseError, VerificationKeys, VerifiedClaims, verify
from certs.keys.signing_key import KeySet, KeyState
from gateway.oidc import id_token_hint
from gateway.oidc.errors import OAuthError
from gateway.oidc.logout_token import make
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Delivery, DeliveryKind
from tests.gateway.broker.builders import an_op
from tests.gateway.oidc.fakes import ISSUER, NOW, a_client, a_key_set

EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


def a_delivery(**content: str) -> Delivery:
    content = content or {"sub": "pairwise-sub-of-rp-a", "sid": "a-sid"}
    return Delivery("delivery-1", DeliveryKind.LOGOUT, "rp-a", content, NOW)


def read(token: str, now: datetime = NOW, **spoilt: Any) -> VerifiedClaims:
    expected = Expectation(
        algorithms=frozenset({"ES256"}),
        typ=frozenset({"logout+jwt"}),
        issuer=ISSUER,
        audience="rp-a",
        single_audience=True,
        required=frozenset({"iss", "aud", "iat", "exp", "jti", "events"}),
    )
    return verify(token, VerificationKeys.from_jwks(a_key_set().jwks()), replace(expected, **spoilt), now=now)


@pytest.mark.attack("LO-03")
@pytest.mark.spec("Back-Channel Logout 1.0 §2.4")
def test_lo_03_it_names_one_client_one_session_and_one_event() -> None:
    claims = read(make(a_delivery(), a_client(), an_op(), NOW))

    assert dict(claims.claims) == {
        "iss": ISSUER,
        "aud": "rp-a",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=2)).timestamp()),
        "jti": "delivery-1",
        "events": EVENTS,
        "sub": "pairwise-sub-of-rp-a",
        "sid": "a-sid",
    }


@pytest.mark.attack("LO-05")
def test_lo_05_a_later_try_has_the_same_name_and_a_new_end() -> None:
    later = NOW + timedelta(hours=2)

    first, second = (read(make(a_delivery(), a_client(), an_op(), now), now) for now in (NOW, later))

    assert first["jti"] == second["jti"]
    assert second["exp"] == int((later + timedelta(minutes=2)).timestamp())


@pytest.mark.attack("LO-03")
def test_lo_03_it_is_signed_as_the_clients_id_tokens_are() -> None:
    token = make(a_delivery(), a_client(id_token_signed_response_alg="RS256"), an_op(), NOW)

    assert read(token, algorithms=frozenset({"RS256"}))["jti"] == "delivery-1"


def test_what_a_client_does_not_know_of_the_session_is_left_out() -> None:
    assert "sid" not in read(make(a_delivery(sub="s", sid=""), a_client(), an_op(), NOW))


@pytest.mark.attack("LO-07")
def test_lo_07_it_passes_for_no_id_token() -> None:
    token = make(a_delivery(), a_client(), an_op(), NOW)

    with pytest.raises(OAuthError):
        id_token_hint.read(token, a_key_set(), ISSUER, NOW)
    with pytest.raises(JoseError):
        read(token, typ=frozenset({"JWT"}))


def test_without_a_key_nothing_is_signed() -> None:
    retiring = KeySet(tuple(key.enter(KeyState.RETIRING, NOW) for key in a_key_set().keys))

    with pytest.raises(OAuthError) as refusal:
        make(a_delivery(), a_client(), an_op(keys=retiring), NOW)

    assert refusal.value.code is ErrorCode.SERVER_ERROR
