"""Which changes of the settings a reload takes up (F-UPG-04)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Dpop, Federation, Lifetimes, Limits, OperatorApi, Server, Settings, Storage
from gateway.settings_changes import refusal

HERE = Settings(
    issuer="https://id.example.hk",
    keys_dir=Path("keys"),
    server=Server(tls_certificate=Path("c.pem"), tls_key=Path("k.pem"), tls_client_ca=Path("ca.pem")),
    dpop=Dpop(nonce=True),
    transfers={"macao": ("hong_kong",)},
    federation=Federation("Office", required_trust_marks=("https://marks.example/a",)),
    operator_api=OperatorApi(),
)


def test_nothing_changed_is_nothing_refused() -> None:
    assert refusal(HERE, HERE) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"lifetimes": Lifetimes(access_token=timedelta(minutes=5))},
        {"limits": Limits(requests_per_minute=60)},
        {"providers": {"macao": {"base_url": "https://mo.example"}}},
        {"transfers": {"macao": ()}},
        {"server": replace(HERE.server, trusted_proxies=("10.0.0.1",), tls_certificate=Path("new.pem"))},
        {"federation": None},
        {"default_language": "en"},
    ],
)
def test_ordinary_changes_are_taken_up(changes: dict[str, Any]) -> None:
    assert refusal(HERE, replace(HERE, **changes)) is None


@pytest.mark.attack("F-UPG-04")
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"issuer": "https://other.example.hk"}, "issuer"),
        ({"environment": "development"}, "environment"),
        ({"realm": "production"}, "realm"),
        ({"keys_dir": Path("others")}, "keys_dir"),
        ({"storage": Storage(database_url="sqlite:///other")}, "storage.database_url"),
        ({"server": replace(HERE.server, port=9000)}, "server.port"),
        ({"server": replace(HERE.server, workers=4)}, "server.workers"),
        ({"operator_api": OperatorApi(port=9010)}, "operator_api.port"),
        ({"operator_api": None}, "operator_api.host"),
    ],
)
def test_f_upg_04_what_must_be_the_same_everywhere_is_changed_by_a_restart(changes: dict[str, Any], key: str) -> None:
    assert refusal(HERE, replace(HERE, **changes)) == f"setting {key} is changed by a restart and not by a reload"


@pytest.mark.attack("F-UPG-04")
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"dpop": Dpop(nonce=False)}, "dpop.nonce"),
        ({"transfers": {}}, "transfers"),
        ({"server": replace(HERE.server, tls_certificate=None, tls_key=None)}, "server.tls_certificate"),
        ({"server": replace(HERE.server, tls_client_ca=None)}, "server.tls_client_ca"),
        ({"federation": Federation("Office")}, "federation.required_trust_marks"),
    ],
)
def test_f_upg_04_a_reload_never_makes_a_production_gateway_weaker(changes: dict[str, Any], key: str) -> None:
    after = replace(HERE, **changes)
    at_home = replace(HERE, environment="development")

    assert refusal(HERE, after) == f"setting {key} would be weaker than it is: that takes a restart"
    assert refusal(at_home, replace(at_home, **changes)) is None
