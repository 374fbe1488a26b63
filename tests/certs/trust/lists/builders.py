"""Lists, tables, roots and their keys for tests: valid by default; one keyword spoils them. Keys are made as they run."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.keys.canonical import canonical
from certs.trust.equivalence import EquivalenceTable
from certs.trust.equivalence_document import read_table
from certs.trust.list_dangers import Acknowledgement, Diff
from certs.trust.list_document import read_list
from certs.trust.list_root import Root, RootKey, read_root, root_key, write_root
from certs.trust.list_signers import OperatorKey, operator_key, sign
from certs.trust.list_signing import DocumentKind
from certs.trust.trust_list import TrustList

NOW: Final = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)
HK: Final = "hk-gd-hk"
GD: Final = "hk-gd-gd"
ARC: Final = "2.16.344.8.2.2008.810.2"


@cache
def authority(name: str, *, constrained: bool = False) -> bytes:
    """A root of its own making, DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - 400 * DAY)
        .not_valid_after(NOW + 4_000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if constrained:
        builder = builder.add_extension(x509.NameConstraints([x509.DNSName("sandbox.test")], None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def listed(name: str, **times: str) -> dict[str, Any]:
    """A certificate as an entry lists it."""
    return {"der": base64.b64encode(authority(name)).decode(), **times}


def a_period(status: str = "granted", start: str = "2015-07-11T00:00:00+08:00", **more: str) -> dict[str, Any]:
    """A stretch of recognition."""
    return {"status": status, "start": start, "reason": "", "reference": "Sandbox notice 1", **more}


def an_entry(entry_id: str = "hk-personal", **changes: Any) -> dict[str, Any]:
    """One entry, as JSON says it."""
    return {
        "entry_id": entry_id,
        "ca_name": {"en": "Sandbox Post", "zh-Hant": "沙盒郵政"},
        "licence": "Sandbox licence 1",
        "certificate_type": "Sandbox e-Cert (Personal)",
        "type_match": {"place": "subject.ou", "value": "Sandbox e-Cert (Personal)"},
        "holder_kind": "individual",
        "anchors": [listed("Sandbox Root")],
        "issuers": [listed("Sandbox Issuer")],
        "policies": [{"oid": ARC, "prefix": True}],
        "rules": {"key_usage": ["digital_signature"], "keys": [{"family": "RSA", "bits": 2048}]},
        "recognition": [a_period()],
        "revocation": {"ocsp": ["http://ocsp.sandbox.test/"], "crl": [], "responders": []},
        "signature_class": "R2",
        "services": ["signature"],
        **changes,
    }


def times(issued: datetime = NOW - DAY) -> dict[str, str]:
    """The times of a document that is made weekly and believed for ten days."""
    return {
        "issued": issued.isoformat(),
        "next_update": (issued + 7 * DAY).isoformat(),
        "expires": (issued + 10 * DAY).isoformat(),
    }


def a_list(**changes: Any) -> dict[str, Any]:
    """A list's document."""
    return {
        "list_id": HK,
        "scheme": "HK-GD",
        "issuing_jurisdiction": "HK",
        "operator": {"en": "Sandbox Office"},
        "version": 1,
        "sequence": 7,
        "previous_sha256": None,
        **times(),
        "sources": [],
        "entries": [an_entry()],
        **changes,
    }


def a_row(row_id: str = "hk-gd", **changes: Any) -> dict[str, Any]:
    """One row of the equivalence table."""
    return {
        "row_id": row_id,
        "issuing": "HK",
        "relying": "GD",
        "scheme": "HK-GD",
        "signature_class": "R2",
        "purposes": ["*"],
        "families": ["RSA"],
        "effect_class": "R2",
        "legal_reference": "Sandbox arrangement, article 1",
        "conditions": [],
        "periods": [{"status": "enacted", "start": "2012-08-01T00:00:00+08:00", "reference": ""}],
        **changes,
    }


def a_table(**changes: Any) -> dict[str, Any]:
    """The equivalence table's document."""
    return {
        "list_id": "equivalence",
        "operator": {"en": "Sandbox Office"},
        "version": 1,
        "sequence": 3,
        "previous_sha256": None,
        **times(),
        "rows": [a_row()],
        **changes,
    }


def read(document: Mapping[str, Any]) -> TrustList:
    """A list, read."""
    return read_list(canonical(document))


def table(document: Mapping[str, Any]) -> EquivalenceTable:
    """A table, read."""
    return read_table(canonical(document))


def after(document: TrustList | EquivalenceTable, **changes: Any) -> dict[str, Any]:
    """The next document of a chain, made a day later."""
    chain = {"sequence": document.sequence + 1, "previous_sha256": document.sha256}
    return {**document.payload, **chain, **times(document.issued + DAY), **changes}


def both(found: Diff) -> tuple[Acknowledgement, ...]:
    """Two persons who state the code of an update."""
    return Acknowledgement(found.code, "Chan"), Acknowledgement(found.code, "Wong")


@cache
def key(name: str) -> OperatorKey:
    """A person's key: on P-384 or Ed25519 by its name, else on P-256."""
    if name.endswith("ed25519"):
        return operator_key(ed25519.Ed25519PrivateKey.generate())
    return operator_key(ec.generate_private_key(ec.SECP384R1() if name.endswith("384") else ec.SECP256R1()))


EVERYTHING: Final = ("root", "equivalence", HK)


def member(
    name: str,
    holder: str,
    signs: Iterable[str] = EVERYTHING,
    *,
    start: datetime = NOW - 30 * DAY,
    end: datetime = NOW + 300 * DAY,
) -> RootKey:
    """A person's key as the root lists it."""
    return root_key(key(name).public_jwk, holder=holder, signs=signs, start=start, end=end)


def a_root(*keys: RootKey, **changes: Any) -> Root:
    """A root with three holders, or with those given."""
    members = keys or (member("chan", "Chan"), member("wong-384", "Wong"), member("lei-ed25519", "Lei"))
    written = {
        "version": 1,
        "previous_sha256": None,
        "issued": NOW - 30 * DAY,
        "expires": NOW + 300 * DAY,
        "thresholds": {"root": 2, "equivalence": 2, HK: 2},
        "compromised": frozenset(),
        **changes,
    }
    root = Root(keys={one.kid: one for one in members}, sha256="", **written)
    return read_root(write_root(root))


def signed(document: Mapping[str, Any], *names: str, kind: DocumentKind = DocumentKind.LIST) -> bytes:
    """A document signed by the named keys."""
    return sign(canonical(document), [key(name) for name in names or ("chan", "wong-384")], kind=kind)
