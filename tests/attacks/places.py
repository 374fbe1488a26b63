"""Every place where a JWT is taken, each with a token that it would accept and the refusal of one that it must not."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

import httpx

from gateway.oidc.federation.statement import STATEMENT_TYPE, WELL_KNOWN
from gateway.oidc.names import CLIENT_ASSERTION_TYPE
from providers.base import Callback
from providers.errors import ProviderError
from tests.asking import AT, RP
from tests.attacks.forgeries import Material, taken_apart
from tests.attacks.stage import VOUCHING, Stage
from tests.attacks.watch import leaves_nothing
from tests.providers.macao import builders as macao
from tests.providers.openid_connect import builders as upstream
from tests.relying_party import Key

Verdict: TypeAlias = tuple[int, str]
"""Status and the registry's word; 0 where the answer is no HTTP."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place: what it would accept, how a token gets there, and what is said to a good and to a bad one."""

    name: str
    material: Callable[[Stage], Awaitable[Material]]
    offer: Callable[[Stage, str], Awaitable[Verdict]]
    accepted: Verdict
    refused: Verdict
    brings_key: bool = False
    """Whether the token's own key is in its header (RFC 9449 §4.2)."""
    once: bool = False
    """Whether a refusal is remembered, so that each token must be about somebody new."""

    def __str__(self) -> str:
        return self.name

    async def verdicts(self, stage: Stage, forge: Callable[[Material], Mapping[str, str]]) -> dict[str, Verdict]:
        """What is said to each forgery of one good token."""
        tokens, found = forge(await self.material(stage)), {}
        for name, token in tokens.items():
            offered = forge(await self.material(stage))[name] if self.once else token
            found[name] = await self.offer(stage, offered)
        return found

    async def refuses(self, stage: Stage, forge: Callable[[Material], Mapping[str, str]]) -> None:
        """Every forgery is refused in the one way of this place, and nothing of it stays."""
        async with leaves_nothing(stage.world):
            found = await self.verdicts(stage, forge)

        assert found == dict.fromkeys(found, self.refused)


def json_verdict(response: httpx.Response) -> Verdict:
    """What a server is told."""
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return response.status_code, str(response.json().get("error", "")) if is_json else ""


def browser_verdict(response: httpx.Response) -> Verdict:
    """What a relying party is told through a browser."""
    query = parse_qs(urlsplit(response.headers.get("location", "")).query)
    return response.status_code, query.get("error", [""])[0]


# ------------------------------------------------------------------------------------------ client assertions
ENDPOINTS: Final[Mapping[str, tuple[Mapping[str, str], Verdict]]] = {
    "/token": ({"grant_type": "refresh_token", "refresh_token": "r" * 43}, (400, "invalid_grant")),
    "/par": ({}, (201, "")),
    "/revoke": ({"token": "t" * 43}, (200, "")),
    "/introspect": ({"token": "t" * 43}, (200, "")),
    "/device_authorization": ({"scope": "openid"}, (200, "")),
    "/bc-authorize": ({"scope": "openid", "login_hint": "nobody"}, (400, "unknown_user_id")),
}
"""Where servers prove who they are: what else they send, and what they are told once they have."""


async def assertion_material(stage: Stage) -> Material:
    return taken_apart(stage.party.assertion(), stage.party.key)


async def _rsa_assertion_material(stage: Stage) -> Material:
    return taken_apart(stage.rsa_party.assertion(), stage.rsa_party.key)


def assertion_form(token: str) -> dict[str, str]:
    return {"client_assertion_type": CLIENT_ASSERTION_TYPE, "client_assertion": token}


def assertion_offer(path: str) -> Callable[[Stage, str], Awaitable[Verdict]]:
    async def offer(stage: Stage, token: str) -> Verdict:
        more = stage.party.asking().parameters if path == "/par" else ENDPOINTS[path][0]
        form = {name: value for name, value in more.items() if name != "client_id"}
        return json_verdict(await stage.post(path, {**form, **assertion_form(token)}))

    return offer


# -------------------------------------------------------------------------------------------- request objects
async def object_material(stage: Stage) -> Material:
    token = stage.party.request_object(stage.party.asking(), jti=f"object-{next(stage.numbers)}")
    return taken_apart(token, stage.party.key)


async def _object_at_par(stage: Stage, token: str) -> Verdict:
    return json_verdict(await stage.post("/par", {"request": token, **assertion_form(stage.party.assertion())}))


