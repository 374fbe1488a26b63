"""JSON that two readers could read differently is refused."""

import pytest

from certs.keys import base64url
from certs.keys.errors import JsonError
from certs.keys.strict_json import MAX_DEPTH, parse_object


def test_an_object_is_read():
    assert parse_object('{"名":[1,{"a":null}],"b":"\\u00e9"}'.encode()) == {"名": [1, {"a": None}], "b": "é"}


@pytest.mark.attack("GD-04")
@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":1,"\\u0061":2}',
        '{"姓":"陳"}'.encode("gbk"),
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}x',
        b"{'a':1}",
        b'{"a":01}',
        b"[]",
        b"null",
        b"",
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
    ],
)
def test_gd_04_ambiguous_or_malformed_text_is_refused(text):
    with pytest.raises(JsonError):
        parse_object(text)


def test_wide_is_not_deep():
    assert len(parse_object(b'{"a":[' + b"[]," * 100 + b"[]]}")["a"]) == 101


@pytest.mark.spec("RFC 7515 §2")
@pytest.mark.parametrize("text", ["YQ==", "YR", "Y", "Y+", "Y/", "Y Q", "é", "YQ\n"])
def test_base64url_has_one_spelling(text):
    with pytest.raises(ValueError):
        base64url.decode(text)
