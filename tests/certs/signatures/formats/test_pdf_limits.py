"""Documents that are hostile to whoever reads them (attack SG-12): refused, or found wanting, without much work."""

import random
import zlib

import pytest

from certs.signatures.formats import pdf_limits
from certs.signatures.formats.pdf import read_pdf
from certs.trust.arithmetic import verify
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from tests.certs.signatures.formats.pdf_making import (
    CATALOG_BODY,
    VALUE_BODY,
    a_pdf,
    fill,
    sign,
    size_of,
    update,
)
from tests.faults.weight import rounds

ANSWERS = (Fault, Refused)


def refusal_of(document):
    with pytest.raises(Refused) as caught:
        read_pdf(document)
    return caught.value.code


def reason_of(document):
    with pytest.raises(Fault) as caught:
        read_pdf(document)
    return caught.value.reason


def with_table(entries: str, *, data: bytes = b"", more: str = "") -> bytes:
    """A document whose only cross-reference section is a stream with these entries."""
    start = b"%PDF-1.7\n"
    table = f"1 0 obj\n<</Type/XRef/Size 2/Root 2 0 R/Length {len(data)}{entries}{more}>>stream\n".encode() + data
    return start + table + f"\nendstream\nendobj\nstartxref\n{len(start)}\n%%EOF\n".encode()


@pytest.mark.attack("SG-12")
def test_sg_12_a_document_that_is_too_large_is_not_parsed():
    assert refusal_of(b"%PDF-1.7\n" + bytes(pdf_limits.MAX_PDF)) is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_an_encrypted_document_is_refused_as_not_supported():
    document = sign(a_pdf())
    number = size_of(document)
    document = update(document, {number: "<</Filter/Standard/V 2/R 3>>"})
    start, end = document.rsplit(b"/Prev", 1)
    document = start + f"/Encrypt {number} 0 R/Prev".encode() + end

    assert refusal_of(document) is RefusalCode.UNSUPPORTED


@pytest.mark.attack("SG-12")
def test_sg_12_objects_that_cost_no_byte_are_counted():
    assert refusal_of(with_table("/W[0 0 0]/Index[0 1000000000000]")) is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_a_table_that_unpacks_to_far_more_than_it_says_is_not_unpacked():
    bomb = zlib.compress(bytes(50_000_000), 9)

    reason = reason_of(with_table("/W[1 2 1]/Index[0 2]/Filter/FlateDecode", data=bomb))

    assert reason is Reason.FORMAT_FAILURE


@pytest.mark.attack("SG-12")
def test_sg_12_a_stream_that_holds_a_stream_that_holds_zeros_is_not_unpacked():
    bomb = zlib.compress(zlib.compress(bytes(100_000_000), 9), 9).decode("latin-1")
    document = sign(a_pdf())
    number = size_of(document)
    catalog = CATALOG_BODY.removesuffix(">>") + f"/DSS<</Certs[{number} 0 R]>>>>"
    packed = f"<</Filter[/FlateDecode/FlateDecode]/Length {len(bomb)}>>stream\n{bomb}\nendstream"
    document = update(document, {1: catalog.replace("[6 0 R]", "[6 0 R 8 0 R]"), number: packed})

    (signed,) = read_pdf(document)

    assert signed.hints == ()


@pytest.mark.attack("SG-12")
def test_sg_12_more_revisions_than_are_followed_are_refused():
    document = sign(a_pdf())
    for round_ in range(pdf_limits.MAX_REVISIONS):
        document = fill(document, str(round_))

    assert refusal_of(document) is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_more_signatures_than_are_looked_at_are_refused():
    document = sign(a_pdf())
    value = document[: document.index(b"/V ") + 20].rsplit(b"/V ", 1)[1].split(b" ")[0].decode()
    first = size_of(document)
    several = range(first, first + 20)
    catalog = CATALOG_BODY.replace("[6 0 R]", "[" + " ".join(f"{number} 0 R" for number in several) + "]")
    fields = {number: f"<</FT/Sig/T(s{number})/V {number + 20} 0 R>>" for number in several}
    bodies = {number + 20: f"<</Type/Sig/SubFilter/ETSI.CAdES.detached/Contents<{value}>>>" for number in several}

    assert refusal_of(update(document, {1: catalog, **fields, **bodies})) is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_fields_that_lead_to_each_other_along_every_way_are_refused():
    layers = range(10, 60)
    bodies = {
        number: f"<</T(x)/Kids[{number + 2 - number % 2} 0 R {number + 3 - number % 2} 0 R]>>" for number in layers
    }
    catalog = CATALOG_BODY.replace("[6 0 R]", "[10 0 R 11 0 R]")

    assert refusal_of(update(a_pdf(), {1: catalog, 60: VALUE_BODY, 61: VALUE_BODY, **bodies})) is RefusalCode.SIZE


@pytest.mark.attack("SG-12")
def test_sg_12_objects_that_lead_to_each_other_along_every_way_are_a_change_that_nobody_explains():
    base = a_pdf(catalog=CATALOG_BODY.removesuffix(">>") + "/X[7 0 R 8 0 R]>>", **_ladder(7, 60))
    document = fill(sign(base), "900")

    assert refusal_of(document) is RefusalCode.SIZE


def _ladder(first, last):
    """Pairs of arrays, each naming both of the next pair: 2^26 ways to the last one."""
    return {
        f"step{number}": f"[{number + 2 - (number - first) % 2} 0 R {number + 3 - (number - first) % 2} 0 R]"
        for number in range(first, last)
    } | {"end1": "[0]", "end2": "[0]", "end3": "[0]"}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"%PDF-",
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\nstartxref\n99999\n%%EOF",
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1>>\nstartxref\n9\n%%EOF",
        b"<?xml version='1.0'?><x/>",
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n" + b"[" * 50_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Prev 9>>\nstartxref\n9\n%%EOF",
    ],
    ids=["empty", "mark", "head", "end", "zero", "beyond", "rootless", "xml", "deep", "circle"],
)
@pytest.mark.attack("SG-12")
def test_sg_12_a_broken_document_is_a_finding_and_no_crash(document):
    assert reason_of(document) is Reason.FORMAT_FAILURE


@pytest.mark.attack("SG-12")
def test_sg_12_a_damaged_document_never_holds_with_a_changed_byte_in_its_ranges():
    document = sign(fill(a_pdf(), "7"))
    dice = random.Random(20261102)  # noqa: S311 - damage, not secrets

    for _ in range(rounds(60, 4_000)):
        damaged = bytearray(document)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        _check(document, bytes(damaged))


def _check(document, damaged):
    try:
        found = read_pdf(damaged)
    except ANSWERS:
        return
    for signed in found:
        if not all(each.reason is None for each in signed.findings):
            continue
        try:
            verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)
        except ANSWERS:
            continue
        start, end = _gap(document)
        assert (damaged[:start], damaged[end:]) == (document[:start], document[end:])


def _gap(document):
    start = document.index(b"<3")
    return start, document.index(b">", start) + 1
