"""Group CA, client assertions: for us, now, by the client that they name, and by nothing else (CA-08 to CA-11)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import base64
from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from gateway.oidc.client_assertion import ASSERTION_LIFETIME
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ClientAuthMethod
from tests.asking import AT
from tests.attacks.forgeries import taken_apart
from tests.attacks.places import ENDPOINTS, assertion_form, assertion_offer, json_verdict
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing, refusals
from tests.world import a_client

SHARED = pytest.mark.asyncio(loop_scope="module")
PATHS: Final = tuple(ENDPOINTS)
REFUSED: Final = (401, "invalid_client")
SKEW: Final = 60
LONGEST: Final = int(ASSERTION_LIFETIME.total_seconds())


# ------------------------------------------------------------------------- audience, time, names (CA-08 to CA-10)
AUDIENCES: Final[Mapping[str, Any]] = {
    **{path: f"{AT.issuer}{path}" for path in PATHS},
    "array of the issuer": [AT.issuer],
    "array": [AT.issuer, f"{AT.issuer}/token"],
    "issuer and another": [AT.issuer, "https://other.example"],
    "text of two": f"{AT.issuer} https://other.example",
    "slash": f"{AT.issuer}/",
    "upper case": AT.issuer.upper(),
    "https": AT.issuer.replace("http://", "https://"),
    "another issuer": AT.macao,
    "missing": None,
    "empty": "",
    "empty array": [],
    "object": {"iss": AT.issuer},
    "number": 1,
    "true": True,
    "userinfo trick": AT.issuer.replace("://", "://x@"),
}


@SHARED
@pytest.mark.attack("CA-08")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_08_only_the_issuer_as_one_string_is_an_audience(stage: Stage, path: str) -> None:
    offer = assertion_offer(path)

    async with leaves_nothing(stage.world):
        found = {name: await offer(stage, stage.party.assertion(aud=aud)) for name, aud in AUDIENCES.items()}

    assert found == dict.fromkeys(AUDIENCES, REFUSED)


def refused_times(now: int) -> dict[str, dict[str, Any]]:
    """Claims about time that must not pass."""
    return {
        "no exp": {"exp": None},
        "five minutes past": {"exp": now - 300, "iat": now - 360},
        "just past the leeway": {"exp": now - SKEW, "iat": now - 120},
        "a day ahead": {"exp": now + 86_400},
        "just past the longest": {"exp": now + LONGEST + SKEW + 1},
        "nbf 61 s ahead": {"nbf": now + SKEW + 1},
        "iat 10 min ahead": {"iat": now + 600, "exp": now + LONGEST},
        "exp as text": {"exp": str(now + 60)},
        "exp 1e30": {"exp": 1e30},
        "exp negative": {"exp": -1},
        "exp true": {"exp": True},
        "exp in a list": {"exp": [now + 60]},
        "exp in milliseconds": {"exp": (now + 60) * 1_000},
        "nbf as text": {"nbf": str(now)},
        "nbf 1e30": {"nbf": 1e30},
        "iat negative": {"iat": -1},
        "iat as text": {"iat": "now"},
        "exp of 400 digits": {"exp": 10**400},
    }


def accepted_times(now: int) -> dict[str, dict[str, Any]]:
    """Claims about time that clocks which differ a little make."""
    return {
        "nbf 8 s ahead": {"nbf": now + 8},
        "iat 8 s ahead": {"iat": now + 8},
        "nbf at the leeway": {"nbf": now + SKEW},
        "exp within the leeway": {"exp": now - SKEW + 1, "iat": now - 120},
        "the longest": {"exp": now + LONGEST},
        "no iat": {"iat": None},
        "fraction": {"exp": now + 59.5},
    }


@SHARED
@pytest.mark.attack("CA-09")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_09_an_assertion_outside_its_time_is_refused(stage: Stage, path: str) -> None:
    offer, cases = assertion_offer(path), refused_times(stage.now)

    async with leaves_nothing(stage.world):
        found = {name: await offer(stage, stage.party.assertion(**times)) for name, times in cases.items()}

    assert found == dict.fromkeys(cases, REFUSED)


@SHARED
@pytest.mark.attack("CA-09")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_09_a_clock_that_differs_a_little_is_accepted(stage: Stage, path: str) -> None:
    offer, cases = assertion_offer(path), accepted_times(stage.now)

    found = {name: await offer(stage, stage.party.assertion(**times)) for name, times in cases.items()}

    assert found == dict.fromkeys(cases, ENDPOINTS[path][1])


def names(stage: Stage) -> dict[str, tuple[dict[str, Any], str | None]]:
    """Claims and the ``client_id`` beside them, which do not all name the one client."""
    other = stage.rsa_party.client.client_id
    return {
        "no iss": ({"iss": None}, None),
        "no sub": ({"sub": None}, None),
        "neither": ({"iss": None, "sub": None}, "signer"),
        "other iss": ({"iss": other}, None),
        "other sub": ({"sub": other}, None),
        "both other": ({"iss": other, "sub": other}, None),
        "both other, ours beside": ({"iss": other, "sub": other}, "signer"),
        "other beside": ({}, other),
        "unknown": ({"iss": "nobody", "sub": "nobody"}, None),
        "unknown beside": ({}, "nobody"),
        "upper case": ({"iss": "SIGNER", "sub": "SIGNER"}, None),
        "blank behind": ({"iss": "signer ", "sub": "signer "}, None),
        "array": ({"iss": ["signer"], "sub": ["signer"]}, None),
        "array as sub": ({"sub": ["signer"]}, "signer"),
        "number": ({"sub": 1}, "signer"),
        "the gateway's own name": ({"iss": AT.issuer, "sub": "signer"}, "signer"),
        "without a name of its own": ({"jti": None}, None),
    }


@SHARED
@pytest.mark.attack("CA-10")
@pytest.mark.spec("RFC 7523 §3")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_10_all_names_are_those_of_one_client(stage: Stage, path: str) -> None:
    found = {}
    async with leaves_nothing(stage.world):
        for name, (claims, beside) in names(stage).items():
            form = {**ENDPOINTS[path][0], **assertion_form(stage.party.assertion(**claims))}
            sent = form if beside is None else {**form, "client_id": beside}
            found[name] = json_verdict(await stage.post(path, sent))

    assert found == dict.fromkeys(found, REFUSED)


# --------------------------------------------------------------------------------------- one method only (CA-11)
def basic(client_id: str = "signer", secret: str = "secret") -> dict[str, str]:
    """A Basic header."""
    return {"authorization": f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


@SHARED
@pytest.mark.attack("CA-11")
@pytest.mark.spec("RFC 6749 §2.3")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_11_two_methods_at_once_are_refused_and_spend_nothing(stage: Stage, path: str) -> None:
    token = stage.party.assertion()
    form = {**ENDPOINTS[path][0], **assertion_form(token)}
    sent: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "Basic and assertion": (form, basic()),
        "secret and assertion": ({**form, "client_secret": "secret"}, {}),
        "all three": ({**form, "client_secret": "secret"}, basic()),
        "Basic and secret": ({**ENDPOINTS[path][0], "client_id": "signer", "client_secret": "x"}, basic()),
        "Basic and only the type": ({"client_assertion_type": CLIENT_ASSERTION_TYPE}, basic()),
        "secret and only the assertion": ({"client_id": "signer", "client_secret": "x", "client_assertion": token}, {}),
        "DPoP as credentials": (form, {"authorization": f"DPoP {token}"}),
        "Bearer as credentials": (form, {"authorization": f"Bearer {token}"}),
    }

    async with leaves_nothing(stage.world):
        found = {name: json_verdict(await stage.post(path, body, **more)) for name, (body, more) in sent.items()}

    assert found == dict.fromkeys(sent, (400, "invalid_request"))
    assert await assertion_offer(path)(stage, token) == ENDPOINTS[path][1]


@SHARED
@pytest.mark.attack("CA-11")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_11_a_client_that_signs_never_falls_back_to_less(stage: Stage, path: str) -> None:
    token, more = stage.party.assertion(), {"scope": "openid", **ENDPOINTS[path][0]}
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    sent: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "name only": ({"client_id": "signer"}, {}),
        "Basic": ({}, basic()),
        "Basic without a secret": ({}, basic(secret="")),
        "secret": ({"client_id": "signer", "client_secret": "secret"}, {}),
        "empty secret": ({"client_id": "signer", "client_secret": ""}, {}),
        "assertion as secret": ({"client_id": "signer", "client_secret": token}, {}),
        "assertion without a type": ({"client_assertion": token}, {}),
        "assertion with an empty type": ({"client_assertion": token, "client_assertion_type": ""}, {}),
        "assertion of another type": ({"client_assertion": token, "client_assertion_type": saml}, {}),
        "type in upper case": (
            {"client_assertion": token, "client_assertion_type": CLIENT_ASSERTION_TYPE.upper()},
            {},
        ),
        "type without an assertion": ({"client_id": "signer", "client_assertion_type": CLIENT_ASSERTION_TYPE}, {}),
        "DPoP as the only credentials": ({"client_id": "signer"}, {"authorization": f"DPoP {token}"}),
        "nothing": ({}, {}),
    }

    async with leaves_nothing(stage.world):
        found = {
            name: json_verdict(await stage.post(path, {**more, **body}, **headers))
            for name, (body, headers) in sent.items()
        }

    assert found == dict.fromkeys(sent, REFUSED)


@SHARED
@pytest.mark.attack("CA-11")
@pytest.mark.parametrize("method", [ClientAuthMethod.NONE, ClientAuthMethod.BASIC, ClientAuthMethod.POST])
async def test_ca_11_a_client_of_another_method_cannot_use_an_assertion(stage: Stage, method: ClientAuthMethod) -> None:
    client_id = f"by-{method.value.replace('_', '-')}"
    key = stage.party.key
    await stage.world.register(a_client(client_id, token_endpoint_auth_method=method, jwks=key.jwks))
    token = taken_apart(stage.party.assertion(iss=client_id, sub=client_id), key).token()

    verdict = json_verdict(await stage.post("/introspect", {"token": "t" * 43, **assertion_form(token)}))

    assert verdict == REFUSED


@SHARED
@pytest.mark.attack("CA-10", "CA-18")
async def test_ca_10_a_refusal_names_no_client_on_record_and_quotes_nothing(stage: Stage) -> None:
    token = stage.party.assertion(sub="somebody-else")
    before = len(await refusals(stage.world))

    answer: httpx.Response = await stage.post("/token", {**ENDPOINTS["/token"][0], **assertion_form(token)})

    (event,) = (await refusals(stage.world))[before:]
    assert token not in str(event)
    assert token not in answer.text
    assert "somebody-else" not in answer.text
