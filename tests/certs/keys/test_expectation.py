"""Claims against one purpose's rules: each check with its refusal."""

from datetime import timedelta

import pytest

from certs.keys.expectation import check_claims
from certs.keys.jose import JoseError, JoseErrorCode
from tests.certs.builders import AUDIENCE, EPOCH, NOW, an_expectation, some_claims

HOUR = timedelta(hours=1)


def refusal(claims, **changes) -> JoseErrorCode:
    with pytest.raises(JoseError) as caught:
        check_claims(claims, an_expectation(**changes), NOW)
    return caught.value.code


def accepted(claims, **changes) -> bool:
    check_claims(claims, an_expectation(**changes), NOW)
    return True


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "exp"])
def test_a_claim_that_is_needed_must_be_there(name):
    assert refusal(some_claims(**{name: ...})) is JoseErrorCode.CLAIM_MISSING


def test_age_and_lifetime_need_their_dates():
    assert refusal(some_claims(iat=...), max_age=HOUR) is JoseErrorCode.CLAIM_MISSING
    assert refusal(some_claims(exp=...), required=frozenset(), max_lifetime=HOUR) is JoseErrorCode.CLAIM_MISSING


@pytest.mark.parametrize("issuer", ["https://id.example.hk/", "https://ID.example.hk", "https://other.example"])
def test_the_issuer_is_compared_exactly(issuer):
    assert refusal(some_claims(iss=issuer)) is JoseErrorCode.ISSUER_REFUSED


@pytest.mark.spec("RFC 7519 §4.1.3")
def test_a_list_of_audiences_must_name_us():
    assert accepted(some_claims(aud=[AUDIENCE, "https://other.example"]))
    assert refusal(some_claims(aud=["https://other.example"])) is JoseErrorCode.AUDIENCE_REFUSED
    assert refusal(some_claims(aud=[])) is JoseErrorCode.AUDIENCE_REFUSED
    assert refusal(some_claims(aud=[AUDIENCE, 1])) is JoseErrorCode.CLAIM_MALFORMED


@pytest.mark.attack("CA-08")
@pytest.mark.parametrize("aud", [[AUDIENCE], [AUDIENCE, "https://x"], [], None, 7])
def test_ca_08_a_single_audience_is_one_string(aud):
    assert refusal(some_claims(aud=aud), single_audience=True) is JoseErrorCode.CLAIM_MALFORMED


@pytest.mark.attack("CA-08")
@pytest.mark.parametrize("aud", [AUDIENCE + "/", AUDIENCE + "/token", "https://other.example", ""])
def test_ca_08_another_audience_is_refused(aud):
    assert refusal(some_claims(aud=aud), single_audience=True) is JoseErrorCode.AUDIENCE_REFUSED


@pytest.mark.attack("CA-09")
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["1", 1e30, -1, True, None, [], float("inf"), 10**400])
def test_ca_09_a_date_is_a_number_of_seconds(name, value):
    assert refusal(some_claims(**{name: value})) is JoseErrorCode.CLAIM_MALFORMED


@pytest.mark.attack("CA-09")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": EPOCH - 300}, JoseErrorCode.EXPIRED),
        ({"exp": EPOCH - 60}, JoseErrorCode.EXPIRED),
        ({"nbf": EPOCH + 61}, JoseErrorCode.NOT_YET_VALID),
        ({"iat": EPOCH + 600}, JoseErrorCode.ISSUED_IN_FUTURE),
        ({"iat": EPOCH - 3661}, JoseErrorCode.TOO_OLD),
        ({"exp": EPOCH + 86_400}, JoseErrorCode.LIFETIME_TOO_LONG),
    ],
)
def test_ca_09_a_time_out_of_its_window_is_refused(changes, code):
    assert refusal(some_claims(**changes), max_age=HOUR, max_lifetime=HOUR) is code


@pytest.mark.attack("CA-09")
@pytest.mark.parametrize(
    "changes",
    [{"exp": EPOCH - 59}, {"nbf": EPOCH + 8}, {"nbf": EPOCH + 60}, {"iat": EPOCH + 60}, {"iat": EPOCH - 3660}],
)
def test_ca_09_clocks_may_differ_by_a_minute(changes):
    assert accepted(some_claims(**changes), max_age=HOUR, max_lifetime=HOUR)


def test_a_hint_may_be_expired():
    assert accepted(some_claims(exp=EPOCH - 10_000, iat=EPOCH - 20_000), accept_expired=True)


@pytest.mark.parametrize("name", ["iss", "sub", "jti", "nonce", "azp"])
@pytest.mark.parametrize("value", [7, None, [], {}])
def test_a_claim_that_is_text_must_be_text(name, value):
    assert refusal(some_claims(**{name: value})) is JoseErrorCode.CLAIM_MALFORMED


def test_an_expectation_names_a_type():
    with pytest.raises(ValueError):
        an_expectation(typ=frozenset())
