import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.reply_url import with_query


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
    assert with_query(uri, code="c").startswith(start)


def test_absent_parameters_are_left_out() -> None:
    assert with_query("https://rp-a.example/cb", state=None) == "https://rp-a.example/cb"


@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("uri", ["https://rp-a.example/\r\nSet-Cookie: x", "https://rp-a.example/#f", "https://a/\n"])
def test_wb_09_an_address_that_could_end_a_header_line_is_never_used(uri) -> None:
    with pytest.raises(OAuthError) as refusal:
        with_query(uri, code="c")

    assert refusal.value.code is ErrorCode.SERVER_ERROR


@pytest.mark.attack("WB-09")
def test_wb_09_line_breaks_in_values_are_encoded() -> None:
    url = with_query("https://rp-a.example/cb", state="a\r\nb")

    assert "%0D%0A" in url
    assert "\n" not in url
