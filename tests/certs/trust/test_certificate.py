"""The gate in front of certificates: what is read of a good one, and every way to be refused."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.trust import der
from certs.trust.certificate import MAX_CERTIFICATE, read_certificate
from certs.trust.certificate_body import MAX_EXTENSIONS
from certs.trust.certificate_extensions import MAX_ALTERNATIVE_NAMES, MAX_NAME_CONSTRAINTS
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from tests.certs import pki
from tests.certs.trust import raw_certificates as raw
from tests.certs.trust.raw_certificates import a_certificate, an_extension
from tests.faults.weight import rounds


def refusal(encoded: bytes) -> Reason:
    with pytest.raises(Fault) as caught:
        read_certificate(encoded)
    return caught.value.reason


def test_a_good_certificate_is_read():
    found = read_certificate(a_certificate())

    assert (found.serial, found.issuer) == (7, "CN=Example CA 2 - 15,C=HK")
    assert found.subject == "CN=Chan Example,O=示例,C=MO"
    assert found.names == (("C", "MO"), ("O", "示例"), ("CN", "Chan Example"))
    assert (found.not_before, found.not_after) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    assert (found.key.family, found.key.bits, found.key.curve) == ("EC", 256, "P-256")
    assert (found.algorithm.name, found.algorithm.digest) == ("ECDSA", "sha256")
    assert found.key_usage == {"digital_signature", "non_repudiation"}
    assert not found.is_ca
    assert not found.self_issued
    assert found.extensions == (("2.5.29.15", True, bytes.fromhex("030206c0")),)


def test_the_certificate_hides_its_holder():
    assert "Chan" not in repr(read_certificate(a_certificate()))


def test_what_the_rules_ask_of_extensions_is_read_as_another_parser_reads_it():
    further = (
        (x509.KeyUsage(True, True, False, False, False, True, True, False, False), True),
        (
            x509.CertificatePolicies(
                [
                    x509.PolicyInformation(
                        x509.ObjectIdentifier("2.16.344.8.2.2008.810.2.2018.1.1"),
                        [x509.UserNotice(None, "Example e-Cert (Personal)"), "https://example.hk/cps"],
                    )
                ]
            ),
            False,
        ),
        (x509.SubjectKeyIdentifier(b"key"), False),
        (x509.AuthorityKeyIdentifier(b"issuer", None, None), False),
        (x509.OCSPNoCheck(), False),
    )

    found = read_certificate(pki.a_client_certificate(further=further))

    assert found.key_usage == {"digital_signature", "non_repudiation", "key_cert_sign", "crl_sign"}
    assert found.policies == ("2.16.344.8.2.2008.810.2.2018.1.1",)
    assert found.policy_notices == ("Example e-Cert (Personal)",)
    assert (found.subject_key_id, found.authority_key_id) == (b"key", b"issuer")
    assert found.extended_key_usage == ("1.3.6.1.5.5.7.3.2",)
    assert not found.extended_key_usage_critical
    assert found.ocsp_no_check


def test_an_authority_says_so_with_its_path_length():
    found = read_certificate(a_certificate(extensions=[raw.BASIC, raw.USAGE]))

    assert (found.is_ca, found.path_length) == (True, 0)


@pytest.mark.spec("GM/T 0015-2023")
@pytest.mark.parametrize("outer", [raw.SM2_SM3, raw.SM2_SM3_NULL])
def test_an_sm2_certificate_is_read_with_null_parameters_in_either_place(outer):
    found = read_certificate(a_certificate(inner=raw.SM2_SM3, outer=outer, spki=raw.SM2_SPKI))

    assert (found.key.family, found.key.curve, found.algorithm.name) == ("SM2", "SM2", "SM2")


@pytest.mark.attack("SG-11")
@pytest.mark.spec("RFC 5280 §4.1.1.2")
@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (raw.ECDSA_SHA256, bytes.fromhex("300a06082a8648ce3d040303")),
        (raw.SHA256_RSA, bytes.fromhex("300b06092a864886f70d01010b")),
        (raw.SM2_SM3, raw.ECDSA_SHA256),
        (raw.ECDSA_SHA256, raw.SM2_SM3),
        (bytes.fromhex("300d06092a811ccf5501822d010500"), raw.SM2_SM3),
        (b"\x30\x00", raw.SM2_SM3),
    ],
    ids=range(6),
)
def test_sg_11_an_inner_and_an_outer_algorithm_that_differ_are_refused(inner, outer):
    assert refusal(a_certificate(inner=inner, outer=outer)) == Reason.CERTIFICATE_ALGORITHMS_DIFFER


@pytest.mark.attack("SG-11")
def test_sg_11_an_algorithm_that_nobody_knows_is_refused():
    dsa = bytes.fromhex("300906072a8648ce380403")

    assert refusal(a_certificate(inner=dsa)) == Reason.ALGORITHM_UNSUPPORTED


def test_a_certificate_above_the_size_is_refused_before_it_is_parsed():
    assert refusal(bytes(MAX_CERTIFICATE + 1)) == Reason.CERTIFICATE_TOO_LARGE


@pytest.mark.parametrize("version", [b"", b"\xa0\x03\x02\x01\x00", b"\xa0\x03\x02\x01\x01", b"\xa0\x03\x02\x01\x03"])
def test_any_version_but_three_is_refused(version):
    assert refusal(a_certificate(version=version)) == Reason.CERTIFICATE_VERSION


@pytest.mark.parametrize("serial", [b"\x02\x01\x00", b"\x02\x01\xff", b"\x02\x15\x01" + bytes(20)])
def test_a_serial_that_is_zero_negative_or_too_long_is_refused(serial):
    assert refusal(a_certificate(serial=serial)) == Reason.CERTIFICATE_SERIAL


@pytest.mark.parametrize("serial", [b"\x02\x00", b"\x02\x02\x00\x07", b"\x0a\x01\x07"])
def test_a_serial_in_another_spelling_is_refused(serial):
    assert refusal(a_certificate(serial=serial)) == Reason.CERTIFICATE_MALFORMED


@pytest.mark.spec("RFC 5280 §4.2")
def test_a_doubled_extension_is_refused():
    assert refusal(a_certificate(extensions=[raw.USAGE, raw.BASIC, raw.USAGE])) == Reason.CERTIFICATE_EXTENSION_DOUBLED


def test_too_many_extensions_are_refused_and_the_most_are_not():
    assert read_certificate(a_certificate(extensions=raw.private_extensions(MAX_EXTENSIONS)))
    assert (
        refusal(a_certificate(extensions=raw.private_extensions(MAX_EXTENSIONS + 1)))
        == Reason.CERTIFICATE_EXTENSIONS_TOO_MANY
    )


@pytest.mark.parametrize("kind", ["551d11", "551d12"])
def test_too_many_alternative_names_are_refused_and_the_most_are_not(kind):
    def with_names(count: int) -> bytes:
        return a_certificate(extensions=[an_extension(kind, der.sequence(raw.general_names(count)))])

    assert read_certificate(with_names(MAX_ALTERNATIVE_NAMES))
    assert refusal(with_names(MAX_ALTERNATIVE_NAMES + 1)) == Reason.CERTIFICATE_TOO_LARGE


def test_too_many_name_constraints_are_refused_whichever_side_they_stand_on():
    def with_subtrees(permitted: int, excluded: int) -> bytes:
        sides = [
            der.wrap(tag, b"".join(der.sequence(der.wrap(0x82, b"example.mo")) for _ in range(count)))
            for tag, count in ((0xA0, permitted), (0xA1, excluded))
        ]
        return a_certificate(extensions=[an_extension("551d1e", der.sequence(*sides), raw.CRITICAL)])

    assert read_certificate(with_subtrees(MAX_NAME_CONSTRAINTS - 1, 1))
    assert refusal(with_subtrees(MAX_NAME_CONSTRAINTS, 1)) == Reason.CERTIFICATE_TOO_LARGE


TRUE_AS_ONE, FALSE_WRITTEN = b"\x01\x01\x01", b"\x01\x01\x00"


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"junk",
        a_certificate()[:-1],
        a_certificate() + b"\x00",
        a_certificate(signature=b"\x03\x02\x01\x80"),
        a_certificate(signature=b"\x03\x00"),
        a_certificate(signature=b"\x04\x01\x00"),
        a_certificate(after=b"\x05\x00"),
        a_certificate(between=b"\x82\x02\x00\x01\x81\x02\x00\x01"),
        a_certificate(between=b"\xa3\x02\x30\x00", extensions=[]),
        a_certificate(issuer=b"\x30\x00"),
        a_certificate(issuer=b"\x30\x02\x31\x00"),
        a_certificate(subject=b"\x31\x00"),
        a_certificate(subject=raw.a_name(("CN", 0x0C, b"\xff\xfe"))),
        a_certificate(subject=raw.a_name(("CN", 0x13, b"\xe9"))),
        a_certificate(validity=b"\x30\x00"),
        a_certificate(validity=raw.VALIDITY.replace(b"250101", b"251301")),
        a_certificate(validity=raw.VALIDITY.replace(b"000000Z", b"0000.0Z")),
        a_certificate(validity=raw.VALIDITY.replace(b"000000Z", b"000000+")),
        a_certificate(extensions=[an_extension("551d0f", b"\x03\x02\x06\xc0", TRUE_AS_ONE)]),
        a_certificate(extensions=[an_extension("551d0f", b"\x03\x02\x06\xc0", FALSE_WRITTEN)]),
        a_certificate(extensions=[an_extension("551d0f", b"junk")]),
        a_certificate(extensions=[an_extension("551d13", b"\x30\x03\x01\x01\x00")]),
        a_certificate(extensions=[an_extension("551d11", b"\x30\x01")]),
        a_certificate(extensions=[an_extension("551d1e", b"\x30\x02\xa2\x00")]),
        a_certificate(extensions=[an_extension("80551d", b"\x05\x00")]),
    ],
    ids=range(29),
)
def test_what_is_not_the_one_encoding_of_a_certificate_is_refused(encoded):
    assert refusal(encoded) == Reason.CERTIFICATE_MALFORMED


def test_the_same_policy_twice_is_refused():
    policies = der.sequence(*[der.sequence(raw.oid("2a0304"))] * 2)

    assert refusal(a_certificate(extensions=[an_extension("551d20", policies)])) == Reason.CERTIFICATE_MALFORMED


@pytest.mark.spec("RFC 5280 §4.1.2.5")
def test_dates_of_either_kind_are_read_and_the_century_turns_in_1950():
    times = der.sequence(der.wrap(der.UTC_TIME, b"500101000000Z"), der.wrap(der.GENERALIZED_TIME, b"99991231235959Z"))

    found = read_certificate(a_certificate(validity=times))

    assert (found.not_before.year, found.not_after.year) == (1950, 9999)


def test_the_same_bytes_give_the_same_value_and_a_refusal_is_not_forgotten():
    encoded = a_certificate()

    assert read_certificate(encoded) is read_certificate(bytes(bytearray(encoded)))
    assert {refusal(encoded[:-1]) for _ in range(2)} == {Reason.CERTIFICATE_MALFORMED}


def test_unique_identifiers_are_let_through():
    assert read_certificate(a_certificate(between=b"\x81\x02\x00\x01\x82\x02\x00\x01"))


def published() -> list[Any]:
    """The certificates of NIST's suite."""
    folder = files("cryptography_vectors") / "x509" / "PKITS_data" / "certs"
    return sorted((file for file in folder.iterdir() if file.name.endswith(".crt")), key=lambda file: file.name)


