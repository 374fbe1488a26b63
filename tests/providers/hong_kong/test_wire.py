import base64
import json

import pytest

from certs.keys import SealError
from certs.keys.frame import ContentKey
from providers.calls import Answer
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong import wire
from tests.providers.hong_kong.builders import CLIENT_ID, CODE, HOUR_MS, NOW_MS, SECRET, a_token

TIMESTAMP = 1_760_000_000_000
NONCE = "0123456789abcdef0123456789abcdef"
VECTOR_KEY = ContentKey(bytes(range(32)))
VECTOR_CONTENT = (
    "AAAADAABAgMEBQYHCAkKCzwgtXShgOAhr3H274DRTl625eQAwk88Sgxf3LJ7CmOCMSSaycz4cPlFhlPP7/VJVpoNGf0/9Jn4XuJecXeRnJSRSK8VvY5F"
    "DngxiBPSprY6+ad2Zi9t8c92Ms6g"
)


def answer(content: bytes, status: int = 200) -> Answer:
    return Answer(status, content, "application/json")


def read(**changes: object) -> wire.AccessToken:
    return wire.read_access_token(a_token(**changes), NOW_MS)


@pytest.mark.spec("identity-providers §7")
def test_an_empty_body_is_signed_as_in_the_published_example() -> None:
    headers = wire.signed_headers(CLIENT_ID, SECRET, b"", timestamp=TIMESTAMP, nonce=NONCE)

    assert headers["signature"] == "DTKsdRnurMA4Bpqd%2BKDASBUCFkh8BOgzKY3MdmpBdjY%3D"


@pytest.mark.spec("identity-providers §7")
def test_content_is_sealed_and_signed_as_in_the_published_example() -> None:
    body = wire.seal_request(VECTOR_KEY, {"code": CODE, "grantType": "authorization_code"}, iv=bytes(range(12)))

    headers = wire.signed_headers(CLIENT_ID, SECRET, body, timestamp=TIMESTAMP, nonce=NONCE)

    assert body.decode() == f'{{"content":"{VECTOR_CONTENT}"}}'
    assert headers["signature"] == "RhB7e3wfxnktL%2Bq%2Brn6Gsw%2BPaTDxAYo3jlFc%2Fcknz40%3D"


@pytest.mark.attack("HK-01")
def test_hk_01_the_headers_are_exactly_the_five_of_the_wire() -> None:
    headers = wire.signed_headers(CLIENT_ID, SECRET, b"", timestamp=TIMESTAMP, nonce=NONCE)

    assert set(headers) == {"clientID", "signatureMethod", "timestamp", "nonce", "signature", "Content-Type"}
    assert headers["timestamp"] == "1760000000000"


@pytest.mark.attack("HK-01")
@pytest.mark.parametrize(
    ("timestamp", "nonce"),
    [
        (17_600_000_000_012, NONCE[1:]),
        (176_000_000_000, NONCE),
        (TIMESTAMP, NONCE[1:]),
        (TIMESTAMP, NONCE + "0"),
        (TIMESTAMP, NONCE.upper()),
        (TIMESTAMP, ""),
        (-TIMESTAMP, NONCE),
    ],
)
def test_hk_01_no_boundary_between_signed_fields_can_be_moved(timestamp: int, nonce: str) -> None:
    with pytest.raises(ValueError, match="fixed shape"):
        wire.signed_headers(CLIENT_ID, SECRET, b"", timestamp=timestamp, nonce=nonce)


def test_content_is_opened_with_its_key() -> None:
    assert wire.open_content(VECTOR_KEY, wire.Envelope("D00000", VECTOR_CONTENT))["code"] == CODE


@pytest.mark.attack("HK-03")
def test_hk_03_content_under_another_key_is_told_apart_from_everything_else() -> None:
    with pytest.raises(SealError):
        wire.open_content(ContentKey.random(), wire.Envelope("D00000", VECTOR_CONTENT))


@pytest.mark.attack("UN-06")
@pytest.mark.parametrize("content", [None, 7, True, ["AAAADA"], {"x": 1}])
def test_un_06_content_that_is_no_text_is_refused(content: object) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.open_content(VECTOR_KEY, wire.Envelope("D00000", content))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "content")


@pytest.mark.attack("HP-07")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>maintenance</html>",
        b"[]",
        b'"D00000"',
        b"[" * 100_000,
        b'{"code":"D00000","code":"D20006"}',
        b'{"code":NaN}',
        b'{"code":' + b"9" * 5_000 + b"}",
        b'\xef\xbb\xbf{"code":"D00000"}',
        b'{"code":"\xff"}',
        b'{"code":"D00000"',
    ],
)
def test_hp_07_an_answer_that_is_no_plain_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(answer(body))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "json")


