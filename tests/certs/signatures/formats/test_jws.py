"""Web signatures (RFC 7515, RFC 7797): what holds, what is found, and what is refused."""

import pytest

from certs.signatures.formats.jws import read_jws
from certs.signatures.formats.jws_content import PrefixedContent
from certs.signatures.signed import Covered, Format
from certs.trust.arithmetic import verify
from certs.trust.certificate import read_certificate
from certs.trust.content import BytesContent, DigestContent, FileContent, digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from tests.certs.signatures.formats.jws_making import (
    KINDS,
    PAYLOAD,
    a_certificate,
    b64,
    compact,
    detached,
    flattened,
    general,
    header_of,
    parts,
    standard,
    thumbprint,
)

UNENCODED = {"b64": False, "crit": ["b64"]}


def reasons(signed):
    return {each.code: each.reason for each in signed.findings if each.reason is not None}


def check(signed):
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


def refusal_of(data, *arguments, **options):
    with pytest.raises(Refused) as caught:
        read_jws(data, *arguments, **options)
    return caught.value.code


# --------------------------------------------------------------------------------------------------- what holds


@pytest.mark.parametrize("algorithm", KINDS)
@pytest.mark.spec("RFC 7518 §3.1")
def test_every_algorithm_that_counts_holds(algorithm):
    (signed,) = read_jws(compact(header_of(algorithm)))

    assert (signed.format, signed.level, signed.covered, reasons(signed)) == (Format.JWS, "JWS", Covered.ALL, {})
    check(signed)


@pytest.mark.parametrize("make", [compact, flattened, general])
@pytest.mark.spec("RFC 7515 §7")
def test_every_serialisation_is_read(make):
    (signed,) = read_jws(make(header_of()))

    assert [each.code for each in signed.findings] == ["FORMAT", "HEADER", "CONTENT-DIGEST", "SIGNING-CERTIFICATE"]
    assert (signed.findings[0].detail, reasons(signed)) == (make.__name__, {})
    check(signed)


def test_each_signer_of_a_message_is_a_signature_of_its_own():
    first, second = read_jws(general(header_of("ES256"), header_of("RS256")))

    assert [first.algorithm.family, second.algorithm.family] == ["EC", "RSA"]
    for each in (first, second):
        check(each)


def test_a_signature_over_something_else_does_not_hold():
    protected, _, signature = parts(header_of())
    (signed,) = read_jws(f"{protected}.{b64(b'other')}.{signature}".encode())

    with pytest.raises(Fault) as caught:
        check(signed)

    assert caught.value.reason is Reason.SIGNATURE_MISMATCH


def test_a_line_end_around_the_message_is_no_part_of_it():
    (signed,) = read_jws(compact() + b"\n")

    check(signed)


# ----------------------------------------------------------------------------------------------------- content


def test_content_that_the_message_carries_must_be_the_content_that_was_meant():
    (same,) = read_jws(compact(), BytesContent(PAYLOAD))
    (same_digest,) = read_jws(compact(), DigestContent("sha384", digest_of("sha384", (PAYLOAD,))))
    (other,) = read_jws(compact(), BytesContent(b"other"))

    assert [reasons(each) for each in (same, same_digest)] == [{}, {}]
    assert reasons(other) == {"CONTENT-DIGEST": Reason.CONTENT_DIFFERS}


@pytest.mark.spec("RFC 7515 App. F")
def test_detached_content_is_signed_in_base64url():
    (signed,) = read_jws(detached(header_of()), BytesContent(PAYLOAD))

    assert reasons(signed) == {}
    check(signed)


@pytest.mark.spec("RFC 7797 §3")
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_detached_content_may_be_signed_as_it_is_and_is_not_copied(algorithm, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(PAYLOAD)

    (signed,) = read_jws(detached(header_of(algorithm, **UNENCODED), raw=True), FileContent(path))

    assert (type(signed.message), reasons(signed)) == (PrefixedContent, {})
    assert signed.message.size == len(signed.message.read(1_000))
    check(signed)


def test_a_payload_may_be_carried_as_it_is():
    (signed,) = read_jws(flattened(header_of(**UNENCODED), b"pay 100", raw=True), BytesContent(b"pay 100"))

    assert reasons(signed) == {}
    check(signed)


def test_a_detached_signature_without_its_content_says_so():
    (signed,) = read_jws(detached(header_of()))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_MISSING}


