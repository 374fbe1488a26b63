"""Formats by their first bytes, and those that are known and not taken by name."""

import json

import pytest

from certs.keys.base64url import encode
from certs.signatures.formats.detect import detect
from certs.signatures.signed import Format
from certs.trust.errors import RefusalCode, Refused
from mock_idps.authority import der
from tests.certs.signatures.formats.cms_builder import a_message


def a_header(**members: object) -> str:
    return encode(json.dumps({"alg": "ES256"} | members).encode())


@pytest.mark.parametrize("national", [False, True])
def test_messages_are_told_by_their_content_type_and_by_what_they_carry(national: bool):
    assert detect(a_message(national=national)) is Format.CMS_DETACHED
    assert detect(a_message(national=national, attached=True)) is Format.CMS_ATTACHED


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (b"%PDF-1.7\n", Format.PADES),
        (b"junk before\n%PDF-1.4", Format.PADES),
        (f"{a_header()}.e30.c2ln".encode(), Format.JWS),
        (f"{a_header(sigT='2026-11-02T04:00:00Z')}..c2ln".encode(), Format.JADES),
        (json.dumps({"payload": "e30", "protected": a_header(), "signature": "c2ln"}).encode(), Format.JWS),
        (
            b"\n" + json.dumps({"signatures": [{"protected": a_header(sigD={}), "signature": "c2ln"}]}).encode(),
            Format.JADES,
        ),
    ],
    ids=["pdf", "pdf-later", "jws", "jades", "jws-json", "jades-json"],
)
def test_the_first_bytes_decide(data: bytes, format_: Format):
    assert detect(data) is format_


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        b"a.b.c",
        b"eyJ9.e30.c2ln",
        b"{}",
        b'{"signature": "c2ln"}',
        b'{"signature": "c2ln", "signature": "c2ln", "protected": ""}',
        b'{"signatures": []}',
        b"[" * 100_000,
        b"{" * 100_000,
        b"\x30",
        b"\x30\x80",
        b"\x30\x03\x06\x01\x2a",
        der.seq(der.integer(1)),
        bytes(2_000_000),
    ],
)
def test_what_the_bytes_do_not_decide_is_not_guessed(data: bytes):
    assert detect(data) is None


def test_a_damaged_message_is_not_guessed():
    assert detect(a_message()[:-1]) is None
    assert detect(a_message() + b"\0") is None


def a_seal() -> bytes:
    """The beginning of a seal of GB/T 38540: version numbers, then the name ES."""
    header = der.seq(der.tlv(0x16, b"ES"), der.integer(4), der.tlv(0x16, b"GBA"))
    return der.seq(der.seq(der.integer(4), der.seq(der.seq(header))), der.octets(b"certificate"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (a_seal(), RefusalCode.UNSUPPORTED),
        (b"PK\x03\x04mimetypeapplication/vnd.etsi.asic-e+zip", RefusalCode.UNSUPPORTED),
        (b'<?xml version="1.0"?><ds:Signature/>', RefusalCode.UNSUPPORTED),
        (b"\xef\xbb\xbf<a/>", RefusalCode.UNSUPPORTED),
        (b"  \n<Signature/>", RefusalCode.UNSUPPORTED),
        (b"-----BEGIN CMS-----", RefusalCode.ENCODING),
    ],
    ids=["seal", "asic", "xml", "xml-bom", "xml-later", "pem"],
)
def test_formats_that_are_known_and_not_taken_are_refused_by_name(data: bytes, code: RefusalCode):
    with pytest.raises(Refused) as refusal:
        detect(data)

    assert refusal.value.code is code
