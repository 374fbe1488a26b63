"""https by itself: the server's side of the handshake, and what it has proven about the client (RFC 8446, RFC 9325)."""

import logging
import os
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from certs.keys.tls import self_signed

CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
"""What is spoken under TLS 1.2 (RFC 9325 §4.2); TLS 1.3 has its own and comes first."""
_LOG: Final = logging.getLogger("gateway.tls")
_LOOK_SECONDS: Final = 5.0
"""Between two looks at the files, made when somebody connects: a renewal counts within this time."""
_AGAIN_AFTER: Final = timedelta(days=60)
"""Age at which a development certificate is made anew; it lives for 90 days."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the server's side of a handshake needs, as files: each worker reads them for itself."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class TlsFilesError(Exception):
    """A certificate or key cannot be used; the text is for the operator."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 with modern ciphers, or 1.3; a client certificate is asked for only where authorities are configured."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(CIPHERS))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
            # A client's own certificate may stand in the file: self-signed ones are trusted one by one (RFC 8705 §2.2).
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_mode = ssl.CERT_OPTIONAL
    except OSError as error:  # ssl.SSLError is one of them
        raise TlsFilesError(f"the TLS certificate, key or authorities cannot be used ({error.strerror})") from error
    return context


class RenewedTls:
    """The server's side of handshakes, with a certificate that may be renewed while it serves (F-CRT-01).

    A new pair of files is read into a context of its own, and counts from the next handshake on as a whole or not at
    all: what is half written, or does not fit together, leaves the old pair in force.
    """

    def __init__(self, files: TlsFiles, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._monotonic = monotonic
        self._seen = _versions(files)
        self._looked_at = monotonic()
        self._newest = server_context(files)
        self.context = server_context(files)
        """What the server listens with; every handshake is handed over to the newest pair."""
        self.context.sni_callback = self._hand_over

    def newest(self) -> ssl.SSLContext:
        """The context of the newest pair that can be used."""
        if self._monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = self._monotonic()
            versions = _versions(self._files)
            if versions != self._seen:
                self._seen = versions
                self._read()
        return self._newest

    def _read(self) -> None:
        try:
            self._newest = server_context(self._files)
        except TlsFilesError:
            _LOG.error("the new TLS certificate or key cannot be used; the old pair stays in force: run `gate doctor`")
        else:
            _LOG.info("a new TLS certificate is in force")

    def _hand_over(self, handshake: ssl.SSLObject | ssl.SSLSocket, _: str | None, __: ssl.SSLContext) -> None:
        handshake.context = self.newest()


def for_uvicorn(files: TlsFiles, *_: Any) -> ssl.SSLContext:
    """The same, in the form that the server wants its factory to have."""
    return RenewedTls(files).context


def _versions(files: TlsFiles) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells one state of the files from another, without reading them."""
    paths = (files.certificate, files.key, *([] if files.client_ca is None else [files.client_ca]))
    return tuple(_version(path) for path in paths)


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def development_certificate(folder: Path, issuer: str, now: datetime) -> tuple[Path, Path]:
    """A self-signed certificate for this machine, made once and kept with the gateway's own keys."""
    certificate, key = folder / "tls-development.pem", folder / "tls-development-key.pem"
    if not (certificate.exists() and key.exists()) or _age(certificate, now) > _AGAIN_AFTER:
        hosts = dict.fromkeys([urlsplit(issuer).hostname or "localhost", "localhost", "127.0.0.1", "::1"])
        made, secret = self_signed(list(hosts), now)
        _write(key, secret)
        _write(certificate, made)
    return certificate, key


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def proven(connection: ssl.SSLObject) -> dict[str, Any]:
    """What a handshake has proven, as the ASGI TLS extension says it."""
    certificate = connection.getpeercert(binary_form=True)
    chain: Sequence[str] = () if certificate is None else (ssl.DER_cert_to_PEM_cert(certificate),)
    return {"client_cert_chain": chain, "tls_version": connection.version()}