def test_content_that_the_signature_does_not_name_is_not_covered():
    (signed,) = read_jws(compact(), named={"contract": BytesContent(b"other")})

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_NOT_COVERED}


def test_a_digest_cannot_stand_for_content_after_a_header():
    digest = DigestContent("sha256", digest_of("sha256", (PAYLOAD,)))

    assert refusal_of(detached(header_of(**UNENCODED), raw=True), digest) is RefusalCode.UNSUPPORTED


def test_content_with_a_prefix_is_not_read_beyond_the_limit():
    with pytest.raises(Refused):
        PrefixedContent(b"header.", BytesContent(b"content")).read(10)


# ------------------------------------------------------------------------------------------------- certificates

OTHER = standard(a_certificate("P-256", "Other"))
SIGNER = a_certificate()


@pytest.mark.parametrize(
    "changes",
    [
        {"x5t#S256": thumbprint(SIGNER)},
        {"x5t#o": {"digAlg": "S512", "digVal": thumbprint(SIGNER, "sha512")}, "crit": ["x5t#o"]},
        {"x5ts": [{"digAlg": "S256", "digVal": thumbprint(SIGNER)}, {"digAlg": "S256", "digVal": "AAAA"}]},
        {"x5c": [standard(SIGNER), OTHER]},
    ],
    ids=["S256", "other-digest", "several", "chain"],
)
def test_what_is_said_of_the_certificate_agrees(changes):
    (signed,) = read_jws(compact(header_of(**changes)))

    assert (signed.certificate.der, reasons(signed)) == (SIGNER, {})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x5t#S256": thumbprint(b"other")}, Reason.SIGNING_CERTIFICATE_DIFFERS),
        ({"x5t#o": {"digAlg": "S512", "digVal": thumbprint(SIGNER)}}, Reason.SIGNING_CERTIFICATE_DIFFERS),
        ({"x5ts": [{"digAlg": "S256", "digVal": thumbprint(b"other")}]}, Reason.SIGNING_CERTIFICATE_DIFFERS),
        ({"x5t#S256": thumbprint(SIGNER), "x5c": [OTHER]}, Reason.SIGNING_CERTIFICATE_DIFFERS),
        ({"x5t#o": {"digAlg": "MD5", "digVal": thumbprint(SIGNER)}}, Reason.HEADER_MALFORMED),
        ({"x5t#S256": thumbprint(SIGNER) + "="}, Reason.HEADER_MALFORMED),
        ({"x5ts": []}, Reason.HEADER_MALFORMED),
        ({"x5c": ["AAAA"]}, Reason.CERTIFICATE_MALFORMED),
        ({"x5c": None}, Reason.SIGNING_CERTIFICATE_NOT_FOUND),
        ({"x5c": None, "x5t#S256": thumbprint(SIGNER)}, Reason.SIGNING_CERTIFICATE_NOT_FOUND),
        ({"x5c": None, "jku": "https://keys.example/set", "kid": "1"}, Reason.SIGNING_CERTIFICATE_NOT_FOUND),
    ],
    ids=[
        "S256", "other-digest", "several", "substituted", "unknown-digest", "padded", "empty", "no-certificate",
        "nothing", "only-a-digest", "only-an-address",
    ],
)  # fmt: skip
def test_what_does_not_agree_about_the_certificate_is_found(changes, reason):
    (signed,) = read_jws(compact(header_of(**changes)))

    assert reasons(signed)["SIGNING-CERTIFICATE"] is reason


def test_a_certificate_of_the_caller_counts_where_a_protected_digest_names_it():
    offered = (read_certificate(a_certificate("P-256", "Other")), read_certificate(SIGNER))

    (signed,) = read_jws(compact(header_of(x5c=None, **{"x5t#S256": thumbprint(SIGNER)})), offered=offered)

    assert (signed.certificate.der, signed.hints, reasons(signed)) == (SIGNER, (offered[0],), {})


def test_a_certificate_that_nothing_signed_names_is_tried_and_told():
    (signed,) = read_jws(flattened(header_of(x5c=None), unprotected={"x5c": [standard(SIGNER)]}))

    assert (signed.certificate.der, reasons(signed)) == (
        SIGNER,
        {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_MISSING},
    )


def test_hints_that_cannot_be_read_are_left_out():
    (signed,) = read_jws(compact(header_of(x5c=[standard(SIGNER), "AAAA", OTHER])))

    assert len(signed.hints) == 1
