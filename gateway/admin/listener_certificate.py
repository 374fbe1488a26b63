"""A renewed certificate takes the place of a listener's old one: judged first, put on record, then moved in whole.

A running gateway takes up the new files by itself (``gateway.web.tls``). A crash between the two moves leaves files
that do not fit together: the running process goes on with the old pair, ``gate cert check`` says so, and the same
command again ends it.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certs.keys import private_file
from certs.keys.certificate_facts import covers, public_half, read_certificates
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.own_certificate import (
    CertificateImportError,
    ExpectedCertificate,
    Imported,
    ImportFault,
    Purpose,
    check_import,
)
from gateway.admin.acts import Act
from gateway.audit import AuditAction, AuditLog

_ROOT: Final = 0
_LARGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class ListenerFiles:
    """Where a listener's certificate and key lie, and for which host name they have to be."""

    name: str
    certificate: Path
    key: Path
    host: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the operator brings."""

    certificate: bytes
    authorities: tuple[bytes, ...]
    """Whom the chain has to end at, PEM."""
    fingerprint: str
    """As the authority told it on another way."""
    key: bytes | None = field(default=None, repr=False)
    """None where the key stays the one in use."""


async def renew(files: ListenerFiles, sent: Sent, log: AuditLog, act: Act, *, dry_run: bool) -> dict[str, Any]:
    """Put a certificate into the place of the one in use; ``CertificateImportError`` means that nothing changed."""
    act.require_reason()
    taken = judge(files, sent, act.now)
    if not dry_run:
        words = {"listener": files.name, "fingerprint": taken.fingerprint, "key": "new" if sent.key else "kept"}
        await log.append(act.event(AuditAction.CERTIFICATE_IMPORTED, **words))
        if sent.key is not None:
            _move_in(files.key, sent.key)
        _move_in(files.certificate, "".join(taken.chain).encode("ascii"))
    return {
        "listener": files.name,
        "subject": taken.subject,
        "not_before": taken.not_before.isoformat(),
        "not_after": taken.not_after.isoformat(),
        "fingerprint": taken.fingerprint,
        "warnings": list(taken.warnings),
        "dry_run": dry_run,
    }


def judge(files: ListenerFiles, sent: Sent, now: datetime) -> Imported:
    """Whether what was brought is taken, with the key that it will be used with."""
    current = _content(files.certificate)
    key = sent.key if sent.key is not None else private_file.read_private(files.key)
    expected = ExpectedCertificate(
        purpose=Purpose.TLS_SERVER,
        authorities=sent.authorities,
        names=() if files.host is None or _is_covered(sent.certificate, files.host) else (files.host,),
        fingerprint=sent.fingerprint,
    )
    return check_import(sent.certificate, public=_public(key), expected=expected, current=current or None, now=now)


def _public(key: bytes) -> Any:
    try:
        return public_half(key)
    except KeyMaterialError as error:
        raise CertificateImportError(
            ImportFault.OTHER_KEY, str(error), need="a private key in PEM, without a password", have="something else"
        ) from None


def _is_covered(certificate: bytes, host: str) -> bool:
    """Whether the first certificate is for the host, by its name or by a star."""
    try:
        return covers(read_certificates(certificate)[0], host)
    except KeyMaterialError:
        return False  # the import says what is wrong


def _move_in(path: Path, content: bytes) -> None:
    """Exchange one file; the old one stays beside it, and both belong to whoever the old one belonged to."""
    old = _content(path)
    if old == content:
        return  # done before a crash: what lies there as the previous one is the previous one
    owner = path.stat() if path.exists() else None
    previous = path.with_name(f"{path.name}.previous")
    if old:
        private_file.replace(previous, old)
    private_file.replace(path, content)
    if owner is not None and os.geteuid() == _ROOT:  # commands are given as root; the gateway runs as another user
        for one in (path, *([previous] if old else [])):
            os.chown(one, owner.st_uid, owner.st_gid)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        return b""
    except OSError:
        raise KeyUnavailableError(f"file {path.name} cannot be read") from None
