"""The strict reader: one spelling per value, and no way to read past the end."""

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from certs.trust import der


def refuses(call, *arguments) -> bool:
    with pytest.raises(der.DerError):
        call(*arguments)
    return True


@given(st.integers(-(1 << 200), 1 << 200))
def test_integers_are_read_as_another_library_writes_them(value):
    encoded = core.Integer(value).dump()

    assert der.integer(encoded, der.whole(encoded, der.INTEGER)) == value


@given(st.binary(max_size=70_000) | st.integers(0, 70_000).map(bytes))
def test_what_is_written_is_read_again(content):
    encoded = der.wrap(der.OCTET_STRING, content)

    assert encoded == core.OctetString(content).dump()
    found = der.whole(encoded, der.OCTET_STRING)
    assert encoded[found.content : found.end] == content


@pytest.mark.parametrize(
    "dotted", ["1.2.156.10197.1.501", "2.16.344.8.2.2008.810.2.2018.1.1", "0.9.2342", "2.999.1", "1.39.0"]
)
def test_object_identifiers_are_read_as_another_library_writes_them(dotted):
    assert der.dotted(core.ObjectIdentifier(dotted).contents) == dotted


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x2a\x80\x01", b"\x2a\x81", b"\xff"])
def test_object_identifiers_in_another_spelling_are_refused(content):
    assert refuses(der.dotted, content)


@pytest.mark.spec("X.690 §10.1")
@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x04",
        b"\x04\x01",
        b"\x04\x80\x00\x00",
        b"\x04\x81\x01x",
        b"\x04\x81\x7f" + bytes(127),
        b"\x04\x82\x00\x80" + bytes(128),
        b"\x04\x85\x00\x00\x00\x00\x01x",
        b"\x04\x84\xff\xff\xff\xffx",
        b"\x04\x82\x01",
        b"\x1f\x81\x01\x00",
        b"\x04\x00\x00",
        b"\x05\x00",
    ],
)
def test_a_head_in_another_spelling_is_refused(encoded):
    assert refuses(der.whole, encoded, der.OCTET_STRING)


@pytest.mark.parametrize("encoded", [b"\x02\x00", b"\x02\x02\x00\x01", b"\x02\x02\xff\x80", b"\x04\x01\x01"])
def test_an_integer_in_another_spelling_is_refused(encoded):
    assert refuses(der.integer, encoded, der.element(encoded, 0, len(encoded)))


@pytest.mark.parametrize("encoded", [b"\x03\x00", b"\x03\x02\x01\x80", b"\x04\x02\x00\x80"])
def test_bits_that_are_no_whole_bytes_are_refused(encoded):
    assert refuses(der.whole_bits, encoded, der.element(encoded, 0, len(encoded)))


def test_children_stay_inside_their_parent_and_within_their_number():
    encoded = der.sequence(b"\x05\x00", b"\x05\x00")
    parent = der.whole(encoded, der.SEQUENCE)

    assert [child.tag for child in der.children(encoded, parent)] == [der.NULL, der.NULL]
    assert refuses(der.children, encoded, parent, 1)
    assert refuses(der.expect, encoded, parent.content, parent.end, der.INTEGER)
    longer = b"\x30\x02\x04\x05hello"
    assert refuses(der.children, longer, der.element(longer, 0, len(longer)))


@given(st.binary(max_size=60))
def test_junk_never_leads_outside(junk):
    try:
        found = der.element(junk, 0, len(junk))
        children = der.children(junk, found)
    except der.DerError:
        return

    assert found.end <= len(junk)
    assert all(found.content <= child.content <= child.end <= found.end for child in children)
