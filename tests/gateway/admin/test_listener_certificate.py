"""A renewed certificate in the place of a listener's old one: what is refused, and what a crash leaves behind."""

import stat
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.keys.own_certificate import CertificateImportError
from gateway.admin import listener_certificate
from gateway.admin.acts import Act, ReasonError
from gateway.admin.listener_certificate import ListenerFiles, Sent, renew
from gateway.audit import AuditEvent
from tests.certs import pki
from tests.certs.builders import NOW

HOST = "id.example.hk"
SPAN: dict[str, Any] = {"starts_at": NOW - timedelta(days=10), "ends_at": NOW + timedelta(days=355)}
ACT = Act("ada", NOW, "renewal, case 12")


@dataclass
class Log:
    """The audit, in memory."""

    events: list[AuditEvent] = field(default_factory=list)

    async def append(self, event: AuditEvent) -> None:
        self.events.append(event)


def key_of(number: int) -> bytes:
    return pki.a_private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def a_certificate(number: int = 0, *, name: str = HOST, **changes: Any) -> bytes:
    values = {"usage": ExtendedKeyUsageOID.SERVER_AUTH, "names": (x509.DNSName(name),)} | SPAN | changes
    der = pki.a_client_certificate(subject=f"CN={HOST}", number=number, **values)
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def sent(certificate: bytes, **changes: Any) -> Sent:
    digits = x509.load_pem_x509_certificate(certificate).fingerprint(SHA256()).hex()
    authorities = (pki.pem_of(pki.an_authority(**SPAN)),)
    values = {"authorities": authorities, "fingerprint": f"sha256:{digits}", "key": None} | changes
    return Sent(certificate, **values)


@pytest.fixture
def files(tmp_path: Path) -> ListenerFiles:
    found = ListenerFiles("server", tmp_path / "chain.pem", tmp_path / "key.pem", HOST)
    found.certificate.write_bytes(a_certificate())
    found.key.write_bytes(key_of(0))
    found.key.chmod(0o600)
    return found


def contents(files: ListenerFiles) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.certificate.parent.iterdir()}


@pytest.mark.parametrize(
    ("certificate", "changes", "code"),
    [
        (a_certificate(1), {}, "other_key"),
        (a_certificate(0), {"key": key_of(1)}, "other_key"),
        (a_certificate(0), {"key": b"no key"}, "other_key"),
        (a_certificate(0, name="other.example.hk"), {}, "names"),
        (a_certificate(0, ends_at=NOW - timedelta(days=1)), {}, "expired"),
        (a_certificate(0, starts_at=NOW + timedelta(days=1)), {}, "not_yet_valid"),
        (a_certificate(0, usage=ExtendedKeyUsageOID.CLIENT_AUTH), {}, "usage"),
        (a_certificate(0, issued_by=2000), {}, "authority"),
        (a_certificate(0), {"fingerprint": f"sha256:{'0' * 64}"}, "fingerprint"),
        (a_certificate(0), {"fingerprint": ""}, "fingerprint"),
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    files: ListenerFiles, certificate: bytes, changes: dict[str, Any], code: str
) -> None:
    before, log = contents(files), Log()

    with pytest.raises(CertificateImportError) as refused:
        await renew(files, sent(certificate, **changes), log, ACT, dry_run=False)

    assert refused.value.code == code
    assert contents(files) == before
    assert not log.events


async def test_a_dry_run_judges_and_changes_nothing(files: ListenerFiles) -> None:
    before, log = contents(files), Log()

    told = await renew(files, sent(a_certificate(1), key=key_of(1)), log, ACT, dry_run=True)

    assert told["dry_run"] is True
    assert contents(files) == before
    assert not log.events


async def test_a_star_is_good_for_the_host(files: ListenerFiles) -> None:
    files.certificate.unlink()

    told = await renew(files, sent(a_certificate(0, name="*.example.hk")), Log(), ACT, dry_run=True)

    assert told["listener"] == "server"


async def test_a_renewal_needs_a_reason(files: ListenerFiles) -> None:
    with pytest.raises(ReasonError):
        await renew(files, sent(a_certificate(0)), Log(), Act("ada", NOW), dry_run=False)


async def test_the_pair_is_replaced_whole_and_the_old_one_kept_for_its_owner_only(files: ListenerFiles) -> None:
    old, new, log = contents(files), a_certificate(1), Log()

    await renew(files, sent(new, key=key_of(1)), log, ACT, dry_run=False)

    assert contents(files) == {
        "chain.pem": new,
        "key.pem": key_of(1),
        "chain.pem.previous": old["chain.pem"],
        "key.pem.previous": old["key.pem"],
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.key.parent.glob("key*")} == {0o600}
    assert [event.details["key"] for event in log.events] == ["new"]


async def test_after_a_crash_between_the_two_moves_the_same_command_ends_it(
    files: ListenerFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = contents(files), sent(a_certificate(1), key=key_of(1))
    move_in = listener_certificate._move_in

    def crash(path: Path, content: bytes) -> None:
        if path == files.certificate:
            raise SystemExit
        move_in(path, content)

    monkeypatch.setattr(listener_certificate, "_move_in", crash)
    with pytest.raises(SystemExit):
        await renew(files, new, Log(), ACT, dry_run=False)
    monkeypatch.undo()

    await renew(files, new, Log(), ACT, dry_run=False)

    assert contents(files)["chain.pem"] == new.certificate
    assert contents(files)["key.pem.previous"] == old["key.pem"]
