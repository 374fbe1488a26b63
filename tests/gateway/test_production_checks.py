"""What a production gateway refuses in its settings and a development one may have (F-UPG-04)."""

from pathlib import Path

import pytest

from gateway.config import ConfigurationError, parse

HERE = Path("gate.toml")
MINIMAL = 'issuer = "https://id.example.hk"\nkeys_dir = "keys"\n'
WEAK = [
    ("[operator_api]\nrequire_two_factors = false\n", "operator_api.require_two_factors"),
    ('[operator_api]\nsession = "13h"\n', "operator_api.session"),
    ('[operator_api]\nsession_idle = "2h"\n', "operator_api.session_idle"),
    ("[outbound]\nallow_loopback = true\n", "outbound.allow_loopback"),
    ('[server]\ntrusted_proxies = ["0.0.0.0/0"]\n', "server.trusted_proxies"),
    ('[server]\ntrusted_proxies = ["10.0.0.1", "::/0"]\n', "server.trusted_proxies"),
    ('[lifetimes]\naccess_token = "16m"\n', "lifetimes.access_token"),
    ('[lifetimes]\nid_token = "1h"\n', "lifetimes.id_token"),
    ('[lifetimes]\ntransaction = "31m"\n', "lifetimes.transaction"),
    ('[lifetimes]\nsession = "2d"\n', "lifetimes.session"),
]


@pytest.mark.attack("F-UPG-04")
@pytest.mark.parametrize(("block", "key"), WEAK)
def test_f_upg_04_a_weak_value_is_refused_in_production_by_its_key(block: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"setting {key} "):
        parse(MINIMAL + block, HERE)


@pytest.mark.parametrize(("block", "key"), WEAK)
def test_in_development_the_same_value_is_allowed(block: str, key: str) -> None:
    settings = parse(MINIMAL + 'environment = "development"\n' + block, HERE)

    assert settings.environment == "development", key


def test_what_is_allowed_at_most_is_allowed() -> None:
    block = '[operator_api]\nsession = "12h"\nsession_idle = "1h"\n[lifetimes]\naccess_token = "15m"\n'

    assert parse(MINIMAL + block, HERE).environment == "production"
