from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.names import ErrorCode
from gateway.oidc.reply_url import error_url, success_url
from tests.gateway.oidc.fakes import CALLBACK, ISSUER, a_request


@pytest.mark.spec("RFC 9207 §2")
def test_a_success_carries_code_state_and_issuer() -> None:
    url = success_url(a_request(state="s t"), "the-code", ISSUER)

    assert url == f"{CALLBACK}?code=the-code&state=s%20t&iss=https%3A%2F%2Fid.example.hk"


def test_a_request_without_state_gets_none_back() -> None:
    assert "state" not in success_url(a_request(state=None), "the-code", ISSUER)


@pytest.mark.spec("RFC 6749 §4.1.2.1")
@pytest.mark.attack("AZ-11")
def test_az_11_an_error_carries_state_and_issuer_too() -> None:
    url = error_url(ReplyTo(CALLBACK, "s"), ErrorCode.ACCESS_DENIED, "not completed", ISSUER)

    assert dict(parse_qsl(urlsplit(url).query)) == {
        "error": "access_denied",
        "error_description": "not completed",
        "state": "s",
        "iss": ISSUER,
    }


@pytest.mark.attack("AZ-11")
@pytest.mark.parametrize(
    "state", ["x", "x" * 128, "x" * 2048, "&code=evil#f?+%00 /\"<>'", "čĊ 粵港澳", "%0d%0a", " a "]
)
def test_az_11_state_comes_back_byte_for_byte(state) -> None:
    url = success_url(a_request(state=state), "the-code", ISSUER)

    assert parse_qsl(urlsplit(url).query, strict_parsing=True)[1] == ("state", state)
    assert url.isascii()


@pytest.mark.spec("RFC 6749 §3.1.2")
@pytest.mark.parametrize(
    ("uri", "start"),
    [
        ("https://rp-a.example/cb?x=1&y=%2F+", "https://rp-a.example/cb?x=1&y=%2F+&code="),
        ("https://rp-a.example/cb?", "https://rp-a.example/cb?code="),
        ("https://rp-a.example/cb?x&", "https://rp-a.example/cb?x&code="),
        ("https://rp-a.example", "https://rp-a.example?code="),
    ],
)
def test_the_query_of_the_redirect_uri_is_kept_as_it_is(uri, start) -> None:
    assert success_url(a_request(redirect_uri=uri), "c", ISSUER).startswith(start)


@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("uri", ["https://rp-a.example/\r\nSet-Cookie: x", "https://rp-a.example/#f", "https://a/\n"])
def test_wb_09_an_address_that_could_end_a_header_line_is_never_used(uri) -> None:
    with pytest.raises(OAuthError) as refusal:
        success_url(a_request(redirect_uri=uri), "c", ISSUER)

    assert refusal.value.code is ErrorCode.SERVER_ERROR


@pytest.mark.attack("WB-09")
def test_wb_09_line_breaks_in_values_are_encoded() -> None:
    url = error_url(ReplyTo(CALLBACK, "a\r\nb"), ErrorCode.INVALID_REQUEST, "x\r\ny", ISSUER)

    assert "%0D%0A" in url
    assert "\n" not in url
