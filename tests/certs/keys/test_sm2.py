"""SM2: the published example, another implementation on the far side, and everything refused."""

import base64

import pytest
from gmalg import SM2 as OTHER

from certs.keys import sm, sm2
from certs.keys.errors import SmError
from certs.keys.sm import Sm2PrivateKey, Sm2PublicKey
from certs.keys.sm2_der import COORDINATE_BYTES, N, P, write_secret
from certs.keys.sm2_self_test import (
    EXAMPLE_MESSAGE,
    EXAMPLE_POINT,
    EXAMPLE_R,
    EXAMPLE_S,
    EXAMPLE_SECRET,
    EXAMPLE_SIGNATURE,
    write_signature,
)

PUBLIC = Sm2PublicKey.from_hex(EXAMPLE_POINT.hex())
PRIVATE = Sm2PrivateKey.from_hex(EXAMPLE_SECRET.hex())


def is_refused(signature: bytes, message: bytes = EXAMPLE_MESSAGE, user_id: bytes = sm.USER_ID) -> bool:
    with pytest.raises(SmError):
        PUBLIC.verify(message, signature, user_id)
    return True


def raw(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal)


@pytest.mark.spec("GB/T 32918.5-2017 annex A.2")
def test_the_published_signature_verifies_and_the_published_keys_belong_together():
    PUBLIC.verify(EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE)

    assert PRIVATE.public_key == PUBLIC


@pytest.mark.spec("GB/T 32918.5-2017 annex A.2")
def test_the_published_signature_is_right_by_another_implementation_and_its_published_nonce():
    nonce = 0x59276E27_D506861A_16680F3A_D9C02DCC_EF3CC1FA_3CDBE4CE_6D54B80D_EAC1BC21
    other = OTHER(EXAMPLE_SECRET, sm.USER_ID, EXAMPLE_POINT, rnd_fn=lambda _bits: nonce)

    r, s = other.sign(EXAMPLE_MESSAGE)

    assert (int.from_bytes(r, "big"), int.from_bytes(s, "big")) == (EXAMPLE_R, EXAMPLE_S)


def test_what_we_sign_another_implementation_verifies():
    key = Sm2PrivateKey.generate()
    other = OTHER(uid=sm.USER_ID, pk=key.public_key.point)

    r, s = sm2.read_signature(key.sign(b"content"))

    assert other.verify(b"content", r.to_bytes(COORDINATE_BYTES, "big"), s.to_bytes(COORDINATE_BYTES, "big"))


def test_what_another_implementation_signs_we_verify():
    secret, point = OTHER().generate_keypair()
    r, s = OTHER(secret, sm.USER_ID, point).sign(b"content")
    public = Sm2PublicKey.from_hex(point.hex().upper())

    public.verify(b"content", write_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big")))


@pytest.mark.attack("GD-01")
@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, EXAMPLE_S),
        (EXAMPLE_R, 0),
        (N, EXAMPLE_S),
        (EXAMPLE_R, N),
        (EXAMPLE_R + N, EXAMPLE_S),
        (EXAMPLE_R, EXAMPLE_S + N),
        (EXAMPLE_R, N - EXAMPLE_S),
        (EXAMPLE_R, N - EXAMPLE_R),
        (EXAMPLE_S, EXAMPLE_R),
        (1, 1),
    ],
)
def test_gd_01_numbers_out_of_range_swapped_or_wrong_are_refused(r, s):
    assert is_refused(write_signature(r, s))


R_CONTENT, S_CONTENT = (b"\0" + value.to_bytes(32, "big") for value in (EXAMPLE_R, EXAMPLE_S))


@pytest.mark.attack("GD-01")
@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        EXAMPLE_SIGNATURE + b"\0",
        EXAMPLE_SIGNATURE[:-1],
        R_CONTENT[1:] + S_CONTENT[1:],
        b"\x31" + EXAMPLE_SIGNATURE[1:],
        b"\x30\x81" + EXAMPLE_SIGNATURE[1:],
        b"\x30\x80" + EXAMPLE_SIGNATURE[2:] + b"\0\0",
        b"\x30\x47\x02\x22\0" + R_CONTENT + b"\x02\x21" + S_CONTENT,
        b"\x30\x45\x02\x20" + R_CONTENT[1:] + b"\x02\x21" + S_CONTENT,
        b"\x30\x44\x02\x20" + R_CONTENT[1:] + b"\x02\x20" + S_CONTENT[1:],
        b"\x30\x48\x02\x21" + R_CONTENT + b"\x02\x21" + S_CONTENT + b"\x05\0",
        b"\x30\x25\x02\0\x02\x21" + S_CONTENT,
        b"\x30\x46\x04\x21" + R_CONTENT + b"\x02\x21" + S_CONTENT,
        b"\x30\x46\x02\x7f" + R_CONTENT + b"\x02\x21" + S_CONTENT,
        b"\x30\x82\x61\xa8" + bytes(25_000),
        write_signature(1, 1) + b"\0",
    ],
)
def test_gd_01_an_encoding_that_is_not_the_one_encoding_is_refused(signature):
    assert is_refused(signature)


