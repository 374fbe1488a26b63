"""Changes after signing (ISO 32000-2 §12.8, attacks SG-08 and SG-16): each class, and what forbids it."""

import re
import sys

import pytest
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec

from certs.signatures.formats.pdf import read_pdf
from certs.signatures.signed import Covered
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from tests.certs.signatures.formats.pdf_making import (
    CATALOG_BODY,
    FONT,
    PAGE,
    PAGES,
    TEXT,
    VALUE,
    a_pdf,
    body_of,
    fill,
    page,
    sign,
    size_of,
    stamp,
    stream,
    update,
)

NOTE = "<</Type/Annot/Subtype/FreeText/Rect[20 90 180 130]/Contents(pay 900)/DA(/F1 24 Tf)/P 3 0 R>>"


def changes_of(document):
    """Class, reason and cover of each signature."""
    return [
        (each.changes, finding.reason, each.covered)
        for each in read_pdf(document)
        for finding in each.findings
        if finding.code == "PDF-CHANGES"
    ]


def with_a_note(document):
    """Put a comment over the text of the page."""
    number = size_of(document)
    before, annotations = re.split(r"/Annots\s*\[", body_of(document, PAGE))
    return update(document, {PAGE: f"{before}/Annots[{number} 0 R {annotations}", number: NOTE})


def with_a_page(document):
    number = size_of(document)
    pages = f"<</Type/Pages/Kids[3 0 R {number} 0 R]/Count 2>>"
    return update(document, {PAGES: pages, number: page(more="")})


def with_another_catalog(document):
    number = size_of(document)
    catalog = body_of(document, 1).replace("/Pages 2 0 R", f"/Pages {number} 0 R")
    return update(
        document, {1: catalog, number: f"<</Type/Pages/Kids[{number + 1} 0 R]/Count 1>>", number + 1: page("")}
    )


def hidden_and_replaced(document):
    """The signed revision holds both texts; the update only turns to the hidden one."""
    return update(document, {PAGE: page().replace("/Contents 4 0 R", "/Contents 7 0 R")})


REPLACED = {
    "text": lambda document: update(document, {TEXT: stream("BT /F1 24 Tf 20 100 Td (pay 900) Tj ET")}),
    "font": lambda document: update(document, {FONT: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}),
    "note": with_a_note,
    "page": with_a_page,
    "catalog": with_another_catalog,
    "hidden": hidden_and_replaced,
    "action": lambda document: update(
        document, {1: body_of(document, 1).removesuffix(">>") + "/OpenAction<</S/JavaScript/JS(0)>>>>"}
    ),
    "field": lambda document: update(document, {VALUE: body_of(document, VALUE).replace("/T(amount)", "/T(other)")}),
    "fill": lambda document: fill(document, "900"),
}


@pytest.mark.parametrize("kind", REPLACED)
@pytest.mark.attack("SG-08")
def test_sg_08_a_change_after_signing_is_reported_and_never_a_plain_pass(kind):
    document = REPLACED[kind](sign(a_pdf(hidden=stream("BT /F1 24 Tf 20 100 Td (pay 900) Tj ET"))))

    ((classes, reason, covered),) = changes_of(document)

    assert (len(classes), reason, covered) == (1, Reason.PDF_CHANGED_AFTER_SIGNING, Covered.RANGES)


@pytest.mark.attack("SG-08")
def test_sg_08_a_comment_over_the_text_is_named_as_what_it_is():
    ((classes, _, _),) = changes_of(with_a_note(sign(a_pdf())))

    assert classes == ("annotations",)


@pytest.mark.attack("SG-08")
def test_sg_08_bytes_behind_the_end_count_as_a_change():
    ((classes, reason, _),) = changes_of(sign(a_pdf()) + b"9 0 obj(hidden)endobj\n")

    assert (classes, reason) == (("other",), Reason.PDF_CHANGED_AFTER_SIGNING)


def test_an_empty_line_behind_the_end_is_no_change():
    ((classes, reason, covered),) = changes_of(sign(a_pdf()) + b"\r\n")

    assert (classes, reason, covered) == ((), None, Covered.RANGES)


