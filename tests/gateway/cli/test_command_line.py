"""The operators' command line: what it prints, what it refuses, and its exit codes."""

import json
from pathlib import Path

import pytest

from gateway.config import ConfigurationError
from tests.gateway.cli.folder import gate


def created(config: str, *more: str) -> dict:
    options = ["--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--client-id", "shop", "--config", config]
    result = gate("client", "create", *options, "--json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_init_makes_keys_that_only_their_owner_can_read_and_keeps_what_is_there(tmp_path: Path) -> None:
    first = json.loads(gate("init", str(tmp_path), "--json").stdout)
    second = json.loads(gate("init", str(tmp_path), "--json").stdout)

    assert len(first["keys_made"]) == 13
    assert second["keys_made"] == []
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_init_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert gate("init", str(tmp_path / "new"), "--dry-run").exit_code == 0
    assert not (tmp_path / "new").exists()


def test_db_status_tells_with_its_exit_code_that_an_upgrade_is_due(tmp_path: Path) -> None:
    gate("init", str(tmp_path))
    path = str(tmp_path / "gate.toml")

    assert gate("db", "status", "--config", path).exit_code == 1
    assert gate("db", "upgrade", "--config", path, "--dry-run").exit_code == 0
    assert gate("db", "status", "--config", path).exit_code == 1
    assert gate("db", "upgrade", "--config", path).exit_code == 0
    assert gate("db", "status", "--config", path).exit_code == 0


def test_a_client_is_created_with_a_secret_that_is_shown_once(config: str) -> None:
    new = created(config, "--scope", "cn_id", "--purpose", "accommodation", "--surrogate-purpose", "accommodation")

    shown = json.loads(gate("client", "show", "shop", "--config", config, "--json").stdout)
    assert len(new["client_secret"]) >= 43
    assert "client_secret" not in shown
    assert (shown["scope"], shown["sector"], shown["surrogates_allowed"]) == ("openid cn_id", "shop.example", True)


def test_a_public_client_gets_no_secret(config: str) -> None:
    assert "client_secret" not in created(config, "--auth", "none")


def test_dry_run_creates_nothing(config: str) -> None:
    created(config, "--dry-run")

    assert gate("client", "show", "shop", "--config", config).exit_code == 3


def test_a_client_id_cannot_be_taken_twice(config: str) -> None:
    created(config)

    result = gate(
        "client",
        "create",
        "--name",
        "X",
        "--redirect-uri",
        "https://x.example/",
        "--client-id",
        "shop",
        "--config",
        config,
    )
    assert result.exit_code == 3


@pytest.mark.attack("AZ-09")
@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "http://shop.example/cb", "https://a@shop.example/", "https://x/#f"]
)
def test_az_09_a_dangerous_redirect_uri_is_refused_by_name_of_the_field(config: str, uri: str) -> None:
    result = gate("client", "create", "--name", "X", "--redirect-uri", uri, "--config", config)

    assert result.exit_code == 2
    assert "redirect_uris" in result.output


def test_clients_are_listed_and_a_disabled_one_says_so(config: str) -> None:
    created(config)

    assert gate("client", "disable", "shop", "--config", config, "--dry-run").exit_code == 0
    assert json.loads(gate("client", "list", "--config", config, "--json").stdout)["clients"][0]["active"] is True
    assert gate("client", "disable", "shop", "--config", config).exit_code == 0
    assert json.loads(gate("client", "list", "--config", config, "--json").stdout)["clients"][0]["active"] is False
    assert gate("client", "disable", "nobody", "--config", config).exit_code == 3


def test_version_names_the_product_and_python() -> None:
    assert {"gate", "python"} <= json.loads(gate("version", "--json").stdout).keys()


def test_doctor_finds_a_healthy_house(config: str) -> None:
    result = gate("doctor", "--config", config, "--json")

    assert result.exit_code == 0, result.output
    verdicts = {row["check"]: row["verdict"] for row in json.loads(result.stdout)["findings"]}
    looked_at = {"settings", "SM2", "reserved blocks", "keys", "database", "alerts", "capacity", "TLS", "outbound"}
    looked_at |= {"certificates", "ends", "key folder", "rotation"}
    assert verdicts == dict.fromkeys(looked_at, "fine")


def test_doctor_says_how_to_mend_a_schema_that_is_not_there(tmp_path: Path) -> None:
    gate("init", str(tmp_path))

    result = gate("doctor", "--config", str(tmp_path / "gate.toml"))

    assert result.exit_code == 1
    assert "db upgrade" in " ".join(result.output.split())


def test_a_missing_settings_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    result = gate("client", "list", "--config", str(tmp_path / "gone.toml"))

    assert isinstance(result.exception, ConfigurationError)
    assert "gate init" in str(result.exception)
