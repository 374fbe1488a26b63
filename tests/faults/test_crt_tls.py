"""Faults, certificates: a listener's certificate is renewed while it serves, and a broken renewal changes nothing."""

import logging
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.keys.tls import self_signed
from gateway.web.tls import RenewedTls, TlsFiles, TlsFilesError
from tests.certs import pki
from tests.faults.handshakes import handshake, trusting

TODAY = datetime.now(UTC)
"""The handshake looks at the real clock, whatever we would like."""
LONG = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2099, 1, 1, tzinfo=UTC)}
BOUND = 60.0
"""Seconds within which a renewal counts (F-CRT-01)."""


@dataclass
class Listener:
    """A listener with its files, and a clock that nobody waits for."""

    folder: Path
    files: TlsFiles
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.write(self.files.certificate, self.files.key)
        self.first = self.files.certificate.read_bytes()
        self.tls = RenewedTls(self.files, lambda: self.seconds)

    def write(self, certificate: Path | None, key: Path | None) -> None:
        """Put a new pair into the files, or half of it, as renewals do: by moving a new file over the old one."""
        contents = self_signed(["localhost"], TODAY)
        for path, content in zip((certificate, key), contents, strict=True):
            if path is not None:
                replace(path, content)

    def shown(self) -> bytes:
        """The certificate that somebody is shown who connects now, whether they trust it or not."""
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        return ssl.DER_cert_to_PEM_cert(handshake(self.tls.context, client)).encode()


def replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    return Listener(tmp_path, TlsFiles(tmp_path / "server.pem", tmp_path / "server.key"))


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_a_renewed_certificate_is_shown_within_a_minute_and_without_a_restart(listener: Listener) -> None:
    assert listener.shown() == listener.first

    listener.write(listener.files.certificate, listener.files.key)
    listener.seconds += BOUND

    assert listener.shown() == listener.files.certificate.read_bytes() != listener.first
    handshake(listener.tls.context, trusting(listener.files.certificate))


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_half_a_renewal_leaves_the_old_pair_in_force_until_the_other_half_is_there(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = self_signed(["localhost"], TODAY)
    replace(listener.files.certificate, certificate)
    listener.seconds += BOUND

    with caplog.at_level(logging.ERROR, "gateway.tls"):
        assert [listener.shown() for _ in range(3)] == [listener.first] * 3
    assert [one.levelname for one in caplog.records] == ["ERROR"]

    replace(listener.files.key, key)
    listener.seconds += BOUND
    assert listener.shown() == certificate


@pytest.mark.attack("F-CRT-01")
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_f_crt_01_a_file_that_is_gone_or_broken_leaves_the_old_pair_in_force(
    listener: Listener, content: bytes | None
) -> None:
    if content is None:
        listener.files.certificate.unlink()
    else:
        replace(listener.files.certificate, content)
    listener.seconds += BOUND

    assert listener.shown() == listener.first


def test_files_are_looked_at_now_and_then_and_not_at_every_handshake(listener: Listener) -> None:
    listener.write(listener.files.certificate, listener.files.key)

    assert listener.shown() == listener.first


def test_at_the_start_a_broken_pair_is_refused(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path / "server.pem", tmp_path / "server.key")
    files.certificate.write_bytes(self_signed(["localhost"], TODAY)[0])
    files.key.write_bytes(self_signed(["localhost"], TODAY)[1])

    with pytest.raises(TlsFilesError):
        RenewedTls(files)


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_new_authorities_of_clients_count_with_the_next_handshake(tmp_path: Path) -> None:
    first, second = (pki.pem_of(pki.an_authority(number=number, **LONG)) for number in (1000, 2000))
    (tmp_path / "clients.pem").write_bytes(first)
    files = TlsFiles(tmp_path / "server.pem", tmp_path / "server.key", tmp_path / "clients.pem")
    listener = Listener(tmp_path, files)
    client = trusting(files.certificate)
    key = pki.a_private_key(0).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    own = pki.a_client_certificate(issued_by=2000, **LONG)
    (tmp_path / "client.pem").write_text(ssl.DER_cert_to_PEM_cert(own) + key)
    client.load_cert_chain(tmp_path / "client.pem")

    with pytest.raises(ssl.SSLError):
        handshake(listener.tls.context, client)
    replace(tmp_path / "clients.pem", second)
    listener.seconds += BOUND

    handshake(listener.tls.context, client)
