"""``gate serve --tls``: which certificate is used, and what is refused before a server starts."""

from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli import serve, serving
from gateway.cli.output import Exit

HTTPS = 'issuer = "https://localhost:8443"\n'
DEVELOPMENT = 'environment = "development"\n'


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the server would have been started with."""
    started: dict[str, Any] = {}
    (tmp_path / "keys").mkdir()
    monkeypatch.setenv("GATE_CONFIG", str(tmp_path / "gate.toml"))
    monkeypatch.setattr(serving, "run", lambda reload, options: started.update(options(reload)))
    return started


def a_file(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text('keys_dir = "keys"\n' + text, encoding="utf-8")
    return path


def stopped(path: Path) -> int:
    with pytest.raises(typer.Exit) as ended:
        serve.serve(path, tls=True)
    return int(ended.value.exit_code)


def test_in_development_a_certificate_is_made_and_kept(ran: dict[str, Any], tmp_path: Path) -> None:
    serve.serve(a_file(tmp_path, HTTPS + DEVELOPMENT), tls=True)

    assert ran["ssl_context_factory"](None, None).minimum_version.name == "TLSv1_2"
    assert (tmp_path / "keys" / "tls-development.pem").exists()


def test_without_the_option_and_a_certificate_a_proxy_ends_tls(ran: dict[str, Any], tmp_path: Path) -> None:
    serve.serve(a_file(tmp_path, HTTPS + DEVELOPMENT))

    assert "ssl_context_factory" not in ran


def test_in_production_nothing_is_made_up(ran: dict[str, Any], tmp_path: Path) -> None:
    assert stopped(a_file(tmp_path, HTTPS)) == Exit.PRECONDITION
    assert not ran
    assert not list((tmp_path / "keys").iterdir())


def test_a_plain_issuer_cannot_be_served_over_tls(ran: dict[str, Any], tmp_path: Path) -> None:
    plain = 'issuer = "http://127.0.0.1:8000"\n'

    assert stopped(a_file(tmp_path, plain + DEVELOPMENT)) == Exit.PRECONDITION
    assert not ran


def test_a_configured_certificate_that_is_not_there_is_named(
    ran: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = '[server]\ntls_certificate = "gone.pem"\ntls_key = "gone.key"\n'

    assert stopped(a_file(tmp_path, HTTPS + files)) == Exit.PRECONDITION
    assert "TLS certificate" in capsys.readouterr().err
    assert not ran
