"""Web signatures whose header, algorithm or serialisation is not one that counts (RFC 7515 §4, RFC 8725 §3)."""

import json

import pytest

from certs.keys import base64url
from certs.signatures.formats.jws import read_jws
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from tests.certs.signatures.formats.jws_making import (
    a_certificate,
    b64,
    compact,
    flattened,
    general,
    header_of,
    parts,
    standard,
)

UNENCODED = {"b64": False, "crit": ["b64"]}


def reasons(signed):
    return {each.code: each.reason for each in signed.findings if each.reason is not None}


def refusal_of(data, *arguments, **options):
    with pytest.raises(Refused) as caught:
        read_jws(data, *arguments, **options)
    return caught.value.code


SIGNER = a_certificate()


# ------------------------------------------------------------------------------------------------------ headers


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"crit": ["exp"]}, Reason.HEADER_CRITICAL_UNKNOWN),
        ({"crit": ["alg"]}, Reason.HEADER_CRITICAL_UNKNOWN),
        ({"crit": ["http://example.com/x"], "http://example.com/x": 1}, Reason.HEADER_CRITICAL_UNKNOWN),
        ({"crit": ["jku"], "jku": "https://keys.example/"}, Reason.HEADER_CRITICAL_UNKNOWN),
        ({"crit": ["sigT"]}, Reason.HEADER_MALFORMED),
        ({"crit": []}, Reason.HEADER_MALFORMED),
        ({"crit": "b64", "b64": True}, Reason.HEADER_MALFORMED),
        ({"crit": ["b64", "b64"], "b64": True}, Reason.HEADER_MALFORMED),
        ({"crit": [1]}, Reason.HEADER_MALFORMED),
        ({"b64": True}, Reason.HEADER_MALFORMED),
        ({"b64": "true", "crit": ["b64"]}, Reason.HEADER_MALFORMED),
        ({"sigT": "2026-11-02"}, Reason.HEADER_MALFORMED),
        ({"sigT": 1}, Reason.HEADER_MALFORMED),
        ({"iat": 10**20}, Reason.HEADER_MALFORMED),
        ({"iat": True}, Reason.HEADER_MALFORMED),
        ({"sigPId": "1.2.3"}, Reason.HEADER_MALFORMED),
        ({"sigPId": {}}, Reason.HEADER_MALFORMED),
        ({"kid": 1}, Reason.HEADER_MALFORMED),
        ({"typ": ["JOSE"]}, Reason.HEADER_MALFORMED),
    ],
)  # fmt: skip
@pytest.mark.spec("RFC 7515 §4.1.11")
def test_a_header_that_cannot_be_followed_does_not_pass(changes, reason):
    (signed,) = read_jws(compact(header_of(**changes)))

    assert reasons(signed)["HEADER"] is reason


@pytest.mark.parametrize("name", ["b64", "crit", "sigT", "x5t#S256", "sigD"])
def test_a_parameter_that_has_to_be_signed_is_not_taken_from_outside(name):
    (signed,) = read_jws(flattened(header_of(), unprotected={name: []}))

    assert reasons(signed) == {"HEADER": Reason.HEADER_MALFORMED}


def test_an_algorithm_outside_of_the_signed_header_does_not_count():
    (signed,) = read_jws(flattened(header_of(alg=None), unprotected={"alg": "ES256"}))

    assert (signed.algorithm, reasons(signed)["HEADER"]) == (None, Reason.HEADER_MALFORMED)


def test_keys_and_addresses_of_keys_are_told_and_not_believed():
    evil = {"jwk": {"kty": "EC"}, "jku": "not an address", "x5u": 5}

    (signed,) = read_jws(compact(header_of(**evil)))

    (header,) = (each for each in signed.findings if each.code == "HEADER")
    assert (header.reason, header.detail, signed.certificate.der) == (None, "ignored: jku, x5u, jwk", SIGNER)


def test_a_policy_and_a_time_may_be_critical():
    policy = {"id": "urn:oid:1.2.3"}

    (signed,) = read_jws(compact(header_of(sigT="2026-11-02T04:00:00Z", sigPId=policy, crit=["sigT", "sigPId"])))

    assert (signed.claimed_time.isoformat(), reasons(signed)) == ("2026-11-02T04:00:00+00:00", {})


# --------------------------------------------------------------------------------------------------- algorithms


@pytest.mark.parametrize("name", ["none", "HS256", "HS384", "HS512"])
@pytest.mark.spec("RFC 8725 §3.2")
def test_nobody_signs_with_nothing_or_with_a_shared_secret(name):
    (signed,) = read_jws(compact(header_of(name)))

    assert (signed.algorithm, reasons(signed)["FORMAT"]) == (None, Reason.ALGORITHM_FORBIDDEN)