@pytest.mark.spec("NIST PKITS")
def test_the_published_suite_is_let_through_but_for_what_it_breaks_itself():
    refused = set()

    for file in published():
        try:
            read_certificate(file.read_bytes())
        except Fault as fault:
            refused.add((file.name.removesuffix(".crt"), fault.reason))

    assert refused == {
        ("BadSignedCACert", Reason.CERTIFICATE_MALFORMED),
        ("DSACACert", Reason.KEY_UNSUPPORTED),
        ("DSAParametersInheritedCACert", Reason.ALGORITHM_UNSUPPORTED),
        ("InvalidDSASignatureTest6EE", Reason.CERTIFICATE_MALFORMED),
        ("InvalidNegativeSerialNumberTest15EE", Reason.CERTIFICATE_SERIAL),
        ("ValidDSAParameterInheritanceTest5EE", Reason.ALGORITHM_UNSUPPORTED),
        ("ValidDSASignaturesTest4EE", Reason.ALGORITHM_UNSUPPORTED),
    }


@pytest.mark.attack("SG-11")
@pytest.mark.spec("NIST PKITS")
def test_sg_11_the_validators_own_parser_sees_the_same_certificate():
    for file in published()[:: rounds(5, 1)]:
        try:
            ours = read_certificate(file.read_bytes())
        except Fault:
            continue

        theirs = asn1_x509.Certificate.load(ours.der, strict=True)

        usage, policies, purposes = (
            theirs.key_usage_value,
            theirs.certificate_policies_value,
            theirs.extended_key_usage_value,
        )
        assert (ours.serial, ours.not_before, ours.not_after, ours.is_ca, ours.path_length) == (
            theirs.serial_number,
            theirs.not_valid_before,
            theirs.not_valid_after,
            bool(theirs.ca),
            theirs.max_path_length,
        )
        assert (ours.subject_der, ours.issuer_der, ours.spki) == (
            theirs.subject.dump(),
            theirs.issuer.dump(),
            theirs.public_key.dump(),
        )
        assert ours.key_usage == (None if usage is None else frozenset(usage.native))
        assert ours.policies == tuple(p["policy_identifier"].dotted for p in policies or ())
        assert ours.extended_key_usage == (None if purposes is None else tuple(p.dotted for p in purposes))
        assert (ours.subject_key_id, ours.authority_key_id) == (theirs.key_identifier, theirs.authority_key_identifier)
        assert [oid for oid, _, _ in ours.extensions] == [
            e["extn_id"].dotted for e in theirs["tbs_certificate"]["extensions"]
        ]


@pytest.mark.attack("SG-14")
@settings(max_examples=rounds(300, 20_000), deadline=None)
@given(st.data())
def test_sg_14_a_damaged_certificate_is_read_or_refused_and_nothing_else_happens(data):
    encoded = bytearray(a_certificate(extensions=[raw.BASIC, raw.USAGE]))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = read_certificate(bytes(encoded))
    except Fault:
        return

    assert found.der == encoded


@pytest.mark.attack("SG-14")
@given(st.binary(max_size=200))
def test_sg_14_junk_is_refused(junk):
    assert refusal(junk) in Reason
