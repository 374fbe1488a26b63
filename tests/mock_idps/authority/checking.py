"""What the sandbox wrote, checked by engines that did not write it: cryptography, ecdsa and the system's OpenSSL."""

import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mock_idps.authority.certificate import Issued
from mock_idps.authority.reading import nodes
from mock_idps.guangdong.sm import Sm2Verifier

MOMENT = "1793600000"
"""A second of the world's day, as OpenSSL wants it."""


def parts(signed: bytes) -> tuple[bytes, bytes]:
    """The signed part and the signature of a certificate or list."""
    (outer,) = nodes(signed)
    tbs, _algorithm, signature = nodes(outer.content)
    return tbs.encoded, signature.content[1:]


def sm2_verifies(spki: bytes, message: bytes, signature: bytes) -> bool:
    return Sm2Verifier(spki[-65:].hex()).verify(message, signature)


def is_issued_by(certificate: bytes, issuer: Issued) -> bool:
    """Whether the issuer's key made the signature, over these names."""
    if issuer.key.spki[-65:-64] == b"\x04" and len(issuer.key.spki) == 91 and b"\x2a\x81\x1c" in issuer.key.spki:
        return sm2_verifies(issuer.key.spki, *parts(certificate))
    try:
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(
            x509.load_der_x509_certificate(issuer.der)
        )
    except Exception:  # noqa: BLE001 - whatever the library says of it, it is no
        return False
    return True


def public_key(certificate: Issued):
    return load_der_public_key(certificate.key.spki)


def pem_file(folder: Path, name: str, *certificates: bytes) -> str:
    path = folder / name
    loaded = [x509.load_der_x509_certificate(one) for one in certificates]
    path.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in loaded))
    return str(path)


def openssl(*arguments: str) -> bool:
    """Whether OpenSSL is content."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False, timeout=30)
    return done.returncode == 0
