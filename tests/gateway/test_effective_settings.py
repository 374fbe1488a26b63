"""The settings as operators read them: complete, and without a secret."""

import json
from pathlib import Path

import pytest

from gateway.config import parse
from gateway.effective_settings import HIDDEN, effective, flat, without_credentials

TEXT = """
issuer = "https://id.example.hk"
keys_dir = "keys"
[storage]
database_url = "postgresql+psycopg://gate:pass-canary@db.example:5432/gate?password=query-canary"
redis_url = "redis://:redis-canary@cache.example/0"
[lifetimes]
access_token = "90s"
[providers.macao]
base_url = "https://user:url-canary@mo.example/api"
client_id = "gateway:1"
client_secret = "secret-canary"
keys = { k1 = "key-canary" }
[register]
base_url = "https://gd.example"
sm4_key = "sm4-canary"
"""


def test_no_secret_is_shown() -> None:
    shown = json.dumps(effective(parse(TEXT, Path("/etc/gate/gate.toml"))))

    assert "canary" not in shown


def test_what_is_no_secret_is_shown_defaults_too() -> None:
    shown = flat(parse(TEXT, Path("/etc/gate/gate.toml")))

    assert shown["issuer"] == "https://id.example.hk"
    assert shown["keys_dir"] == "/etc/gate/keys"
    assert (shown["lifetimes.access_token"], shown["lifetimes.session"]) == ("90s", "12h")
    assert (shown["server.port"], shown["operator_api"], shown["signatures"]) == (8000, None, None)
    assert (shown["providers.macao.client_id"], shown["providers.macao.client_secret"]) == ("gateway:1", HIDDEN)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:///gate.sqlite3", "sqlite:///gate.sqlite3"),
        ("postgresql+psycopg://gate:x@db:5432/gate", "postgresql+psycopg://gate@db:5432/gate"),
        ("redis://:x@cache/0", "redis://cache/0"),
        ("postgresql://db/gate?sslmode=require", f"postgresql://db/gate?{HIDDEN}"),
    ],
)
def test_an_address_is_shown_without_its_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown
