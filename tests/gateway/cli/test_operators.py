"""``gate operator``: roles and places, what is signed in with, and acts that take two accounts or keys."""

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys import one_time_code
from gateway.cli import stores as cli_stores
from gateway.product import utc_now
from tests.certs.pki import a_client_certificate
from tests.gateway.cli.folder import answer, gate

SECRET = b"12345678901234567890"
"""RFC 6238 appendix B."""
PASSWORD = "seven lanterns over the harbour"
BECAUSE = ("--reason", "case 17")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sit down at the terminal as another account of the machine."""

    def sit_down(name: str) -> None:
        monkeypatch.setattr(cli_stores, "operator_name", lambda: name)

    sit_down("root")
    return sit_down


def test_roles_and_places_are_given_shown_and_changed(config: str, account: Any) -> None:
    where = ("--config", config)
    made = answer("operator", "create", "mei", "--role", "keeper", "--jurisdiction", "macao", *where)

    changed = answer("operator", "role", "mei", "auditor", *BECAUSE, "--everywhere", *where)
    account("mei")

    assert made["jurisdictions"] == ["macao"]
    assert (changed["role"], changed["jurisdictions"]) == ("auditor", [])
    assert answer("operator", "list", *where)["operators"][0]["role"] == "auditor"
    assert gate("operator", "create", "x", "--jurisdiction", "atlantis", *where).exit_code == 2
    assert gate("operator", "role", "nobody", "reader", *BECAUSE, *where).exit_code == 3
    assert gate("operator", "role", "mei", "custodian", *BECAUSE, *where).exit_code == 3
    assert gate("operator", "show", "nobody", *where).exit_code == 3


def test_what_is_signed_in_with_is_typed_and_never_shown_again(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--config", config)
    answer("operator", "create", "ada", *where)
    monkeypatch.setattr(one_time_code, "new_secret", lambda: SECRET)
    code = one_time_code.code_at(SECRET, one_time_code.step_at(utc_now()))
    file = tmp_path / "ada.pem"
    file.write_bytes(x509.load_der_x509_certificate(a_client_certificate()).public_bytes(Encoding.PEM))

    assert gate("operator", "password", "ada", *where, stdin="short\n").exit_code == 2
    assert gate("operator", "password", "nobody", *where, stdin=f"{PASSWORD}\n").exit_code == 3
    assert answer("operator", "password", "ada", *where, stdin=f"{PASSWORD}\n")["password"] is True
    assert gate("operator", "totp", "ada", *where, stdin="000000\n").exit_code == 3
    enrolled = gate("operator", "totp", "ada", *where, stdin=f"{code}\n")
    assert gate("operator", "certificate", "ada", config, *where).exit_code == 2
    assert gate("operator", "certificate", "ada", str(tmp_path / "none"), *where).exit_code == 2
    dry = gate("operator", "certificate", "ada", str(file), "--dry-run", *where)

    shown = answer("operator", "show", "ada", *where)
    assert enrolled.exit_code == 0
    assert one_time_code.base32(SECRET) in enrolled.stderr
    assert one_time_code.base32(SECRET) not in enrolled.stdout
    assert dry.exit_code in {0, 3}  # the certificate's own time decides
    assert (shown["password"], shown["one_time_code"], shown["certificate"]) == (True, True, None)
    assert PASSWORD not in str(shown)
    assert answer("operator", "sessions", "ada", *where)["sessions"] == []
    assert gate("operator", "sessions", "ada", "--end", *where).exit_code == 2
    assert answer("operator", "sessions", "ada", "--forget", "--yes", *where)["sessions"] == []
    assert answer("operator", "show", "ada", *where)["password"] is False


@pytest.mark.attack("AD-05")
def test_ad_05_after_the_first_a_custodian_takes_two_accounts(config: str, tmp_path: Path, account: Any) -> None:
    where = ("--config", config)
    custodian = ("operator", "create", "cyril", "--role", "custodian")
    key = tmp_path / "cora.key"
    key.write_text(answer("operator", "create", "cora", "--role", "custodian", *where)["key"])

    assert gate(*custodian, *where).exit_code == 3
    asked = answer(*custodian, "--ask", *BECAUSE, *where)["id"]
    assert gate("operator", "agree", asked, *where).exit_code == 3
    assert gate(*custodian, "--joint-act", asked, *where).exit_code == 3
    account("alice")
    assert [one["id"] for one in answer("operator", "asked", *where)["joint_acts"]] == [asked]
    assert answer("operator", "agree", asked, *where)["agreed_by"] == "alice"
    assert gate(*custodian, "--joint-act", asked, *where).exit_code == 3
    account("root")
    assert gate("operator", "create", "eve", "--role", "custodian", "--joint-act", asked, *where).exit_code == 3
    assert answer(*custodian, "--joint-act", asked, "--dry-run", *where)["role"] == "custodian"
    assert answer(*custodian, "--joint-act", asked, *where)["role"] == "custodian"

    again = answer("operator", "create", "dora", "--role", "custodian", "--ask", *BECAUSE, *where)["id"]
    assert gate("operator", "agree", again, "--key-file", str(tmp_path / "none"), *where).exit_code == 2
    assert answer("operator", "agree", again, "--key-file", str(key), *where)["agreed_by"] == "cora"
    assert answer("operator", "refuse", again, *where)["state"] == "over"
    assert gate("operator", "refuse", again, *where).exit_code == 3
