"""Whether the certificate files of the listeners fit together: key, chain, names, authorities, time (RFC 8446 4.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certs.keys.certificate_facts import CertificateFacts, chain_ends, covers, fits, read_certificates
from certs.keys.errors import KeyMaterialError


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener's files, as they were found; none where a setting is absent, empty where a file cannot be read."""

    name: str
    """The block of the settings: ``server`` or ``operator_api``."""
    certificate: bytes | None
    key: bytes | None = field(repr=False)
    client_ca: bytes | None
    host: str | None
    """The name that the certificate has to be for."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at."""

    where: str
    check: str
    verdict: str
    """``fine``, ``attention`` or ``broken``."""
    sentence: str

    def shown(self) -> dict[str, Any]:
        """As a row."""
        return {"where": self.where, "check": self.check, "verdict": self.verdict, "sentence": self.sentence}


def check(listeners: Sequence[Listener], now: datetime) -> tuple[Remark, ...]:
    """Look at every file that has to fit to another one; nothing is changed."""
    return tuple(remark for one in listeners for remark in _of(one, now))


def _of(listener: Listener, now: datetime) -> Iterator[Remark]:
    if listener.certificate is not None:
        yield from _pair(listener, listener.certificate, now)
    if listener.client_ca is not None:
        yield _authorities(listener, listener.client_ca, now)


def _pair(listener: Listener, certificate: bytes, now: datetime) -> Iterator[Remark]:
    where = f"{listener.name}.tls_certificate"
    try:
        chain = read_certificates(certificate)
    except KeyMaterialError as error:
        yield Remark(where, "file", "broken", str(error))
        return
    own = chain[0]
    yield _key(listener, own)
    yield _time(where, own, now)
    yield _chain(where, chain)
    yield _names(listener, where, own)


def _key(listener: Listener, own: CertificateFacts) -> Remark:
    where = f"{listener.name}.tls_key"
    try:
        is_its_key = fits(listener.key or b"", own)
    except KeyMaterialError as error:
        return Remark(where, "key", "broken", str(error))
    if not is_its_key:
        return Remark(where, "key", "broken", "the key does not belong to the certificate")
    return Remark(where, "key", "fine", "the key belongs to the certificate")


def _time(where: str, own: CertificateFacts, now: datetime) -> Remark:
    if now < own.not_before:
        return Remark(where, "time", "broken", "the certificate is not valid yet")
    if now >= own.not_after:
        return Remark(where, "time", "broken", "the certificate is over")
    return Remark(where, "time", "fine", f"valid for {(own.not_after - now).days} more days")


def _chain(where: str, chain: tuple[CertificateFacts, ...]) -> Remark:
    if not chain_ends(chain):
        return Remark(where, "chain", "broken", "the certificates are not in order, each issued by the next")
    if len(chain) == 1 and not chain[0].is_self_issued:
        return Remark(where, "chain", "attention", "no authority's certificate is sent along: many callers need it")
    if chain[0].is_self_issued:
        return Remark(where, "chain", "attention", "self-signed: only those who were given it trust it")
    return Remark(where, "chain", "fine", f"{len(chain)} certificates in order")


def _names(listener: Listener, where: str, own: CertificateFacts) -> Remark:
    if listener.host is None:
        return Remark(where, "names", "fine", f"for {', '.join(own.names) or 'no name'}")
    if not covers(own, listener.host):
        return Remark(where, "names", "broken", f"the certificate is not for {listener.host}")
    return Remark(where, "names", "fine", f"for {listener.host}")


def _authorities(listener: Listener, content: bytes, now: datetime) -> Remark:
    where = f"{listener.name}.tls_client_ca"
    try:
        found = read_certificates(content)
    except KeyMaterialError as error:
        return Remark(where, "file", "broken", str(error))
    over = sum(now >= one.not_after for one in found)
    if over == len(found):
        return Remark(where, "time", "broken", "every authority is over: no client certificate is accepted")
    if over:
        return Remark(where, "time", "attention", f"{over} of {len(found)} authorities are over")
    return Remark(where, "time", "fine", f"{len(found)} authorities")
