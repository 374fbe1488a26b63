import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from mock_idps.guangdong.sm import ORDER, Sm2Signer, Sm2Verifier, Sm4Key, SmError

# GB/T 32918.5, appendix A: key, message and signature on the recommended curve
X = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
Y = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"


@pytest.mark.spec("GB/T 32918.5 appendix A")
def test_the_standards_own_signature_verifies():
    assert Sm2Verifier("04" + X + Y).verify(MESSAGE, encode_dss_signature(R, S))


@pytest.mark.attack("GD-01")
@pytest.mark.parametrize(
    "der",
    [
        encode_dss_signature(R, S + ORDER),
        encode_dss_signature(R, S + (ORDER << 8000)),
        encode_dss_signature(0, S),
        encode_dss_signature(R, 0),
        encode_dss_signature(S, R),
        encode_dss_signature(R, ORDER - S),
        encode_dss_signature(R, S) + b"\0",
        R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        b"",
    ],
)
def test_gd_01_other_forms_and_ranges_of_a_signature_are_refused(der):
    assert not Sm2Verifier("04" + X + Y).verify(MESSAGE, der)


@pytest.mark.attack("GD-02")
@pytest.mark.parametrize("public", ["04" + X + X, "02" + X, "06" + X + Y, "04" + "0" * 128, "", "04" + "f" * 128])
def test_gd_02_a_key_that_is_not_a_plain_point_of_the_curve_is_refused(public):
    with pytest.raises(SmError):
        Sm2Verifier(public)


@pytest.mark.parametrize("private", ["", "0" * 64, f"{ORDER - 1:064x}", "xy" * 32])
def test_a_private_key_outside_the_order_is_refused(private):
    with pytest.raises(SmError):
        Sm2Signer(private)


def test_what_a_key_signs_its_public_half_verifies():
    signer = Sm2Signer.generate()

    der = signer.sign("姓名".encode())

    verifier = Sm2Verifier(signer.public_hex)
    assert verifier.verify("姓名".encode(), der)
    assert not verifier.verify("姓名 ".encode(), der)
    assert all(0 < number < ORDER for number in decode_dss_signature(der))


def test_a_key_never_shows_its_secret():
    secret = "0" * 63 + "7"

    assert secret not in repr(Sm2Signer(secret))


@pytest.mark.spec("GB/T 32907 appendix A")
def test_sm4_encrypts_the_block_of_the_standard():
    block = "0123456789abcdeffedcba9876543210"

    sealed = Sm4Key(block).encrypt(bytes.fromhex(block), iv=bytes(16))

    assert sealed[16:32].hex() == "681edf34d206965e86b3e94f536e4246"


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 300])
def test_sm4_gives_back_what_it_was_given(length):
    key, plain = Sm4Key.generate(), hashlib.shake_128(b"any").digest(length)

    assert key.decrypt(key.encrypt(plain)) == plain


@pytest.mark.parametrize("sealed", [b"", bytes(16), bytes(31), bytes(33)])
def test_sm4_refuses_what_cannot_be_a_ciphertext(sealed):
    with pytest.raises(SmError):
        Sm4Key.generate().decrypt(sealed)


def test_sm4_refuses_wrong_padding():
    key = Sm4Key.generate()
    sealed = bytearray(key.encrypt(b"exactly 16 bytes"))
    sealed[-17] ^= 1  # turns the last byte of the padding block

    with pytest.raises(SmError):
        key.decrypt(bytes(sealed))


@pytest.mark.parametrize("key_hex", ["", "00", "zz" * 16])
def test_sm4_refuses_a_key_of_another_shape(key_hex):
    with pytest.raises(SmError):
        Sm4Key(key_hex)
