"""SM3 and SM4: the published examples, and what is refused."""

import pytest
from gmalg import SM3 as OTHER_SM3

from certs.keys import sm
from certs.keys.errors import SmError

SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


@pytest.mark.spec("GB/T 32905-2016 annex A")
@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_published_digests(message, digest):
    assert sm.sm3(message).hex() == digest


@pytest.mark.spec("GB/T 32907-2016 annex A")
def test_sm4_gives_the_published_block():
    box = sm.sm4_cbc_encrypt(SM4_KEY, SM4_KEY, bytes(16))

    assert box[16:32].hex() == "681edf34d206965e86b3e94f536e4246"


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000])
def test_sm4_gives_back_what_was_encrypted_under_a_fresh_iv(size):
    plain = b"x" * size

    first, second = sm.sm4_cbc_encrypt(SM4_KEY, plain), sm.sm4_cbc_encrypt(SM4_KEY, plain)

    assert first[:16] != second[:16]
    assert sm.sm4_cbc_decrypt(SM4_KEY, first) == sm.sm4_cbc_decrypt(SM4_KEY, second) == plain


def test_sm4_refuses_every_bad_padding_with_one_text():
    texts = set()
    for last in (0, 17, 255, 2):
        block = b"a" * 15 + bytes((last,))
        unpadded = sm.sm4_cbc_encrypt(SM4_KEY, block, bytes(16))[:32]
        with pytest.raises(SmError) as caught:
            sm.sm4_cbc_decrypt(SM4_KEY, unpadded)
        texts.add(str(caught.value))
    for box in (b"", bytes(16), bytes(33), bytes(sm.MAX_SM4_TEXT + 48)):
        with pytest.raises(SmError) as caught:
            sm.sm4_cbc_decrypt(SM4_KEY, box)
        texts.add(str(caught.value))

    assert len(texts) == 1


def test_sm4_refuses_keys_and_texts_of_the_wrong_size():
    with pytest.raises(SmError):
        sm.sm4_cbc_encrypt(b"short", b"x")
    with pytest.raises(SmError):
        sm.sm4_cbc_encrypt(SM4_KEY, b"x", bytes(12))
    with pytest.raises(SmError):
        sm.sm4_cbc_encrypt(SM4_KEY, bytes(sm.MAX_SM4_TEXT + 1))


def test_sm3_is_the_same_by_another_implementation():
    other = OTHER_SM3()
    other.update(b"message")

    assert other.value() == sm.sm3(b"message")
