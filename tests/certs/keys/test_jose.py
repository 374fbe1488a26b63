"""The door to JOSE: everything that it refuses."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys import base64url
from certs.keys.jose import (
    JoseError,
    JoseErrorCode,
    VerificationKeys,
    VerifiedClaims,
    claimed_text,
    sign,
    verify,
)
from certs.keys.signing_key import Algorithm, KeyState, SigningKey
from tests.certs.builders import (
    EPOCH,
    NOW,
    a_header,
    a_key,
    an_expectation,
    forge,
    keys_of,
    some_claims,
)

KEY = a_key()
KEYS = keys_of(KEY)


def refusal(token: str, *, keys: VerificationKeys = KEYS, now=NOW, **changes) -> JoseErrorCode:
    with pytest.raises(JoseError) as caught:
        verify(token, keys, an_expectation(**changes), now=now)
    return caught.value.code


@pytest.mark.spec("RFC 7515 appendix A.3")
def test_the_published_es256_example_verifies():
    keys = VerificationKeys.from_jwks(
        {
            "keys": [
                {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                }
            ]
        }
    )
    token = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    expected = an_expectation(
        typ=frozenset({None}), issuer="joe", audience=None, required=frozenset({"exp"}), accept_expired=True
    )

    claims = verify(token, keys, expected, now=NOW)

    assert claims["http://example.com/is_root"] is True


@pytest.mark.spec("RFC 7515 appendix A.2")
def test_the_published_rs256_example_verifies():
    modulus = (
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_Yp"
        "RPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3"
        "qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    )
    token = (
        "eyJhbGciOiJSUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQj"
        "bKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZES"
        "c6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )
    keys = VerificationKeys.from_jwks({"keys": [{"kty": "RSA", "n": modulus, "e": "AQAB"}]})
    expected = an_expectation(
        typ=frozenset({None}), issuer="joe", audience=None, required=frozenset({"exp"}), accept_expired=True
    )

    assert verify(token, keys, expected, now=NOW)["http://example.com/is_root"] is True


@pytest.mark.attack("CA-01")
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, ["ES256"], ["none"], ..., "HS256", "ES384"])
@pytest.mark.parametrize("signed", [True, False])
def test_ca_01_an_algorithm_outside_the_list_is_refused(alg, signed):
    token = forge(a_header(KEY, alg=alg), some_claims(), KEY if signed else None)

    assert refusal(token) is JoseErrorCode.ALGORITHM_REFUSED


@pytest.mark.attack("CA-01")
def test_ca_01_a_stripped_signature_is_refused():
    token = forge(a_header(KEY), some_claims())

    assert refusal(token) is JoseErrorCode.SIGNATURE_REFUSED


@pytest.mark.attack("CA-01")
@pytest.mark.parametrize(
    "algorithms", [frozenset(), frozenset({"none"}), frozenset({"HS256"}), frozenset({"ES256", "x"})]
)
def test_ca_01_an_expectation_cannot_ask_for_another_algorithm(algorithms):
    with pytest.raises(ValueError):
        an_expectation(algorithms=algorithms)


@pytest.mark.attack("CA-02")
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "pem with a space", "pem with a comment"])
def test_ca_02_a_public_key_is_never_a_secret(digest, form):
    native = KEY.private.public_key
    pem = native.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = {
        "pem": pem,
        "der": native.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(KEY.public_jwk()).encode(),
        "pem with a space": b" " + pem,
        "pem with a comment": b"# key\n" + pem,
    }[form]
    unsigned = forge(a_header(KEY, alg="HS" + digest[3:]), some_claims())[:-1]
    mac = hmac.new(secret, unsigned.encode(), getattr(hashlib, digest)).digest()

    assert refusal(f"{unsigned}.{base64url.encode(mac)}") is JoseErrorCode.ALGORITHM_REFUSED


@pytest.mark.attack("CA-04")
def test_ca_04_a_key_in_the_header_is_refused():
    own = a_key(number=1)
    token = forge(a_header(KEY, jwk=own.public_jwk()), some_claims(), own)

    assert refusal(token) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("CA-05")
@pytest.mark.parametrize("member", ["jku", "x5u", "x5c"])
def test_ca_05_an_address_of_a_key_in_the_header_is_refused(member):
    token = forge(a_header(KEY, **{member: "https://sink.example"}), some_claims(), KEY)

    assert refusal(token) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("CA-06")
@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "%", "\x00", "キー"])
def test_ca_06_a_hostile_kid_is_only_an_unknown_kid(kid):
    assert refusal(forge(a_header(KEY, kid=kid), some_claims(), KEY)) is JoseErrorCode.UNKNOWN_KID


@pytest.mark.attack("CA-06")
@pytest.mark.parametrize("kid", ["x" * 256, "", ["a"], 7, None, {}])
def test_ca_06_a_malformed_kid_is_refused(kid):
    assert refusal(forge(a_header(KEY, kid=kid), some_claims(), KEY)) is JoseErrorCode.HEADER_REFUSED


def test_a_kid_selects_among_the_pinned_keys_only():
    other = a_key(number=1)

    assert refusal(sign(some_claims(), other, typ="JWT")) is JoseErrorCode.UNKNOWN_KID
    assert refusal(forge(a_header(KEY), some_claims(), other)) is JoseErrorCode.SIGNATURE_REFUSED


@pytest.mark.spec("OpenID Connect Core 1.0 §10.1")
def test_a_token_without_kid_needs_a_set_without_choice():
    token = forge(a_header(KEY, kid=...), some_claims(), KEY)

    assert verify(token, KEYS, an_expectation(), now=NOW).header_kid is None
    assert refusal(token, keys=keys_of(KEY, a_key(number=1))) is JoseErrorCode.KEYS_REFUSED


def test_a_key_is_not_used_with_an_algorithm_that_is_not_its_own():
    rs256, ps256 = a_key(Algorithm.RS256), a_key(Algorithm.PS256)
    token = sign(some_claims(), ps256, typ="JWT")
    claimed = VerificationKeys.from_jwks({"keys": [ps256.public_jwk() | {"alg": "RS256"}]})

    assert refusal(token, keys=claimed) is JoseErrorCode.KEYS_REFUSED
    assert refusal(token, keys=keys_of(rs256)) is JoseErrorCode.UNKNOWN_KID
    assert refusal(token, keys=keys_of(ps256), algorithms=frozenset({"ES256"})) is JoseErrorCode.ALGORITHM_REFUSED


@pytest.mark.attack("CA-12")
@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["unknown"], "unknown": 1},
        {"crit": []},
        {"crit": ["alg"]},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
    ],
)
def test_ca_12_critical_extensions_and_b64_are_refused(extra):
    assert refusal(forge(a_header(KEY, **extra), some_claims(), KEY)) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("CA-13")
def test_ca_13_compression_and_encryption_do_not_exist():
    compressed = forge(a_header(KEY, zip="DEF"), some_claims(), KEY)

    assert refusal(compressed) is JoseErrorCode.HEADER_REFUSED
    assert refusal("a.b.c.d.e") is JoseErrorCode.MALFORMED


@pytest.mark.attack("CA-14")
@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("a" * 1_000_000 + ".b.c", JoseErrorCode.OVERSIZED),
        ("." * 10_000, JoseErrorCode.MALFORMED),
        ("." * 1_000_000, JoseErrorCode.OVERSIZED),
        ("a.b." + "c" * 10_000_000, JoseErrorCode.OVERSIZED),
        (base64url.encode(b"{" + b" " * 3000 + b"}") + ".e30.c", JoseErrorCode.OVERSIZED),
    ],
)
def test_ca_14_oversized_parts_are_refused(token, code):
    assert refusal(token) is code


@pytest.mark.attack("CA-14")
def test_ca_14_a_header_with_many_members_is_refused():
    token = forge(a_header(KEY, **{f"m{number}": 1 for number in range(20)}), some_claims(), KEY)

    assert refusal(token) is JoseErrorCode.HEADER_REFUSED


@pytest.mark.attack("CA-16")
def test_ca_16_doubled_members_are_refused_in_header_and_payload():
    header = f'{{"alg":"ES256","alg":"none","kid":"{KEY.kid}","typ":"JWT"}}'.encode()
    payload = b'{"sub":"a","sub":"b","exp":1}'

    assert refusal(forge(header, some_claims(), KEY)) is JoseErrorCode.MALFORMED
    assert refusal(forge(a_header(KEY), payload, KEY)) is JoseErrorCode.MALFORMED


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c", "..", "é.b.c", "e30=.e30.x", "e31.e30.x", "bnVsbA.e30.x", "W10.e30.x"]
)
def test_text_that_is_no_token_is_malformed(token):
    assert refusal(token) is JoseErrorCode.MALFORMED


def test_another_spelling_of_a_good_signature_is_refused():
    token = sign(some_claims(), KEY, typ="JWT")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelt = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]

    assert refusal(respelt) is JoseErrorCode.SIGNATURE_REFUSED
    assert refusal(token + "=") is JoseErrorCode.SIGNATURE_REFUSED


def test_a_flipped_bit_anywhere_is_refused():
    token = sign(some_claims(), KEY, typ="JWT")

    for position in range(len(token)):
        changed = token[:position] + chr(ord(token[position]) ^ 1) + token[position + 1 :]
        with pytest.raises(JoseError):
            verify(changed, KEYS, an_expectation(), now=NOW)


@pytest.mark.spec("RFC 8725 §3.11")
@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "", None, 3, ["JWT"], ...])
def test_a_token_of_another_type_is_refused(typ):
    assert refusal(forge(a_header(KEY, typ=typ), some_claims(), KEY)) is JoseErrorCode.TYPE_REFUSED


@pytest.mark.spec("RFC 7515 §4.1.9")
@pytest.mark.parametrize("typ", ["jwt", "application/jwt", "Application/JWT"])
def test_a_type_is_compared_as_a_media_type(typ):
    token = forge(a_header(KEY, typ=typ), some_claims(), KEY)

    assert verify(token, KEYS, an_expectation(), now=NOW)["sub"] == "s-1"


def test_a_null_type_is_not_an_absent_type():
    token = forge(a_header(KEY, typ=None), some_claims(), KEY)

    assert refusal(token, typ=frozenset({None})) is JoseErrorCode.TYPE_REFUSED


def test_verified_claims_come_from_verify_only():
    with pytest.raises(TypeError):
        VerifiedClaims(object(), {}, None)


def test_verified_claims_do_not_change_and_do_not_show_themselves():
    claims = verify(sign(some_claims(docNo="H0000000001"), KEY, typ="JWT"), KEYS, an_expectation(), now=NOW)

    with pytest.raises(AttributeError):
        claims.header_kid = "other"
    with pytest.raises(TypeError):
        claims.claims["sub"] = "other"
    assert "H0000000001" not in repr(claims)
    assert claims.get("absent", 7) == 7
    assert "sub" in claims
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "docNo"}
    assert len(claims) == 6


def test_what_a_token_says_of_itself_can_be_read_to_find_its_keys():
    token = sign(some_claims(count=7), KEY, typ="JWT")

    assert claimed_text(token, "sub") == "s-1"
    assert claimed_text(token, "count") is None
    with pytest.raises(JoseError):
        claimed_text("a.b.c", "sub")


def test_a_refusal_quotes_nothing_of_the_token():
    with pytest.raises(JoseError) as caught:
        verify(sign(some_claims(sub="H0000000001"), KEY, typ="JWT"), KEYS, an_expectation(issuer="https://x"), now=NOW)

    assert str(caught.value) == "issuer_refused"


def test_a_retiring_key_still_verifies():
    token = sign(some_claims(), KEY, typ="JWT")
    retiring: SigningKey = KEY.enter(KeyState.RETIRING, NOW + timedelta(days=1))

    assert verify(token, keys_of(retiring), an_expectation(), now=NOW)["exp"] == EPOCH + 300
