import traceback
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from providers.base import Assurance, Callback, IdentityProvider, LoginRequest
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong import build
from tests.providers.hong_kong.builders import (
    BASE,
    CLIENT_ID,
    CODE,
    KEY,
    LOGIN_ID,
    NOW,
    OPEN_ID,
    SECRET,
    FarSide,
    a_callback,
    a_token,
)

CALLBACK = "http://gate.mock/callback/hong_kong"


def a_login(**changes: Any) -> LoginRequest:
    return LoginRequest(**{"login_id": LOGIN_ID, "callback_url": CALLBACK, "language": "zh-Hant-HK", **changes})


async def refusal(callback: Callback, far_side: FarSide | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await (far_side or FarSide()).provider().finish(callback)
    return refused.value


def test_the_provider_fulfils_the_port() -> None:
    provider: IdentityProvider = FarSide().provider()

    assert (provider.name, provider.keeps_state, provider.highest_assurance) == ("hong_kong", True, Assurance.THREE)
    assert provider.sign_out_url("http://gate.mock/") is None


async def test_a_block_of_settings_makes_a_provider() -> None:
    block = {
        "base_url": BASE,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "decryption_key": KEY.to_pem().decode(),
    }

    provider = build(block, FarSide().calls(), lambda: NOW)

    assert (await provider.finish(a_callback())).subject == OPEN_ID


@pytest.mark.spec("identity-providers §1.3")
async def test_a_sign_in_starts_at_the_qr_page() -> None:
    far_side = FarSide()

    start = await far_side.provider().start(a_login())

    url = urlsplit(start.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{BASE}/api/v1/auth/getQR"
    assert parse_qs(url.query) == {
        "clientID": [CLIENT_ID],
        "responseType": ["code"],
        "source": ["PC_Browser"],
        "redirectURI": [CALLBACK],
        "scope": ["eidapi_auth eidapi_profiles"],
        "lang": ["zh-HK"],
        "state": [LOGIN_ID],
    }
    assert start.kept == {"state": LOGIN_ID}
    assert far_side.requests == []


@pytest.mark.parametrize(
    ("language", "lang"),
    [
        ("zh-Hant-HK", "zh-HK"),
        ("zh-Hant-MO", "zh-HK"),
        ("zh-Hans-CN", "zh-CN"),
        ("pt-MO", "en-US"),
        ("en", "en-US"),
        ("ja", "en-US"),
    ],
)
async def test_the_page_speaks_the_nearest_language(language: str, lang: str) -> None:
    start = await FarSide().provider().start(a_login(language=language))

    assert parse_qs(urlsplit(start.url).query)["lang"] == [lang]


@pytest.mark.parametrize("login_id", ["", "x" * 37, "with space", "與"])
async def test_a_login_id_that_does_not_fit_into_state_is_refused(login_id: str) -> None:
    with pytest.raises(ValueError, match="state"):
        await FarSide().provider().start(a_login(login_id=login_id))


async def test_a_code_becomes_a_person() -> None:
    far_side = FarSide()

    identity = await far_side.provider().finish(a_callback())

    assert (identity.subject, identity.assurance, identity.authenticated_at) == (OPEN_ID, Assurance.THREE, NOW)
    assert far_side.asked == [
        {"code": CODE, "grantType": "authorization_code"},
        {
            "accessToken": "c" * 32,
            "openID": OPEN_ID,
            "profileFields": ["idNo", "enName", "chName", "chNameVerified", "birthDate", "gender"],
        },
    ]


async def test_a_sign_in_makes_two_calls_once_the_key_is_held() -> None:
    far_side = FarSide()
    provider = far_side.provider()
    await provider.finish(a_callback())
    far_side.requests.clear()

    await provider.finish(a_callback())

    assert [request.url.path for request in far_side.requests] == ["/api/v1/auth/getToken", "/api/v1/profiles"]


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("D40000", ProviderFailure.CANCELLED),
        ("D40001", ProviderFailure.REFUSED),
        ("D40002", ProviderFailure.REFUSED),
        ("D40003", ProviderFailure.EXPIRED),
        ("D20001", ProviderFailure.REFUSED),
        ("D20008", ProviderFailure.MISCONFIGURED),
        ("D12345", ProviderFailure.BROKEN),
    ],
)
async def test_an_error_on_the_way_back_has_its_meaning(code: str, failure: ProviderFailure) -> None:
    refused = await refusal(a_callback(code=None, error_code=code))

    assert (refused.failure, refused.detail) == (failure, code)


