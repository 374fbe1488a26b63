"""The snippets for Python, Node and curl, executed against a running gateway: somebody is signed in at the end."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.cli.snippet import Language
from gateway.product import utc_now
from tests.asking import RP, SHOP
from tests.gateway.cli.folder import answer
from tests.snippets.running import Snippet

EXECUTED = (Language.PYTHON, Language.JAVASCRIPT, Language.CURL)
SECRET = ("--redirect-uri", f"{SHOP}/snippet/callback")
POSTED = (*SECRET, "--auth", "client_secret_post", "--pushed-requests")
PUBLIC = (*SECRET, "--auth", "none")
KEY = (*SECRET, "--auth", "private_key_jwt")
FAPI = ("--redirect-uri", f"{RP}/cb", "--auth", "private_key_jwt", "--dpop")


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to be registered, and the key that goes with it."""

    options: tuple[str, ...]
    key: Algorithm | None = None


KINDS = {
    "secret": Kind(SECRET),
    "posted": Kind(POSTED),
    "public": Kind(PUBLIC),
    "key": Kind(KEY, Algorithm.ES256),
    "bound": Kind((*SECRET, "--dpop")),
    "fapi2-sp": Kind((*FAPI, "--profile", "fapi2-sp"), Algorithm.ES256),
    "fapi2-ms": Kind((*FAPI, "--profile", "fapi2-ms", "--alg", "PS256"), Algorithm.PS256),
}


def registered(kind: Kind, folder: Path, config: str, environment: dict[str, str]) -> dict[str, Any]:
    """Register a client as a developer would, and leave key or secret where the program looks for it."""
    options = kind.options
    if kind.key is not None:
        key = SigningKey.generate(kind.key, utc_now())
        (folder / "client-key.pem").write_bytes(key.to_pem())
        (folder / "jwks.json").write_text(f'{{"keys": [{key.public_jwk()}]}}'.replace("'", '"'))
        options = (*options, "--jwks-file", str(folder / "jwks.json"))
    made = answer("client", "create", "--name", "Snippet", "--scope", "profile", *options, "--config", config)
    environment["CLIENT_SECRET"] = made.get("client_secret", "")
    return made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", EXECUTED)
def test_a_snippet_signs_somebody_in(
    gate_settings: str, environment: dict[str, str], tmp_path: Path, language: Language, kind: str
) -> None:
    missing = [name for name in ("bash", "curl", "openssl") if language is Language.CURL and not shutil.which(name)]
    if missing:
        pytest.skip(f"this machine has no {missing[0]}")
    client_id = registered(KINDS[kind], tmp_path, gate_settings, environment)["client_id"]
    text = answer("client", "snippet", client_id, "--language", language, "--config", gate_settings)["program"]

    found = asyncio.run(Snippet.write(language, text, tmp_path, environment).run())

    assert found["claims"]["aud"] == client_id
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["userinfo"]["name"]
