"""Macao's wire: what the callback, the token endpoint and the envelope may say, and every way of saying it wrongly."""

import base64
from typing import Any
from urllib.parse import unquote_plus

import pytest

from providers.errors import ProviderError, ProviderFailure
from providers.macao import wire
from tests.providers.macao.builders import (
    ACCESS_TOKEN,
    BASE,
    CODE,
    SECRET,
    UID,
    a_callback,
    a_token,
    an_answer,
    an_envelope,
)


def test_the_callback_gives_its_code() -> None:
    assert wire.read_callback(a_callback(), BASE) == CODE


@pytest.mark.parametrize("state", [None, "", "another-login", "ログイン"])
@pytest.mark.attack("ST-03")
def test_st_03_a_callback_with_no_state_or_another_logins_is_refused(state: str | None) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(state=state), BASE)

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.MALFORMED_CALLBACK, "state")


@pytest.mark.parametrize("issuer", ["https://elsewhere.example", f"{BASE}/", ""])
@pytest.mark.attack("ST-04")
@pytest.mark.spec("RFC 9207 §2.4")
def test_st_04_an_iss_of_somebody_else_is_refused(issuer: str) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(iss=issuer), BASE)

    assert refused.value.detail == "iss"


def test_the_accounts_own_iss_is_accepted() -> None:
    assert wire.read_callback(a_callback(iss=BASE), BASE) == CODE


@pytest.mark.parametrize("code", [None, "", "short", "c" * 513, "code with spaces and more", "code\n0123456789-abcdef"])
def test_a_code_that_is_missing_or_malformed_is_refused(code: str | None) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(code=code), BASE)

    assert refused.value.detail == "code"


def test_a_code_beside_an_error_is_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_callback(a_callback(error="access_denied"), BASE)

    assert refused.value.detail == "code_and_error"


@pytest.mark.parametrize(
    ("error", "description", "failure"),
    [
        ("access_denied", "cancelled", ProviderFailure.CANCELLED),
        ("access_denied", "rejected", ProviderFailure.REFUSED),
        ("access_denied", None, ProviderFailure.REFUSED),
        ("invalid_scope", "anything", ProviderFailure.MISCONFIGURED),
        ("temporarily_unavailable", None, ProviderFailure.UNREACHABLE),
        ("server_error", "cancelled", ProviderFailure.UNREACHABLE),
        ("<script>", "cancelled", ProviderFailure.BROKEN),
    ],
)
@pytest.mark.spec("RFC 6749 §4.1.2.1")
def test_an_error_of_the_callback_has_its_meaning(
    error: str, description: str | None, failure: ProviderFailure
) -> None:
    callback = a_callback(code=None, error=error, error_description=description)

    with pytest.raises(ProviderError) as refused:
        wire.read_callback(callback, BASE)

    assert refused.value.failure is failure
    assert "<" not in str(refused.value)


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_credentials_are_form_encoded_inside_basic() -> None:
    scheme, _, encoded = wire.basic("gateway:1", SECRET).partition(" ")

    name, _, secret = base64.b64decode(encoded).decode("ascii").partition(":")
    assert (scheme, unquote_plus(name), unquote_plus(secret)) == ("Basic", "gateway:1", SECRET)


def test_the_token_answer_gives_token_and_person_and_hides_both() -> None:
    token = wire.read_token(an_answer(a_token()))

    assert (token.value, token.uid) == (ACCESS_TOKEN, UID)
    assert ACCESS_TOKEN not in repr(token)
    assert UID not in repr(token)