async def _object_at_authorize(stage: Stage, token: str) -> Verdict:
    asked = stage.party.asking()
    beside = {name: asked.parameters[name] for name in ("client_id", "redirect_uri", "state", "scope", "response_type")}
    return browser_verdict(await stage.get("/authorize", {**beside, "request": token}))


async def _counter_material(stage: Stage) -> Material:
    token = stage.party.assertion(iat=stage.now, nbf=stage.now, sub=None, scope="openid", login_hint="nobody")
    return taken_apart(token, stage.party.key)


async def _object_at_counter(stage: Stage, token: str) -> Verdict:
    form = {"request": token, **assertion_form(stage.party.assertion())}
    return json_verdict(await stage.post("/bc-authorize", form))


# ------------------------------------------------------------------------------------------------ DPoP proofs
def _proof_material(path: str, method: str = "POST") -> Callable[[Stage], Awaitable[Material]]:
    async def material(stage: Stage) -> Material:
        access_token = stage.access_token if path == "/userinfo" else None
        key = stage.party.dpop or stage.party.key
        return taken_apart(stage.party.proof(path, method=method, access_token=access_token), key)

    return material


async def _proof_at_token(stage: Stage, token: str) -> Verdict:
    form = {**ENDPOINTS["/token"][0], **assertion_form(stage.party.assertion())}
    return json_verdict(await stage.post("/token", form, DPoP=token))


async def _proof_at_par(stage: Stage, token: str) -> Verdict:
    form = {**stage.party.asking().parameters, **assertion_form(stage.party.assertion())}
    return json_verdict(await stage.post("/par", form, DPoP=token))


async def _proof_at_userinfo(stage: Stage, token: str) -> Verdict:
    headers = {"authorization": f"DPoP {stage.access_token}", "DPoP": token}
    response = await stage.get("/userinfo", headers=headers)
    challenge = response.headers.get("www-authenticate", "")
    return response.status_code, "invalid_dpop_proof" if 'error="invalid_dpop_proof"' in challenge else ""


# ------------------------------------------------------------------------------------------------- id_token_hint
async def _hint_material(stage: Stage) -> Material:
    claims = {
        "iss": AT.issuer,
        "sub": "somebody",
        "aud": stage.party.client.client_id,
        "iat": stage.now,
        "exp": stage.now + 300,
    }
    return Material({"alg": "ES256", "kid": stage.hint_key.thumbprint, "typ": "JWT"}, claims, stage.hint_key)


async def _hint_at_authorize(stage: Stage, token: str) -> Verdict:
    asked = stage.party.asking(id_token_hint=token, prompt="none")
    return browser_verdict(await stage.get("/authorize", asked.parameters))


async def _hint_at_logout(stage: Stage, token: str) -> Verdict:
    return browser_verdict(await stage.get("/logout", {"id_token_hint": token}))


async def _hint_at_counter(stage: Stage, token: str) -> Verdict:
    form = {"scope": "openid", "id_token_hint": token, **assertion_form(stage.party.assertion())}
    return json_verdict(await stage.post("/bc-authorize", form))


# -------------------------------------------------------------------------- software statements, the federation
async def _statement_material(stage: Stage) -> Material:
    claims = {"iss": VOUCHING, "iat": stage.now, "exp": stage.now + 300, "software_id": "ferry"}
    return Material({"alg": "ES256", "kid": stage.house.thumbprint, "typ": "JWT"}, claims, stage.house)


async def _statement_at_register(stage: Stage, token: str) -> Verdict:
    members = {"client_name": "Ferry", "redirect_uris": [f"{RP}/ferry"], "software_statement": token}
    headers = {"authorization": f"Bearer {stage.registration_token}"}
    async with stage.world.net.browser() as http:
        return json_verdict(await http.post(f"{AT.issuer}/register", json=members, headers=headers))


async def _entity_material(stage: Stage) -> Material:
    """A fresh entity each time, enrolled with its region; failures are remembered and looked-up chains are few."""
    stage.world.clock.advance(seconds=3)
    stage.entity = f"{RP}/entity-{next(stage.numbers)}"
    key = stage.party.key
    async with stage.world.net.browser() as http:
        enrolment = {"entity_id": stage.entity, "jwks": key.jwks}
        enrolled = await http.post(f"{AT.trust_anchor}/hong_kong/enrol", json=enrolment)
        assert enrolled.status_code == 201, enrolled.text
    claims = {
        "iss": stage.entity,
        "sub": stage.entity,
        "iat": stage.now,
        "exp": stage.now + 300,
        "jwks": key.jwks,
        "authority_hints": enrolled.json()["authority_hints"],
        "metadata": {
            "openid_relying_party": {
                "client_name": "Ferry",
                "redirect_uris": [f"{stage.entity}/callback"],
                "jwks": key.jwks,
                "client_registration_types": ["automatic"],
            }
        },
    }
    return Material({"alg": "ES256", "kid": key.thumbprint, "typ": STATEMENT_TYPE}, claims, key)


