"""The gate: limits, the basic encoding, messages of other makers, and damage at random."""

import email
import random
from collections import Counter
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from certs.signatures.formats.cms import MAX_MESSAGE, MAX_SIGNERS, read_cms
from certs.signatures.formats.cms_encoding import MAX_DEPTH, MAX_RESPELT, MAX_VALUES, gate
from certs.signatures.formats.cms_material import MAX_CERTIFICATES, MAX_REVOCATION
from certs.signatures.formats.cms_signer import MAX_TIMESTAMPS
from certs.signatures.signed import SignedObject
from certs.trust import der
from certs.trust.content import BytesContent
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import der as write
from mock_idps.authority.cms import SIGNATURE_TIMESTAMP, attribute
from tests.authority import NOW
from tests.certs.pki import a_private_key
from tests.certs.signatures.formats.cms_builder import (
    CONTENT,
    DETACHED,
    a_message,
    a_person,
    a_signer,
    is_good,
    read,
    reasons,
    value_of,
)
from tests.faults.weight import IS_HEAVY

SMIME = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data" / "smime"


def in_basic_encoding(data: bytes, *, levels: int = 5, place: int = 0) -> bytes:
    """Spell a message as a streaming signer does: open lengths at the outer levels, content in pieces."""
    value = der.element(data, place, len(data))
    content = data[value.content : value.end]
    if value.tag == der.OCTET_STRING and content == CONTENT:
        pieces = b"".join(der.wrap(der.OCTET_STRING, content[at : at + 7]) for at in range(0, len(content), 7))
        return bytes((0x24, 0x80)) + pieces + b"\0\0"
    if not value.tag & 0x20 or levels == 0:
        return data[value.start : value.end]
    inner = b"".join(
        in_basic_encoding(data[: child.end], levels=levels - 1, place=child.start)
        for child in der.children(data, value)
    )
    return bytes((value.tag, 0x80)) + inner + b"\0\0"


@pytest.mark.spec("RFC 5652 §5.1")
@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign"])
def test_outer_parts_in_the_basic_encoding_are_read_like_their_distinguished_twins(kind: str):
    data = a_message(a_signer(kind), attached=True)

    streamed = in_basic_encoding(data)

    assert streamed != data
    assert read(streamed, None) == read(data, None)
    assert is_good(read(streamed, None))


@pytest.mark.attack("SG-07")
@pytest.mark.spec("RFC 5652 §5.3")
def test_sg_07_signed_attributes_in_the_basic_encoding_are_not_distinguished():
    signed = read(in_basic_encoding(a_message(), levels=8))

    assert reasons(signed)["SIGNED-ATTRIBUTES"] is Reason.SIGNED_ATTRIBUTES_NOT_DER
    assert value_of(signed) is None  # once spelt anew they are what was signed, and still a finding


def test_lengths_with_leading_zeros_are_spelt_anew():
    data = a_message()
    loose = b"\x30\x84" + data[2:4].rjust(4, b"\0") + data[4:]

    assert gate(loose).data == data
    assert gate(loose).respelt == (0,)
    assert is_good(read(loose))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80\x00",
        b"\x04\x80\x00\x00",
        b"\x30\x02\x05",
        b"\x30\x85\x00\x00\x00\x00\x00",
        b"\x30\xff" + b"\x00" * 127,
        b"\x3f\x81\x01\x00",
        b"\x1f\x01\x00",
        b"\x30\x04\x30\x03\x05\x00",
        b"\x30\x80\x30\x02\x00\x00",
        b"\x05\x00\x00",
        b"\x30\x03\x24\x01\x00",
    ],
    ids=bytes.hex,
)
def test_what_is_no_single_whole_value_is_a_fault(broken: bytes):
    with pytest.raises(Fault) as fault:
        read_cms(broken, DETACHED)

    assert fault.value.reason is Reason.FORMAT_FAILURE


def test_trailing_bytes_are_refused_but_for_the_zeros_of_a_pdf():
    data = a_message()

    assert is_good(read(data + bytes(100), padded=True))
    for tail, padded in ((b"\0", False), (b"\0\1", True), (data, True)):
        with pytest.raises(Fault):
            read_cms(data + tail, DETACHED, padded=padded)


@pytest.mark.attack("SG-12")
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 400_000])
@pytest.mark.parametrize("is_open", [False, True], ids=["definite", "open"])
def test_sg_12_nesting_is_bounded_before_anything_is_parsed(depth: int, is_open: bool):
    if is_open:
        nested = b"\x30\x80" * depth
    else:
        nested = b""
        for _ in range(min(depth, 5_000)):
            nested = der.wrap(der.SEQUENCE, nested)

    with pytest.raises(Refused) as refusal:
        read_cms(nested[:MAX_MESSAGE], DETACHED)

    assert refusal.value.code is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_a_message_of_too_many_bytes_or_values_is_refused():
    many = der.wrap(der.SEQUENCE, b"\x05\x00" * MAX_VALUES)
    streamed = b"\x30\x80" + b"\x05\x00" * MAX_RESPELT + b"\0\0"

    for data in (bytes(MAX_MESSAGE + 1), many, streamed):
        with pytest.raises(Refused) as refusal:
            read_cms(data, DETACHED)
        assert refusal.value.code is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
