"""Group CA, signatures that are none: at every place that takes a JWT, however it is spelt (CA-01, CA-02, CA-03)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.admin import keyring
from gateway.app import create_app
from gateway.config import ConfigurationError, load
from gateway.oidc.names import ClientAuthMethod
from tests.asking import AT, RP
from tests.attacks.forgeries import symmetric, taken_apart, unsigned, weak_secrets
from tests.attacks.places import PLACES, Place, assertion_form, json_verdict
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.world import a_client

SECRETS: Final[dict[str, Any]] = {
    "empty": {"kty": "oct", "kid": "k", "k": ""},
    "eight bytes": {"kty": "oct", "kid": "k", "k": "OCBieXRlcyE"},
    "32 bytes": {"kty": "oct", "kid": "k", "k": "A" * 43},
    "without k": {"kty": "oct", "kid": "k"},
}
pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERYWHERE = pytest.mark.parametrize("place", PLACES, ids=str)


@EVERYWHERE
@pytest.mark.attack("CA-01")
async def test_ca_01_the_untouched_token_is_taken_at_each_place(stage: Stage, place: Place) -> None:
    material = await place.material(stage)

    verdict = await place.offer(stage, material.token())

    assert verdict == place.accepted


@EVERYWHERE
@pytest.mark.attack("CA-01")
async def test_ca_01_a_token_without_a_signature_is_refused(stage: Stage, place: Place) -> None:
    await place.refuses(stage, unsigned)


@EVERYWHERE
@pytest.mark.attack("CA-02")
async def test_ca_02_a_public_key_is_no_secret(stage: Stage, place: Place) -> None:
    await place.refuses(stage, symmetric)


@EVERYWHERE
@pytest.mark.attack("CA-03")
async def test_ca_03_an_empty_or_short_secret_signs_nothing(stage: Stage, place: Place) -> None:
    await place.refuses(stage, weak_secrets)


@pytest.mark.attack("CA-03")
@pytest.mark.parametrize("name", SECRETS)
async def test_ca_03_a_secret_among_public_keys_is_neither_registered_nor_used(stage: Stage, name: str) -> None:
    keys = {"keys": [SECRETS[name], stage.party.key.jwk]}
    client_id = f"secret-{next(stage.numbers)}"
    stage.served[f"/{client_id}"] = json.dumps(keys)
    method = ClientAuthMethod.PRIVATE_KEY_JWT
    await stage.world.register(a_client(client_id, token_endpoint_auth_method=method, jwks_uri=f"{RP}/{client_id}"))
    material = taken_apart(stage.party.assertion(iss=client_id, sub=client_id), stage.party.key)
    members = {"client_name": "Ferry", "redirect_uris": [f"{RP}/ferry"], "jwks": keys}

    async with stage.world.net.browser() as http:
        headers = {"authorization": f"Bearer {stage.registration_token}"}
        registered = await http.post(f"{AT.issuer}/register", json=members, headers=headers)
    used = [
        await stage.post("/introspect", {"token": "t" * 43, **assertion_form(token)})
        for token in (material.hmac("HS256", b"", {"kid": "k"}), material.hmac("HS256", b"8 bytes!"), material.token())
    ]

    assert json_verdict(registered) == (400, "invalid_client_metadata")
    assert [json_verdict(answer) for answer in used] == [(401, "invalid_client")] * 3


@pytest.mark.attack("CA-03")
@pytest.mark.parametrize("content", ["", "00" * 8, "00" * 31, "not hexadecimal"])
@pytest.mark.parametrize("name", ["client-secrets", "pairwise", "forms", "sealing"])
async def test_ca_03_the_gateway_does_not_start_with_a_short_key_of_its_own(
    stage: Stage, tmp_path: Path, name: str, content: str
) -> None:
    folder = tmp_path / "keys"
    keyring.create(folder, stage.world.clock())
    (folder / f"{name}.key").write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError):
        keyring.load(folder)


@pytest.mark.attack("CA-03")
@pytest.mark.parametrize("content", ["", "\n", "  \n"])
async def test_ca_03_the_gateway_does_not_start_with_an_empty_secret_of_a_provider(
    stage: Stage, tmp_path: Path, content: str
) -> None:
    settings = (stage.world.folder / "gate.toml").read_text(encoding="utf-8")
    shutil.copytree(stage.world.folder, tmp_path, dirs_exist_ok=True)
    named = next(line for line in settings.splitlines() if line.startswith("client_secret_file"))
    (tmp_path / named.split('"')[1]).write_text(content, encoding="utf-8")
    app = create_app(load(tmp_path / "gate.toml"))

    with pytest.raises(ConfigurationError):
        async with app.inner.router.lifespan_context(app.inner):
            raise AssertionError("it started")
