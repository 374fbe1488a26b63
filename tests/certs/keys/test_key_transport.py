"""The wrapped content key: both forms open, and a bad one teaches nothing."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key

from certs.keys.errors import KeyMaterialError, SealError
from certs.keys.frame import ContentKey, open_frame, seal_frame
from certs.keys.key_transport import RsaDecryptionKey

OURS = RsaDecryptionKey.generate()
CONTENT_KEY = bytes(range(32))
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - must be refused for its size


def wrap(plain: bytes, key: RsaDecryptionKey = OURS) -> bytes:
    public = load_der_public_key(key.public_spki_der())
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(plain, padding.PKCS1v15())


def raw_rsa(block: bytes) -> bytes:
    numbers = OURS.native.public_key().public_numbers()
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")


BAD = {
    "no padding": raw_rsa(bytes(200) + bytes(range(56))),
    "signature padding": raw_rsa(b"\0\x01" + b"\xff" * 221 + b"\0" + CONTENT_KEY),
    "short padding": raw_rsa(b"\0\x02" + b"\x01" * 7 + b"\0" + bytes(246)),
    "key of 16 bytes": wrap(bytes(16)),
    "key of 33 bytes": wrap(bytes(33)),
    "text that is not Base64": wrap(b"!" * 44),
    "text of 33 bytes": wrap(base64.b64encode(bytes(range(33)))),
    "too short": b"",
    "too long": bytes(257),
    "above the modulus": b"\xff" * 256,
    "for another key": wrap(CONTENT_KEY, RsaDecryptionKey.generate()),
}


def test_the_bytes_and_the_text_of_a_key_are_unwrapped():
    assert OURS.unwrap(wrap(CONTENT_KEY)) == ContentKey(CONTENT_KEY)
    assert OURS.unwrap(wrap(base64.b64encode(CONTENT_KEY))) == ContentKey(CONTENT_KEY)
    assert OURS.unwrap_silently(wrap(CONTENT_KEY)) == ContentKey(CONTENT_KEY)


@pytest.mark.attack("CA-15")
@pytest.mark.parametrize("fault", BAD)
def test_ca_15_every_bad_wrapping_ends_in_the_same_refusal(fault):
    with pytest.raises(SealError) as caught:
        # The library may answer bad padding with a random key, which then fails at the content.
        open_frame(OURS.unwrap(BAD[fault]), seal_frame(ContentKey(CONTENT_KEY), b"content"))

    assert str(caught.value) in {"the wrapped key does not open", "the content does not open"}
    assert caught.value.__cause__ is None


@pytest.mark.attack("CA-15")
@pytest.mark.parametrize("fault", BAD)
def test_ca_15_a_stranger_sees_only_content_that_does_not_open(fault):
    key = OURS.unwrap_silently(BAD[fault])

    with pytest.raises(SealError) as caught:
        open_frame(key, seal_frame(ContentKey(CONTENT_KEY), b"content"))
    assert str(caught.value) == "the content does not open"


def test_a_key_survives_pem_and_shows_its_public_half():
    again = RsaDecryptionKey.from_pem(OURS.to_pem())

    assert again.public_spki_der() == OURS.public_spki_der()
    assert again.unwrap(wrap(CONTENT_KEY)) == ContentKey(CONTENT_KEY)
    assert repr(OURS) == "RsaDecryptionKey(hidden)"


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"no key",
        b"x" * 10_000,
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        SMALL.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
)
def test_a_key_of_the_wrong_kind_or_size_is_refused(pem):
    with pytest.raises(KeyMaterialError):
        RsaDecryptionKey.from_pem(pem)
