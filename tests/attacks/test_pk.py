"""Group PK: Proof Key for Code Exchange on both sides of the gateway (RFC 7636, RFC 9700 §2.1.1)."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import pytest_asyncio
from sqlalchemy import update

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.names import ClientAuthMethod
from gateway.store.sql import tables
from mock_idps.personas import PERSONAS
from providers.base import LoginRequest
from tests.attacks.authorize_requests import send, told
from tests.attacks.codes import a_code, a_session, error_of, gateway_client
from tests.attacks.watch import WatchedWorld, leaves_nothing, refusals
from tests.world import AT, NOW, Asked, Browser, a_client, asking

SHARED = pytest.mark.asyncio(loop_scope="module")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
STARTS, OVER_HTTP = 1000, 50
MACAO = next(person.id for person in PERSONAS if person.home == "macao" and person.mo_level == 3 and person.permit)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """One client of every kind."""
    key = SigningKey.generate(Algorithm.ES256, NOW)
    await shared_world.register(
        a_client("basic", token_endpoint_auth_method=ClientAuthMethod.BASIC),
        a_client("post", token_endpoint_auth_method=ClientAuthMethod.POST),
        a_client("jwt", token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, jwks={"keys": [key.public_jwk()]}),
    )
    return shared_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(shared_world: WatchedWorld) -> Browser:
    """A person who gets codes without a question."""
    return await a_session(shared_world)


@SHARED
@pytest.mark.attack("PK-01")
@pytest.mark.spec("RFC 9700 §2.1.1")
@pytest.mark.parametrize("client_id", ["shop", "basic", "post", "jwt"])
@pytest.mark.parametrize(
    "without",
    [{"code_challenge": None}, {"code_challenge": ""}, {"code_challenge": None, "code_challenge_method": None}],
)
async def test_pk_01_a_request_without_a_challenge_is_refused_for_every_kind_of_client(
    stage: WatchedWorld, client_id: str, without: dict[str, Any]
) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking(client_id, **without))

    assert told(response)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("PK-02")
@pytest.mark.parametrize("method", ["plain", None, "", "s256", "S512"])
async def test_pk_02_only_s256_is_accepted(stage: WatchedWorld, method: str | None) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking(code_challenge_method=method))

    assert told(response)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("PK-02")
@pytest.mark.parametrize("challenge", ["a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "a" * 42 + "é"])
async def test_pk_02_a_challenge_that_no_s256_gives_is_refused(stage: WatchedWorld, challenge: str) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking(code_challenge=challenge))

    assert told(response)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("PK-02")
async def test_pk_02_discovery_lists_s256_only(stage: WatchedWorld) -> None:
    async with gateway_client(stage) as http:
        discovery = (await http.get("/.well-known/openid-configuration")).json()

    assert discovery["code_challenge_methods_supported"] == ["S256"]


def spoilt(kind: str, asked: Asked) -> str | None:
    """The verifier as an attacker has it."""
    return {
        "left out": None,
        "empty": "",
        "another": "A" * 43,
        "the challenge itself": asked.parameters["code_challenge"],
        "cut short": asked.verifier[:-1],
        "lengthened": asked.verifier + "A",
        "too long": "A" * 129,
        "not ASCII": "é" * 43,
        "padded": asked.verifier + "=",
    }[kind]


@SHARED
@pytest.mark.attack("PK-03")
@pytest.mark.spec("RFC 7636 §4.6")
@pytest.mark.parametrize(
    "kind",
    [
        "left out",
        "empty",
        "another",
        "the challenge itself",
        "cut short",
        "lengthened",
        "too long",
        "not ASCII",
        "padded",
    ],
)
async def test_pk_03_a_code_without_its_verifier_gives_nothing_and_is_spent(
    stage: WatchedWorld, person: Browser, kind: str
) -> None:
    asked, code = await a_code(person)

    async with leaves_nothing(stage, refused=2):
        wrong = await stage.token(asked, code, code_verifier=spoilt(kind, asked))
        right = await stage.token(asked, code)

    assert error_of(wrong) == (400, "invalid_grant")
    assert error_of(right) == (400, "invalid_grant")


@SHARED
@pytest.mark.attack("PK-04")
@pytest.mark.spec("RFC 9700 §4.8.2")
@pytest.mark.parametrize("verifier", ["right", "any", None])
async def test_pk_04_a_code_without_a_stored_challenge_is_worth_nothing(
    stage: WatchedWorld, person: Browser, verifier: str | None
) -> None:
    asked, code = await a_code(person)
    legacy = update(tables.codes).where(tables.codes.c.spent_at.is_(None)).values(code_challenge="")
    await stage.stores.database.run(lambda connection: connection.execute(legacy).rowcount)
    sent = {"right": asked.verifier, "any": "A" * 43, None: None}[verifier]

    async with leaves_nothing(stage, refused=1):
        response = await stage.token(asked, code, code_verifier=sent)

    assert error_of(response) == (400, "invalid_grant")


@SHARED
@pytest.mark.attack("PK-05")
async def test_pk_05_every_start_sends_a_new_challenge_upstream(stage: WatchedWorld) -> None:
    asked, challenges = asking(idp_hint="macao"), set()

    async with gateway_client(stage) as http:
        for _ in range(OVER_HTTP):
            http.cookies.clear()
            response = await http.get(asked.url)
            sent = parse_qs(urlsplit(response.headers["location"]).query)
            assert sent["code_challenge_method"] == ["S256"]
            challenges.update(sent["code_challenge"])

    assert len(challenges) == OVER_HTTP
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge) for challenge in challenges)


@SHARED
@pytest.mark.attack("PK-05")
async def test_pk_05_a_thousand_starts_make_a_thousand_verifiers(stage: WatchedWorld) -> None:
    macao = stage.gateway.inner.state.web.broker.providers["macao"]
    login = LoginRequest("a-login", f"{AT.issuer}/callback/macao", "en")

    starts = [await macao.start(login) for _ in range(STARTS)]

    verifiers = {start.kept["code_verifier"] for start in starts}
    assert len(verifiers) == STARTS
    assert all(VERIFIER.fullmatch(verifier) for verifier in verifiers)
    assert not [start for start in starts if start.kept["code_verifier"] in start.url]


@pytest.mark.attack("PK-05")
async def test_pk_05_the_verifier_fits_its_challenge_and_is_never_logged(
    world: WatchedWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        await world.signed_in("macao", MACAO)

    asked = [parse_qs(r.url.query.decode())["code_challenge"][0] for r in world.net.requests if is_start(str(r.url))]
    verifiers = [v for r in world.net.requests if (v := dict(parse_qsl(r.content.decode())).get("code_verifier", ""))]
    upstream = [v for v in verifiers if hashed(v) in asked]
    assert len(set(upstream)) == len(asked) == 5
    assert all(VERIFIER.fullmatch(verifier) for verifier in upstream)
    assert not [verifier for verifier in upstream if verifier in caplog.text]


def is_start(url: str) -> bool:
    return url.startswith(AT.macao) and "code_challenge=" in url


def hashed(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.attack("PK-05")
async def test_pk_05_a_provider_that_refuses_the_verifier_ends_in_a_page_and_nothing_else(world: WatchedWorld) -> None:
    browser, asked = world.browser(), asking()
    await world.arm("macao", "pkce_wrong")
    page = await browser.to_provider(asked, "macao")

    async with leaves_nothing(world, refused=1):
        page = await browser.prove(page, MACAO)

    assert "problem" in page
    assert browser.caught is None
    assert [event["provider"] for event in await refusals(world)] == ["macao"]