@pytest.mark.parametrize(
    "without", ["access_token", "token_type", "expires_in", "scope", "token_client", "user_profile"]
)
@pytest.mark.attack("MO-04")
def test_mo_04_a_token_answer_lacking_a_member_is_refused(without: str) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(a_token(**{without: None})))

    assert refused.value.detail == f"missing:{without}"


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": "a" * 5000},
        {"access_token": "a b c d e f g h i j k"},
        {"access_token": 12345678901234567890},
        {"token_type": "mac"},
        {"token_type": ["bearer"]},
        {"expires_in": -1},
        {"expires_in": 0},
        {"expires_in": "1e18"},
        {"expires_in": "1800"},
        {"expires_in": True},
        {"expires_in": 1e300},
        {"expires_in": 10**15},
        {"refresh_token": "A" * 100_000},
        {"scope": "profile"},
        {"scope": ["profile", "identity"]},
        {"token_client": "MacauCorpEntityService"},
        {"user_profile": [UID]},
        {"user_profile": {"uid": 7, "account_type": "Personal"}},
        {"user_profile": {"account_type": "Personal"}},
    ],
)
@pytest.mark.attack("MO-04")
def test_mo_04_a_strange_token_answer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(a_token(**change)))

    assert refused.value.failure is ProviderFailure.BROKEN


def test_a_token_type_may_be_written_in_any_case() -> None:
    assert wire.read_token(an_answer(a_token(token_type="Bearer"))).value == ACCESS_TOKEN


def test_the_account_of_an_entity_is_not_eligible() -> None:
    profile = {"uid": UID, "account_type": "Corp-Entity"}

    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(a_token(user_profile=profile)))

    assert refused.value.failure is ProviderFailure.NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (400, "invalid_grant", ProviderFailure.EXPIRED),
        (401, "invalid_client", ProviderFailure.MISCONFIGURED),
        (400, "unauthorized_client", ProviderFailure.MISCONFIGURED),
        (400, "of our own making", ProviderFailure.BROKEN),
        (400, 7, ProviderFailure.BROKEN),
    ],
)
@pytest.mark.spec("RFC 6749 §5.2")
def test_an_error_of_the_token_endpoint_has_its_meaning(status: int, error: Any, failure: ProviderFailure) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer({"error": error}, status=status))

    assert refused.value.failure is failure


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.attack("MO-04")
def test_mo_04_a_page_instead_of_a_token_is_refused(status: int) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_token(an_answer(b"<html></html>", status=status, content_type="text/html; charset=utf-8"))

    assert refused.value.failure is ProviderFailure.BROKEN


def test_the_envelope_gives_its_data() -> None:
    assert wire.read_envelope(an_answer(an_envelope("a.b.c"))) == "a.b.c"


@pytest.mark.parametrize(
    "change",
    [
        {"success": False, "code": 7},
        {"success": False, "code": 0},
        {"success": "true"},
        {"success": 1},
        {"success": None},
        {"code": "0"},
        {"code": False},
        {"code": 4011},
        {"tag": "SERVICE_ERROR"},
        {"tag": ""},
        {"data": None},
        {"data": {"uid": UID}},
    ],
)
@pytest.mark.attack("MO-03")
def test_mo_03_an_envelope_that_does_not_plainly_say_yes_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(an_answer(an_envelope("a.b.c", **change)))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "envelope")


@pytest.mark.attack("MO-03")
def test_mo_03_a_page_with_status_200_is_no_envelope() -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(an_answer(an_envelope("a.b.c"), content_type="text/html"))

    assert refused.value.detail == "content_type"


def test_an_envelope_under_another_status_is_refused() -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(an_answer(an_envelope("a.b.c"), status=401))

    assert refused.value.detail == "http_401"


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (4001, ProviderFailure.BROKEN),
        (4010, ProviderFailure.BROKEN),
        (4011, ProviderFailure.EXPIRED),
        (4030, ProviderFailure.NOT_ELIGIBLE),
        (4031, ProviderFailure.REFUSED),
        (4290, ProviderFailure.UNREACHABLE),
        (5000, ProviderFailure.UNREACHABLE),
        (5030, ProviderFailure.UNREACHABLE),
        (5999, ProviderFailure.UNREACHABLE),
    ],
)
@pytest.mark.attack("MO-03")
def test_mo_03_each_row_of_the_error_table_has_its_meaning_whatever_data_says(
    code: int, failure: ProviderFailure
) -> None:
    with pytest.raises(ProviderError) as refused:
        wire.read_envelope(an_answer(an_envelope("a.b.c", success=False, code=code, tag="WORD")))

    assert (refused.value.failure, refused.value.detail) == (failure, str(code))
