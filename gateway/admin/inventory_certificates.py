"""Certificates in files and records, as things that end: listeners', authorities', relying parties', operators'."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from certs.keys.certificate_facts import CertificateFacts, read_certificates
from certs.keys.errors import KeyMaterialError
from gateway.admin.inventory import Item, Kind, Severity

_MOST_OF_A_CHAIN: Final = 10


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A file that a setting names, as it was found."""

    where: str
    """The setting, such as ``server.tls_certificate``."""
    kind: Kind
    content: bytes | None
    """None where the file cannot be read."""


@dataclass(frozen=True, slots=True)
class RegisteredKeys:
    """A relying party's key set, as it was registered."""

    client_id: str
    jwks: Mapping[str, Any]


def of_files(files: Sequence[CertificateFile]) -> Iterator[Item]:
    """Every certificate in the files; a file that is of no use is told of, not passed over."""
    for file in files:
        try:
            found = read_certificates(file.content) if file.content is not None else None
        except KeyMaterialError as error:
            yield _unusable(file, str(error))
            continue
        if found is None:
            yield _unusable(file, "the file cannot be read")
            continue
        for number, facts in enumerate(found):
            yield _in_file(file, facts, is_own=number == 0)


def of_clients(clients: Sequence[RegisteredKeys]) -> Iterator[Item]:
    """Certificates that relying parties have registered with their keys (RFC 7517 §4.7)."""
    for client in clients:
        for chain in _chains(client.jwks):
            for facts in _readable(chain):
                yield _item(
                    f"client-certificate:{client.client_id}:{facts.sha256[:16]}",
                    client.client_id,
                    Kind.CLIENT_CERTIFICATE,
                    "clients",
                    facts,
                    note="the relying party has to register a new one",
                )


def of_operators(certificates: Mapping[str, str]) -> Iterator[Item]:
    """Operators' client certificates, by name: only the thumbprint is kept, so their end is not on record."""
    for name, thumbprint in sorted(certificates.items()):
        yield Item(
            id=f"operator-certificate:{name}",
            name=name,
            kind=Kind.OPERATOR_CERTIFICATE,
            where="operators",
            state="bound",
            fingerprint=f"x5t#S256:{thumbprint}",
            note="its end stands in the certificate, which its holder has",
        )


def _in_file(file: CertificateFile, facts: CertificateFacts, *, is_own: bool) -> Item:
    name = _common_name(facts.subject)
    note = "" if is_own or file.kind is not Kind.TLS_CERTIFICATE else "an authority's, sent along with ours"
    # One that is no authority's is believed by itself: a server's or a client's own.
    is_pinned = file.kind is Kind.AUTHORITY and not facts.is_authority
    kind = Kind.PEER_CERTIFICATE if is_pinned else file.kind
    return _item(f"certificate:{file.where}:{facts.sha256[:16]}", name, kind, file.where, facts, note=note)


def _item(item_id: str, name: str, kind: Kind, where: str, facts: CertificateFacts, *, note: str) -> Item:
    return Item(
        id=item_id,
        name=name,
        kind=kind,
        where=where,
        not_before=facts.not_before,
        not_after=facts.not_after,
        issuer=facts.issuer,
        fingerprint=facts.fingerprint,
        detail=f"{facts.key}, {facts.signature_hash}",
        note=note,
    )


def _unusable(file: CertificateFile, sentence: str) -> Item:
    return Item(
        id=f"certificate:{file.where}",
        name=file.where,
        kind=file.kind,
        where=file.where,
        state="unusable",
        severity=Severity.EXPIRED,
        note=sentence,
    )


def _chains(jwks: Mapping[str, Any]) -> Iterator[list[Any]]:
    keys = jwks.get("keys")
    for key in keys if isinstance(keys, list) else ():
        chain = key.get("x5c") if isinstance(key, Mapping) else None
        if isinstance(chain, list):
            yield chain[:_MOST_OF_A_CHAIN]


def _readable(chain: list[Any]) -> Iterator[CertificateFacts]:
    """What can be read of a chain; the registration has refused what decides anything."""
    for text in chain:
        if not isinstance(text, str):
            continue
        try:
            yield from read_certificates(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError, KeyMaterialError):
            continue


def _common_name(subject: str) -> str:
    """The common name out of a distinguished name, for a column that is narrow; the whole name where there is none."""
    for part in subject.split(","):
        name, _, value = part.partition("=")
        if name.strip().upper() == "CN" and value:
            return value
    return subject or "(no name)"
