"""One signature and one key: each family's good signature, published vectors, and every disagreement refused."""

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys.errors import SmError, SmUnavailableError
from certs.keys.sm2 import Sm2PrivateKey
from certs.keys.sm2_self_test import EXAMPLE_E, EXAMPLE_MESSAGE, EXAMPLE_POINT, EXAMPLE_SECRET, EXAMPLE_SIGNATURE
from certs.trust import arithmetic
from certs.trust.algorithms import ECDSA, ED25519, PKCS1, PSS, SM2, SignatureAlgorithm
from certs.trust.arithmetic import read_public_key, verify
from certs.trust.content import BytesContent, DigestContent, FileContent, Sm2Digest, digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.keys import PublicKey
from certs.trust.reasons import Reason
from tests.certs.trust import nist_vectors
from tests.certs.trust.raw_certificates import SM2_SPKI, ec_key, rsa_key, spki_of

MESSAGE = b"what was signed"
RSA_KEY, EC_KEY, SM2_KEY = (read_public_key(spki) for spki in (spki_of(rsa_key()), spki_of(ec_key()), SM2_SPKI))
ED = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
ED_KEY = read_public_key(ED.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
RSA_SHA256 = SignatureAlgorithm(PKCS1, "RSA", "sha256")
RSA_PSS = SignatureAlgorithm(PSS, "RSA", "sha256", 32)
EC_SHA256 = SignatureAlgorithm(ECDSA, "EC", "sha256")
EDDSA = SignatureAlgorithm(ED25519, "Ed25519", "")
SM2_SM3 = SignatureAlgorithm(SM2, "SM2", "sm3")
HASHES = {
    "md5": hashes.MD5(),  # noqa: S303 - old ones are tried on purpose
    "sha1": hashes.SHA1(),  # noqa: S303 - the same
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sm3": hashes.SM3(),
}

GOOD = {
    "RSA": (RSA_KEY, RSA_SHA256, rsa_key().sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())),
    "PSS": (RSA_KEY, RSA_PSS, rsa_key().sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())),
    "ECDSA": (EC_KEY, EC_SHA256, ec_key().sign(MESSAGE, ec.ECDSA(hashes.SHA256()))),
    "Ed25519": (ED_KEY, EDDSA, ED.sign(MESSAGE)),
    "SM2": (SM2_KEY, SM2_SM3, Sm2PrivateKey.from_hex(EXAMPLE_SECRET.hex()).sign(MESSAGE)),
}


def refusal(*arguments, **keywords) -> Reason:
    with pytest.raises(Fault) as caught:
        verify(*arguments, **keywords)
    return caught.value.reason


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_signature_passes_over_bytes_content_and_files(kind, tmp_path):
    key, algorithm, signature = GOOD[kind]
    path = tmp_path / "content"
    path.write_bytes(MESSAGE)

    for message in (MESSAGE, BytesContent(MESSAGE), FileContent(path)):
        verify(key, algorithm, message, signature)


@pytest.mark.parametrize("kind", GOOD)
def test_a_signature_over_something_else_is_refused(kind, tmp_path):
    key, algorithm, signature = GOOD[kind]
    path = tmp_path / "content"
    path.write_bytes(MESSAGE + b".")

    for message in (b"", MESSAGE + b".", BytesContent(MESSAGE[1:]), FileContent(path)):
        assert refusal(key, algorithm, message, signature) == Reason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("kind", GOOD)
def test_a_flipped_bit_in_any_byte_of_a_signature_is_refused(kind):
    key, algorithm, signature = GOOD[kind]

    for at in range(0, len(signature), 7):
        flipped = signature[:at] + bytes((signature[at] ^ 1,)) + signature[at + 1 :]
        assert refusal(key, algorithm, MESSAGE, flipped) in {Reason.SIGNATURE_MISMATCH, Reason.SIGNATURE_MALFORMED}


