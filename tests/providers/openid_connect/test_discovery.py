"""What a provider publishes of itself: for its own issuer, at its own addresses, or not at all."""

import httpx
import pytest

from providers.errors import ProviderError, ProviderFailure
from tests.providers.openid_connect.builders import ISSUER, FarSide, a_login, later

DISCOVERY = "/.well-known/openid-configuration"


async def failure_of(far: FarSide) -> tuple[ProviderFailure, str]:
    with pytest.raises(ProviderError) as caught:
        await far.provider().start(a_login())
    return caught.value.failure, caught.value.detail


@pytest.mark.spec("OpenID Connect Discovery 1.0 §4.3")
@pytest.mark.parametrize("issuer", [f"{ISSUER}/", "https://evil.test", ISSUER.upper(), "", None, [ISSUER]])
async def test_a_document_for_another_issuer_is_refused(issuer) -> None:
    far = FarSide()
    far.offers(issuer=issuer)

    assert await failure_of(far) == (ProviderFailure.MISCONFIGURED, "discovery_issuer")


@pytest.mark.spec("OpenID Connect Discovery 1.0 §4.1")
async def test_an_issuer_with_a_path_and_a_final_slash_has_its_document_below_the_path() -> None:
    far = FarSide(issuer=f"{ISSUER}/realm/")
    with pytest.raises(ProviderError):
        await far.provider().start(a_login())

    assert far.paths() == [f"/realm{DISCOVERY}"]


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_a_document_without_a_needed_endpoint_is_refused(member) -> None:
    far = FarSide()
    far.offers(**{member: None})

    assert await failure_of(far) == (ProviderFailure.BROKEN, f"discovery_{member}")


@pytest.mark.parametrize(
    "address",
    [
        *("http://id.shenzhen.test/token", "http://127.0.0.1/token", "ftp://id.shenzhen.test/", "//id.shenzhen.test/"),
        *("", "token", "https://", "https://user@id.shenzhen.test/", "https://id.shenzhen.test/a b", "https://[::1/"),
        *(
            "https://id.shenzhen.test/#x",
            "https://id.shenzhen.test\\@x/",
            "https://x/\n",
            "https://é/",
            7,
            ["https://x/"],
        ),
        "https://id.shenzhen.test/" + "a" * 3000,
    ],
)
@pytest.mark.parametrize("member", ["token_endpoint", "userinfo_endpoint"])
async def test_an_endpoint_that_is_no_https_address_is_refused(member, address) -> None:
    far = FarSide()
    far.offers(**{member: address})

    assert await failure_of(far) == (ProviderFailure.BROKEN, f"discovery_{member}")


async def test_plain_http_is_for_providers_on_this_machine() -> None:
    far = FarSide(issuer="http://127.0.0.1:9000")
    plain = {name: f"http://127.0.0.1:9000/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    far.offers(issuer="http://127.0.0.1:9000", userinfo_endpoint=None, end_session_endpoint=None, **plain)

    start = await far.provider().start(a_login())

    assert start.url.startswith("http://127.0.0.1:9000/authorization_endpoint?")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("code_challenge_methods_supported", ["plain"]),
        ("code_challenge_methods_supported", "S256"),
        ("response_types_supported", ["id_token"]),
        ("token_endpoint_auth_methods_supported", ["private_key_jwt"]),
    ],
)
async def test_a_provider_that_cannot_do_what_we_need_is_found_out_before_anybody_goes_there(member, value) -> None:
    far = FarSide()
    far.offers(**{member: value})

    assert await failure_of(far) == (ProviderFailure.MISCONFIGURED, f"discovery_{member}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(404, json={}), (ProviderFailure.BROKEN, "discovery_http_404")),
        (httpx.Response(302, headers={"Location": "https://evil.test/"}), (ProviderFailure.BROKEN, "redirect")),
        (httpx.Response(200, text="<html>"), (ProviderFailure.BROKEN, "json")),
        (httpx.Response(200, text='{"issuer": "a", "issuer": "b"}'), (ProviderFailure.BROKEN, "json")),
        (httpx.Response(500), (ProviderFailure.UNREACHABLE, "http_500")),
    ],
)
async def test_an_answer_that_is_no_document_is_refused(answer, expected) -> None:
    far = FarSide()
    far.metadata = answer

    assert await failure_of(far) == expected


async def test_the_document_is_fetched_once_and_again_when_it_is_old() -> None:
    far = FarSide()
    provider = far.provider()
    for _ in range(3):
        await provider.start(a_login())
    far.now = later(3601)

    await provider.start(a_login())

    assert far.paths() == [DISCOVERY] * 2


async def test_an_old_document_serves_while_the_provider_does_not_answer_and_nobody_storms_it() -> None:
    far = FarSide()
    provider = far.provider()
    await provider.start(a_login())
    far.metadata, far.now = httpx.Response(503), later(4000)

    for _ in range(3):
        assert (await provider.start(a_login())).url.startswith(ISSUER)

    assert far.paths() == [DISCOVERY] * 2