@pytest.mark.parametrize("code", [None, 0, True, "", "00000", "D0000", "D000000", "d00000", "D00000\n", "D١٢٣٤٥"])
def test_an_answer_without_a_well_formed_code_is_refused(code: object) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(answer(json.dumps({"code": code}).encode()))

    assert refused.value.detail == "code"


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, ProviderFailure.MISCONFIGURED), (403, ProviderFailure.MISCONFIGURED), (404, ProviderFailure.BROKEN)],
)
def test_a_status_that_no_answer_has_is_refused(status: int, failure: ProviderFailure) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(answer(b'{"code":"D00000"}', status))

    assert (refused.value.failure, refused.value.detail) == (failure, f"http_{status}")


@pytest.mark.parametrize("expires_in", [24 * HOUR_MS, NOW_MS + 24 * HOUR_MS])
def test_an_expiry_may_be_a_span_or_a_moment(expires_in: int) -> None:
    offered = {"secretKey": "QUJD", "pubKey": "QUJD", "issueAt": NOW_MS, "expiresIn": expires_in}

    offer = wire.read_key_offer(wire.Envelope("D00000", offered))

    assert offer.expires_at == NOW_MS + 24 * HOUR_MS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secretKey", None),
        ("secretKey", "not base64!"),
        ("secretKey", "QUJD" * 400),
        ("secretKey", 7),
        ("pubKey", ""),
        ("issueAt", str(NOW_MS)),
        ("issueAt", NOW_MS / 1),
        ("issueAt", True),
        ("issueAt", NOW_MS // 1000),
        ("expiresIn", 0),
        ("expiresIn", -1),
        ("expiresIn", 10**13),
    ],
)
def test_a_malformed_offer_of_a_key_is_refused_by_the_name_of_its_field(name: str, value: object) -> None:
    offered = {"secretKey": "QUJD", "pubKey": "QUJD", "issueAt": NOW_MS, "expiresIn": 1, name: value}

    with pytest.raises(ProviderError) as refused:
        wire.read_key_offer(wire.Envelope("D00000", offered))

    assert refused.value.detail == f"field:{name}"


def test_an_offer_of_a_key_that_is_no_object_is_refused() -> None:
    with pytest.raises(ProviderError):
        wire.read_key_offer(wire.Envelope("D00000", "AAAADA"))


def test_an_access_token_is_read() -> None:
    token = read()

    assert (token.user_type, token.data_version) == ("default", "1700000000000")


def test_an_open_id_is_kept_exactly_as_issued() -> None:
    assert read(openID="a%2Bb%2Fc" * 4 + "%3D").open_id == "a%2Bb%2Fc" * 4 + "%3D"


@pytest.mark.attack("UN-06")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accessToken", "C" * 32),
        ("accessToken", "c" * 31),
        ("accessToken", 10**31),
        ("tokenType", "bearer"),
        ("tokenType", ["Bearer"]),
        ("openID", 123456789012345678),
        ("openID", ""),
        ("openID", "x" * 129),
        ("openID", "spaces are not allowed"),
        ("openID", {"openID": "x" * 20}),
        ("userType", "admin"),
        ("userType", True),
        ("lastModifiedDate", "1700000000000"),
        ("lastModifiedDate", 1.7e12),
        ("scope", 7),
    ],
)
def test_un_06_a_token_field_of_the_wrong_type_or_shape_is_refused(name: str, value: object) -> None:
    with pytest.raises(ProviderError) as refused:
        read(**{name: value})

    assert refused.value.detail == f"field:{name}"


@pytest.mark.parametrize(
    "name", ["accessToken", "tokenType", "issueAt", "expiresIn", "openID", "userType", "lastModifiedDate"]
)
def test_a_token_without_a_promised_field_is_refused(name: str) -> None:
    with pytest.raises(ProviderError) as refused:
        read(**{name: None})

    assert refused.value.detail == f"missing:{name}"


@pytest.mark.parametrize(
    ("issued_at", "expires_in"),
    [(NOW_MS + 301_000, HOUR_MS), (NOW_MS - 5 * HOUR_MS, 4 * HOUR_MS), (NOW_MS - 5 * HOUR_MS, NOW_MS - HOUR_MS)],
)
def test_a_token_from_the_future_or_the_past_is_refused(issued_at: int, expires_in: int) -> None:
    with pytest.raises(ProviderError) as refused:
        read(issueAt=issued_at, expiresIn=expires_in)

    assert refused.value.detail == "token_time"


def test_nothing_of_a_token_or_an_offer_is_printed() -> None:
    offered = {"secretKey": "QUJD", "pubKey": "QUJD", "issueAt": NOW_MS, "expiresIn": 1}

    printed = repr(read()) + repr(wire.read_key_offer(wire.Envelope("D00000", offered)))

    assert "c" * 32 not in printed
    assert repr(base64.b64decode("QUJD")) not in printed
