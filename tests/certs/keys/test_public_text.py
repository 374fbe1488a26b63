"""Partners get public halves in their own form, and nothing else of a key."""

import pytest

from certs.keys.backends.material import public_of
from certs.keys.errors import KeyMaterialError
from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.public_text import public_text
from certs.keys.sm import Sm2PrivateKey

RSA = RsaDecryptionKey.generate()


def test_an_rsa_key_is_written_as_pem_of_its_public_half() -> None:
    text = public_text(public_of("RSA-OAEP-256", RSA.to_pem()))

    assert text.startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in text


def test_an_sm2_key_is_written_as_the_platform_wants_it() -> None:
    key = Sm2PrivateKey.generate()

    assert public_text(public_of("SM2", key.to_pem())) == key.public_key.to_hex().lower()


def test_a_secret_has_nothing_to_show() -> None:
    assert public_text(public_of("secret", b"a-secret")) == ""


@pytest.mark.parametrize(
    "public",
    [
        {"kty": "EC", "crv": "SM2", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "SM2", "x": "!", "y": "!"},
        {"kty": "EC", "crv": "SM2"},
        {"kty": "RSA", "n": "AAAA"},
        {"kty": "EC", "crv": "P-1", "x": "AAAA", "y": "AAAA"},
    ],
)
def test_members_that_are_no_key_are_refused(public: dict[str, str]) -> None:
    with pytest.raises(KeyMaterialError):
        public_text(public)


def test_private_members_never_come_out() -> None:
    members = {**public_of("RSA-OAEP-256", RSA.to_pem()), "d": "AQAB"}

    with pytest.raises(KeyMaterialError):
        public_text(members)
