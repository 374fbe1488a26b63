"""Group KM, environments: what a second gateway signs counts for nothing here, whoever's keys it has (KM-06)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.admin import key_home
from gateway.config import Settings
from gateway.examination.ends import of_settings
from tests.asking import AT
from tests.attacks.forgeries import OWN, Material
from tests.attacks.places import PLACES, Place, assertion_material, assertion_offer
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing
from tests.relying_party import Key

SHARED = pytest.mark.asyncio(loop_scope="module")
STAGING: Final = "https://staging.id.example"
HINTS: Final = tuple(place for place in PLACES if place.name.startswith("id_token_hint"))
SERVICE: Final = "gba-service+jwt"


def of_staging(own: Key | None = None) -> Callable[[Material], Mapping[str, str]]:
    """What the other gateway would sign: with our keys, copied, or with keys of its own under names of ours."""

    def forge(good: Material) -> Mapping[str, str]:
        there = Material(good.header, good.claims, own or good.key)
        named = {} if own is None else {"own name": there.token({"kid": own.thumbprint}, {"iss": STAGING})}
        return {
            **named,
            "its issuer": there.token(None, {"iss": STAGING}),
            "its issuer and audience": there.token(None, {"iss": STAGING, "aud": "client-of-staging"}),
            "its issuer with a slash": there.token(None, {"iss": f"{AT.issuer}/"}),
        }

    return forge


@SHARED
@pytest.mark.attack("KM-06")
@pytest.mark.parametrize("place", HINTS, ids=str)
@pytest.mark.parametrize("own", [None, OWN], ids=["copied keys", "own keys"])
async def test_km_06_a_hint_of_another_environment_is_none(stage: Stage, place: Place, own: Key | None) -> None:
    good = await place.material(stage)
    assert await place.offer(stage, good.token()) == place.accepted

    await place.refuses(stage, of_staging(own))


@SHARED
@pytest.mark.attack("KM-06")
@pytest.mark.parametrize("own", [None, OWN], ids=["copied keys", "own keys"])
async def test_km_06_an_access_token_of_another_environment_opens_nothing(stage: Stage, own: Key | None) -> None:
    good = _service_token(stage)
    assert (await _told(stage, good.token()))[2]["active"] is True  # the same with our own name in it counts
    tokens = of_staging(own)(good)

    async with leaves_nothing(stage.world):
        answers = {name: await _told(stage, token) for name, token in tokens.items()}

    assert answers == dict.fromkeys(answers, (401, 401, {"active": False}))


@SHARED
@pytest.mark.attack("KM-06")
@pytest.mark.parametrize("path", ["/token", "/introspect"])
async def test_km_06_an_assertion_that_was_made_for_another_environment_proves_nobody(stage: Stage, path: str) -> None:
    good = await assertion_material(stage)
    audiences = (STAGING, f"{STAGING}{path}", [STAGING, AT.issuer])

    async with leaves_nothing(stage.world):
        found = [await assertion_offer(path)(stage, good.token(None, {"aud": one})) for one in audiences]

    assert found == [(401, "invalid_client")] * len(audiences)


@pytest.mark.attack("KM-06")
def test_km_06_doctor_warns_of_keys_that_are_those_of_another_environment(tmp_path: Path) -> None:
    key_home.mark(tmp_path, "https://id.example.hk")
    here, there = (
        _verdict(Settings(issuer=issuer, keys_dir=tmp_path)) for issuer in ("https://id.example.hk", STAGING)
    )

    assert here == ("fine", "its keys are this gateway's own")
    assert there[0] == "attention"
    assert "those of https://id.example.hk" in there[1]


@pytest.mark.attack("KM-06")
def test_km_06_the_first_gateway_that_uses_keys_is_written_down_and_no_later_one(tmp_path: Path) -> None:
    key_home.mark(tmp_path, "https://id.example.hk")
    key_home.mark(tmp_path, STAGING)

    assert key_home.stranger(tmp_path, "https://id.example.hk") is None
    assert key_home.stranger(tmp_path / "none", STAGING) is None
    assert (tmp_path / key_home.NAME).stat().st_mode & 0o777 == 0o600


def _verdict(settings: Settings) -> tuple[str, str]:
    return next((one.verdict, one.remark) for one in of_settings(settings) if one.check == "key folder")


def _service_token(stage: Stage) -> Material:
    """A self-contained token as ours are, for a client that exists here and there."""
    client_id = stage.party.client.client_id
    claims: dict[str, Any] = {
        "iss": AT.issuer,
        "sub": client_id,
        "aud": AT.issuer,
        "client_id": client_id,
        "scope": "signatures:validate",
        "iat": stage.now,
        "exp": stage.now + 300,
        "jti": f"staging-{next(stage.numbers)}",
    }
    return Material({"alg": "ES256", "kid": stage.hint_key.thumbprint, "typ": SERVICE}, claims, stage.hint_key)


async def _told(stage: Stage, token: str) -> tuple[int, int, dict[str, Any]]:
    """What userinfo says to it, with either scheme, and what introspection says of it."""
    bearer = await stage.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    bound = await stage.get("/userinfo", headers={"authorization": f"DPoP {token}", "DPoP": "x"})
    asked = await stage.party.post("/introspect", {"token": token})
    return bearer.status_code, bound.status_code, asked.json()
