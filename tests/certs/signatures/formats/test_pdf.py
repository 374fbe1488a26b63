"""Reading signed PDFs: what is signed, over which bytes, and what the document brings along."""

import re

import pytest
from pyhanko.sign.fields import SigSeedSubFilter

from certs.signatures.formats.pdf import read_pdf
from certs.signatures.formats.pdf_ranges import RangesContent, read_ranges
from certs.signatures.signed import Covered, Format
from certs.trust.arithmetic import verify
from certs.trust.content import digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import cms
from mock_idps.authority import pdf as sandbox
from tests.authority import NOW as MOMENT
from tests.authority import a_world
from tests.certs.signatures.formats.pdf_making import (
    a_pdf,
    a_signer,
    body_of,
    certificate_of,
    sign,
    size_of,
    stamp,
    stream,
    update,
)


def findings(signed, code):
    return [each for each in signed.findings if each.code == code]


def reason_of(signed, code):
    (finding,) = findings(signed, code)
    return finding.reason


def test_a_signed_document_becomes_one_signature_over_all_of_it():
    document = sign(a_pdf())

    (signed,) = read_pdf(document)

    assert (signed.format, signed.level, signed.covered) == (Format.PADES, "PAdES-B-B", Covered.ALL)
    assert signed.changes == ()
    assert signed.certificate.der == certificate_of()
    assert {each.reason for each in signed.findings} == {None}
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


def test_the_signing_time_of_the_dictionary_is_only_claimed():
    (signed,) = read_pdf(sign(a_pdf()))

    assert signed.claimed_time.tzinfo is not None


@pytest.mark.attack("SG-08")
def test_a_byte_that_was_changed_inside_the_ranges_is_noticed():
    document = sign(a_pdf()).replace(b"pay 100", b"pay 900")

    (signed,) = read_pdf(document)

    assert reason_of(signed, "CONTENT-DIGEST") is Reason.CONTENT_DIGEST_MISMATCH


