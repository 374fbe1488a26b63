"""The numbers of key rotation: what is too short or too long is refused by its name, and a sandbox may be quick."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config import ConfigurationError, Keys, load
from gateway.key_settings import check_keys

QUICK = Keys(
    jwks_max_age=timedelta(seconds=1),
    jwks_stale_if_error=timedelta(seconds=1),
    partner_refresh=timedelta(seconds=1),
    skew=timedelta(seconds=1),
    settle=timedelta(seconds=2),
    active_life=timedelta(minutes=10),
)


def test_what_ships_is_accepted_in_production() -> None:
    check_keys(Keys(), "production")


def test_a_sandbox_may_rotate_within_minutes_and_production_may_not() -> None:
    check_keys(QUICK, "development")

    with pytest.raises(ConfigurationError, match=r"keys\."):
        check_keys(QUICK, "production")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwks_max_age", timedelta(seconds=59)),
        ("jwks_max_age", timedelta(days=2)),
        ("jwks_stale_if_error", timedelta(days=8)),
        ("partner_refresh", timedelta(days=31)),
        ("skew", timedelta(seconds=4)),
        ("skew", timedelta(minutes=11)),
        ("settle", timedelta(seconds=59)),
        ("active_life", timedelta(days=6)),
        ("active_life", timedelta(days=800)),
    ],
)
def test_a_number_out_of_bounds_is_refused_by_its_name(name: str, value: timedelta) -> None:
    with pytest.raises(ConfigurationError, match=rf"keys\.{name}"):
        check_keys(replace(Keys(), **{name: value}), "production")


def test_an_active_life_shorter_than_six_leads_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="active_life"):
        check_keys(replace(Keys(), active_life=timedelta(days=6)), "development")


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="backend"):
        check_keys(replace(Keys(), backend="floppy"), "development")


@pytest.mark.parametrize("missing", ["pkcs11_module", "pkcs11_token", "pkcs11_pin_file"])
def test_a_token_that_is_half_configured_is_refused(missing: str) -> None:
    token = Keys(backend="pkcs11", pkcs11_module=Path("m"), pkcs11_token="gate", pkcs11_pin_file=Path("p"))

    check_keys(token, "development")
    with pytest.raises(ConfigurationError, match="belong together"):
        check_keys(replace(token, **{missing: None}), "development")


def test_the_settings_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('issuer = "https://gate.example"\nkeys_dir = "keys"\n[keys]\nbackend = "floppy"\n')

    with pytest.raises(ConfigurationError, match="backend"):
        load(file)