@pytest.mark.parametrize("name", ["ES256K", "ES512", "Ed448", "RS1", "NONE", "es256", "SM2", "SGD_SM3_SM2"])
def test_an_algorithm_that_is_not_in_the_table_is_not_guessed(name):
    (signed,) = read_jws(compact(header_of(name)))

    assert (signed.algorithm, reasons(signed)["FORMAT"]) == (None, Reason.ALGORITHM_UNSUPPORTED)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("RS256", "P-256"), ("ES256", "RSA"), ("ES256", "P-384"), ("ES384", "P-256"), ("EdDSA", "P-256")],
)
@pytest.mark.attack("SG-11")
def test_sg_11_the_algorithm_must_fit_the_key(name, kind):
    (signed,) = read_jws(compact(header_of(name, x5c=[standard(a_certificate(kind))])))

    assert reasons(signed)["FORMAT"] is Reason.ALGORITHM_MISMATCH


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: s[:0], lambda s: b"\x30" + s])
@pytest.mark.spec("RFC 7518 §3.4")
def test_two_numbers_of_another_length_are_no_signature(change):
    protected, body, signature = parts(header_of())
    value = change(base64url.decode(signature))

    (signed,) = read_jws(f"{protected}.{body}.{b64(value)}".encode())

    assert (signed.algorithm, reasons(signed)) == (None, {"FORMAT": Reason.SIGNATURE_MALFORMED})


# ----------------------------------------------------------------------------------------------------- refusals

PROTECTED, BODY, SIGNATURE = parts(header_of())
MEMBERS = {"payload": BODY, "protected": PROTECTED, "signature": SIGNATURE}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", RefusalCode.FORMAT),
        (b"a.b", RefusalCode.FORMAT),
        (f"{PROTECTED}.{BODY}.{SIGNATURE}.x".encode(), RefusalCode.FORMAT),
        ("é.a.b".encode(), RefusalCode.FORMAT),
        (f"{PROTECTED}=.{BODY}.{SIGNATURE}".encode(), RefusalCode.ENCODING),
        (f"{PROTECTED}.{BODY}.{SIGNATURE}=".encode(), RefusalCode.ENCODING),
        (f"{PROTECTED}.{BODY}=.{SIGNATURE}".encode(), RefusalCode.ENCODING),
        (f"{PROTECTED}.{BODY}.{SIGNATURE[:-1]}+".encode(), RefusalCode.ENCODING),
        (f"{PROTECTED}.{BODY} .{SIGNATURE}".encode(), RefusalCode.ENCODING),
        (compact('{"alg":"ES256","alg":"none"}'), RefusalCode.FORMAT),
        (compact('{"alg":"ES256","x":{"a":1,"a":2}}'), RefusalCode.FORMAT),
        (compact('["alg"]'), RefusalCode.FORMAT),
        (compact('{"alg":"ES256"} {}'), RefusalCode.FORMAT),
        (compact("[" * 5_000), RefusalCode.FORMAT),
        (compact(header_of(x5c="AAAA")), RefusalCode.FORMAT),
        (compact(header_of(x5c=[1])), RefusalCode.FORMAT),
        (compact(header_of(x5c=["AAA"])), RefusalCode.ENCODING),
        (compact(header_of(x5c=["AA-_"])), RefusalCode.ENCODING),
        (compact(header_of(x5c=["AA\n=="])), RefusalCode.ENCODING),
        (compact(header_of(x5c=["AAAA"] * 17)), RefusalCode.SIZE),
        (compact(header_of(x="x" * 17_000)), RefusalCode.SIZE),
        (compact(payload=bytes(1_048_576)), RefusalCode.SIZE),
        (flattened(header_of(kid="1"), unprotected={"kid": "2"}), RefusalCode.AMBIGUOUS),
        (flattened(header_of(), unprotected=[]), RefusalCode.FORMAT),
        (json.dumps(MEMBERS | {"signatures": []}).encode(), RefusalCode.AMBIGUOUS),
        (json.dumps(MEMBERS | {"payload": 1}).encode(), RefusalCode.FORMAT),
        (json.dumps({"payload": BODY, "signatures": {}}).encode(), RefusalCode.FORMAT),
        (json.dumps({"payload": BODY, "signatures": [{}]}).encode(), RefusalCode.FORMAT),
        (json.dumps({"payload": BODY, "signatures": [MEMBERS] * 17}).encode(), RefusalCode.SIZE),
        (json.dumps({"payload": BODY}).encode(), RefusalCode.FORMAT),
        (b'{"payload":"","payload":"","protected":"","signature":""}', RefusalCode.FORMAT),
        (general(header_of(), header_of(**UNENCODED)), RefusalCode.AMBIGUOUS),
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(data, code):
    assert refusal_of(data) is code


def test_a_message_of_nobody_has_no_signature():
    with pytest.raises(Fault) as caught:
        read_jws(b'{"payload":"","signatures":[]}')

    assert caught.value.reason is Reason.NO_SIGNATURE


@pytest.mark.attack("SG-13")
def test_sg_13_xml_is_refused_by_its_first_character():
    assert refusal_of(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///x">]><x>&a;</x>') is (
        RefusalCode.UNSUPPORTED
    )
