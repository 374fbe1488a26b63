"""https by itself, over sockets of the loopback: versions, ciphers, client certificates, and what reaches the application."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.keys.tls import self_signed
from gateway.web import tls
from gateway.web.head_limit import BoundedHttpProtocol
from gateway.web.source import PEER, CertificateSource
from gateway.web.tls import TlsFiles, TlsFilesError, development_certificate, for_uvicorn, server_context
from tests.certs import pki

TODAY = datetime.now(UTC)
"""The handshake looks at the real clock, whatever we would like."""
LONG: dict[str, Any] = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2099, 1, 1, tzinfo=UTC)}
SECONDS = 5.0


async def seen(scope: Any, receive: Any, send: Any) -> None:
    """An application that says what it saw of its caller."""
    certificate = CertificateSource().read(scope)
    extensions = scope["extensions"]
    body = json.dumps(
        {
            "certificate": certificate.hex() if certificate else None,
            "peer": extensions[PEER],
            "version": extensions.get("tls", {}).get("tls_version"),
        }
    ).encode()
    headers = [(b"connection", b"close"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(files: TlsFiles | None) -> AsyncIterator[int]:
    secured = {} if files is None else {"ssl_context_factory": partial(for_uvicorn, files)}
    config = uvicorn.Config(
        seen,
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_config=None,
        http=BoundedHttpProtocol,
        **secured,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(SECONDS):
        while not server.started:  # noqa: ASYNC110 - the server tells its start by nothing else
            await asyncio.sleep(0)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    certificate, key = self_signed(["localhost", "127.0.0.1"], TODAY)
    (tmp_path / "server.pem").write_bytes(certificate)
    (tmp_path / "server.key").write_bytes(key)
    (tmp_path / "clients.pem").write_bytes(pki.pem_of(pki.an_authority(**LONG)))
    return TlsFiles(tmp_path / "server.pem", tmp_path / "server.key", tmp_path / "clients.pem")


def a_caller(files: TlsFiles, folder: Path, certificate: bytes | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(files.certificate))
    if certificate is not None:
        key = pki.a_private_key(0).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        path = folder / "client.pem"
        path.write_text(ssl.DER_cert_to_PEM_cert(certificate) + key)
        context.load_cert_chain(path)
    return context


async def call(port: int, context: ssl.SSLContext | None) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    async with asyncio.timeout(SECONDS):
        answer = await reader.read()
    writer.close()
    content: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return content


@pytest.mark.spec("RFC 8705 §2")
async def test_the_application_sees_the_clients_certificate(files: TlsFiles, tmp_path: Path) -> None:
    certificate = pki.a_client_certificate(**LONG)

    async with serving(files) as port:
        told = await call(port, a_caller(files, tmp_path, certificate))

    assert told == {"certificate": certificate.hex(), "peer": "127.0.0.1", "version": "TLSv1.3"}


async def test_nobody_needs_a_certificate(files: TlsFiles, tmp_path: Path) -> None:
    async with serving(files) as port:
        told = await call(port, a_caller(files, tmp_path))

    assert told["certificate"] is None


async def test_without_tls_the_application_still_sees_the_peer() -> None:
    async with serving(None) as port:
        told = await call(port, None)

    assert told == {"certificate": None, "peer": "127.0.0.1", "version": None}


async def test_a_certificate_of_a_stranger_ends_the_handshake(files: TlsFiles, tmp_path: Path) -> None:
    stranger = pki.a_client_certificate(issued_by=2000, **LONG)

    async with serving(files) as port:
        with pytest.raises((ssl.SSLError, ConnectionError, json.JSONDecodeError)):
            await call(port, a_caller(files, tmp_path, stranger))


@pytest.mark.attack("F-CRT-01")
async def test_f_crt_01_a_running_server_shows_a_renewed_certificate(
    files: TlsFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_LOOK_SECONDS", 0.0)
    before = a_caller(files, tmp_path)

    async with serving(files) as port:
        await call(port, before)
        for path, content in zip((files.certificate, files.key), self_signed(["127.0.0.1"], TODAY), strict=True):
            path.write_bytes(content)
        told = await call(port, a_caller(files, tmp_path))
        with pytest.raises(ssl.SSLCertVerificationError):
            await call(port, before)

    assert told["version"] == "TLSv1.3"


@pytest.mark.spec("RFC 8705 §2.2")
async def test_a_self_signed_certificate_counts_where_it_is_named(files: TlsFiles, tmp_path: Path) -> None:
    own = pki.a_self_signed_certificate(**LONG)
    (tmp_path / "clients.pem").write_text(ssl.DER_cert_to_PEM_cert(own))

    async with serving(files) as port:
        told = await call(port, a_caller(files, tmp_path, own))

    assert told["certificate"] == own.hex()


@pytest.mark.spec("RFC 9325 §3.1")
async def test_nothing_older_than_tls_1_2_is_spoken(files: TlsFiles) -> None:
    context = server_context(files)

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_COMPRESSION


@pytest.mark.spec("RFC 9325 §4.2")
def test_every_cipher_of_tls_1_2_is_forward_secret_and_authenticated(files: TlsFiles) -> None:
    ciphers = [cipher["name"] for cipher in server_context(files).get_ciphers() if cipher["protocol"] != "TLSv1.3"]

    assert ciphers
    assert all(name.startswith("ECDHE-") and "-GCM-" in name for name in ciphers)


@pytest.mark.parametrize("spoiled", ["certificate", "key", "client_ca"])
def test_files_that_cannot_be_used_are_named_in_plain_words(files: TlsFiles, tmp_path: Path, spoiled: str) -> None:
    getattr(files, spoiled).write_text("-----BEGIN NOTHING-----\n")

    with pytest.raises(TlsFilesError, match="TLS"):
        server_context(files)


def test_the_development_certificate_is_made_once_and_kept(tmp_path: Path) -> None:
    first = development_certificate(tmp_path, "https://localhost:8443", TODAY)
    content = first[0].read_bytes()
    second = development_certificate(tmp_path, "https://localhost:8443", TODAY)

    assert second == first
    assert second[0].read_bytes() == content
    assert first[1].stat().st_mode & 0o777 == 0o600
    server_context(TlsFiles(*first))


def test_an_old_development_certificate_is_made_anew(tmp_path: Path) -> None:
    first = development_certificate(tmp_path, "https://localhost:8443", TODAY)[0].read_bytes()

    later = development_certificate(tmp_path, "https://localhost:8443", TODAY + timedelta(days=61))[0].read_bytes()

    assert later != first
