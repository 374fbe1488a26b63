"""``gate cert``: what is listed and checked with which exit code, and how a renewed certificate comes in."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from icalendar import Calendar
from sqlalchemy import select

from gateway.cli.output import Exit
from gateway.store.sql import tables
from tests.certs import pki
from tests.gateway.cli.folder import answer, gate, with_stores

NOW = datetime.now(UTC)
HOST = "id.example.hk"
SPAN: dict[str, Any] = {"starts_at": NOW - timedelta(days=10), "ends_at": NOW + timedelta(days=355)}


def key_of(number: int) -> bytes:
    return pki.a_private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def a_certificate(number: int, **changes: Any) -> bytes:
    values = {"usage": ExtendedKeyUsageOID.SERVER_AUTH, "names": (x509.DNSName(HOST),)} | SPAN | changes
    der = pki.a_client_certificate(subject=f"CN={HOST}", number=number, **values)
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def fingerprint(pem: bytes) -> str:
    return f"sha256:{x509.load_pem_x509_certificate(pem).fingerprint(SHA256()).hex()}"


@pytest.fixture
def secured(config: str) -> str:
    """The same gateway with a certificate of its own that two thirds of a life have not passed over."""
    folder = Path(config).parent
    write(folder / "chain.pem", a_certificate(0))
    write(folder / "key.pem", key_of(0))
    write(folder / "ca.pem", pki.pem_of(pki.an_authority(**SPAN)))
    text = Path(config).read_text(encoding="utf-8")
    issuer = next(line for line in text.splitlines() if line.startswith("issuer"))
    text = text.replace(issuer, f'issuer = "https://{HOST}"')
    files = 'tls_certificate = "chain.pem"\ntls_key = "key.pem"\n'
    text = text.replace("[server]\n", f"[server]\n{files}") if "[server]" in text else f"{text}\n[server]\n{files}"
    Path(config).write_text(text, encoding="utf-8")
    return config


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_everything_that_ends_is_listed_shown_and_written_as_a_calendar(secured: str, tmp_path: Path) -> None:
    items = answer("cert", "list", "--config", secured)["items"]
    own = next(one for one in items if one["kind"] == "tls_certificate")
    shown = answer("cert", "inspect", own["id"], "--config", secured)
    calendar = gate("cert", "calendar", "--config", secured, "--out", str(tmp_path / "gateway.ics"))

    assert (own["name"], own["severity"], own["where"]) == (HOST, "fine", "server.tls_certificate")
    assert shown["fingerprint"] == fingerprint((Path(secured).parent / "chain.pem").read_bytes())
    assert calendar.exit_code == Exit.FINE
    assert Calendar.from_ical((tmp_path / "gateway.ics").read_bytes()).walk("VEVENT")
    assert answer("cert", "list", "--kind", "trust_list", "--config", secured)["items"] == []


def test_a_file_is_inspected_without_its_key(secured: str) -> None:
    path = Path(secured).parent / "both.pem"
    write(path, key_of(0) + a_certificate(0))

    result = gate("cert", "inspect", str(path), "--json")

    assert result.exit_code == Exit.FINE
    assert "BEGIN CERTIFICATE" in result.stdout
    assert "PRIVATE KEY" not in result.stdout


def test_needs_renewal_answers_with_its_exit_code(secured: str) -> None:
    own = next(one for one in answer("cert", "list", "--config", secured)["items"] if one["kind"] == "tls_certificate")
    arguments = ("cert", "needs-renewal", own["id"], "--config", secured)

    assert answer(*arguments)["items"] == []
    assert answer(*arguments, "--within", "400d", code=Exit.ATTENTION)["items"][0]["id"] == own["id"]
    assert gate(*arguments, "--within", "soon").exit_code == Exit.USAGE
    assert gate("cert", "needs-renewal", "certificate:none", "--config", secured).exit_code == Exit.PRECONDITION


def test_check_tells_of_a_key_that_does_not_belong_to_the_certificate(secured: str) -> None:
    def verdicts(code: int) -> dict[str, str]:
        remarks = answer("cert", "check", "--config", secured, code=code)["remarks"]
        return {one["check"]: one["verdict"] for one in remarks}

    assert verdicts(Exit.ATTENTION) == {"key": "fine", "time": "fine", "chain": "attention", "names": "fine"}
    write(Path(secured).parent / "key.pem", key_of(1))
    assert verdicts(Exit.ATTENTION)["key"] == "broken"


def bring(config: str, certificate: bytes, *further: str, key: bytes | None = None) -> Any:
    folder = Path(config).parent
    write(folder / "new.pem", certificate)
    options = ["--fingerprint", fingerprint(certificate), "--reason", "renewal, case 12", "--yes"]
    if key is not None:
        write(folder / "new-key.pem", key)
        options += ["--key", str(folder / "new-key.pem")]
    files = ("server", str(folder / "new.pem"), "--ca", str(folder / "ca.pem"))
    return gate("cert", "import", *files, "--config", config, *options, *further)


def test_a_renewed_pair_comes_in_whole_keeps_the_old_one_and_is_on_record(secured: str) -> None:
    folder = Path(secured).parent
    old, new = (folder / "chain.pem").read_bytes(), a_certificate(1)

    tried = bring(secured, new, "--dry-run", key=key_of(1))
    assert (folder / "chain.pem").read_bytes() == old
    done = bring(secured, new, key=key_of(1))

    assert (tried.exit_code, done.exit_code) == (Exit.FINE, Exit.FINE), done.output
    assert (folder / "chain.pem").read_bytes() == new
    assert (folder / "chain.pem.previous").read_bytes() == old
    assert (folder / "key.pem").read_bytes() == key_of(1)
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.glob("key.pem*")} == {0o600}
    assert _actions(secured).count("certificate.imported") == 1


def test_what_does_not_fit_is_refused_with_its_reason(secured: str) -> None:
    result = bring(secured, a_certificate(1))

    assert result.exit_code == Exit.PRECONDITION
    assert "refused (other_key)" in result.output


def test_without_a_reason_or_without_a_listener_of_its_own_nothing_is_imported(secured: str) -> None:
    assert bring(secured, a_certificate(0), "--reason", "").exit_code == Exit.USAGE
    assert gate("cert", "import", "operators", "x.pem", "--fingerprint", "x", "--config", secured).exit_code == 3


def _actions(config: str) -> list[str]:
    statement = select(tables.audit.c.action)
    return with_stores(
        config, lambda stores: stores.database.read(lambda connection: list(connection.execute(statement).scalars()))
    )