@pytest.mark.parametrize("kind", GOOD)
def test_a_signature_of_another_length_is_refused(kind):
    key, algorithm, good = GOOD[kind]

    for signature in (b"", good + b"\0", good[:-1], b"\0" + good, bytes(9_999)):
        assert refusal(key, algorithm, MESSAGE, signature) in {Reason.SIGNATURE_MISMATCH, Reason.SIGNATURE_MALFORMED}


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize("signed_by", GOOD)
@pytest.mark.parametrize("stated", GOOD)
def test_sg_11_a_key_answers_for_its_own_kind_of_algorithm_only(stated, signed_by):
    key, _, signature = GOOD[signed_by]
    algorithm = GOOD[stated][1]

    if stated == signed_by:
        verify(key, algorithm, MESSAGE, signature)
    elif algorithm.family == key.family:
        assert refusal(key, algorithm, MESSAGE, signature) == Reason.SIGNATURE_MISMATCH
    else:
        assert refusal(key, algorithm, MESSAGE, signature) == Reason.ALGORITHM_MISMATCH


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize("digest", [name for name in HASHES if name != "sha256"])
def test_sg_11_nothing_is_retried_with_another_digest(digest):
    for kind, family, key in ((PKCS1, "RSA", RSA_KEY), (ECDSA, "EC", EC_KEY)):
        signature = GOOD["RSA" if family == "RSA" else "ECDSA"][2]
        algorithm = SignatureAlgorithm(kind, family, digest)
        assert refusal(key, algorithm, MESSAGE, signature) == Reason.SIGNATURE_MISMATCH


@pytest.mark.attack("SG-11")
def test_sg_11_another_salt_length_than_the_stated_one_is_refused():
    key, _, signature = GOOD["PSS"]

    for salt in (20, 31, 33, 400):
        algorithm = SignatureAlgorithm(PSS, "RSA", "sha256", salt)
        assert refusal(key, algorithm, MESSAGE, signature) == Reason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("digest", HASHES)
def test_old_digests_are_arithmetic_too_so_that_the_policy_can_name_them(digest):
    signature = rsa_key().sign(MESSAGE, padding.PKCS1v15(), HASHES[digest])
    algorithm = SignatureAlgorithm(PKCS1, "RSA", digest)

    verify(RSA_KEY, algorithm, MESSAGE, signature)
    verify(RSA_KEY, algorithm, DigestContent(digest, digest_of(digest, [MESSAGE])), signature)


@pytest.mark.attack("SG-11")
def test_sg_11_a_digest_of_another_algorithm_than_the_signatures_cannot_be_judged():
    key, algorithm, signature = GOOD["RSA"]
    content = DigestContent("sha512", digest_of("sha512", [MESSAGE]))

    with pytest.raises(Refused) as caught:
        verify(key, algorithm, content, signature)

    assert caught.value.code == RefusalCode.UNSUPPORTED


def test_a_digest_is_no_message():
    for kind in ("RSA", "PSS", "ECDSA"):
        key, algorithm, signature = GOOD[kind]
        digest = digest_of("sha256", [MESSAGE])

        verify(key, algorithm, DigestContent("sha256", digest), signature)
        assert refusal(key, algorithm, digest, signature) == Reason.SIGNATURE_MISMATCH


@pytest.mark.spec("GB/T 32918.2-2016 §7.1")
def test_sm2_is_verified_with_e_and_refused_with_a_plain_digest():
    verify(SM2_KEY, SM2_SM3, Sm2Digest(EXAMPLE_E), EXAMPLE_SIGNATURE)
    assert refusal(SM2_KEY, SM2_SM3, Sm2Digest(EXAMPLE_E[::-1]), EXAMPLE_SIGNATURE) == Reason.SIGNATURE_MISMATCH

    with pytest.raises(Refused) as caught:
        verify(SM2_KEY, SM2_SM3, DigestContent("sm3", digest_of("sm3", [EXAMPLE_MESSAGE])), EXAMPLE_SIGNATURE)

    assert caught.value.code == RefusalCode.SM2_NEEDS_E


@pytest.mark.attack("GD-03")
def test_gd_03_only_the_default_id_counts_unless_a_list_names_another():
    secret = Sm2PrivateKey.from_hex(EXAMPLE_SECRET.hex())
    other = secret.sign(MESSAGE, b"another id")

    verify(SM2_KEY, SM2_SM3, MESSAGE, other, sm2_user_id=b"another id")
    assert refusal(SM2_KEY, SM2_SM3, MESSAGE, other) == Reason.SIGNATURE_MISMATCH
    signature = GOOD["SM2"][2]
    assert refusal(SM2_KEY, SM2_SM3, MESSAGE, signature, sm2_user_id=b"another id") == Reason.SIGNATURE_MISMATCH


