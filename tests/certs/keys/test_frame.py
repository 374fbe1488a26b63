"""Hong Kong's content frame and message signature, with the vectors of the provider study, section 7."""

import base64

import pytest

from certs.keys.errors import KeyMaterialError, SealError
from certs.keys.frame import (
    MAX_ENCRYPTIONS_PER_CONTENT_KEY,
    MAX_FRAME_TEXT,
    ContentKey,
    equal,
    hmac_sha256,
    open_frame,
    seal_frame,
)

KEY = ContentKey(bytes(range(32)))
IV = bytes(range(12))
PLAIN = b'{"code":"0ad186353c424c64897fcc00445c9ba1","grantType":"authorization_code"}'
FRAME = (
    "AAAADAABAgMEBQYHCAkKCzwgtXShgOAhr3H274DRTl625eQAwk88Sgxf3LJ7CmOCMSSaycz4cPlFhlPP7/VJVpoNGf0/"
    "9Jn4XuJecXeRnJSRSK8VvY5FDngxiBPSprY6+ad2Zi9t8c92Ms6g"
)
SECRET = b"gba-test-secret-0001"
SIGNED_HEAD = b"3f5c0e8b7a0145d0b6c2a19d4e77c001HmacSHA25617600000000000123456789abcdef0123456789abcdef"
RAW = base64.b64decode(FRAME)


def text(frame: bytes) -> str:
    return base64.b64encode(frame).decode()


def test_the_published_frame_is_sealed_and_opened():
    assert seal_frame(KEY, PLAIN, IV) == FRAME
    assert open_frame(KEY, FRAME) == PLAIN


def test_the_published_messages_have_the_published_signatures():
    body = f'{{"content":"{FRAME}"}}'.encode()

    assert text(hmac_sha256(SECRET, SIGNED_HEAD)) == "DTKsdRnurMA4Bpqd+KDASBUCFkh8BOgzKY3MdmpBdjY="
    assert text(hmac_sha256(SECRET, SIGNED_HEAD + body)) == "RhB7e3wfxnktL+q+rn6Gsw+PaTDxAYo3jlFc/cknz40="


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("length", [0, 4, 11, 13, 16, 2**24, 2**31 - 1, 2**31, 2**32 - 1])
def test_hk_03_an_iv_length_other_than_twelve_is_refused(length):
    with pytest.raises(SealError):
        open_frame(KEY, text(length.to_bytes(4, "big") + RAW[4:]))


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("tag", [4, 8, 12, 15])
def test_hk_03_a_truncated_tag_is_refused(tag):
    with pytest.raises(SealError):
        open_frame(KEY, text(RAW[: len(RAW) - 16 + tag]))


@pytest.mark.attack("HK-03")
def test_hk_03_a_short_frame_is_refused_at_every_length():
    for length in range(len(RAW)):
        with pytest.raises(SealError):
            open_frame(KEY, text(RAW[:length]))


@pytest.mark.attack("HK-03")
def test_hk_03_a_flipped_bit_in_each_byte_and_extra_bytes_are_refused():
    for position in range(len(RAW)):
        with pytest.raises(SealError):
            open_frame(KEY, text(RAW[:position] + bytes((RAW[position] ^ 1,)) + RAW[position + 1 :]))
    with pytest.raises(SealError):
        open_frame(KEY, text(RAW + b"\0"))


@pytest.mark.attack("HK-03")
def test_hk_03_empty_content_is_refused_even_with_a_good_tag():
    empty = text((12).to_bytes(4, "big") + IV + KEY.cipher.encrypt(IV, b"", None))

    with pytest.raises(SealError):
        open_frame(KEY, empty)
    with pytest.raises(SealError):
        seal_frame(KEY, b"")


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "é",
        FRAME + "=",
        FRAME + "\n",
        FRAME[:8] + "\n" + FRAME[8:],
        FRAME.replace("/", "_"),
        "A" * (MAX_FRAME_TEXT + 4),
    ],
)
def test_hk_03_sloppy_or_endless_base64_is_refused(spelling):
    with pytest.raises(SealError):
        open_frame(KEY, spelling)


@pytest.mark.attack("HK-03")
def test_hk_03_unused_bits_of_base64_are_refused():
    frame = seal_frame(KEY, b"fiver")  # 37 bytes leave four unused bits
    assert frame.endswith("=")
    stem = frame.rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    respelt = stem[:-1] + alphabet[alphabet.index(stem[-1]) + 1] + "=" * (len(frame) - len(stem))

    with pytest.raises(SealError):
        open_frame(KEY, respelt)


@pytest.mark.attack("HK-03")
def test_hk_03_every_refusal_reads_the_same():
    texts = set()
    for frame in ("", text(RAW[:20]), text(b"\0\0\0\x0b" + RAW[4:]), text(RAW[:-1] + b"\0"), "!"):
        with pytest.raises(SealError) as caught:
            open_frame(KEY, frame)
        texts.add(str(caught.value))

    assert len(texts) == 1


def test_another_key_does_not_open():
    with pytest.raises(SealError):
        open_frame(ContentKey.random(), FRAME)


@pytest.mark.attack("HK-05")
def test_hk_05_an_iv_is_fresh_for_each_frame_and_the_number_of_frames_is_capped():
    ivs = {base64.b64decode(seal_frame(KEY, b"x"))[4:16] for _ in range(5_000)}

    assert len(ivs) == 5_000
    assert MAX_ENCRYPTIONS_PER_CONTENT_KEY <= 2**28


def test_too_much_is_not_sealed_and_an_iv_has_twelve_bytes():
    with pytest.raises(SealError):
        seal_frame(KEY, bytes(MAX_FRAME_TEXT))
    with pytest.raises(SealError):
        seal_frame(KEY, b"x", bytes(11))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_content_key_has_32_bytes_and_hides_itself(size):
    with pytest.raises(SealError):
        ContentKey(bytes(size))

    assert repr(KEY) == "ContentKey(hidden)"


@pytest.mark.attack("CA-03")
@pytest.mark.parametrize("secret", [b"", b"8 bytes!", bytes(15)])
def test_ca_03_a_short_hmac_key_is_refused(secret):
    with pytest.raises(KeyMaterialError):
        hmac_sha256(secret, b"message")


def test_values_are_compared_whole():
    assert equal(b"same", b"same")
    assert not equal(b"same", b"some")
    assert not equal(b"same", b"sam")