@pytest.mark.parametrize("code", ["", "40000", "D4000", "D40000 ", "<script>", "D４0000"])
async def test_an_error_that_is_no_code_is_not_repeated(code: str) -> None:
    refused = await refusal(a_callback(code=None, error_code=code))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "error_code")


@pytest.mark.spec("identity-providers §1.3")
async def test_nothing_but_state_is_a_denial() -> None:
    refused = await refusal(a_callback(code=None))

    assert (refused.failure, refused.detail) == (ProviderFailure.REFUSED, "state_only")


@pytest.mark.attack("ST-03")
@pytest.mark.parametrize("state", [None, "", LOGIN_ID[:-1], LOGIN_ID + "x", LOGIN_ID.upper(), "\ud800"])
async def test_st_03_a_code_with_another_state_is_never_sent_anywhere(state: str | None) -> None:
    far_side = FarSide()

    refused = await refusal(a_callback(state=state), far_side)

    assert (refused.failure, refused.detail) == (ProviderFailure.MALFORMED_CALLBACK, "state")
    assert far_side.requests == []


@pytest.mark.attack("ST-03")
async def test_st_03_a_callback_for_which_nothing_was_kept_is_refused() -> None:
    refused = await refusal(Callback({"code": CODE, "state": ""}, {}, LOGIN_ID, NOW))

    assert refused.detail == "state"


@pytest.mark.parametrize("code", ["", CODE[1:], CODE + "0", CODE.upper(), "../" + CODE[3:], "é" * 32, CODE + "\n"])
async def test_a_code_of_another_shape_is_never_sent_anywhere(code: str) -> None:
    far_side = FarSide()

    refused = await refusal(a_callback(code=code), far_side)

    assert refused.detail == "code_shape"
    assert far_side.requests == []


async def test_a_code_together_with_an_error_is_refused() -> None:
    assert (await refusal(a_callback(error_code="D40000"))).detail == "code_and_error"


async def test_a_code_that_was_used_is_final() -> None:
    far_side = FarSide(refusals={"getToken": ["D40004"]})

    refused = await refusal(a_callback(), far_side)

    assert refused.failure is ProviderFailure.EXPIRED
    assert far_side.count("getToken") == 1


@pytest.mark.parametrize("code", ["D20009", "D20010"])
async def test_a_token_that_is_not_taken_for_the_profile_ends_the_sign_in(code: str) -> None:
    assert (await refusal(a_callback(), FarSide(refusals={"profiles": [code]}))).detail == code


async def test_a_profile_that_is_no_object_is_refused() -> None:
    assert (await refusal(a_callback(), FarSide(profile=["陳小明"]))).detail == "json"


async def test_half_an_answer_is_refused() -> None:
    half = httpx.Response(200, content=b'{"txID":"<T=0>","code":"D000')

    assert (await refusal(a_callback(), FarSide(refusals={"getToken": [half]}))).detail == "json"


async def test_no_code_token_or_secret_shows_in_an_error() -> None:
    far_side = FarSide(token=a_token(openID="no good"))

    try:
        await far_side.provider().finish(a_callback())
    except ProviderError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)

    assert not any(secret in shown for secret in (CODE, SECRET, "c" * 32, "no good"))


async def test_no_callback_or_start_prints_what_it_carries() -> None:
    start = await FarSide().provider().start(a_login())

    assert LOGIN_ID not in repr(start)
    assert CODE not in repr(a_callback())
