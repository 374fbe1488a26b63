"""Group CD, tokens: how strong they are, what is kept of them, and that none passes for another (RFC 8725 §3.11)."""

import base64
import json
import re
from collections import Counter
from itertools import pairwise
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from certs.keys import jose
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ClientAuthMethod
from gateway.oidc.ports import StoreUnavailableError
from gateway.oidc.random_values import digest, new_value
from gateway.store.sql import tables
from gateway.store.sql.tokens import SqlTokens
from mock_idps.personas import PERSONAS, find
from tests.attacks.codes import STUDENT, a_code, a_session, error_of, gateway_client
from tests.attacks.watch import WatchedWorld, leaves_nothing, personal_canaries, secret_canaries
from tests.world import AT, NOW, SHOP, Browser, a_client

SHARED = pytest.mark.asyncio(loop_scope="module")
VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
SAMPLES = 10_000
CLIENT_KEY = SigningKey.generate(Algorithm.ES256, NOW)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """With a client that signs assertions."""
    keys = {"keys": [CLIENT_KEY.public_jwk()]}
    await shared_world.register(a_client("jwt", token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, jwks=keys))
    return shared_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(shared_world: WatchedWorld) -> Browser:
    """A person who gets codes without a question."""
    return await a_session(shared_world)


@pytest.mark.attack("CD-06")
def test_cd_06_values_have_256_bits_without_pattern_or_order() -> None:
    values = [new_value() for _ in range(SAMPLES)]

    raw = [base64.urlsafe_b64decode(value + "=") for value in values]
    assert all(VALUE.fullmatch(value) for value in values)
    assert len(set(values)) == SAMPLES
    assert {len(value) for value in raw} == {32}
    ones = Counter(bit for value in raw for bit in range(256) if value[bit // 8] >> (bit % 8) & 1)
    # Nine standard deviations of 10,000 fair coins: a fixed or biased bit is far outside, chance never is.
    assert all(abs(ones[bit] - SAMPLES / 2) < 450 for bit in range(256))
    rising = sum(one < two for one, two in pairwise(raw))
    assert abs(rising - SAMPLES / 2) < 450


@SHARED
@pytest.mark.attack("CD-06")
async def test_cd_06_codes_and_access_tokens_are_such_values(stage: WatchedWorld, person: Browser) -> None:
    codes, tokens = set(), set()

    for _ in range(10):
        asked, code = await a_code(person)
        codes.add(code)
        tokens.add((await stage.token(asked, code)).json()["access_token"])

    assert len(codes | tokens) == 20
    assert all(VALUE.fullmatch(value) for value in codes | tokens)


@pytest.mark.attack("CD-06")
async def test_cd_06_the_database_holds_no_usable_value_and_nothing_of_the_person(world: WatchedWorld) -> None:
    browser = await a_session(world)
    asked, code = await a_code(browser)
    tokens = (await world.token(asked, code)).json()
    _, unspent = await a_code(browser)

    dump = b"".join(path.read_bytes() for path in sorted(world.folder.glob("gateway.sqlite3*")))

    assert digest(unspent) in dump
    assert digest(tokens["access_token"]) in dump
    personal = {value.encode() for value in personal_canaries()}
    kept = {value.encode() for value in secret_canaries(world)}
    assert {unspent.encode(), tokens["id_token"].encode()} <= kept
    assert not [value for value in personal | kept if value in dump]


async def redeemed(stage: WatchedWorld, person: Browser) -> dict[str, str]:
    """Every kind of token and look-alike there is, by name."""
    asked, code = await a_code(person)
    tokens: dict[str, str] = (await stage.token(asked, code)).json()
    _, unspent = await a_code(person)
    own = stage.gateway.inner.state.web.op.keys.active("ES256")
    claims = await stage.claims(asked, tokens)
    cookie = person.http.cookies.get("gate_session")
    assert cookie is not None
    return {
        "access token": tokens["access_token"],
        "ID token": tokens["id_token"],
        "code": unspent,
        "client assertion": assertion(),
        "logout token": jose.sign(claims, own, typ="logout+jwt"),
        "access token as JWT": jose.sign(claims, own, typ="at+jwt"),
        "DPoP proof": jose.sign(
            {"htm": "POST", "htu": f"{AT.issuer}/token", **assertion_claims()}, CLIENT_KEY, typ="dpop+jwt"
        ),
        "ID token of a stranger": jose.sign(claims, CLIENT_KEY, typ="JWT"),
        "session cookie": cookie,
    }


def assertion_claims() -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {"iss": "jwt", "sub": "jwt", "aud": AT.issuer, "iat": now, "exp": now + 60, "jti": new_value()}


def assertion() -> str:
    return jose.sign(assertion_claims(), CLIENT_KEY, typ="JWT")


KINDS = [
    "access token",
    "ID token",
    "code",
    "client assertion",
    "logout token",
    "access token as JWT",
    "DPoP proof",
    "ID token of a stranger",
    "session cookie",
]


@SHARED
@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "access token"])
async def test_cd_07_userinfo_takes_access_tokens_only(stage: WatchedWorld, person: Browser, kind: str) -> None:
    token = (await redeemed(stage, person))[kind]

    async with leaves_nothing(stage):
        response = await stage.userinfo(token)

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


@SHARED
@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "code"])
async def test_cd_07_nothing_but_a_code_is_redeemed(stage: WatchedWorld, person: Browser, kind: str) -> None:
    token = (await redeemed(stage, person))[kind]
    asked, _ = await a_code(person)

    async with leaves_nothing(stage, refused=1):
        response = await stage.token(asked, token)

    assert error_of(response) == (400, "invalid_grant")