async def _entity_at_token(stage: Stage, token: str) -> Verdict:
    stage.served = {f"{urlsplit(stage.entity).path}{WELL_KNOWN}": token}
    assertion = stage.party.assertion(iss=stage.entity, sub=stage.entity)
    return json_verdict(await stage.post("/token", {**ENDPOINTS["/token"][0], **assertion_form(assertion)}))


# ---------------------------------------------------------------------------------------------- from upstream
async def _upstream_material(stage: Stage) -> Material:
    provider = stage.far_side.provider()
    start = await provider.start(upstream.a_login())
    stage.started = provider, start
    return Material({"alg": "ES256", "kid": "k1"}, upstream.claims_of(start.kept["nonce"]), Key(upstream.ec_key()))


async def _upstream_id_token(stage: Stage, token: str) -> Verdict:
    provider, start = stage.started
    stage.far_side.id_token = lambda _: token
    given = {"code": upstream.CODE, "state": upstream.LOGIN_ID}
    callback = Callback(given, start.kept, upstream.LOGIN_ID, upstream.NOW)
    return await _finished(provider.finish(callback))


async def _macao_material(_: Stage) -> Material:
    return Material({"alg": "ES256", "kid": "2"}, macao.a_profile(), Key(macao.KEY))


async def _macao_profile(_: Stage, token: str) -> Verdict:
    account = macao.Account()
    account.profile = macao.an_envelope(token)
    return await _finished(account.provider().finish(macao.a_callback()))


async def _finished(finishing: Awaitable[object]) -> Verdict:
    try:
        await finishing
    except ProviderError:
        return 0, "refused"
    return 0, ""


_UNKNOWN: Final = (401, "invalid_client")
_NO_PROOF: Final = "invalid_dpop_proof"
PLACES: Final = (
    *(
        Place(f"assertion at {path}", assertion_material, assertion_offer(path), accepted, _UNKNOWN)
        for path, (_, accepted) in ENDPOINTS.items()
    ),
    Place("RSA assertion", _rsa_assertion_material, assertion_offer("/token"), ENDPOINTS["/token"][1], _UNKNOWN),
    Place("request object at /par", object_material, _object_at_par, (201, ""), (400, "invalid_request_object")),
    Place("request object", object_material, _object_at_authorize, (303, ""), (303, "invalid_request_object")),
    Place("CIBA request", _counter_material, _object_at_counter, (400, "unknown_user_id"), (400, "invalid_request")),
    Place(
        "proof at /token", _proof_material("/token"), _proof_at_token, (400, "invalid_grant"), (400, _NO_PROOF), True
    ),
    Place("proof at /par", _proof_material("/par"), _proof_at_par, (201, ""), (400, _NO_PROOF), True),
    Place(
        "proof at /userinfo", _proof_material("/userinfo", "GET"), _proof_at_userinfo, (200, ""), (401, _NO_PROOF), True
    ),
    Place("id_token_hint", _hint_material, _hint_at_authorize, (303, "login_required"), (303, "invalid_request")),
    Place("id_token_hint at /logout", _hint_material, _hint_at_logout, (200, ""), (400, "")),
    Place(
        "id_token_hint at /bc-authorize",
        _hint_material,
        _hint_at_counter,
        (400, "unknown_user_id"),
        (400, "invalid_request"),
    ),
    Place(
        "software statement",
        _statement_material,
        _statement_at_register,
        (201, ""),
        (400, "invalid_software_statement"),
    ),
    Place(
        "entity configuration", _entity_material, _entity_at_token, (400, "unauthorized_client"), _UNKNOWN, once=True
    ),
    Place("upstream ID token", _upstream_material, _upstream_id_token, (0, ""), (0, "refused")),
    Place("profile of Macao", _macao_material, _macao_profile, (0, ""), (0, "refused")),
)
"""All of them; a token of another kind than is meant (access tokens, logout tokens) is played in group CD."""