def test_e_answers_for_sm2_only():
    for kind in ("RSA", "PSS", "ECDSA", "Ed25519"):
        key, algorithm, signature = GOOD[kind]
        with pytest.raises(Refused) as caught:
            verify(key, algorithm, Sm2Digest(EXAMPLE_E), signature)
        assert caught.value.code == RefusalCode.UNSUPPORTED


def test_ed25519_reads_content_up_to_its_limit(monkeypatch):
    monkeypatch.setattr(arithmetic, "MAX_ED25519", len(MESSAGE) - 1)
    key, algorithm, signature = GOOD["Ed25519"]

    with pytest.raises(Refused) as caught:
        verify(key, algorithm, BytesContent(MESSAGE), signature)

    assert caught.value.code == RefusalCode.SIZE


class Broken:
    """A native key whose library fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def verify(self, *_arguments: object) -> None:
        raise self._error

    verify_digest = verify

    def za(self, _user_id: bytes) -> bytes:
        return bytes(32)


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError(), Reason.VALIDATOR_FAILURE),
        (MemoryError(), Reason.VALIDATOR_FAILURE),
        (ValueError(), Reason.SIGNATURE_MISMATCH),
        (UnsupportedAlgorithm("x"), Reason.ALGORITHM_UNSUPPORTED),
    ],
)
def test_sg_14_a_failure_of_the_library_is_a_refusal(error, reason):
    key = PublicKey("RSA", 2048, None, b"", Broken(error))

    assert refusal(key, RSA_SHA256, MESSAGE, b"signature") == reason


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize(
    ("error", "reason"),
    [(SmUnavailableError(), Reason.VALIDATOR_FAILURE), (SmError(), Reason.SIGNATURE_MISMATCH)],
)
def test_sg_14_a_failure_of_the_sm2_engine_is_a_refusal(error, reason):
    key = PublicKey("SM2", 256, "SM2", b"", Broken(error))

    assert refusal(key, SM2_SM3, MESSAGE, EXAMPLE_SIGNATURE) == reason


def is_accepted(vector: nist_vectors.Vector) -> bool:
    try:
        key = read_public_key(vector.spki or b"")
        verify(key, vector.algorithm, vector.message, vector.signature)
        verify(key, vector.algorithm, BytesContent(vector.message), vector.signature)
    except Fault:
        return False
    return True


@pytest.mark.spec("FIPS 186-3")
@pytest.mark.parametrize(
    ("name", "sections", "answers"),
    [
        ("FIPS_186-2/SigVer15_186-3.rsp", frozenset({"mod=2048", "mod=3072"}), {True, False}),
        ("FIPS_186-2/SigVerPSS_186-3.rsp", frozenset({"mod=2048", "mod=3072"}), {True, False}),
        # Sloppy paddings, each of which some verifier has taken: none is good.
        ("SigVer15EMTest.txt", frozenset({"mod=1024", "mod=1536", "mod=2048"}), {False}),
    ],
)
def test_published_vectors_for_rsa_are_answered_rightly(name, sections, answers):
    vectors = nist_vectors.rsa(name, sections)

    wrong = [vector.comment for vector in vectors if is_accepted(vector) is not vector.good]

    assert (wrong, len(vectors) >= 90) == ([], True)
    assert {vector.good for vector in vectors} == answers


@pytest.mark.spec("FIPS 186-3")
def test_published_vectors_for_ecdsa_are_answered_rightly():
    vectors = nist_vectors.ecdsa()

    wrong = [vector.comment for vector in vectors if is_accepted(vector) is not vector.good]

    assert (wrong, len(vectors)) == ([], 225)


def test_a_key_hides_nothing_but_is_short_in_reports():
    assert repr(RSA_KEY) == "PublicKey(RSA, 2048)"
    assert EXAMPLE_POINT.hex() not in repr(SM2_KEY)
