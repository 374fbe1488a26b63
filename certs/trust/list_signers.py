"""How holders of root keys sign, offline and one after another: each adds one signature to the same payload.

Nothing here belongs to a running gateway, which holds no such key.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, OKPKey

from certs.keys import KeyMaterialError, base64url
from certs.keys.canonical import canonical
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_signing import REGISTRY, DocumentKind, Envelope, kind_of, open_envelope

_PEM_LARGEST: Final = 8_192


@dataclass(frozen=True, slots=True, repr=False)
class OperatorKey:
    """One person's private key; it never prints itself."""

    kid: str
    algorithm: str
    private: ECKey | OKPKey = field(compare=False)

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half, as `root.json` lists it."""
        members = self.private.as_dict(private=False)
        return {name: str(members[name]) for name in ("kty", "crv", "x", "y") if name in members}

    def __repr__(self) -> str:
        return f"OperatorKey({self.kid!r})"


def read_operator_key(pem: bytes) -> OperatorKey:
    """Read an unencrypted private key on P-256, P-384 or Ed25519 (PKCS #8); raises `KeyMaterialError`."""
    if len(pem) > _PEM_LARGEST:
        raise KeyMaterialError("too long for a private key")
    try:
        native = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyMaterialError("not an unencrypted private key in PEM") from None
    return operator_key(native)


def operator_key(native: object) -> OperatorKey:
    """Take a private key of the kinds that sign documents."""
    match native:
        case ed25519.Ed25519PrivateKey():
            okp = OKPKey.import_key(native)
            return OperatorKey(okp.thumbprint(), "Ed25519", okp)
        case ec.EllipticCurvePrivateKey(curve=ec.SECP256R1()):
            return _on_curve(native, "ES256")
        case ec.EllipticCurvePrivateKey(curve=ec.SECP384R1()):
            return _on_curve(native, "ES384")
        case _:
            raise KeyMaterialError("documents are signed with keys on P-256, P-384 or Ed25519")


def sign(payload: bytes, keys: Sequence[OperatorKey], *, kind: DocumentKind) -> bytes:
    """Sign a payload with one key or several."""
    segment = base64url.encode(payload)
    return _write(segment, [_signature(segment, key, kind) for key in keys])


def add_signature(token: bytes, key: OperatorKey) -> bytes:
    """Add one person's signature to a document that others signed."""
    envelope = open_envelope(token)
    if any(part.kid == key.kid for part in envelope.parts):
        raise ListError(ListRefusal.MALFORMED, "this key has signed already")
    return _write(envelope.segment, [*_kept(envelope), _signature(envelope.segment, key, kind_of(token))])


def _on_curve(native: ec.EllipticCurvePrivateKey, algorithm: str) -> OperatorKey:
    key = ECKey.import_key(native)
    return OperatorKey(key.thumbprint(), algorithm, key)


def _signature(segment: str, key: OperatorKey, kind: DocumentKind) -> dict[str, str]:
    protected = base64url.encode(canonical({"alg": key.algorithm, "kid": key.kid, "typ": kind.value}))
    value = REGISTRY.get_alg(key.algorithm).sign(f"{protected}.{segment}".encode("ascii"), key.private)
    return {"protected": protected, "signature": base64url.encode(value)}


def _kept(envelope: Envelope) -> list[dict[str, str]]:
    return [{"protected": part.protected, "signature": base64url.encode(part.signature)} for part in envelope.parts]


def _write(segment: str, signatures: Sequence[dict[str, str]]) -> bytes:
    return json.dumps({"payload": segment, "signatures": list(signatures)}, separators=(",", ":")).encode("ascii")
