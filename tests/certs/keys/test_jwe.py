"""Sealed answers: what their reader finds, and what is never sealed."""

import json
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.padding import PKCS7
from jose import jwe as far_side
from joserfc.jwk import ECKey, RSAKey

import certs.keys.jwe as door
from certs.keys import JoseError, JoseErrorCode, base64url
from certs.keys.jwe import CONTENT_ENCRYPTIONS, KEY_AGREEMENTS, MAX_CONTENT, EncryptionKeys, encrypt
from tests.certs.builders import a_key

CONTENT = b"eyJhbGciOiJFUzI1NiJ9.e30.c2ln"


@cache
def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048)


@cache
def ec_key() -> ECKey:
    return ECKey.generate_key("P-256")


def jwk_of(key, **members) -> dict:
    return key.as_dict(private=False) | {"kid": "enc-1", "use": "enc"} | members


def keys(*jwks) -> EncryptionKeys:
    return EncryptionKeys.from_jwks({"keys": list(jwks)})


def header_of(token: str) -> dict:
    return json.loads(base64url.decode(token.partition(".")[0]))


def agreed_key(private, public, enc: str, length: int, *, apu: bytes = b"", apv: bytes = b"") -> bytes:
    """ECDH-ES as its reader computes it, written from the text of RFC 7518 §4.6.2."""
    pieces = b"".join(len(part).to_bytes(4, "big") + part for part in (enc.encode(), apu, apv))
    info = pieces + (length * 8).to_bytes(4, "big")
    return ConcatKDFHash(hashes.SHA256(), length, info).derive(private.exchange(ec.ECDH(), public))


@pytest.mark.spec("RFC 7518 appendix C")
def test_the_readers_key_agreement_of_these_tests_is_the_published_one():
    alice = ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        }
    )
    bob = ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        }
    )

    derived = agreed_key(bob.private_key, alice.public_key, "A128GCM", 16, apu=b"Alice", apv=b"Bob")

    assert base64url.encode(derived) == "VqqN6vgjbSBcIijNcacQGg"


@pytest.mark.spec("RFC 7518 §4.6")
@pytest.mark.parametrize(("enc", "length"), [("A128GCM", 16), ("A256GCM", 32), ("A128CBC-HS256", 32)])
def test_an_answer_sealed_by_key_agreement_opens_as_the_standard_says(enc, length):
    token = encrypt(CONTENT, keys(jwk_of(ec_key())), alg="ECDH-ES", enc=enc, cty="JWT")

    header, encrypted_key, iv, ciphertext, tag = token.split(".")
    ephemeral = ECKey.import_key(header_of(token)["epk"])
    content_key = agreed_key(ec_key().private_key, ephemeral.public_key, enc, length)
    assert encrypted_key == ""
    sealed = [base64url.decode(part) for part in (iv, ciphertext, tag)]
    assert _open(content_key, enc, header.encode(), sealed) == CONTENT


def _open(key: bytes, enc: str, aad: bytes, sealed: list[bytes]) -> bytes:
    iv, ciphertext, tag = sealed
    if enc.endswith("GCM"):
        return AESGCM(key).decrypt(iv, ciphertext + tag, aad)
    mac = HMAC(key[:16], hashes.SHA256())
    mac.update(aad + iv + ciphertext + (len(aad) * 8).to_bytes(8, "big"))
    assert mac.finalize()[:16] == tag
    opened = Cipher(algorithms.AES(key[16:]), modes.CBC(iv)).decryptor()
    unpadded = PKCS7(128).unpadder()
    return unpadded.update(opened.update(ciphertext) + opened.finalize()) + unpadded.finalize()


@pytest.mark.spec("RFC 7518 §4.3")
@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256"])
@pytest.mark.parametrize("enc", CONTENT_ENCRYPTIONS)
def test_an_answer_sealed_for_an_rsa_key_opens_with_a_library_of_other_makers(alg, enc):
    token = encrypt(CONTENT, keys(jwk_of(rsa_key())), alg=alg, enc=enc, cty="JWT")

    assert far_side.decrypt(token, rsa_key().as_pem(private=True).decode()) == CONTENT