@pytest.mark.parametrize(
    "changes",
    [
        {"certificates": [write.seq(write.integer(n)) for n in range(MAX_CERTIFICATES + 1)]},
        {"certificates": [write.seq(write.integer(n)) for n in range(100)]},
        {"crls": [write.seq(write.integer(n)) for n in range(MAX_REVOCATION + 1)]},
        {"ocsp": [write.seq(write.integer(n)) for n in range(MAX_REVOCATION + 1)]},
    ],
    ids=["certificates", "a-hundred-certificates", "crls", "ocsp"],
)
def test_sg_12_more_material_than_is_looked_at_is_refused(changes: dict):
    with pytest.raises(Refused) as refusal:
        read_cms(a_message(**changes), DETACHED)

    assert refusal.value.code is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_more_signers_or_timestamps_than_are_looked_at_are_refused():
    value = read(a_message()).signature
    stamp = attribute(SIGNATURE_TIMESTAMP, *(write.seq(write.integer(n)) for n in range(MAX_TIMESTAMPS + 1)))
    crowd = [a_signer(signature=value + bytes((n,))) for n in range(MAX_SIGNERS + 1)]

    for signers in (crowd, [a_signer(signature=value, unsigned=(stamp,))]):
        with pytest.raises(Refused) as refusal:
            read_cms(a_message(*signers), DETACHED)
        assert refusal.value.code is RefusalCode.SIZE


@pytest.mark.parametrize("binary", [True, False])
def test_a_message_of_another_maker_is_read(binary: bool):
    key = a_private_key()
    name = x509.Name.from_rfc4514_string("CN=Other Maker,O=Example")
    issued = a_certificate_of(name, key)
    options = [pkcs7.PKCS7Options.DetachedSignature, *([pkcs7.PKCS7Options.Binary] if binary else [])]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(CONTENT).add_signer(issued, key, hashes.SHA384())

    signed = read(builder.sign(Encoding.DER, options))

    assert value_of(signed) is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_MISSING}


def a_certificate_of(name: x509.Name, key) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    return (
        builder.serial_number(77)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=NOW.year + 1))
        .sign(key, hashes.SHA256())
    )


@pytest.mark.attack("SG-07")
@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign"])
def test_sg_07_damage_at_random_raises_nothing_but_ours_and_never_verifies_another_content(kind: str):
    chance = random.Random(7)  # noqa: S311 - a repeatable choice of damage
    good = a_message(a_signer(kind), attached=True)
    original = read(good, None)
    copies = 20_000 if IS_HEAVY else 300

    for _ in range(copies):
        damaged = damage(good, chance)
        try:
            results = read_cms(damaged, None, attached_expected=True)
        except (Fault, Refused):
            continue
        for signed in results:
            assert is_harmless(signed, original)


def damage(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                changed[place] ^= 1 << chance.randrange(8)
            case 2:
                del changed[place : place + chance.randrange(1, 4)]
            case _:
                changed[place:place] = chance.randbytes(chance.randrange(1, 4))
    return bytes(changed)


def is_harmless(signed: SignedObject, original: SignedObject) -> bool:
    """Whether a damaged copy fails, or still says exactly what was signed."""
    if signed.algorithm is None or signed.certificate is None or reasons(signed) or value_of(signed) is not None:
        return True
    return signed.message == original.message and signed.certificate.spki == original.certificate.spki


def test_findings_say_nothing_of_people_and_neither_do_facts():
    signed = read(
        a_message(a_signer(certificate=a_person("hk-personal-mr", "Secretive Person"))), BytesContent(CONTENT)
    )

    assert "Secretive" not in repr(signed) + repr(signed.findings) + repr(signed.certificate)


@pytest.mark.spec("NIST PKITS")
def test_messages_of_a_public_test_suite_are_read_and_verified():
    messages = sorted(SMIME.glob("*.eml"))

    answers = Counter(answer_to(message.read_bytes()) for message in messages)

    # Plain messages of 2010 name no certificate; four are of keys and numbers that the gate does not let in.
    assert answers[Reason.SIGNING_CERTIFICATE_MISSING] == 220
    assert sum(answers.values()) == 224


def answer_to(mail: bytes) -> Reason | None:
    """What is found of a signed mail, whose text is signed with the line ends of mail (RFC 8551 §3.1.1)."""
    parsed = email.message_from_bytes(mail)
    boundary = str(parsed.get_boundary()).encode()
    text = mail.replace(b"\r\n", b"\n").split(b"--" + boundary)[1][1:-1].replace(b"\n", b"\r\n")
    signature = parsed.get_payload()[1].get_payload(decode=True)
    signed = read(signature, BytesContent(text))
    if signed.certificate is None:
        return None
    assert value_of(signed) is None
    return reasons(signed).get("SIGNING-CERTIFICATE")
