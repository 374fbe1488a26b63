import json
from datetime import timedelta

import pytest

from certs.keys import jose
from gateway.oidc import id_token_hint
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from tests.gateway.oidc.fakes import ISSUER, NOW, a_key_set, signing_key
from tests.gateway.oidc.request_fakes import AT, LEFT_OUT, accepted, pairs, refusal_of


def a_hint(key=None, typ="JWT", **changed) -> str:
    good = {"iss": ISSUER, "sub": "pairwise", "aud": "rp-a", "iat": AT - 60, "exp": AT + 60}
    claims = {name: value for name, value in (good | changed).items() if value is not LEFT_OUT}
    return jose.sign(claims, key or signing_key(), typ=typ)


def test_an_id_token_of_ours_tells_whose_it_is_however_old_it_may_be() -> None:
    hint = id_token_hint.read(a_hint(), a_key_set(), ISSUER, NOW + timedelta(days=400), audience="rp-a")

    assert hint["sub"] == "pairwise"


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "rp-b"},
        {"aud": ["rp-a", "rp-b"]},
        {"sub": LEFT_OUT},
        {"aud": LEFT_OUT},
        {"iat": LEFT_OUT},
        {"exp": LEFT_OUT},
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"key": signing_key(name="stranger")},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_cd_07_any_other_token_is_no_hint(wrong) -> None:
    with pytest.raises(OAuthError) as refusal:
        id_token_hint.read(a_hint(**wrong), a_key_set(), ISSUER, NOW, audience="rp-a")

    assert refusal.value.code is ErrorCode.INVALID_REQUEST


def test_without_an_audience_the_client_is_left_to_the_caller() -> None:
    assert id_token_hint.read(a_hint(aud="rp-b"), a_key_set(), ISSUER, NOW)["aud"] == "rp-b"


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
async def test_a_hint_in_a_request_names_the_subject_that_is_wanted() -> None:
    assert (await accepted(id_token_hint=a_hint(exp=AT - 3600))).expected_sub == "pairwise"


async def test_a_hint_that_was_issued_to_another_client_is_refused() -> None:
    assert (await refusal_of(pairs(id_token_hint=a_hint(aud="rp-b")))).code is ErrorCode.INVALID_REQUEST


async def test_a_hint_and_a_claim_about_two_subjects_are_refused() -> None:
    claims = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

    assert (await refusal_of(pairs(id_token_hint=a_hint(), claims=claims))).code is ErrorCode.INVALID_REQUEST
