"""Algorithm identifiers and keys: what is known, what is odd, what is refused (SG-11)."""

import pytest
from asn1crypto import algos, core
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys import sm2
from certs.keys.errors import SmUnavailableError
from certs.trust import der, keys, oids
from certs.trust.algorithms import SignatureAlgorithm, read_algorithm
from certs.trust.errors import Fault
from certs.trust.keys import read_public_key
from certs.trust.reasons import Reason
from tests.certs.trust import raw_certificates as raw

NULL = b"\x05\x00"


def identifier(dotted: str, parameters: bytes = b"") -> bytes:
    return der.sequence(core.ObjectIdentifier(dotted).dump(), parameters)


def refusal(call, *arguments, **keywords) -> Reason:
    with pytest.raises(Fault) as caught:
        call(*arguments, **keywords)
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sha256_rsa", ("RSASSA-PKCS1-v1_5", "RSA", "sha256")),
        ("sha1_rsa", ("RSASSA-PKCS1-v1_5", "RSA", "sha1")),
        ("md5_rsa", ("RSASSA-PKCS1-v1_5", "RSA", "md5")),
        ("sha384_ecdsa", ("ECDSA", "EC", "sha384")),
        ("ed25519", ("Ed25519", "Ed25519", "")),
    ],
)
def test_an_identifier_is_read_as_another_library_writes_it(name, expected):
    encoded = algos.SignedDigestAlgorithm({"algorithm": name}).dump()

    assert read_algorithm(encoded) == SignatureAlgorithm(*expected)


@pytest.mark.parametrize("dotted", [*oids.RSA_WITH, *oids.ECDSA_WITH])
def test_every_identifier_that_names_a_digest_keeps_it_whatever_the_message_says(dotted):
    named = (oids.RSA_WITH | oids.ECDSA_WITH)[dotted]

    assert read_algorithm(identifier(dotted), digest="sha512").digest == named


def test_an_identifier_without_a_digest_takes_the_messages():
    for dotted in (oids.RSA_ENCRYPTION, oids.EC_PUBLIC_KEY):
        assert read_algorithm(identifier(dotted), digest="sha384").digest == "sha384"
        assert refusal(read_algorithm, identifier(dotted)) == Reason.ALGORITHM_UNSUPPORTED
        assert refusal(read_algorithm, identifier(dotted), digest="sha3_256") == Reason.ALGORITHM_UNSUPPORTED
    curve = core.ObjectIdentifier("1.2.840.10045.3.1.7").dump()
    assert read_algorithm(identifier(oids.EC_PUBLIC_KEY, curve), digest="sha256").family == "EC"


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize("dotted", [oids.SM2_SIGNATURE, oids.SM2_WITH_SM3])
def test_sg_11_sm2_goes_with_sm3_and_nothing_else(dotted):
    for parameters in (b"", NULL):
        assert read_algorithm(identifier(dotted, parameters), digest="sm3").digest == "sm3"
        assert read_algorithm(identifier(dotted, parameters)).digest == "sm3"
    for digest in ("sha256", "sha1", "sha512"):
        assert refusal(read_algorithm, identifier(dotted), digest=digest) == Reason.ALGORITHM_MISMATCH


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(
    ("dotted", "parameters"),
    [
        ("1.2.840.10045.4.3.2", NULL),
        ("1.2.840.113549.1.1.11", b"\x30\x00"),
        (oids.ED25519, NULL),
        (oids.SM2_WITH_SM3, b"\x30\x00"),
        (oids.SM2_WITH_SM3, b"\x06\x01\x2a"),
        (oids.EC_PUBLIC_KEY, b"\x30\x00"),
        (oids.RSASSA_PSS, b""),
        (oids.RSASSA_PSS, NULL),
    ],
)
def test_sg_11_odd_parameters_are_refused(dotted, parameters):
    assert refusal(read_algorithm, identifier(dotted, parameters), digest=None) == Reason.ALGORITHM_PARAMETERS


def pss(digest: str = "sha256", mask: str = "sha256", salt: int = 32, trailer: int = 1) -> bytes:
    return algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": digest},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
                "salt_length": salt,
                "trailer_field": trailer,
            },
        }
    ).dump()


