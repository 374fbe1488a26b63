"""Other people's keys: what is read, passed over and refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys import base64url
from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.verification_keys import MAX_KEYS, VerificationKeys
from tests.certs.builders import a_key

JWK = a_key().public_jwk()
RSA_JWK = {  # RFC 7638 §3.1
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
    "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5"
    "hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "kid": "2011-04-29",
}


def read(*jwks):
    return VerificationKeys.from_jwks({"keys": list(jwks)})


def is_refused(*jwks) -> bool:
    with pytest.raises(JoseError) as caught:
        read(*jwks)
    return caught.value.code is JoseErrorCode.KEYS_REFUSED


def spki(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def raw_compressed() -> bytes:
    point = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    )
    return bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point


def number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@pytest.mark.spec("RFC 7638 §3.1")
def test_the_published_key_has_the_published_thumbprint():
    (key,) = read(RSA_JWK).keys

    assert key.public.thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert key.algorithms == {"RS256", "PS256"}


def test_a_key_without_alg_may_be_used_as_its_type_allows_and_with_alg_only_so():
    assert read(JWK).choose(JWK["kid"], "ES256").algorithms == {"ES256"}
    assert read(RSA_JWK | {"alg": "PS256"}).keys[0].algorithms == {"PS256"}


@pytest.mark.spec("RFC 7517 §5")
@pytest.mark.parametrize(
    "foreign",
    [
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        JWK | {"kid": "e", "use": "enc"},
        RSA_JWK | {"alg": "RSA-OAEP-256"},
        RSA_JWK | {"alg": "RS384"},
    ],
)
def test_a_key_that_is_merely_foreign_is_passed_over(foreign):
    assert [key.kid for key in read(foreign, JWK).keys] == [JWK["kid"]]


@pytest.mark.attack("CA-03")
@pytest.mark.parametrize("secret", ["", "c2hvcnQ", base64url.encode(bytes(range(64)))])
def test_ca_03_a_secret_in_a_public_set_refuses_the_set(secret):
    assert is_refused(JWK, {"kty": "oct", "k": secret})
    assert is_refused({"kty": "oct"})


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_member_refuses_the_set(member):
    assert is_refused(JWK | {member: "AQAB"})


@pytest.mark.attack("CA-17")
@pytest.mark.parametrize(
    "changes",
    [
        {"n": number(2**131_071 + 1)},
        {"n": number(2**16_383 + 1)},
        {"n": number(2**4096 + 1)},
        {"n": number(2**2046 + 1)},
        {"n": number(2**1023 + 1)},
        {"n": number(2**2047 + 2)},
        {"e": RSA_JWK["n"]},
        {"e": "AQ"},
        {"e": "Aw"},
        {"e": "AQAA"},
        {"n": ""},
        {"n": 3},
        {"n": "+/=="},
    ],
)
def test_ca_17_an_rsa_key_of_the_wrong_size_or_shape_is_refused(changes):
    assert is_refused(RSA_JWK | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"x": JWK["y"], "y": JWK["x"]},
        {"x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))},
        {"x": "AA"},
        {"x": JWK["x"] + "AA"},
        {"crv": ["P-256"]},
        {"kty": None},
        {"alg": "RS256"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": 7},
        {"kid": ""},
        {"kid": "x" * 256},
        {"kid": 7},
    ],
)
def test_a_malformed_or_contradictory_ec_key_is_refused(changes):
    assert is_refused(JWK | changes)


@pytest.mark.parametrize(
    "document", [{}, {"keys": None}, {"keys": {}}, {"keys": [JWK] * (MAX_KEYS + 1)}, {"keys": ["x"]}]
)
def test_a_document_that_is_no_key_set_is_refused(document):
    with pytest.raises(JoseError):
        VerificationKeys.from_jwks(document)


def test_a_doubled_kid_refuses_the_set():
    assert is_refused(JWK, RSA_JWK | {"kid": JWK["kid"]})


def test_a_key_with_many_members_is_refused():
    assert is_refused(JWK | {f"m{count}": 1 for count in range(40)})


def test_numbered_keys_are_chosen_by_their_number():
    first, second = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(2))

    keys = VerificationKeys.from_spki_der({"1": spki(first), "2": spki(second)})

    assert keys.choose("2", "ES256").public.public_key == second
    with pytest.raises(JoseError) as caught:
        keys.choose("3", "ES256")
    assert caught.value.code is JoseErrorCode.UNKNOWN_KID


@pytest.mark.parametrize(
    "numbered",
    [
        {"1": b""},
        {"1": bytes(91)},
        {"1": spki(ec.generate_private_key(ec.SECP384R1()).public_key())},
        {"1": spki(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key())},
        {"1": spki(ec.generate_private_key(ec.SECP256R1()).public_key()) + b"\0"},
        {"": spki(ec.generate_private_key(ec.SECP256R1()).public_key())},
        {"1": raw_compressed()},
        {"1": bytes(10_000)},
        {str(count): b"" for count in range(MAX_KEYS + 1)},
    ],
)
def test_a_numbered_key_that_is_not_one_on_p_256_is_refused(numbered):
    with pytest.raises(JoseError) as caught:
        VerificationKeys.from_spki_der(numbered)

    assert caught.value.code is JoseErrorCode.KEYS_REFUSED
