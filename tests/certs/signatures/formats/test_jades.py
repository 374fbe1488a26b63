"""JAdES at the levels B-B and B-T (ETSI TS 119 182-1 §6)."""

import json

import pytest

from certs.signatures.formats.jades import read_jades
from certs.signatures.signed import Format
from certs.trust.arithmetic import verify
from certs.trust.content import BytesContent
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import jws as sandbox
from tests.authority import NOW, a_world
from tests.certs.signatures.formats.jws_making import (
    a_certificate,
    b64,
    compact,
    flattened,
    general,
    jades_header,
    standard,
    thumbprint,
)

STAMP = {"sigTst": {"tstTokens": [{"val": standard(b"token")}]}}


def with_unsigned(*elements):
    return flattened(jades_header(), unprotected={"etsiU": list(elements)})


def reasons(signed):
    return {each.code: each.reason for each in signed.findings if each.reason is not None}


@pytest.mark.parametrize("make", [compact, flattened, general])
def test_a_signature_that_names_certificate_and_time_has_level_b_b(make):
    (signed,) = read_jades(make(jades_header()))

    assert (signed.format, signed.level, reasons(signed)) == (Format.JADES, "JAdES-B-B", {})
    assert signed.claimed_time.isoformat() == "2026-11-02T04:00:00+00:00"
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


def test_the_time_may_be_a_number():
    (signed,) = read_jades(compact(jades_header(sigT=None, crit=None, iat=1_793_592_000)))

    assert (signed.claimed_time.year, reasons(signed)) == (2026, {})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sigT": None, "crit": None}, {"HEADER": Reason.ATTRIBUTE_MISSING}),
        ({"x5t#S256": None}, {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_MISSING}),
        ({"x5t#S256": thumbprint(b"other")}, {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_DIFFERS}),
        ({"crit": ["sigT", "sigPl"]}, {"HEADER": Reason.HEADER_CRITICAL_UNKNOWN}),
    ],
)
def test_what_level_b_b_asks_for_must_be_there(changes, expected):
    (signed,) = read_jades(compact(jades_header(**changes)))

    assert reasons(signed) == expected


@pytest.mark.parametrize(
    "element",
    [
        STAMP,
        b64(json.dumps(STAMP).encode()),
        {"sigTst": {"tstContainer": {"tstTokens": [{"val": standard(b"token")}]}}},
    ],
    ids=["object", "encoded", "container"],
)
@pytest.mark.spec("ETSI TS 119 182-1 §5.3.4")
def test_a_timestamp_is_over_the_signature_as_it_is_written(element):
    data = with_unsigned(element)

    (signed,) = read_jades(data)

    (token,) = signed.timestamps
    assert (token.der, token.imprinted, signed.level) == (b"token", json.loads(data)["signature"].encode(), "JAdES-B-T")


def test_material_outside_of_the_signature_is_material_and_hints_only():
    other = standard(a_certificate("P-256", "Other"))
    values = {"xVals": [{"x509Cert": {"val": other}}, {"otherCert": {}}, {"x509Cert": {"val": "AAAA"}}]}
    status = {"rVals": {"ocspVals": [{"val": standard(b"answer")}], "crlVals": [{"val": standard(b"list")}]}}

    (signed,) = read_jades(with_unsigned(values, status, {"unknown": {"whatever": 1}}))

    assert [each.der for each in signed.hints] == [a_certificate("P-256", "Other")]
    assert (signed.ocsp, signed.crls, reasons(signed)) == ((b"answer",), (b"list",), {})


@pytest.mark.parametrize(
    "element", [5, "not base64url!", b64(b"[]"), {"sigTst": {}}, {"sigTst": {"tstTokens": 5}}, {"rVals": []}]
)
def test_an_unsigned_part_that_cannot_be_read_does_not_pass(element):
    (signed,) = read_jades(with_unsigned(element))

    assert reasons(signed) == {"HEADER": Reason.HEADER_MALFORMED}


@pytest.mark.attack("SG-12")
def test_sg_12_more_timestamps_than_are_looked_at_are_refused():
    with pytest.raises(Refused) as caught:
        read_jades(with_unsigned(*[STAMP] * 9))

    assert caught.value.code is RefusalCode.SIZE


# ------------------------------------------------------------------------------- signatures of another maker


@pytest.fixture(scope="module")
def world():
    return a_world(NOW)


def test_an_sm2_signature_holds_under_the_private_name_only(world):
    signer = sandbox.Signer(certificate=world.issue("gd-sign"), header=sandbox.jades_header(NOW))
    data = sandbox.compact(b"pay 100", signer)

    (unknown,) = read_jades(data)
    (signed,) = read_jades(data, sm2_name="SM2")

    assert reasons(unknown) == {"FORMAT": Reason.ALGORITHM_UNSUPPORTED}
    assert reasons(signed) == {}
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


@pytest.mark.parametrize("kind", ["hk-personal-mr", "mo-qualified"])
def test_a_stamped_signature_has_level_b_t_and_its_chain_as_hints(world, kind):
    signer = sandbox.Signer(certificate=world.issue(kind), header=sandbox.jades_header(NOW))
    data = sandbox.stamped(world, sandbox.general(b"pay 100", [signer], flattened=True))

    (signed,) = read_jades(data)

    assert (signed.level, reasons(signed), len(signed.timestamps), len(signed.hints)) == ("JAdES-B-T", {}, 1, 1)
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


def test_content_that_stands_elsewhere_is_signed_as_it_is(world):
    header = sandbox.merged(sandbox.jades_header(NOW), sandbox.detached_header())
    signer = sandbox.Signer(certificate=world.issue("hk-personal-mr"), header=header)
    data = sandbox.compact(b"pay 100", signer, detached=True)

    (signed,) = read_jades(data, BytesContent(b"pay 100"))

    assert reasons(signed) == {}
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


def test_a_damaged_signature_is_found_by_the_arithmetic_only(world):
    signer = sandbox.Signer(certificate=world.issue("hk-personal-mr"), header=sandbox.jades_header(NOW), damaged=True)

    (signed,) = read_jades(sandbox.compact(b"pay 100", signer))

    assert reasons(signed) == {}
    with pytest.raises(Fault):
        verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)