@pytest.mark.spec("RFC 4055 §3.1")
def test_pss_is_read_with_its_salt_and_its_defaults():
    assert read_algorithm(pss()) == SignatureAlgorithm("RSASSA-PSS", "RSA", "sha256", 32)
    assert read_algorithm(pss("sha512", "sha512", 222)).salt_length == 222
    assert read_algorithm(identifier(oids.RSASSA_PSS, b"\x30\x00")) == SignatureAlgorithm(
        "RSASSA-PSS", "RSA", "sha1", 20
    )


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(
    "encoded",
    [
        pss(mask="sha1"),
        pss("sha512"),
        pss(salt=0),
        pss(salt=19),
        pss(salt=100_000),
        pss(salt=-1),
        pss(trailer=2),
        identifier(oids.RSASSA_PSS, bytes.fromhex("300aa203020120a203020120")),
        identifier(oids.RSASSA_PSS, bytes.fromhex("300aa303020101a203020120")),
        identifier(oids.RSASSA_PSS, bytes.fromhex("3005a403020101")),
        identifier(oids.RSASSA_PSS, bytes.fromhex("3005a20304011400")),
        identifier(oids.RSASSA_PSS, bytes.fromhex("3002a000")),
    ],
    ids=range(12),
)
def test_sg_11_odd_pss_parameters_are_refused(encoded):
    assert refusal(read_algorithm, encoded) == Reason.ALGORITHM_PARAMETERS


@pytest.mark.attack("SG-11")
def test_sg_11_pss_with_a_digest_or_a_mask_that_nobody_knows_is_refused():
    unknown = der.wrap(0xA0, identifier("1.2.3.4"))
    mask = der.wrap(0xA1, identifier("1.2.840.113549.1.1.9", identifier("2.16.840.1.101.3.4.2.1")))

    for field in (unknown, mask):
        encoded = identifier(oids.RSASSA_PSS, der.sequence(field))
        assert refusal(read_algorithm, encoded) == Reason.ALGORITHM_UNSUPPORTED


@pytest.mark.parametrize("encoded", [b"", b"\x30\x00", b"\x06\x01\x2a", identifier("1.2.3") + b"\0", bytes(257)])
def test_what_is_no_identifier_is_refused(encoded):
    assert refusal(read_algorithm, encoded) == Reason.ALGORITHM_PARAMETERS


@pytest.mark.parametrize("dotted", ["1.2.840.10040.4.3", "1.2.840.113549.1.1.2", "1.2.156.10197.1.301", "1.3.101.113"])
def test_dsa_md2_and_others_without_a_row_are_refused(dotted):
    assert refusal(read_algorithm, identifier(dotted)) == Reason.ALGORITHM_UNSUPPORTED


