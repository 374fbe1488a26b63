"""Group DP, what is bound to a key: tokens, codes and pushed requests are worth nothing without it (DP-01, -04, -06)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from gateway.oidc.names import Profile
from tests.asking import AT
from tests.attacks.places import json_verdict
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.relying_party import Key, RelyingParty, encode

SHARED = pytest.mark.asyncio(loop_scope="module")
NO_GRANT: Final = (400, "invalid_grant")
NO_PROOF: Final = (400, "invalid_dpop_proof")


async def shown(stage: Stage, scheme: str, *proofs: str, path: str = "/userinfo", post: bool = False) -> httpx.Response:
    """Show the bound token at a resource."""
    headers = [("authorization", f"{scheme} {stage.access_token}"), *(("DPoP", proof) for proof in proofs)]
    async with stage.world.net.browser() as http:
        if post:
            return await http.post(f"{AT.issuer}{path}", json={"number": "x"}, headers=headers)
        return await http.get(f"{AT.issuer}{path}", headers=headers)


def challenged(answer: httpx.Response) -> tuple[int, str]:
    """Status and error of the challenge, which asks for DPoP."""
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("DPoP ")
    return answer.status_code, challenge.partition('error="')[2].partition('"')[0]


# --------------------------------------------------------------------------------------- downgrades (DP-01)
@SHARED
@pytest.mark.attack("DP-01")
@pytest.mark.spec("RFC 9449 §7.2")
@pytest.mark.parametrize(("path", "post"), [("/userinfo", False), ("/v1/identifiers/verify", True)])
async def test_dp_01_a_bound_token_is_no_bearer_token(stage: Stage, path: str, *, post: bool) -> None:
    method = "POST" if post else "GET"
    proof = stage.party.proof(path, method=method, access_token=stage.access_token)

    alone = await shown(stage, "Bearer", path=path, post=post)
    with_proof = await shown(stage, "Bearer", proof, path=path, post=post)

    assert challenged(alone) == challenged(with_proof) == (401, "invalid_token")


@SHARED
@pytest.mark.attack("DP-01")
@pytest.mark.parametrize(("path", "post"), [("/userinfo", False), ("/v1/identifiers/verify", True)])
async def test_dp_01_without_the_key_the_token_opens_nothing(stage: Stage, path: str, *, post: bool) -> None:
    method = "POST" if post else "GET"
    made: dict[str, Any] = {"method": method, "access_token": stage.access_token}
    thief = Key.make()
    borrowed = stage.party.proof(path, **made, key=thief, header={"jwk": (stage.party.dpop or thief).members})

    async with leaves_nothing(stage.world):
        found = {
            "no proof": challenged(await shown(stage, "DPoP", path=path, post=post)),
            "other key": challenged(
                await shown(stage, "DPoP", stage.party.proof(path, **made, key=thief), path=path, post=post)
            ),
            "key not held": challenged(await shown(stage, "DPoP", borrowed, path=path, post=post)),
            "key of the client": challenged(
                await shown(stage, "DPoP", stage.party.proof(path, **made, key=stage.party.key), path=path, post=post)
            ),
        }

    assert found == {
        "no proof": (401, "invalid_dpop_proof"),
        "other key": (401, "invalid_token"),
        "key not held": (401, "invalid_dpop_proof"),
        "key of the client": (401, "invalid_token"),
    }


@SHARED
@pytest.mark.attack("DP-01")
async def test_dp_01_the_scheme_is_read_as_it_stands_and_never_guessed(stage: Stage) -> None:
    proof = stage.party.proof("/userinfo", method="GET", access_token=stage.access_token)
    schemes = ("Basic", "DPoP,Bearer", "Bearer DPoP", "", "MAC")

    statuses = {scheme: (await shown(stage, scheme, proof)).status_code for scheme in schemes}

    assert set(statuses.values()) <= {400, 401}
    assert (await shown(stage, "dpop", proof)).status_code == 200  # a scheme has no case; the proof is unspent


@pytest.mark.attack("DP-01")
async def test_dp_01_a_client_that_must_prove_gets_no_token_without(world: WatchedWorld) -> None:
    party = await RelyingParty.fapi(world)
    asked = await party.pushed(party.asking())
    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")

    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": asked.redirect_uri}
    without = await party.post("/token", {**form, "code_verifier": asked.verifier}, prove=False)

    assert json_verdict(without) == NO_PROOF


@pytest.mark.attack("DP-01")
async def test_dp_01_a_bearer_token_does_not_become_a_bound_one(world: WatchedWorld) -> None:
    party = await a_plain_party(world, dpop_bound_access_tokens=False)
    party.dpop = None
    tokens = await party.sign_in()

    party.dpop = Key.make()
    answer = await party.userinfo(tokens["access_token"])

    assert (answer.status_code, tokens["token_type"]) == (401, "Bearer")


# ------------------------------------------------------------------------------------------------- ath (DP-04)
@SHARED
@pytest.mark.attack("DP-04")
@pytest.mark.spec("RFC 9449 §7.1")
async def test_dp_04_a_proof_belongs_to_one_access_token(stage: Stage) -> None:
    digest = hashlib.sha256(stage.access_token.encode()).digest()
    right = encode(digest)
    wrong: Mapping[str, Any] = {
        "missing": None,
        "another token's": encode(hashlib.sha256(b"another").digest()),
        "padded": f"{right}=",
        "in hexadecimal": digest.hex(),
        "the token itself": stage.access_token,
        "in ordinary Base64": right.replace("-", "+").replace("_", "/") + "=",
        "left half": encode(digest[:16]),
        "in a list": [right],
        "empty": "",
        "number": 1,
        "true": True,
        "case changed": right.swapcase(),
    }

    async with leaves_nothing(stage.world):
        found = {
            name: challenged(await shown(stage, "DPoP", stage.party.proof("/userinfo", method="GET", ath=ath)))
            for name, ath in wrong.items()
        }

    assert found == dict.fromkeys(wrong, (401, "invalid_dpop_proof"))
    assert (await shown(stage, "DPoP", stage.party.proof("/userinfo", method="GET", ath=right))).status_code == 200


# -------------------------------------------------------------------------------------- codes and pushes (DP-06)
async def a_plain_party(world: WatchedWorld, **changes: Any) -> RelyingParty:
    """A client that signs assertions, without a profile."""
    plain = {"profile": Profile.PLAIN, "require_pushed_authorization_requests": False}
    return await RelyingParty.fapi(world, "web", **(plain | changes))


@pytest.mark.attack("DP-06")
@pytest.mark.spec("RFC 9449 §10")
@pytest.mark.parametrize("way", ["by proof", "by name"])
async def test_dp_06_a_code_is_redeemed_with_its_own_key_only(world: WatchedWorld, way: str) -> None:
    party = await RelyingParty.fapi(world)
    own = party.dpop
    assert own is not None
    asked = party.asking(dpop_jkt=own.thumbprint if way == "by name" else None)
    answer = await party.push(asked, prove=way == "by proof")
    asked.parameters = {"client_id": "fapi", "request_uri": answer.json()["request_uri"]}
    code = (await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming"))["code"]

    party.dpop = Key.make()
    stolen = json_verdict(await party.redeem(asked, code))

    assert stolen == NO_GRANT


@pytest.mark.attack("DP-06")
async def test_dp_06_a_code_of_a_query_is_bound_to_the_key_that_it_named(world: WatchedWorld) -> None:
    party = await a_plain_party(world)
    own = party.dpop
    assert own is not None
    asked = party.asking(dpop_jkt=own.thumbprint)
    code = (await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming"))["code"]

    party.dpop = Key.make()
    stolen = json_verdict(await party.redeem(asked, code))

    assert stolen == NO_GRANT


@pytest.mark.attack("DP-06")
async def test_dp_06_a_push_whose_proof_and_name_differ_is_refused_and_keeps_nothing(world: WatchedWorld) -> None:
    party = await RelyingParty.fapi(world)

    async with leaves_nothing(world):
        answer = await party.push(party.asking(dpop_jkt=Key.make().thumbprint))

    assert json_verdict(answer) in {(400, "invalid_request"), NO_PROOF}


@pytest.mark.attack("DP-06")
@pytest.mark.parametrize("value", ["x", "A" * 42, "A" * 44, "A" * 42 + "=", " " * 43, "é" * 43])
async def test_dp_06_a_name_that_is_no_thumbprint_is_refused(world: WatchedWorld, value: str) -> None:
    party = await RelyingParty.fapi(world)

    answer = await party.push(party.asking(dpop_jkt=value), prove=False)

    assert json_verdict(answer) == (400, "invalid_request")