@pytest.mark.attack("SG-08")
def test_sg_08_a_change_that_was_undone_later_is_still_seen():
    document = sign(a_pdf())
    document = update(update(document, {TEXT: stream("BT (pay 900) Tj ET")}), {TEXT: body_of(document, TEXT)})

    ((classes, reason, _),) = changes_of(document)

    assert (classes, reason) == (("other",), Reason.PDF_CHANGED_AFTER_SIGNING)


@pytest.mark.attack("SG-08")
def test_sg_08_a_signature_that_was_taken_out_of_the_form_is_no_signature_any_more():
    document = sign(a_pdf())
    catalog = body_of(document, 1)
    emptied = catalog[: catalog.index("/AcroForm")] + ">>"

    with pytest.raises(Fault) as caught:
        read_pdf(update(document, {1: emptied}))

    assert caught.value.reason is Reason.NO_SIGNATURE


def test_a_document_timestamp_is_an_update_that_is_always_allowed():
    document = stamp(sign(a_pdf(), certify=True, docmdp_permissions=MDPPerm.NO_CHANGES))

    assert changes_of(document) == [(("ltv-updates",), None, Covered.RANGES)]


def test_a_second_signature_is_an_update_that_is_allowed():
    document = sign(sign(a_pdf(), "First"), "Second")

    assert changes_of(document) == [(("form-filling",), None, Covered.RANGES), ((), None, Covered.ALL)]


def test_values_that_a_later_signer_signed_are_told_and_allowed():
    document = sign(fill(sign(a_pdf(), "First"), "900"), "Second")

    assert changes_of(document) == [(("form-filling",), None, Covered.RANGES), ((), None, Covered.ALL)]


@pytest.mark.attack("SG-08")
def test_sg_08_a_timestamp_does_not_sign_values():
    document = stamp(fill(sign(a_pdf()), "900"))

    ((_, reason, _),) = changes_of(document)

    assert reason is Reason.PDF_CHANGED_AFTER_SIGNING


# ------------------------------------------------------------------------------------------------ metadata


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        ('<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>', None),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///x">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>', "changed"),
        ('<?xpacket begin=""?><!DOCTYPE x><x:xmpmeta xmlns:x="adobe:ns:meta/"/>', "changed"),
        ('<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">endobj 4 0 obj</x:xmpmeta>', "changed"),
        ("BT (pay 900) Tj ET", "changed"),
    ],
    ids=["packet", "entity", "doctype", "object", "no-packet"],
)
@pytest.mark.attack("SG-13")
def test_sg_13_metadata_may_be_written_anew_and_is_not_parsed(packet, reason):
    document = sign(a_pdf())
    number = int(re.findall(r"/Metadata (\d+) 0 R", body_of(document, 1))[-1])
    body = stream(packet).replace("<<", "<</Type/Metadata/Subtype/XML", 1)

    ((_, found, _),) = changes_of(update(document, {number: body}))

    assert found is (reason and Reason.PDF_CHANGED_AFTER_SIGNING)


