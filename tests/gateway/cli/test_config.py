"""``gate config check``: everything that a start needs is tried, nothing is changed, no secret is shown."""

from pathlib import Path
from typing import Any

import pytest

from gateway.cli.output import Exit
from gateway.config import ConfigurationError
from tests.gateway.cli.folder import answer, gate


def problems(told: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["problem"] for check in told["checks"] if check["problem"]}


def append(config: str, text: str) -> None:
    with Path(config).open("a", encoding="utf-8") as file:
        file.write(text)


def test_good_settings_are_shown_with_their_defaults(config: str) -> None:
    told = answer("config", "check", "--config", config)

    assert problems(told) == {}
    assert {check["check"] for check in told["checks"]} == {"keys", "listeners", "rules", "providers", "database"}
    assert told["settings"]["lifetimes"]["authorization_code"] == "1m"


def test_for_people_every_setting_is_one_line(config: str) -> None:
    result = gate("config", "check", "--config", config)

    assert result.exit_code == 0
    assert "lifetimes.authorization_code: 1m" in result.stdout.splitlines()


@pytest.mark.attack("F-UPG-04")
@pytest.mark.parametrize(
    ("text", "check", "named"),
    [
        ('[providers.macau]\nbase_url = "https://mo.example"\n', "providers", "macau"),
        ('[providers.macao]\nbase_url = "https://mo.example"\n', "providers", "providers.macao"),
        ('[transfers]\nmacau = ["hong_kong"]\n', "rules", "transfers.macau"),
        ('[signatures]\ntrust_root = "gone"\nhigh_water = "mark"\n', "database", "signatures.trust_root"),
        ('[registration.software_statement_issuers]\n"https://a.example" = "gone"\n', "rules", "registration"),
    ],
)
def test_f_upg_04_what_a_start_would_refuse_is_named(config: str, text: str, check: str, named: str) -> None:
    append(config, text)

    told = answer("config", "check", "--config", config, code=Exit.PRECONDITION)

    assert named in problems(told)[check]


def test_a_keys_folder_that_is_not_whole_is_named(config: str) -> None:
    (Path(config).parent / "keys" / "forms.key").unlink()

    told = answer("config", "check", "--config", config, code=Exit.PRECONDITION)

    assert "forms.key" in problems(told)["keys"]


def test_a_database_that_is_not_migrated_is_named(config: str) -> None:
    (Path(config).parent / "gateway.sqlite3").unlink()

    told = answer("config", "check", "--config", config, code=Exit.PRECONDITION)

    assert "gate db upgrade" in problems(told)["database"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("isuer = 1\n", "did you mean issuer"), ("[server\n", "not TOML"), ("[server]\nport = 0\n", "port")],
)
def test_a_file_that_cannot_be_read_as_settings_is_refused(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('issuer = "https://id.example.hk"\nkeys_dir = "keys"\n' + text, encoding="utf-8")

    result = gate("config", "check", "--config", str(file))

    assert isinstance(result.exception, ConfigurationError)
    assert named in str(result.exception)
