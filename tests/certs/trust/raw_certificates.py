"""Certificates written value by value, so that each part can be wrong by itself: good by default, one keyword spoils them.

The signature is a dummy: the gate does not look at it.
"""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys.sm2_der import write_spki
from certs.keys.sm2_self_test import EXAMPLE_POINT
from certs.trust import der

OID = {
    "CN": "550403",
    "C": "550406",
    "O": "55040a",
    "OU": "55040b",
    "email": "2a864886f70d010901",
    "private": "2a0304",
}
SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
SM2_SM3 = bytes.fromhex("300a06082a811ccf55018375")
SM2_SM3_NULL = bytes.fromhex("300c06082a811ccf550183750500")
VERSION_3 = bytes.fromhex("a003020102")
VALIDITY = der.sequence(der.wrap(der.UTC_TIME, b"250101000000Z"), der.wrap(der.UTC_TIME, b"491231235959Z"))
SM2_SPKI = write_spki(EXAMPLE_POINT)


def oid(hexadecimal: str) -> bytes:
    return der.wrap(der.OBJECT_IDENTIFIER, bytes.fromhex(hexadecimal))


def integer(value: int) -> bytes:
    return der.wrap(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def a_name(*attributes: tuple[str, int, bytes]) -> bytes:
    return der.sequence(
        *(der.wrap(der.SET, der.sequence(oid(OID[kind]), der.wrap(tag, value))) for kind, tag, value in attributes)
    )


SUBJECT = a_name(("C", 0x13, b"MO"), ("O", 0x0C, "示例".encode()), ("CN", 0x0C, b"Chan Example"))
ISSUER = a_name(("C", 0x13, b"HK"), ("CN", 0x0C, b"Example CA 2 - 15"))


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(
        {"secp256r1": ec.SECP256R1, "secp384r1": ec.SECP384R1, "secp256k1": ec.SECP256K1}[curve]()
    )


def spki_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def rsa_spki(modulus: int, exponent: int = 65537) -> bytes:
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return der.sequence(algorithm, der.wrap(der.BIT_STRING, b"\0" + der.sequence(integer(modulus), integer(exponent))))


def an_extension(kind: str, value: bytes, critical: bytes = b"") -> bytes:
    return der.sequence(oid(kind), critical, der.wrap(der.OCTET_STRING, value))


def private_extensions(count: int) -> list[bytes]:
    return [an_extension(f"2a03{number:02x}", b"\x05\x00") for number in range(count)]


def general_names(count: int) -> bytes:
    return b"".join(der.wrap(0x82, f"{number}.example.mo".encode()) for number in range(count))


CRITICAL = b"\x01\x01\xff"
BASIC = an_extension("551d13", bytes.fromhex("30060101ff020100"), CRITICAL)
USAGE = an_extension("551d0f", bytes.fromhex("030206c0"), CRITICAL)


def a_certificate(
    *,
    version: bytes = VERSION_3,
    serial: bytes = b"\x02\x01\x07",
    inner: bytes = ECDSA_SHA256,
    outer: bytes | None = None,
    issuer: bytes = ISSUER,
    validity: bytes = VALIDITY,
    subject: bytes = SUBJECT,
    spki: bytes | None = None,
    between: bytes = b"",
    extensions: list[bytes] | None = None,
    after: bytes = b"",
    signature: bytes = b"\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01",
) -> bytes:
    listed = [USAGE] if extensions is None else extensions
    wrapped = der.wrap(0xA3, der.sequence(*listed)) if listed else b""
    key = spki_of(ec_key()) if spki is None else spki
    tbs = der.sequence(version, serial, inner, issuer, validity, subject, key, between, wrapped, after)
    return der.sequence(tbs, inner if outer is None else outer, signature)
