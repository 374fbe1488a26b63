"""What the door to JOSE signs, byte for byte, and what it will not sign."""

import json

import pytest

from certs.keys import base64url
from certs.keys.jose import MAX_TOKEN, JoseError, JoseErrorCode, sign, verify
from certs.keys.signing_key import Algorithm, KeyState
from tests.certs.builders import NOW, a_key, an_expectation, keys_of, some_claims

KEY = a_key()
KEYS = keys_of(KEY)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_token_that_we_sign_verifies(algorithm):
    key = a_key(algorithm)

    claims = verify(sign(some_claims(), key, typ="JWT"), keys_of(key), an_expectation(), now=NOW)

    assert dict(claims.claims) == some_claims()
    assert claims.header_kid == key.kid


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_header_says_alg_kid_and_typ_and_nothing_else(algorithm):
    key = a_key(algorithm)

    header, _, _ = sign(some_claims(), key, typ="at+jwt").split(".")

    assert base64url.decode(header).decode() == json.dumps(
        {"alg": algorithm.value, "kid": key.kid, "typ": "at+jwt"}, separators=(",", ":")
    )


def test_names_in_chinese_survive_signing():
    token = sign(some_claims(name="陳大文"), KEY, typ="JWT")

    assert verify(token, KEYS, an_expectation(), now=NOW)["name"] == "陳大文"


@pytest.mark.parametrize("state", [KeyState.PUBLISHED, KeyState.RETIRING])
def test_only_an_active_key_signs(state):
    with pytest.raises(JoseError) as caught:
        sign(some_claims(), KEY.enter(state, NOW), typ="JWT")

    assert caught.value.code is JoseErrorCode.KEY_NOT_ACTIVE


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}, "\ud800"])
def test_claims_that_are_not_json_are_not_signed(value):
    with pytest.raises(JoseError) as caught:
        sign(some_claims(odd=value), KEY, typ="JWT")

    assert caught.value.code is JoseErrorCode.CLAIMS_NOT_JSON


def test_a_token_that_nobody_could_read_is_not_signed():
    with pytest.raises(JoseError) as caught:
        sign(some_claims(long="x" * MAX_TOKEN), KEY, typ="JWT")

    assert caught.value.code is JoseErrorCode.OVERSIZED