@pytest.mark.attack("GD-01")
def test_gd_01_a_flipped_bit_in_each_byte_is_refused():
    for position in range(len(EXAMPLE_SIGNATURE)):
        changed = bytes((EXAMPLE_SIGNATURE[position] ^ 1,))
        assert is_refused(EXAMPLE_SIGNATURE[:position] + changed + EXAMPLE_SIGNATURE[position + 1 :])


@pytest.mark.attack("GD-02")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "04" + "00" * 64,
        EXAMPLE_POINT.hex()[:-2] + "14",
        "02" + EXAMPLE_POINT.hex()[2:66],
        "03" + EXAMPLE_POINT.hex()[2:66],
        "06" + EXAMPLE_POINT.hex()[2:],
        "07" + EXAMPLE_POINT.hex()[2:],
        EXAMPLE_POINT.hex()[2:],
        EXAMPLE_POINT.hex() + "00",
        "04" + f"{P:064x}" + EXAMPLE_POINT.hex()[66:],
        "04" + "ff" * 64,
        "04 " + EXAMPLE_POINT.hex()[2:-1],
        "04" + "  " * 32 + EXAMPLE_POINT.hex()[66:],
        "zz" + EXAMPLE_POINT.hex()[2:],
        # the generator of P-256: right shape, wrong curve
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ],
)
def test_gd_02_a_public_key_that_is_no_point_on_the_curve_is_refused(text):
    with pytest.raises(SmError):
        Sm2PublicKey.from_hex(text)


@pytest.mark.attack("GD-02")
def test_gd_02_a_wrong_curve_identifier_is_refused():
    der = PUBLIC.spki_der()
    p256 = raw("3059301306072a8648ce3d020106082a8648ce3d030107034200") + EXAMPLE_POINT

    assert Sm2PublicKey.from_spki_der(der) == PUBLIC
    for other in (p256, der + b"\0", der[:-1], b"", der.replace(raw("822d"), raw("822e"))):
        with pytest.raises(SmError):
            Sm2PublicKey.from_spki_der(other)


@pytest.mark.attack("GD-02")
@pytest.mark.parametrize("secret", [0, N - 1, N, 2**256 - 1])
def test_gd_02_a_private_key_out_of_range_is_refused(secret):
    with pytest.raises(SmError):
        Sm2PrivateKey.from_hex(f"{secret:064x}")


@pytest.mark.attack("GD-03")
def test_gd_03_a_signature_under_another_id_or_none_is_refused():
    assert is_refused(EXAMPLE_SIGNATURE, user_id=b"8765432187654321")
    assert is_refused(EXAMPLE_SIGNATURE, user_id=b"")
    assert is_refused(EXAMPLE_SIGNATURE, user_id=b"1" * 2000)
    assert is_refused(PRIVATE.sign(EXAMPLE_MESSAGE, b"another id"))
    with pytest.raises(SmError):
        PRIVATE.sign(EXAMPLE_MESSAGE, b"")


@pytest.mark.attack("GD-03")
def test_gd_03_a_digest_in_place_of_the_message_is_refused():
    assert is_refused(PRIVATE.sign(sm.sm3(EXAMPLE_MESSAGE)))
    assert is_refused(EXAMPLE_SIGNATURE, message=sm.sm3(EXAMPLE_MESSAGE))


@pytest.mark.attack("GD-03")
def test_gd_03_a_signature_without_the_z_value_is_refused():
    core = OTHER(EXAMPLE_SECRET, sm.USER_ID, EXAMPLE_POINT)._core
    core.entity_info = lambda *_: b""
    r, s = core.sign(EXAMPLE_MESSAGE, int.from_bytes(EXAMPLE_SECRET, "big"), sm.USER_ID)

    assert is_refused(write_signature(r, s))


def test_a_private_key_survives_pem_and_hides_itself():
    again = Sm2PrivateKey.from_pem(PRIVATE.to_pem())

    assert again == PRIVATE
    assert again.public_key.to_hex() == EXAMPLE_POINT.hex()
    assert EXAMPLE_SECRET.hex() not in repr(PRIVATE)
    assert repr(PUBLIC) == "Sm2PublicKey(on the curve)"


def armour(der: bytes) -> bytes:
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(der) + b"\n-----END PRIVATE KEY-----\n"


def with_point(point: bytes) -> bytes:
    head = raw("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
    return head + EXAMPLE_SECRET + raw("a144034200") + point


def test_a_private_key_with_its_own_public_half_is_read_and_with_another_refused():
    other = Sm2PrivateKey.generate().public_key.point

    assert Sm2PrivateKey.from_pem(armour(with_point(EXAMPLE_POINT))) == PRIVATE
    with pytest.raises(SmError):
        Sm2PrivateKey.from_pem(armour(with_point(other)))


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"x" * 5000,
        armour(b""),
        armour(write_secret(EXAMPLE_SECRET) + b"\0"),
        armour(write_secret(EXAMPLE_SECRET).replace(raw("822d"), raw("822e"))),
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
        PRIVATE.to_pem().replace(b"PRIVATE KEY", b"EC PRIVATE KEY"),
    ],
)
def test_a_private_key_in_another_form_is_refused(pem):
    with pytest.raises(SmError):
        Sm2PrivateKey.from_pem(pem)


def test_too_long_a_message_is_refused(monkeypatch):
    monkeypatch.setattr(sm2, "MAX_MESSAGE", 10)

    assert is_refused(EXAMPLE_SIGNATURE, message=bytes(11))