@pytest.mark.attack("SG-13")
def test_sg_13_no_xml_parser_is_used_where_documents_are_compared(monkeypatch):
    document = stamp(sign(sign(a_pdf(), "First"), "Second"))
    for name in ("lxml", "lxml.etree", "xml.etree.ElementTree", "xml.sax", "xml.dom", "xml.parsers.expat"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it is an error now
    monkeypatch.delitem(sys.modules, "pyhanko.pdf_utils.metadata.xmp_xml", raising=False)

    assert [reason for _, reason, _ in changes_of(document)] == [None, None]


# --------------------------------------------------------------------------------------------- permissions

NOT, CHANGED = Reason.PDF_CHANGE_NOT_PERMITTED, Reason.PDF_CHANGED_AFTER_SIGNING
LEVELS = {1: MDPPerm.NO_CHANGES, 2: MDPPerm.FILL_FORMS, 3: MDPPerm.ANNOTATE}


@pytest.mark.parametrize(
    ("level", "kind", "expected"),
    [
        (1, "fill", NOT), (1, "note", NOT), (1, "text", CHANGED),
        (2, "fill", None), (2, "note", NOT), (2, "page", CHANGED),
        (3, "fill", None), (3, "note", None), (3, "font", CHANGED),
    ],
)  # fmt: skip
@pytest.mark.attack("SG-16")
@pytest.mark.spec("ISO 32000-2 §12.8.2.2")
def test_sg_16_a_certifying_signature_says_what_may_be_changed(level, kind, expected):
    document = REPLACED[kind](sign(a_pdf(), certify=True, docmdp_permissions=LEVELS[level]))

    ((_, reason, _),) = changes_of(document)

    assert reason is expected


@pytest.mark.attack("SG-16")
def test_sg_16_what_was_not_allowed_breaks_the_first_signature_and_not_the_second():
    document = sign(a_pdf(), "First", certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
    document = sign(with_a_page(document), "Second")

    assert [reason for _, reason, _ in changes_of(document)] == [CHANGED, None]


@pytest.mark.attack("SG-16")
def test_sg_16_another_signature_is_not_allowed_where_nothing_may_be_changed():
    document = sign(a_pdf(), "First", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    document = sign(document.replace(b"/DocMDP", b"/DocXXX"), "Second").replace(b"/DocXXX", b"/DocMDP")

    assert [reason for _, reason, _ in changes_of(document)] == [NOT, None]


@pytest.mark.attack("SG-16")
@pytest.mark.spec("ISO 32000-2 §12.8.2.4")
def test_sg_16_a_locked_field_stays_as_it_was():
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["amount"])
    document = sign(a_pdf(), "First", spec=SigFieldSpec("First", field_mdp_spec=lock))
    document = sign(fill(document, "900"), "Second")

    assert [reason for _, reason, _ in changes_of(document)] == [NOT, None]


@pytest.mark.attack("SG-16")
def test_sg_16_a_field_that_is_not_locked_may_be_signed_anew():
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["another"])
    document = sign(a_pdf(), "First", spec=SigFieldSpec("First", field_mdp_spec=lock))
    document = sign(fill(document, "900"), "Second")

    assert [reason for _, reason, _ in changes_of(document)] == [None, None]


def with_a_note_in_a_list_of_its_own(document, note=NOTE):
    number = size_of(document)
    return update(document, {7: body_of(document, 7).replace("[", f"[{number} 0 R ", 1), number: note})


def certified_with_a_list_of_its_own():
    document = a_pdf(page=page("/Annots 7 0 R"), annotations="[6 0 R]")
    return sign(document, certify=True, docmdp_permissions=MDPPerm.ANNOTATE)


@pytest.mark.attack("SG-16")
def test_sg_16_comments_are_allowed_at_level_three_also_in_a_list_of_their_own():
    ((classes, reason, _),) = changes_of(with_a_note_in_a_list_of_its_own(certified_with_a_list_of_its_own()))

    assert (classes, reason) == (("annotations",), None)


@pytest.mark.attack("SG-16")
def test_sg_16_a_field_posing_as_a_comment_is_not_allowed_at_level_three():
    posing = NOTE.replace("/FreeText", "/Widget")

    ((_, reason, _),) = changes_of(with_a_note_in_a_list_of_its_own(certified_with_a_list_of_its_own(), posing))

    assert reason is CHANGED


@pytest.mark.attack("SG-16")
def test_sg_16_a_list_of_comments_that_is_something_else_too_is_not_allowed_to_change():
    document = a_pdf(
        page=page("/Annots 7 0 R"), annotations="[6 0 R]", catalog=CATALOG_BODY.removesuffix(">>") + "/X 7 0 R>>"
    )
    document = sign(document, certify=True, docmdp_permissions=MDPPerm.ANNOTATE)

    ((_, reason, _),) = changes_of(with_a_note_in_a_list_of_its_own(document))

    assert reason is CHANGED


@pytest.mark.attack("SG-16")
def test_sg_16_a_page_with_a_new_comment_may_not_change_otherwise():
    document = sign(a_pdf(), certify=True, docmdp_permissions=MDPPerm.ANNOTATE)
    document = _with_a_larger_page(with_a_note(document))

    ((_, reason, _),) = changes_of(document)

    assert reason is CHANGED


def _with_a_larger_page(document):
    """The last writing of the page, which brought the comment, makes it larger too."""
    place = document.rindex(b"200")
    place = document.rindex(b"/MediaBox", 0, place)
    return document[:place] + document[place:].replace(b"200", b"900", 1)
