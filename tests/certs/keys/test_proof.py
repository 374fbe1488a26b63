"""Proofs of possession: tokens that bring their own key, and what such a key may be."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from joserfc.jwk import ECKey, RSAKey

from certs.keys import JoseError, JoseErrorCode, base64url
from certs.keys.jose import claimed, sign, verify, verify_proof
from certs.keys.signing_key import Algorithm, SigningKey
from tests.certs.builders import EPOCH, NOW, a_key, an_expectation, forge, keys_of, some_claims

KEY = a_key()
ALGORITHMS = ("ES256", "PS256", "RS256")
JWK = {name: KEY.public_jwk()[name] for name in ("kty", "crv", "x", "y")}
PUBLISHED_TIME = datetime(2019, 7, 4, 17, 50, 16, tzinfo=UTC)
PUBLISHED_HEADER = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
PUBLISHED_PROOF = (
    PUBLISHED_HEADER
    + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
    ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
PUBLISHED_RESOURCE_PROOF = (
    PUBLISHED_HEADER
    + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
PUBLISHED_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def a_proof(key: SigningKey = KEY, *, jwk: Any = JWK, **changes: Any) -> str:
    claims = changes.pop("claims", {"jti": "j-1", "htm": "POST", "htu": "https://id.example.hk/token", "iat": EPOCH})
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk} | changes
    return forge({name: value for name, value in header.items() if value is not ...}, claims, key)


def refusal(token: str) -> JoseErrorCode:
    with pytest.raises(JoseError) as caught:
        verify_proof(token, algorithms=ALGORITHMS, typ="dpop+jwt", now=NOW)
    return caught.value.code


@pytest.mark.spec("RFC 9449 §4.1")
def test_the_published_proof_verifies_and_gives_the_published_thumbprint():
    claims, thumbprint = verify_proof(PUBLISHED_PROOF, algorithms=ALGORITHMS, typ="dpop+jwt", now=PUBLISHED_TIME)

    assert (claims["htm"], claims["htu"], claims["iat"]) == ("POST", "https://server.example.com/token", 1562262616)
    assert thumbprint == PUBLISHED_THUMBPRINT


@pytest.mark.spec("RFC 9449 §7.1")
def test_the_published_proof_for_a_resource_server_verifies_under_the_same_key():
    claims, thumbprint = verify_proof(
        PUBLISHED_RESOURCE_PROOF, algorithms=ALGORITHMS, typ="dpop+jwt", now=PUBLISHED_TIME
    )

    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    assert thumbprint == PUBLISHED_THUMBPRINT


def test_a_proof_under_an_rsa_key_verifies():
    key = a_key(Algorithm.PS256)
    own = {name: key.public_jwk()[name] for name in ("kty", "n", "e")}
    header, payload = ({"typ": "dpop+jwt", "alg": "PS256", "jwk": own}, {"iat": EPOCH, "jti": "j"})
    signing_input = ".".join(base64url.encode(json.dumps(part).encode()) for part in (header, payload))
    signature = _sign_pss(key, signing_input)

    _, thumbprint = verify_proof(f"{signing_input}.{signature}", algorithms=ALGORITHMS, typ="dpop+jwt", now=NOW)

    assert thumbprint == key.kid


def _sign_pss(key: SigningKey, text: str) -> str:
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return base64url.encode(key.private.private_key.sign(text.encode(), scheme, hashes.SHA256()))


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "EdDSA", "es256", "", None, ...])
def test_dp_05_an_algorithm_outside_the_list_is_refused(alg):
    assert refusal(a_proof(alg=alg)) is JoseErrorCode.ALGORITHM_REFUSED


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize("typ", [..., "JWT", "dpop", "at+jwt", "", None, ["dpop+jwt"]])
def test_dp_05_another_type_is_refused(typ):
    assert refusal(a_proof(typ=typ)) is JoseErrorCode.TYPE_REFUSED


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize("jwk", [..., None, "key", [], [JWK], KEY.kid], ids=range(6))
def test_dp_05_a_proof_without_a_key_of_its_own_is_refused(jwk):
    assert refusal(a_proof(jwk=jwk)) is JoseErrorCode.HEADER_REFUSED
    assert refusal(a_proof(jwk=jwk, kid=KEY.kid)) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize(
    "jwk",
    [
        {},
        JWK | {"d": base64url.encode(b"\1" * 32)},
        JWK | {"k": "AA"},
        {"kty": "oct", "k": base64url.encode(b"secret" * 8)},
        JWK | {"crv": "P-384"},
        JWK | {"crv": "secp256k1"},
        JWK | {"kty": "OKP", "crv": "Ed25519"},
        JWK | {"kty": "RSA"},
        JWK | {"x": JWK["y"], "y": JWK["x"]},
        JWK | {"alg": "RS256"},
        JWK | {"use": "enc"},
    ],
    ids=["empty", "d", "k", "oct", "P-384", "K-256", "Ed25519", "mixed", "off-curve", "other-alg", "enc"],
)
def test_dp_05_a_key_that_is_secret_weak_or_foreign_is_refused(jwk):
    assert refusal(a_proof(jwk=jwk)) is JoseErrorCode.KEYS_REFUSED


@pytest.mark.attack("DP-05")
def test_dp_05_a_small_rsa_key_is_refused():
    small = {"kty": "RSA", "n": base64url.encode(b"\xff" * 128), "e": "AQAB"}

    assert refusal(a_proof(jwk=small, alg="RS256")) is JoseErrorCode.KEYS_REFUSED


@pytest.mark.attack("DP-05")
def test_dp_05_a_proof_signed_by_another_key_than_it_shows_is_refused():
    assert refusal(a_proof(a_key(number=1))) is JoseErrorCode.SIGNATURE_REFUSED


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize("member", ["jku", "x5u", "x5c", "crit", "b64", "zip", "enc"])
def test_dp_05_other_members_that_change_the_check_stay_refused(member):
    assert refusal(a_proof(**{member: "https://evil.example.hk/keys"})) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("CA-04")
def test_ca_04_a_key_in_the_header_counts_nowhere_but_in_proofs():
    token = forge({"typ": "JWT", "alg": "ES256", "kid": KEY.kid, "jwk": JWK}, some_claims(), KEY)

    with pytest.raises(JoseError) as caught:
        verify(token, keys_of(KEY), an_expectation(), now=NOW)

    assert caught.value.code is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("DP-07")
@pytest.mark.spec("RFC 7638 §3")
@pytest.mark.parametrize(
    "jwk",
    [
        JWK | {"kid": "mine", "note": "more", "key_ops": ["verify"]},
        dict(reversed(list(JWK.items()))),
        JWK | {"use": "sig", "alg": "ES256"},
    ],
    ids=["extra", "order", "use"],
)
def test_dp_07_further_members_and_their_order_do_not_change_the_thumbprint(jwk):
    _, thumbprint = verify_proof(a_proof(jwk=jwk), algorithms=ALGORITHMS, typ="dpop+jwt", now=NOW)

    assert thumbprint == KEY.kid


@pytest.mark.attack("DP-07")
def test_dp_07_a_coordinate_that_begins_with_zero_has_one_spelling():
    key = _key_with_a_leading_zero()
    own = {name: key.public_jwk()[name] for name in ("kty", "crv", "x", "y")}
    short = base64url.encode(base64url.decode(own["x"]).lstrip(b"\0"))

    _, thumbprint = verify_proof(a_proof(key, jwk=own), algorithms=ALGORITHMS, typ="dpop+jwt", now=NOW)

    assert thumbprint == key.kid
    assert refusal(a_proof(key, jwk=own | {"x": short})) is JoseErrorCode.KEYS_REFUSED


def _key_with_a_leading_zero() -> SigningKey:
    scalar = 1
    while ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers().x >> 248:
        scalar += 1
    native = ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()))
    return SigningKey.from_pem(native.as_pem(private=True), algorithm=Algorithm.ES256, created_at=NOW)


@pytest.mark.attack("DP-07")
def test_dp_07_other_spellings_of_a_key_are_refused():
    compressed = {"kty": "EC", "crv": "P-256", "x": JWK["x"]}
    longer = JWK | {"x": base64url.encode(b"\0" + base64url.decode(JWK["x"]))}
    padded = JWK | {"x": JWK["x"] + "="}
    sign_only = JWK | {"y": True}

    for jwk in (compressed, longer, padded, sign_only):
        assert refusal(a_proof(jwk=jwk)) is JoseErrorCode.KEYS_REFUSED


@pytest.mark.attack("DP-07")
def test_dp_07_a_modulus_with_leading_zeros_is_refused():
    own = RSAKey.generate_key(2048).as_dict(private=False)
    longer = {"kty": "RSA", "e": own["e"], "n": base64url.encode(b"\0" + base64url.decode(own["n"]))}

    assert refusal(a_proof(jwk=longer, alg="RS256")) is JoseErrorCode.KEYS_REFUSED


@pytest.mark.spec("RFC 9449 §4.3")
def test_times_that_a_proof_states_besides_iat_are_kept():
    good = {"iat": EPOCH, "nbf": EPOCH - 5, "exp": EPOCH + 60}

    claims, _ = verify_proof(a_proof(claims=good), algorithms=ALGORITHMS, typ="dpop+jwt", now=NOW)

    assert claims["exp"] == EPOCH + 60
    assert refusal(a_proof(claims=good | {"exp": EPOCH - 61})) is JoseErrorCode.EXPIRED
    assert refusal(a_proof(claims=good | {"nbf": EPOCH + 61})) is JoseErrorCode.NOT_YET_VALID
    assert refusal(a_proof(claims=good | {"iat": EPOCH + 61})) is JoseErrorCode.ISSUED_IN_FUTURE
    assert refusal(a_proof(claims=good | {"iat": "now"})) is JoseErrorCode.CLAIM_MALFORMED


@pytest.mark.parametrize(
    "token", ["", "..", "a.b", "a.b.c.d.e", "é.b.c", PUBLISHED_PROOF[:-4], "x" * 20_000], ids=range(7)
)
def test_something_that_is_no_token_is_refused(token):
    with pytest.raises(JoseError):
        verify_proof(token, algorithms=ALGORITHMS, typ="dpop+jwt", now=PUBLISHED_TIME)


def test_what_a_token_claims_can_be_read_before_it_is_checked_but_not_changed():
    token = sign(some_claims(iss="https://somebody.example.mo"), KEY, typ="JWT")

    claims = claimed(token)

    assert claims["iss"] == "https://somebody.example.mo"
    with pytest.raises(TypeError):
        claims["iss"] = "x"


def test_an_old_proof_is_the_callers_to_refuse():
    claims, _ = verify_proof(
        PUBLISHED_PROOF, algorithms=ALGORITHMS, typ="dpop+jwt", now=PUBLISHED_TIME + timedelta(days=1)
    )

    assert claims["jti"] == "-BwC3ESc6acc2lTc"
