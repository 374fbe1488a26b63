"""Every ``gate`` command of these how-tos runs as it is written, one after the other, on a gateway made for it."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.cli import app
from gateway.product import utc_now

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = (
    "register-a-fapi-client",
    "sign-in-at-a-kiosk",
    "ask-at-a-counter",
    "act-for-an-organisation",
    "join-a-federation",
    "protect-an-api",
    "sign-out-everywhere",
    "step-up",
)
BLOCK = re.compile(r"^```(sh|toml|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
WRITTEN = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway's folder with an empty database."""
    made = tmp_path_factory.mktemp("how-to")
    for command in (["init", str(made)], ["db", "upgrade", "--config", str(made / "gate.toml")]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    return made


def blocks(page: str, language: str) -> list[str]:
    """The pieces of a page in one language."""
    text = (HOW_TO / f"{page}.md").read_text(encoding="utf-8")
    return [content for found, content in BLOCK.findall(text) if found == language]


def commands(block: str) -> list[list[str]]:
    """The ``gate`` commands of a piece of shell."""
    lines = WRITTEN.sub("", block).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("gate ")]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_how_to_run(page: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATE_CONFIG", str(folder / "gate.toml"))
    ran = 0

    for block in blocks(page, "sh"):
        for name, content in WRITTEN.findall(block):
            (tmp_path / name).write_text(content, encoding="utf-8")
        for command in commands(block):
            for name in (word for word in command if word.endswith(".jwks.json")):
                key = SigningKey.generate(Algorithm.ES256, utc_now())
                (tmp_path / name).write_text(json.dumps({"keys": [key.public_jwk()]}), encoding="utf-8")
            result = CliRunner().invoke(app, command)
            assert result.exit_code == 0, f"gate {shlex.join(command)}\n{result.output}"
            ran += 1

    assert ran


@pytest.mark.parametrize("page", PAGES)
def test_the_json_of_a_how_to_is_json(page: str) -> None:
    assert all(isinstance(json.loads(piece), dict) for piece in blocks(page, "json"))


@pytest.mark.parametrize("page", [*PAGES, "serve-with-tls"])
def test_the_settings_of_a_how_to_are_toml(page: str) -> None:
    assert all(tomllib.loads(piece) for piece in blocks(page, "toml"))