def test_plain_cms_in_a_document_is_not_called_pades():
    document = sign(a_pdf(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)

    (signed,) = read_pdf(document)

    assert signed.level == "PDF-CMS"


def test_signatures_come_in_the_order_in_which_they_were_made():
    document = sign(sign(a_pdf(), "First"), "Second")

    first, second = read_pdf(document)

    assert [each.certificate.der for each in (first, second)] == [certificate_of("First"), certificate_of("Second")]
    assert [each.covered for each in (first, second)] == [Covered.RANGES, Covered.ALL]
    for each in (first, second):
        verify(each.certificate.key, each.algorithm, each.message, each.signature)


def test_a_document_without_a_signature_is_never_a_success():
    with pytest.raises(Fault) as caught:
        read_pdf(a_pdf())

    assert caught.value.reason is Reason.NO_SIGNATURE


def test_a_document_timestamp_alone_is_no_signature():
    with pytest.raises(Fault) as caught:
        read_pdf(stamp(a_pdf()))

    assert caught.value.reason is Reason.NO_SIGNATURE


@pytest.mark.spec("ISO 32000-2 §12.8.5")
def test_a_document_timestamp_becomes_one_of_the_signatures_that_it_covers():
    document = stamp(sign(a_pdf(), "First"))
    document = sign(document, "Second")

    first, second = read_pdf(document)

    (token,) = first.timestamps
    assert (token.whole_document, first.level, second.timestamps) == (True, "PAdES-B-T", ())
    assert isinstance(token.imprinted, RangesContent)
    assert first.changes == ("form-filling",)  # the second signature


def test_a_timestamp_in_the_signature_stays_one_of_the_signature():
    (signed,) = read_pdf(sign(a_pdf(), stamped=True))

    (token,) = signed.timestamps
    assert (signed.level, token.whole_document, token.imprinted) == ("PAdES-B-T", False, signed.signature)


@pytest.mark.spec("ISO 32000-2 §12.8.4.3")
def test_the_security_store_gives_hints_and_material_and_nothing_more():
    document = sign(a_pdf())
    certificate, junk = a_signer("Issuer")[0].dump().decode("latin-1"), "no certificate"
    number = size_of(document)
    catalog = body_of(document, 1).removesuffix(">>") + f"/DSS {number} 0 R>>"
    store = f"<</Certs[{number + 1} 0 R {number + 2} 0 R]/OCSPs[{number + 2} 0 R]/CRLs[{number + 2} 0 R]>>"
    document = update(document, {1: catalog, number: store, number + 1: stream(certificate), number + 2: stream(junk)})

    (signed,) = read_pdf(document)

    assert [each.der for each in signed.hints] == [certificate_of("Issuer")]
    assert (signed.ocsp, signed.crls) == ((junk.encode(),), (junk.encode(),))
    assert signed.changes == ("ltv-updates",)
    assert reason_of(signed, "PDF-CHANGES") is None


@pytest.mark.parametrize("name", ["adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"])
@pytest.mark.attack("SG-11")
def test_encodings_that_stand_on_sha1_do_not_hold(name):
    document = _with_sub_filter(sign(a_pdf()), name)

    (signed,) = read_pdf(document)

    assert (signed.algorithm, reason_of(signed, "FORMAT")) == (None, Reason.ALGORITHM_FORBIDDEN)


def test_an_encoding_that_is_not_known_does_not_hold():
    (signed,) = read_pdf(_with_sub_filter(sign(a_pdf()), "Unknown.detached"))

    assert reason_of(signed, "FORMAT") is Reason.ALGORITHM_UNSUPPORTED


def test_electronic_seals_are_refused_as_not_supported():
    with pytest.raises(Refused) as caught:
        read_pdf(_with_sub_filter(sign(a_pdf()), "GM.sm2seal"))

    assert caught.value.code is RefusalCode.UNSUPPORTED


def test_a_seal_is_known_by_its_header_whatever_it_is_called():
    document = sign(a_pdf())
    gap = re.search(rb"<[0-9A-Fa-f]{200,}>", document)
    seal = b"<" + bytes.fromhex("3081c83081c5300a1602455302010104").hex().encode()
    document = document[: gap.start()] + seal + document[gap.start() + len(seal) :]

    with pytest.raises(Refused) as caught:
        read_pdf(document)

    assert caught.value.code is RefusalCode.UNSUPPORTED


def test_a_message_that_cannot_be_read_does_not_hide_the_other_signature():
    document = sign(sign(a_pdf(), "First"), "Second")
    gap = list(re.finditer(rb"<3[0-9A-Fa-f]{200,}>", document))[-1]
    document = document[: gap.start() + 9] + b"ff" * 8 + document[gap.start() + 25 :]

    first, second = read_pdf(document)

    assert first.algorithm is not None
    assert (second.algorithm, reason_of(second, "FORMAT")) == (None, Reason.FORMAT_FAILURE)


def _with_sub_filter(document: bytes, name: str) -> bytes:
    """Write another name over the sub-filter; the file keeps its length."""
    found = re.search(rb"/SubFilter\s*/[A-Za-z0-9.]+", document)
    text = f"/SubFilter/{name}".encode().ljust(len(found[0]))
    if len(text) == len(found[0]):
        return document.replace(found[0], text)
    number = int(re.findall(rb"\s(\d+) 0 obj", document[: found.start()])[-1])
    return update(document, {number: body_of(document, number).replace(found[0].decode(), text.decode())})


@pytest.mark.parametrize("kind", ["gd-sign", "hk-personal-mr"])
def test_a_document_of_another_maker_holds_with_sm2_and_with_rsa(kind):
    world = a_world(MOMENT)
    document = sandbox.sign(sandbox.blank(), cms.Signer(certificate=world.issue(kind)), world=world)
    document = sandbox.stamp(document, world)

    (signed,) = read_pdf(document)

    assert {each.reason for each in signed.findings} == {None}
    assert (signed.level, [each.whole_document for each in signed.timestamps]) == ("PAdES-B-T", [False, True])
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


# ------------------------------------------------------------------------------------------------ byte ranges

DATA = b"%PDF-1.7\n7 0 obj<</Contents<0a0b>>>endobj tail"
GAP = (DATA.index(b"<0a0b>"), DATA.index(b"<0a0b>") + 6)
AT = DATA.index(b"7 0 obj")


def test_the_ranges_are_digested_and_read_without_the_gap():
    content = read_ranges(DATA, [0, GAP[0], GAP[1], len(DATA) - GAP[1]], b"\x0a\x0b", AT)

    covered = DATA.replace(b"<0a0b>", b"")
    assert (content.size, content.read(100), content.covers_everything) == (len(covered), covered, True)
    assert content.digest("sha256", b"before") == digest_of("sha256", (b"before", covered))


def test_more_than_the_reader_can_hold_is_not_read():
    content = read_ranges(DATA, [0, GAP[0], GAP[1], len(DATA) - GAP[1]], b"\x0a\x0b", AT)

    with pytest.raises(Refused) as caught:
        content.read(8)

    assert caught.value.code is RefusalCode.SIZE


@pytest.mark.parametrize(
    ("ranges", "contents", "dictionary_at"),
    [
        ([1, GAP[0] - 1, GAP[1], 5], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1]], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], 5, 40, 1], b"\x0a\x0b", AT),
        ([0, GAP[0] - 1, GAP[1], 5], b"\x0a\x0b", AT),
        ([0, GAP[0] + 1, GAP[1], 5], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1] + 1, 5], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], 5_000], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], -1], b"\x0a\x0b", AT),
        ([0, GAP[1], GAP[0], 5], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], 0], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], "5"], b"\x0a\x0b", AT),
        ([0, GAP[0], GAP[1], 5], b"\x0a\x0c", AT),
        ([0, GAP[0], GAP[1], 5], b"\x0a\x0b", GAP[1]),
    ],
    ids=[
        "not-from-the-start", "three", "six", "gap-too-early", "gap-too-late", "gap-too-long", "beyond-the-end",
        "negative", "overlapping", "nothing-behind", "text", "other-value", "other-dictionary",
    ],
)  # fmt: skip
@pytest.mark.attack("SG-08")
def test_ranges_that_leave_out_anything_else_are_refused(ranges, contents, dictionary_at):
    with pytest.raises(Fault) as caught:
        read_ranges(DATA, ranges, contents, dictionary_at)

    assert caught.value.reason is Reason.PDF_RANGES


@pytest.mark.attack("SG-08")
def test_a_later_dictionary_cannot_borrow_the_ranges_of_an_earlier_one():
    document = sign(a_pdf())
    field = int(re.search(rb"/V (\d+) 0 R", document)[1])
    borrowed = update(document, {field: body_of(document, field), 4: stream("BT (pay 900) Tj ET")})

    (signed,) = read_pdf(borrowed)

    assert reason_of(signed, "PDF-RANGES") is Reason.PDF_RANGES
    assert reason_of(signed, "PDF-CHANGES") is Reason.PDF_CHANGED_AFTER_SIGNING
