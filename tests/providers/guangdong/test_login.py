"""The sign-in with the province's platform, call by call, against hand-made answers."""

import logging
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from providers.base import Assurance, Callback, LoginRequest
from providers.errors import ProviderError, ProviderFailure
from providers.guangdong import build
from tests.providers.guangdong.builders import (
    ACCESS_TOKEN,
    BASE,
    CODE,
    LOGIN_ID,
    NOW,
    PLATFORM,
    REDIRECT_URI,
    SECRET,
    SUBJECT,
    Province,
    a_callback,
    a_wrapper,
)

BUSY = {"errcode": "-1", "errmsg": "busy"}


def a_login(**changes: object) -> LoginRequest:
    url = REDIRECT_URI.removesuffix(f"/{LOGIN_ID}")
    return LoginRequest(**{"login_id": LOGIN_ID, "callback_url": url, "language": "zh-Hans-CN", **changes})


@pytest.mark.attack("ST-02")
async def test_st_02_a_sign_in_starts_with_its_id_in_the_path_of_the_callback_and_without_any_call() -> None:
    province = Province()

    start = await province.provider().start(a_login())

    assert start.url.startswith(f"{BASE}/tif/sso/connect/page/oauth2/authorize?")
    assert dict(parse_qsl(urlsplit(start.url).query, strict_parsing=True)) == {
        "service": "initService",
        "response_type": "code",
        "client_id": "gateway-1",
        "scope": "all",
        "redirect_uri": REDIRECT_URI,
    }
    assert start.kept == {"redirect_uri": REDIRECT_URI}
    assert province.asked == []


async def test_a_fresh_proof_is_asked_for_by_way_of_the_logout() -> None:
    plain = await Province().provider().start(a_login())

    fresh = await Province().provider().start(a_login(fresh=True))

    assert fresh.url.startswith(f"{BASE}/_tif_sso_logout_/?")
    assert dict(parse_qsl(urlsplit(fresh.url).query)) == {"redirect_uri": plain.url}


async def test_a_sign_in_for_an_organisation_goes_past_the_platforms_session_to_its_tabs() -> None:
    plain = await Province().provider().start(a_login())

    start = await Province().provider().start(a_login(organisation=True))

    assert start.url.startswith(f"{BASE}/_tif_sso_logout_/?")
    assert dict(parse_qsl(urlsplit(start.url).query)) == {"redirect_uri": plain.url}


@pytest.mark.parametrize("login_id", ["", "two/segments", "a b", "x" * 65, "..", "id?x=1"])
async def test_a_login_id_that_is_no_path_segment_is_a_fault_of_ours(login_id: str) -> None:
    with pytest.raises(ValueError, match="path segment"):
        await Province().provider().start(a_login(login_id=login_id))


async def test_a_sign_in_ends_with_the_person_after_two_calls() -> None:
    province = Province()

    identity = await province.provider().finish(a_callback())

    assert identity.subject == SUBJECT
    assert province.endpoints() == ["access_token", "tokeninfo"]
    assert dict(province.asked[0].url.params) == {
        "client_id": "gateway-1",
        "client_secret": SECRET,
        "code": CODE,
        "scope": "all",
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT_URI,
    }
    assert dict(province.asked[1].url.params) == {"access_token": ACCESS_TOKEN}


@pytest.mark.attack("GD-08")
async def test_gd_08_a_busy_node_is_asked_once_more() -> None:
    province = Province(tokeninfo=[BUSY, a_wrapper()])

    identity = await province.provider().finish(a_callback())

    assert identity.subject == SUBJECT
    assert province.endpoints() == ["access_token", "tokeninfo", "tokeninfo"]


@pytest.mark.attack("GD-08")
async def test_gd_08_a_node_that_stays_busy_is_not_asked_a_third_time() -> None:
    province = Province(tokeninfo=BUSY)

    with pytest.raises(ProviderError) as refused:
        await province.provider().finish(a_callback())

    assert refused.value.failure is ProviderFailure.UNREACHABLE
    assert province.endpoints().count("tokeninfo") == 2


@pytest.mark.parametrize("answer", [{"errcode": "42001"}, {"errcode": "45009"}, httpx.Response(502)])
@pytest.mark.attack("GD-08")
async def test_gd_08_nothing_else_is_asked_again(answer: object) -> None:
    province = Province(tokeninfo=answer)

    with pytest.raises(ProviderError):
        await province.provider().finish(a_callback())

    assert province.endpoints() == ["access_token", "tokeninfo"]


async def test_a_code_is_never_spent_twice_by_us() -> None:
    province = Province(access_token=BUSY)

    with pytest.raises(ProviderError):
        await province.provider().finish(a_callback())

    assert province.endpoints() == ["access_token"]


@pytest.mark.parametrize("kept", [{}, {"redirect_uri": REDIRECT_URI.replace(LOGIN_ID, "another-login")}])
@pytest.mark.attack("ST-02")
async def test_st_02_a_callback_that_does_not_fit_what_was_kept_makes_no_call(kept: dict[str, str]) -> None:
    province = Province()

    with pytest.raises(ProviderError) as refused:
        await province.provider().finish(Callback({"code": CODE}, kept, LOGIN_ID, NOW))

    assert refused.value.detail == "kept"
    assert province.asked == []


@pytest.mark.parametrize("answer", [httpx.Response(500), {"errcode": "40029"}, httpx.Response(302), b"no json"])
@pytest.mark.attack("GD-07")
async def test_gd_07_no_log_and_no_error_shows_secret_code_or_token(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    last = httpx.Response(200, content=answer) if isinstance(answer, bytes) else answer
    province = Province(tokeninfo=last)

    with pytest.raises(ProviderError) as refused:
        await province.provider().finish(a_callback())

    shown = caplog.text + str(refused.value) + repr(refused.value)
    assert not any(secret in shown for secret in (SECRET, "sandbox-secret", CODE, ACCESS_TOKEN, "client_secret"))


@pytest.mark.attack("GD-07")
async def test_gd_07_a_dead_connection_shows_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    province = Province()

    async def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    province.calls._transport = httpx.MockTransport(dead)
    with pytest.raises(ProviderError) as refused:
        await province.provider().finish(a_callback())

    assert refused.value.detail == "transport"
    assert refused.value.__suppress_context__
    assert "client_secret" not in caplog.text + str(refused.value)


def test_the_provider_says_what_it_can() -> None:
    block = {
        "base_url": BASE,
        "client_id": "gateway-1",
        "client_secret": SECRET,
        "platform_public_keys": [PLATFORM.public_key.to_hex()],
        "mode": "v2",
    }
    provider = build(block, Province().calls, lambda: NOW)

    assert (provider.name, provider.keeps_state) == ("guangdong", False)
    assert provider.highest_assurance is Assurance.FOUR
    away = provider.sign_out_url("https://gateway.test/signed-out?lang=en")
    assert away == f"{BASE}/_tif_sso_logout_/?redirect_uri=https%3A%2F%2Fgateway.test%2Fsigned-out%3Flang%3Den"
