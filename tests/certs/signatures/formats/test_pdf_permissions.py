"""What a signature says of later changes (ISO 32000-2 §12.8.2), also where it says it badly."""

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject, NumberObject
from pyhanko.sign.fields import FieldMDPAction, MDPPerm

from certs.signatures.formats.pdf_permissions import read_permissions
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

NOTHING = DictionaryObject()


def a_dictionary(**members):
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in members.items()})


def a_signature(*transforms):
    references = [
        a_dictionary(TransformMethod=NameObject(f"/{method}"), TransformParams=parameters)
        for method, parameters in transforms
    ]
    return a_dictionary(Reference=ArrayObject(references))


def test_a_signature_that_says_nothing_permits_what_signatures_permit():
    permissions = read_permissions(NOTHING, NOTHING)

    assert (permissions.document, permissions.fields, permissions.said_anything) == (None, None, False)


def test_a_level_that_is_not_written_is_the_second():
    permissions = read_permissions(a_signature(("DocMDP", a_dictionary())), NOTHING)

    assert permissions.document is MDPPerm.FILL_FORMS


def test_the_lock_of_the_field_counts_where_the_signature_says_nothing():
    lock = a_dictionary(Action=NameObject("/All"), P=NumberObject(1))

    permissions = read_permissions(NOTHING, a_dictionary(Lock=lock))

    assert (permissions.document, permissions.fields.action) == (MDPPerm.NO_CHANGES, FieldMDPAction.ALL)


@pytest.mark.parametrize(
    "signature",
    [
        a_signature(("DocMDP", a_dictionary(P=NumberObject(9)))),
        a_signature(("DocMDP", a_dictionary(P=NameObject("/Some")))),
        a_signature(("DocMDP", a_dictionary()), ("DocMDP", a_dictionary())),
        a_signature(("FieldMDP", a_dictionary())),
        a_signature(("FieldMDP", a_dictionary(Action=NameObject("/Include")))),
        a_signature(("FieldMDP", a_dictionary(Action=NameObject("/Most")))),
    ],
    ids=["level", "word", "doubled", "no-action", "no-fields", "unknown-action"],
)
@pytest.mark.attack("SG-16")
def test_sg_16_permissions_that_cannot_be_read_are_a_finding(signature):
    with pytest.raises(Fault) as caught:
        read_permissions(signature, NOTHING)

    assert caught.value.reason is Reason.FORMAT_FAILURE
