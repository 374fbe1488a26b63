"""Names as text that is safe to show."""

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certs.trust import der
from certs.trust.errors import Fault
from certs.trust.names import attributes, display, escape
from tests.certs.trust.raw_certificates import OID, a_name, oid

UTF8 = 0x0C


@pytest.mark.spec("RFC 4514 §2.1")
def test_a_name_is_written_most_particular_first_as_another_library_writes_it():
    text = 'UID=7+CN=Chan\\, Tai Man,OU="A" \\+ B,O=Câmara Exemplo,C=MO'.replace('"', '\\"')
    name = x509.Name.from_rfc4514_string(text)

    assert display(name.public_bytes()) == name.rfc4514_string() == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain name", "plain name"),
        ("陳大文", "陳大文"),
        ("João", "João"),
        ('a,b+c;d<e>f\\g"h', 'a\\,b\\+c\\;d\\<e\\>f\\\\g\\"h'),
        (" edge ", "\\ edge\\ "),
        ("#hex", "\\#hex"),
        ("a#b", "a#b"),
        ("", ""),
        (" ", "\\ "),
        ("bank.mo\0.example", "bank.mo\\00.example"),
        ("a\nb\r\tc", "a\\0Ab\\0D\\09c"),
        ("right\u202eleft", "right\\E2\\80\\AEleft"),
        ("iso\u2066late\u2069", "iso\\E2\\81\\A6late\\E2\\81\\A9"),
        ("zero\u200bwidth\ufeff", "zero\\E2\\80\\8Bwidth\\EF\\BB\\BF"),
        ("line\u2028break", "line\\E2\\80\\A8break"),
        ("\x1b[31m", "\\1B[31m"),
    ],
)
@pytest.mark.spec("RFC 4514 §2.4")
def test_what_could_end_the_name_or_steer_the_line_is_escaped(value, shown):
    assert escape(value) == shown


@given(st.text(max_size=40))
def test_nothing_hidden_survives_and_text_stays_on_its_line(value):
    shown = escape(value)

    assert shown.isprintable() or " " in shown or not shown.isascii()
    assert not set(shown) & set("\0\r\n\t\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@pytest.mark.parametrize(
    ("tag", "value", "text"),
    [
        (UTF8, "陳".encode(), "陳"),
        (0x13, b"Chan", "Chan"),
        (0x12, b"12 3", "12 3"),
        (0x16, b"a@example.mo", "a@example.mo"),
        (0x1A, b"visible", "visible"),
        (0x14, b"Jo\xe3o", "João"),
        (0x1E, "陳".encode("utf-16-be"), "陳"),
        (0x1C, "陳".encode("utf-32-be"), "陳"),
        (0x03, b"\x00\x01", "#03020001"),
    ],
)
def test_every_kind_of_string_is_read(tag, value, text):
    assert attributes(a_name(("CN", tag, value))) == (("CN", text),)


def test_an_attribute_without_a_known_name_is_shown_as_numbers():
    assert display(a_name(("private", UTF8, b"x"))) == "1.2.3.4=x"


def test_an_empty_name_is_empty():
    assert display(b"\x30\x00") == ""


CN = oid(OID["CN"])


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b"\x31\x00",
        b"\x30\x02\x31\x00",
        b"\x30\x02\x30\x00",
        der.sequence(der.wrap(der.SET, der.sequence(CN))),
        der.sequence(der.wrap(der.SET, der.sequence(b"\x0c\x01a", CN))),
        der.sequence(der.wrap(der.SET, der.sequence(CN, b"\x0c\x01a", b"\x05\x00"))),
        a_name(("CN", UTF8, b"\xff")),
        a_name(("CN", 0x1E, b"\x00")),
        a_name(("CN", 0x16, b"\xff")),
        a_name(*[("CN", UTF8, b"x")] * 65),
        der.sequence(*[der.wrap(der.SET, a_name(("CN", UTF8, b"x"))[4:] * 40)] * 2),
    ],
    ids=range(12),
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(Fault):
        display(name)


def test_names_of_the_other_library_are_read_whole():
    name = x509.Name.from_rfc4514_string("CN=Example,OU=Sales,O=示例,C=HK")

    assert [kind for kind, _ in attributes(name.public_bytes())] == [
        "C",
        "O",
        "OU",
        "CN",
    ]
