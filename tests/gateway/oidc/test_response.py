from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.oidc.errors import OAuthError, ReplyTo, error_uri
from gateway.oidc.names import ErrorCode, ResponseMode
from gateway.oidc.response import AuthorizationResponse, failure, success, wire
from tests.gateway.oidc.fakes import CALLBACK, ISSUER, a_request


def unsigned(claims, client_id) -> str:
    raise AssertionError("nothing is signed in a plain response")


def signed(claims, client_id) -> str:
    return f"signed for {client_id}: {' '.join(claims)}"


def url_of(response: AuthorizationResponse) -> str:
    return wire(response, unsigned).url


@pytest.mark.spec("RFC 9207 §2")
def test_a_success_carries_code_state_and_issuer() -> None:
    url = url_of(success(a_request(state="s t"), "the-code", ISSUER))

    assert url == f"{CALLBACK}?code=the-code&state=s%20t&iss=https%3A%2F%2Fid.example.hk"


def test_a_request_without_state_gets_none_back() -> None:
    assert "state" not in url_of(success(a_request(state=None), "the-code", ISSUER))


@pytest.mark.spec("RFC 6749 §4.1.2.1")
@pytest.mark.attack("AZ-11")
def test_az_11_an_error_carries_state_and_issuer_too() -> None:
    url = url_of(failure(ReplyTo("rp-a", CALLBACK, "s"), ErrorCode.ACCESS_DENIED, "not completed", ISSUER))

    assert dict(parse_qsl(urlsplit(url).query)) == {
        "error": "access_denied",
        "error_description": "not completed",
        "error_uri": f"{ISSUER}/errors/access_denied",
        "state": "s",
        "iss": ISSUER,
    }


@pytest.mark.attack("AZ-11")
@pytest.mark.parametrize(
    "state", ["x", "x" * 128, "x" * 2048, "&code=evil#f?+%00 /\"<>'", "čĊ 粵港澳", "%0d%0a", " a "]
)
def test_az_11_state_comes_back_byte_for_byte(state) -> None:
    url = url_of(success(a_request(state=state), "the-code", ISSUER))

    assert parse_qsl(urlsplit(url).query, strict_parsing=True)[1] == ("state", state)
    assert url.isascii()


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode §2")
def test_a_posted_response_keeps_the_address_as_it_is() -> None:
    request = a_request(response_mode=ResponseMode.FORM_POST, redirect_uri=f"{CALLBACK}?x=1")

    posted = wire(success(request, "the-code", ISSUER), unsigned)

    assert (posted.url, posted.fields) == (
        f"{CALLBACK}?x=1",
        {"code": "the-code", "state": "a-state", "iss": ISSUER},
    )


@pytest.mark.spec("JARM §2.3.1")
@pytest.mark.parametrize("mode", [ResponseMode.JWT, ResponseMode.QUERY_JWT])
def test_a_signed_response_is_one_parameter_of_the_query(mode) -> None:
    url = wire(success(a_request(response_mode=mode), "the-code", ISSUER), signed).url

    assert parse_qsl(urlsplit(url).query) == [("response", "signed for rp-a: code state iss")]


@pytest.mark.spec("JARM §2.3.3")
def test_a_signed_response_can_be_posted() -> None:
    error = failure(
        ReplyTo("rp-a", CALLBACK, None, ResponseMode.FORM_POST_JWT), ErrorCode.ACCESS_DENIED, "not completed", ISSUER
    )

    assert wire(error, signed).fields == {"response": "signed for rp-a: error error_description error_uri iss"}


@pytest.mark.attack("WB-09")
@pytest.mark.parametrize("mode", list(ResponseMode))
def test_wb_09_no_mode_uses_an_address_that_registration_would_refuse(mode) -> None:
    response = success(a_request(response_mode=mode, redirect_uri="https://rp-a.example/#f"), "c", ISSUER)

    with pytest.raises(OAuthError):
        wire(response, signed)


def test_the_page_of_an_error_is_below_the_issuer() -> None:
    assert error_uri(ISSUER, ErrorCode.INVALID_TARGET) == "https://id.example.hk/errors/invalid_target"