@pytest.mark.spec("RFC 7516 §4.1")
def test_the_header_says_how_and_for_which_key_and_nothing_of_compression():
    token = encrypt(CONTENT, keys(jwk_of(rsa_key())), alg="RSA-OAEP", enc="A128GCM", cty="JWT")

    assert header_of(token) == {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "enc-1", "cty": "JWT"}


def test_content_that_is_no_token_and_a_key_without_name_are_not_named():
    nameless = {name: value for name, value in jwk_of(rsa_key()).items() if name != "kid"}

    token = encrypt(b"{}", keys(nameless), alg="RSA-OAEP", enc="A128GCM")

    assert header_of(token) == {"alg": "RSA-OAEP", "enc": "A128GCM"}


def test_two_answers_with_one_content_share_nothing():
    first, second = (encrypt(CONTENT, keys(jwk_of(ec_key())), alg="ECDH-ES", enc="A128GCM") for _ in range(2))

    assert header_of(first)["epk"] != header_of(second)["epk"]


@pytest.mark.attack("CA-15")
@pytest.mark.parametrize("alg", ["RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW", "ECDH-ES+A128KW", "", "none"])
def test_ca_15_another_key_transport_is_not_offered(alg):
    with pytest.raises(JoseError) as caught:
        encrypt(CONTENT, keys(jwk_of(rsa_key()), jwk_of(ec_key())), alg=alg, enc="A128GCM")

    assert caught.value.code is JoseErrorCode.ALGORITHM_REFUSED


@pytest.mark.attack("CA-13")
def test_ca_13_there_is_no_way_to_ask_for_compression_or_to_open_anything():
    assert "decrypt" not in dir(door)
    with pytest.raises(TypeError):
        encrypt(CONTENT, keys(jwk_of(rsa_key())), alg="RSA-OAEP", enc="A128GCM", zip="DEF")


def test_another_content_encryption_is_not_offered():
    with pytest.raises(JoseError):
        encrypt(CONTENT, keys(jwk_of(rsa_key())), alg="RSA-OAEP", enc="A192GCM")


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "use": "enc"},
        a_key().public_jwk(),
        jwk_of(rsa_key(), alg="RSA1_5"),
        jwk_of(rsa_key(), alg="RSA-OAEP-512"),
        jwk_of(ec_key(), alg="ECDH-ES+A256KW"),
    ],
    ids=["P-384", "sig", "RSA1_5", "512", "wrapping"],
)
def test_without_a_key_that_fits_nothing_is_sealed(jwk):
    for alg in KEY_AGREEMENTS:
        with pytest.raises(JoseError) as caught:
            encrypt(CONTENT, keys(jwk), alg=alg, enc="A128GCM")
        assert caught.value.code is JoseErrorCode.KEYS_REFUSED


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA", "use": "enc"},
        {"kty": "RSA", "n": base64url.encode(b"\xff" * 128), "e": "AQAB", "use": "enc"},
        ec_key().as_dict(private=True),
        "key",
    ],
    ids=["oct", "small", "private", "text"],
)
def test_a_set_with_a_dangerous_key_is_refused(jwk):
    with pytest.raises(JoseError):
        keys(jwk_of(rsa_key()), jwk)


def test_a_key_made_for_encryption_goes_before_one_without_purpose():
    general = rsa_key().as_dict(private=False) | {"kid": "general"}
    dedicated = jwk_of(RSAKey.generate_key(2048), kid="dedicated")

    token = encrypt(CONTENT, keys(general, dedicated), alg="RSA-OAEP-256", enc="A128GCM")

    assert header_of(token)["kid"] == "dedicated"


def test_oversized_content_is_not_sealed():
    with pytest.raises(JoseError) as caught:
        encrypt(b"x" * (MAX_CONTENT + 1), keys(jwk_of(rsa_key())), alg="RSA-OAEP", enc="A128GCM")

    assert caught.value.code is JoseErrorCode.OVERSIZED
