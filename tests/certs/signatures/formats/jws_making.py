"""Web signatures for tests, made by hand: valid by default, one keyword spoils them."""

import base64
import hashlib
import json
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certs.signatures.formats.pdf_making import NOW

KINDS = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519",
}  # fmt: skip
PAYLOAD = b'{"pay":100}'
SIG_T = "2026-11-02T04:00:00Z"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def a_key(kind: str, name: str = "Signer") -> Any:
    """The same key for the same kind and name."""
    return _key(kind, name)


@cache
def _key(kind: str, name: str) -> Any:
    if kind == "RSA":
        return rsa.generate_private_key(65_537, 2_048)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[kind])


def a_certificate(kind: str = "P-256", name: str = "Signer") -> bytes:
    """A self-signed certificate of that key."""
    return _certificate(kind, name)


@cache
def _certificate(kind: str, name: str) -> bytes:
    key = a_key(kind, name)
    subject = x509.Name.from_rfc4514_string(f"CN={name},C=HK")
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(4_711).not_valid_before(NOW.replace(month=8)).not_valid_after(NOW.replace(2027))
    return builder.sign(key, None if kind == "Ed25519" else hashes.SHA256()).public_bytes(Encoding.DER)


def standard(der: bytes) -> str:
    return base64.b64encode(der).decode()


def thumbprint(der: bytes, digest: str = "sha256") -> str:
    return b64(hashlib.new(digest, der).digest())


def value_of(algorithm: str, data: bytes, name: str = "Signer") -> bytes:
    """Sign as JOSE wants it."""
    key = a_key(KINDS[algorithm], name)
    if algorithm == "EdDSA":
        return key.sign(data)
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if algorithm.startswith("RS"):
        return key.sign(data, padding.PKCS1v15(), digest)
    if algorithm.startswith("PS"):
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    half = key.curve.key_size // 8
    return b"".join(number.to_bytes(half) for number in decode_dss_signature(key.sign(data, ec.ECDSA(digest))))


def header_of(algorithm: str = "ES256", name: str = "Signer", **changes: Any) -> dict[str, Any]:
    """A protected header with its certificate; `None` takes a parameter away."""
    certificate = a_certificate(KINDS.get(algorithm, "P-256"), name)
    header = {"alg": algorithm, "x5c": [standard(certificate)]} | changes
    return {member: value for member, value in header.items() if value is not None}


def jades_header(algorithm: str = "ES256", name: str = "Signer", **changes: Any) -> dict[str, Any]:
    """What JAdES B-B asks for besides."""
    certificate = a_certificate(KINDS[algorithm], name)
    return header_of(
        algorithm, name, **({"x5t#S256": thumbprint(certificate), "sigT": SIG_T, "crit": ["sigT"]} | changes)
    )


def parts(
    header: dict[str, Any] | str, payload: bytes = PAYLOAD, *, raw: bool = False, signed: bytes | None = None
) -> tuple[str, str, str]:
    """Protected header, payload and signature as texts; ``signed`` replaces what is signed as payload."""
    text = header if isinstance(header, str) else json.dumps(header)
    protected = b64(text.encode())
    body = payload.decode() if raw else b64(payload)
    over = body.encode() if signed is None else signed
    algorithm = header.get("alg", "ES256") if isinstance(header, dict) else "ES256"
    known = algorithm if algorithm in KINDS else "ES256"
    return protected, body, b64(value_of(known, f"{protected}.".encode() + over))


def compact(header: dict[str, Any] | str | None = None, payload: bytes = PAYLOAD, **options: Any) -> bytes:
    return ".".join(parts(header_of() if header is None else header, payload, **options)).encode()


def detached(header: dict[str, Any], payload: bytes = PAYLOAD, **options: Any) -> bytes:
    protected, _, signature = parts(header, payload, **options)
    return f"{protected}..{signature}".encode()


def flattened(header: dict[str, Any], payload: bytes = PAYLOAD, *, unprotected: Any = None, **options: Any) -> bytes:
    protected, body, signature = parts(header, payload, **options)
    members = {"payload": body, "protected": protected, "signature": signature}
    return json.dumps(members | ({} if unprotected is None else {"header": unprotected})).encode()


def general(*headers: dict[str, Any], payload: bytes = PAYLOAD) -> bytes:
    made = [parts(header, payload) for header in headers]
    signatures = [{"protected": protected, "signature": signature} for protected, _, signature in made]
    return json.dumps({"payload": b64(payload), "signatures": signatures}).encode()