def spki(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_keys_of_every_family_are_read_with_their_sizes():
    read = [
        read_public_key(encoded)
        for encoded in (
            raw.spki_of(raw.rsa_key()),
            raw.spki_of(raw.ec_key("secp384r1")),
            spki(ed25519.Ed25519PrivateKey.generate().public_key()),
            raw.SM2_SPKI,
        )
    ]

    assert [(key.family, key.bits, key.curve) for key in read] == [
        ("RSA", 2048, None),
        ("EC", 384, "P-384"),
        ("Ed25519", 256, None),
        ("SM2", 256, "SM2"),
    ]


ODD = (1 << 2047) + 1


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(
    ("modulus", "exponent", "reason"),
    [
        ((1 << 1022) + 1, 65537, Reason.KEY_TOO_SMALL),
        (3, 65537, Reason.KEY_TOO_SMALL),
        ((1 << 8192) + 1, 65537, Reason.KEY_TOO_LARGE),
        ((1 << 20_000) + 1, 65537, Reason.KEY_TOO_LARGE),
        (ODD + 1, 65537, Reason.KEY_MALFORMED),
        (-ODD, 65537, Reason.KEY_MALFORMED),
        (ODD, 65536, Reason.KEY_MALFORMED),
        (ODD, 1, Reason.KEY_MALFORMED),
        (ODD, -3, Reason.KEY_MALFORMED),
        (ODD, (1 << 32) + 1, Reason.KEY_MALFORMED),
        (ODD, (1 << 2000) + 1, Reason.KEY_MALFORMED),
    ],
    ids=range(11),
)
def test_sg_11_an_rsa_key_of_a_bad_size_or_exponent_is_refused(modulus, exponent, reason):
    assert refusal(read_public_key, raw.rsa_spki(modulus, exponent)) == reason


def test_rsa_keys_at_the_borders_of_the_gate_are_let_through():
    assert read_public_key(raw.rsa_spki((1 << 1023) + 1, 3)).bits == 1024
    assert read_public_key(raw.rsa_spki((1 << 8191) + 1, (1 << 32) - 1)).bits == 8192


EC_OID, P256 = raw.oid("2a8648ce3d0201"), raw.oid("2a8648ce3d030107")
POINT = raw.spki_of(raw.ec_key())[-65:]


def ec_spki(parameters: bytes, point: bytes = POINT, kind: bytes = EC_OID) -> bytes:
    return der.sequence(der.sequence(kind, parameters), der.wrap(der.BIT_STRING, b"\0" + point))


EXPLICIT = bytes.fromhex("3081e0020101302c06072a8648ce3d0101022100") + bytes(32) + b"\x30\x00"


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (raw.spki_of(raw.ec_key("secp256k1")), Reason.KEY_UNSUPPORTED),
        (ec_spki(raw.oid("2b8104000a")), Reason.KEY_UNSUPPORTED),
        (ec_spki(EXPLICIT), Reason.KEY_MALFORMED),
        (ec_spki(der.sequence(b"\x02\x01\x01")), Reason.KEY_MALFORMED),
        (ec_spki(NULL), Reason.KEY_MALFORMED),
        (ec_spki(b""), Reason.KEY_MALFORMED),
        (ec_spki(P256, POINT[:-1]), Reason.KEY_MALFORMED),
        (ec_spki(P256, POINT[:-1] + bytes((POINT[-1] ^ 1,))), Reason.KEY_MALFORMED),
        (ec_spki(P256, b"\x04" + bytes(64)), Reason.KEY_MALFORMED),
        (ec_spki(P256, b"\x00"), Reason.KEY_MALFORMED),
        (ec_spki(P256, b""), Reason.KEY_MALFORMED),
        (raw.SM2_SPKI[:-1] + b"\x14", Reason.KEY_MALFORMED),
        (ec_spki(raw.oid("2a811ccf5501822d"), b"\x02" + POINT[1:33]), Reason.KEY_MALFORMED),
        (der.sequence(der.sequence(raw.oid("2a8648ce380401")), b"\x03\x02\x00\x02"), Reason.KEY_UNSUPPORTED),
        (der.sequence(der.sequence(raw.oid("2b6570"), NULL), b"\x03\x21\x00" + bytes(32)), Reason.KEY_UNSUPPORTED),
        (der.sequence(der.sequence(raw.oid("2b6570")), b"\x03\x20\x00" + bytes(31)), Reason.KEY_MALFORMED),
        (raw.rsa_spki(ODD, 3).replace(bytes.fromhex("0101010500"), bytes.fromhex("0101010600")), Reason.KEY_MALFORMED),
        (raw.spki_of(raw.ec_key()) + b"\0", Reason.KEY_MALFORMED),
        (b"", Reason.KEY_MALFORMED),
        (bytes(3_000), Reason.KEY_TOO_LARGE),
    ],
    ids=range(20),
)
def test_sg_11_a_key_that_is_off_its_curve_or_names_none_of_ours_is_refused(encoded, reason):
    assert refusal(read_public_key, encoded) == reason


def test_explicit_parameters_are_refused_also_when_they_equal_a_known_curve():
    # The parameters of P-256 written out, with the generator uncompressed (RFC 5480 §2.1.1 forbids them).
    p = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    g = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    point = g.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    explicit = der.sequence(
        b"\x02\x01\x01",
        der.sequence(raw.oid("2a8648ce3d0101"), raw.integer(p)),
        der.sequence(
            der.wrap(der.OCTET_STRING, (p - 3).to_bytes(32, "big")), der.wrap(der.OCTET_STRING, b.to_bytes(32, "big"))
        ),
        der.wrap(der.OCTET_STRING, point),
        raw.integer(n),
        b"\x02\x01\x01",
    )

    assert refusal(read_public_key, ec_spki(explicit)) == Reason.KEY_MALFORMED


def test_a_machine_without_sm2_says_so(monkeypatch):
    def unavailable() -> None:
        raise SmUnavailableError

    monkeypatch.setattr(sm2, "_library", unavailable)
    keys.read_public_key.cache_clear()

    assert refusal(read_public_key, raw.SM2_SPKI) == Reason.VALIDATOR_FAILURE
