"""The wire of iAM Smart against published vectors, and against frames that must be refused."""

import base64
import os
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mock_idps.hong_kong import envelope

# identity-providers section 7
CLIENT_ID = "3f5c0e8b7a0145d0b6c2a19d4e77c001"
SECRET = "gba-test-secret-0001"
TIMESTAMP = "1760000000000"
NONCE = "0123456789abcdef0123456789abcdef"
CEK = bytes(range(32))
IV = bytes(range(12))
PLAINTEXT = b'{"code":"0ad186353c424c64897fcc00445c9ba1","grantType":"authorization_code"}'
CONTENT = (
    "AAAADAABAgMEBQYHCAkKCzwgtXShgOAhr3H274DRTl625eQAwk88Sgxf3LJ7CmOCMSSaycz4cPlFhlPP7/VJVpoNGf0/9Jn4XuJecXeRnJSRSK8V"
    "vY5FDngxiBPSprY6+ad2Zi9t8c92Ms6g"
)
FRAME = base64.b64decode(CONTENT)


def packed(frame: bytes) -> str:
    return base64.b64encode(frame).decode()


@pytest.mark.spec("identity-providers §7")
@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (b"", "DTKsdRnurMA4Bpqd+KDASBUCFkh8BOgzKY3MdmpBdjY="),
        (b'{"content":"' + CONTENT.encode() + b'"}', "RhB7e3wfxnktL+q+rn6Gsw+PaTDxAYo3jlFc/cknz40="),
    ],
)
def test_a_signature_is_the_published_one(body, signature):
    assert envelope.sign(CLIENT_ID, SECRET, TIMESTAMP, NONCE, body) == signature


@pytest.mark.spec("identity-providers §7")
def test_a_frame_is_the_published_one():
    assert envelope.seal(CEK, PLAINTEXT, iv=IV) == CONTENT
    assert envelope.open_sealed(CEK, CONTENT) == PLAINTEXT


def test_every_frame_has_an_iv_of_its_own_and_the_known_beginning():
    frames = {envelope.seal(CEK, PLAINTEXT) for _ in range(20)}

    assert len({frame[:24] for frame in frames}) == 20
    assert all(re.match("AAAAD[A-P]", frame) for frame in frames)  # the sixth character has four bits of the IV


@pytest.mark.parametrize(
    "presented",
    [
        "DTKsdRnurMA4Bpqd+KDASBUCFkh8BOgzKY3MdmpBdjY=",
        "DTKsdRnurMA4Bpqd%2BKDASBUCFkh8BOgzKY3MdmpBdjY%3D",
        "DTKsdRnurMA4Bpqd%2bKDASBUCFkh8BOgzKY3MdmpBdjY%3d",
    ],
)
def test_a_signature_is_accepted_raw_and_percent_encoded(presented):
    expected = envelope.sign(CLIENT_ID, SECRET, TIMESTAMP, NONCE, b"")

    assert envelope.signature_matches(presented, expected)


@pytest.mark.attack("HK-01")
@pytest.mark.parametrize(
    "presented",
    [
        "DTKsdRnurMA4Bpqd%252BKDASBUCFkh8BOgzKY3MdmpBdjY%253D",
        "DTKsdRnurMA4Bpqd-KDASBUCFkh8BOgzKY3MdmpBdjY=",
        "DTKsdRnurMA4Bpqd+KDASBUCFkh8BOgzKY3MdmpBdjY",
        "DTKsdRnurMA4Bpqd KDASBUCFkh8BOgzKY3MdmpBdjY=",
        "",
        "\u00e9",
    ],
)
def test_hk_01_another_spelling_of_a_signature_is_refused(presented):
    expected = envelope.sign(CLIENT_ID, SECRET, TIMESTAMP, NONCE, b"")

    assert not envelope.signature_matches(presented, expected)


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("length", [0, 4, 11, 13, 2**31, 2**32 - 1])
def test_hk_03_an_iv_of_another_length_is_refused(length):
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(CEK, packed(length.to_bytes(4, "big") + FRAME[4:]))


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("kept", [0, 3, 4, 15, 16, 31, 32])
def test_hk_03_a_short_frame_is_refused(kept):
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(CEK, packed(FRAME[:kept]))


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("cut", [1, 4, 8, 12])
def test_hk_03_a_truncated_tag_is_refused(cut):
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(CEK, packed(FRAME[:-cut]))


@pytest.mark.attack("HK-03")
def test_hk_03_an_empty_ciphertext_is_refused():
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(CEK, envelope.seal(CEK, b""))


@pytest.mark.attack("HK-03")
def test_hk_03_a_flipped_bit_in_any_byte_is_refused():
    for place in range(len(FRAME)):
        flipped = FRAME[:place] + bytes([FRAME[place] ^ 1]) + FRAME[place + 1 :]
        with pytest.raises(envelope.FrameError):
            envelope.open_sealed(CEK, packed(flipped))


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize(
    "content",
    [packed(FRAME + b"\0"), CONTENT + "\n", CONTENT[:-1] + "h", CONTENT[:-1], CONTENT + "====", "", "é" * 8, "-_" * 40],
)
def test_hk_03_anything_but_the_one_spelling_of_a_frame_is_refused(content):
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(CEK, content)


def test_another_key_opens_nothing():
    with pytest.raises(envelope.FrameError):
        envelope.open_sealed(os.urandom(32), CONTENT)


def test_a_content_key_travels_under_the_key_encryption_key(kek):
    wrapped = envelope.wrap(kek.public_key(), CEK)
    described = envelope.describe(kek.public_key())

    assert kek.decrypt(base64.b64decode(wrapped), padding.PKCS1v15()) == CEK
    assert load_der_public_key(base64.b64decode(described)) == kek.public_key()
