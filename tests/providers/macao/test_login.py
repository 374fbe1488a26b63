"""The sign-in with One Account, call by call, against hand-made answers."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from providers.base import Assurance, Callback, LoginRequest
from providers.errors import ProviderError, ProviderFailure
from providers.macao import build
from tests.providers.macao.builders import (
    ACCESS_TOKEN,
    BASE,
    CALLBACK_URL,
    CODE,
    KEPT,
    LOGIN_ID,
    NOW,
    OTHER_UID,
    SECRET,
    UID,
    Account,
    a_callback,
    a_profile,
    a_token,
    an_envelope,
    signed,
)


def a_login(**changes: object) -> LoginRequest:
    fields = {"login_id": LOGIN_ID, "callback_url": CALLBACK_URL, "language": "zh-Hant-MO", **changes}
    return LoginRequest(**fields)


async def query_of(**changes: object) -> dict[str, str]:
    start = await Account().provider().start(a_login(**changes))
    return dict(parse_qsl(urlsplit(start.url).query, strict_parsing=True))


async def test_a_sign_in_for_an_entity_asks_for_its_scope_and_keeps_that_it_did() -> None:
    start = await Account().provider().start(a_login(organisation=True))

    assert dict(parse_qsl(urlsplit(start.url).query))["scope"] == "profile identity entity"
    assert start.kept["scope"] == "profile identity entity"


async def test_a_sign_in_starts_at_the_authorization_endpoint_without_any_call() -> None:
    account = Account()

    start = await account.provider().start(a_login())

    query = dict(parse_qsl(urlsplit(start.url).query, strict_parsing=True))
    challenge = query.pop("code_challenge")
    assert start.url.startswith(f"{BASE}/oauth/authorize?")
    assert query == {
        "response_type": "code",
        "client_id": "gateway:1",
        "redirect_uri": CALLBACK_URL,
        "scope": "profile identity",
        "state": LOGIN_ID,
        "ui_locales": "zh-hant",
        "code_challenge_method": "S256",
    }
    digest = hashlib.sha256(start.kept["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
    assert account.asked == []


@pytest.mark.attack("PK-05")
@pytest.mark.spec("RFC 7636 §4.1")
async def test_pk_05_verifiers_are_long_and_never_repeat() -> None:
    provider = Account().provider()

    starts = [await provider.start(a_login()) for _ in range(1000)]

    verifiers = {start.kept["code_verifier"] for start in starts}
    assert len(verifiers) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in verifiers)
    assert not any(start.kept["code_verifier"] in start.url + repr(start) for start in starts)


@pytest.mark.parametrize(
    ("language", "locale"),
    [("zh-Hant-HK", "zh-hant"), ("zh-Hans-CN", "zh-hans"), ("pt-MO", "pt"), ("en", "en"), ("fr", "en")],
)
async def test_the_pages_speak_the_persons_language(language: str, locale: str) -> None:
    assert (await query_of(language=language))["ui_locales"] == locale


@pytest.mark.parametrize(
    ("wished", "acr"),
    [(None, None), (Assurance.ONE, "1"), (Assurance.TWO, "2"), (Assurance.THREE, "3"), (Assurance.FOUR, "3")],
)
async def test_a_wished_level_is_asked_for_up_to_the_highest_there_is(
    wished: Assurance | None, acr: str | None
) -> None:
    assert (await query_of(assurance=wished)).get("acr") == acr


async def test_a_fresh_proof_is_asked_for() -> None:
    assert (await query_of(fresh=True))["prompt"] == "login"


async def test_a_sign_in_ends_with_the_person_after_two_calls_and_one_for_the_keys() -> None:
    account = Account()
    provider = account.provider()

    identity = await provider.finish(a_callback())
    await provider.finish(a_callback())

    assert identity.subject == UID
    assert account.paths() == ["/oauth/token", "/api/profile", "/keys", "/oauth/token", "/api/profile"]


async def test_code_and_verifier_go_to_the_token_endpoint_with_basic_credentials() -> None:
    account = Account()

    await account.provider().finish(a_callback())

    token, profile = account.asked[:2]
    assert {name: values[0] for name, values in parse_qs(token.content.decode()).items()} == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": CALLBACK_URL,
        "code_verifier": KEPT["code_verifier"],
    }
    assert token.headers["authorization"].startswith("Basic ")
    assert profile.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert not any(request.url.query for request in account.asked)


@pytest.mark.parametrize("uid", [OTHER_UID, OTHER_UID.upper()])
@pytest.mark.attack("MO-01")
async def test_mo_01_the_profile_of_another_person_or_client_is_refused(uid: str) -> None:
    account = Account()
    account.profile = an_envelope(signed(a_profile(uid=uid)))

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(a_callback())

    assert refused.value.detail == "uid"


@pytest.mark.attack("MO-01")
async def test_mo_01_a_uid_that_is_no_text_is_refused() -> None:
    account = Account()
    account.profile = an_envelope(signed(a_profile(uid=[UID])))

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(a_callback())

    assert refused.value.detail == "uid"


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.attack("MO-04")
async def test_mo_04_neither_code_nor_secret_follows_a_redirect(status: int) -> None:
    account = Account()
    account.token = httpx.Response(status, headers={"location": "https://elsewhere.example/oauth/token"})

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(a_callback())

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.BROKEN, "redirect")
    assert account.paths() == ["/oauth/token"]


@pytest.mark.attack("MO-04")
async def test_mo_04_a_refresh_token_of_a_megabyte_is_not_read() -> None:
    account = Account()
    account.token = a_token(refresh_token="A" * 1_000_000)

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(a_callback())

    assert refused.value.detail == "oversized"


async def test_a_refused_callback_makes_no_call() -> None:
    account = Account()

    with pytest.raises(ProviderError):
        await account.provider().finish(a_callback(state="another-login"))

    assert account.asked == []


async def test_a_callback_without_what_was_kept_makes_no_call() -> None:
    account = Account()

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(Callback({"code": CODE, "state": LOGIN_ID}, {}, LOGIN_ID, NOW))

    assert refused.value.detail == "kept"
    assert account.asked == []


async def test_no_error_quotes_code_token_or_secret() -> None:
    account = Account()
    account.profile = httpx.Response(500, text="the profile of a person")

    with pytest.raises(ProviderError) as refused:
        await account.provider().finish(a_callback())

    shown = str(refused.value) + repr(refused.value)
    assert not any(secret in shown for secret in (CODE, ACCESS_TOKEN, SECRET, "person"))


def test_the_provider_says_what_it_can() -> None:
    provider = build(
        {"base_url": BASE, "client_id": "gateway", "client_secret": "secret"}, Account().provider()._calls, lambda: NOW
    )

    assert (provider.name, provider.keeps_state, provider.highest_assurance) == ("macao", True, Assurance.THREE)
    assert provider.sign_out_url("https://gateway.test/") is None