@SHARED
@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "client assertion"])
async def test_cd_07_nothing_but_an_assertion_authenticates_a_client(
    stage: WatchedWorld, person: Browser, kind: str
) -> None:
    token = (await redeemed(stage, person))[kind]
    asked, code = await a_code(person)

    async with leaves_nothing(stage, refused=1):
        response = await stage.token(
            asked, code, client_id=None, client_assertion=token, client_assertion_type=CLIENT_ASSERTION_TYPE
        )

    assert error_of(response) == (401, "invalid_client")


@SHARED
@pytest.mark.attack("CD-07")
async def test_cd_07_a_good_assertion_authenticates_its_client(stage: WatchedWorld) -> None:
    asked, code = await a_code(await a_session(stage, "jwt"), "jwt")

    response = await stage.token(
        asked, code, client_id=None, client_assertion=assertion(), client_assertion_type=CLIENT_ASSERTION_TYPE
    )

    assert response.status_code == 200


@SHARED
@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ID token"])
async def test_cd_07_nothing_but_an_id_token_of_ours_is_a_hint(stage: WatchedWorld, person: Browser, kind: str) -> None:
    token = (await redeemed(stage, person))[kind]

    async with leaves_nothing(stage, refused=1):
        page = await person.open(
            f"{AT.issuer}/logout?id_token_hint={token}&post_logout_redirect_uri={SHOP}/shop/bye&client_id=shop"
        )

    assert person.last.status_code == 400
    assert person.caught is None
    assert "problem" in page


@SHARED
@pytest.mark.attack("CD-07")
async def test_cd_07_a_bearer_token_is_no_dpop_token_and_strangers_cannot_ask_about_it(
    stage: WatchedWorld, person: Browser
) -> None:
    token = (await redeemed(stage, person))["access token"]

    async with gateway_client(stage) as http:
        dpop = await http.get("/userinfo", headers={"authorization": f"DPoP {token}", "dpop": "x"})
        anonymous = await http.post("/introspect", data={"token": token})
        by_name = await http.post("/introspect", data={"token": token, "client_id": "shop"})

    assert dpop.status_code == 401
    assert [anonymous.status_code, by_name.status_code] == [401, 401]


def assert_plain_json(response: httpx.Response) -> None:
    """JSON that nobody keeps."""
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


@SHARED
@pytest.mark.attack("CD-08")
@pytest.mark.spec("RFC 6749 §5.1")
async def test_cd_08_a_good_answer_is_json_that_nobody_keeps(stage: WatchedWorld, person: Browser) -> None:
    response = await stage.token(*await a_code(person))

    assert_plain_json(response)
    assert set(response.json()) == {"access_token", "token_type", "expires_in", "id_token", "scope"}


BAD_REQUESTS = {
    "no grant_type": ({"client_id": "shop"}, FORM, 400, "invalid_request"),
    "no client": ({"grant_type": "authorization_code"}, FORM, 401, "invalid_client"),
    "unknown client": ({"client_id": "x' OR 1=1--", "grant_type": "authorization_code"}, FORM, 401, "invalid_client"),
    "no code": ({"client_id": "shop", "grant_type": "authorization_code"}, FORM, 400, "invalid_request"),
    "unknown code": (
        {"client_id": "shop", "grant_type": "authorization_code", "code": "<x>"},
        FORM,
        400,
        "invalid_grant",
    ),
    "unknown grant": ({"client_id": "shop", "grant_type": "<script>"}, FORM, 400, "unsupported_grant_type"),
    "not a form": ({"client_id": "shop"}, {"content-type": "text/plain"}, 415, "invalid_request"),
}


@SHARED
@pytest.mark.attack("CD-08")
@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.parametrize("case", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
async def test_cd_08_a_refusal_is_json_that_quotes_nothing(stage: WatchedWorld, case: tuple[Any, ...]) -> None:
    sent, headers, status, error = case

    async with leaves_nothing(stage), gateway_client(stage) as http:
        response = await http.post("/token", content=str(httpx.QueryParams(sent)), headers=headers)

    assert error_of(response) == (status, error)
    assert_plain_json(response)
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert not [value for value in sent.values() if value in response.json()["error_description"]]
    assert not set("<>\"'\\") & set(response.json()["error_description"])


@pytest.mark.attack("CD-08")
async def test_cd_08_a_store_that_is_down_is_a_clean_503_and_the_code_lives(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, code = await a_code(await a_session(world))

    async def down(*_: object) -> None:
        raise StoreUnavailableError("SELECT secret FROM codes")

    with monkeypatch.context() as patched:
        patched.setattr(SqlTokens, "redeem", down)
        refused = await world.token(asked, code)

    assert error_of(refused) == (503, "temporarily_unavailable")
    assert refused.headers["retry-after"].isdigit()
    assert (await world.token(asked, code)).status_code == 200


@SHARED
@pytest.mark.attack("CD-08")
async def test_cd_08_a_refusal_names_no_person_and_no_row(stage: WatchedWorld, person: Browser) -> None:
    asked, code = await a_code(person)
    subjects = await stage.stores.database.read(
        lambda connection: connection.execute(select(tables.subjects.c.id)).scalars().all()
    )

    refused = (await stage.token(asked, code, code_verifier="A" * 43)).text

    student = find(PERSONAS, STUDENT)
    assert student is not None
    inside = [*subjects, student.permit, student.name_han, student.hkid, code, json.dumps(asked.nonce)]
    assert not [value for value in inside if value and value in refused]
