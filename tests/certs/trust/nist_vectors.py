"""Published verification vectors for RSA and ECDSA, as the `cryptography-vectors` package carries them (NIST CAVP)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.trust.algorithms import ECDSA, PKCS1, PSS, SignatureAlgorithm
from tests.certs.trust.raw_certificates import rsa_spki

_ASYMMETRIC: Final = files("cryptography_vectors") / "asymmetric"
_CURVES: Final = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@dataclass(frozen=True)
class Vector:
    """One case: what is asked, and whether the signature is good."""

    spki: bytes | None
    """`None`: the key of the case is no point on the curve."""
    algorithm: SignatureAlgorithm
    message: bytes
    signature: bytes
    good: bool
    comment: str


def _blocks(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Section and fields of each case; fields stay until the next line of the same name."""
    section, fields = "", {}
    for line in (_ASYMMETRIC / name).read_text(encoding="ascii").splitlines():
        if line.startswith("["):
            section = line.strip("[] ").replace(" ", "")
        key, found, value = line.partition(" = ")
        if not found or line.startswith(("#", "[")):
            continue
        fields[key.strip()] = value.strip()
        if key == "Result":
            yield section, dict(fields)


def rsa(name: str, sections: frozenset[str]) -> tuple[Vector, ...]:
    """RSA with PKCS #1 v1.5 or PSS."""
    scheme = PSS if "PSS" in name else PKCS1
    return tuple(
        Vector(
            spki=rsa_spki(int(fields["n"], 16), int(fields["e"], 16)),
            algorithm=SignatureAlgorithm(
                scheme,
                "RSA",
                fields["SHAAlg"].lower(),
                len(bytes.fromhex(fields["SaltVal"])) if scheme == PSS else None,
            ),
            message=bytes.fromhex(fields["Msg"]),
            signature=bytes.fromhex(fields["S"]),
            good=fields["Result"].startswith("P"),
            comment=fields["Result"],
        )
        for section, fields in _blocks(f"RSA/{name}")
        if section in sections
    )


@cache
def ecdsa() -> tuple[Vector, ...]:
    """ECDSA on the three curves that certificates may have."""
    found = []
    for section, fields in _blocks("ECDSA/FIPS_186-3/SigVer.rsp"):
        curve, _, digest = section.partition(",")
        if curve in _CURVES:
            x, y, r, s = (int(fields[name], 16) for name in ("Qx", "Qy", "R", "S"))
            found.append(
                Vector(
                    spki=_spki(curve, x, y),
                    algorithm=SignatureAlgorithm(ECDSA, "EC", digest.replace("-", "").lower()),
                    message=bytes.fromhex(fields["Msg"]),
                    signature=encode_dss_signature(r, s),
                    good=fields["Result"].startswith("P"),
                    comment=fields["Result"],
                )
            )
    return tuple(found)


def _spki(curve: str, x: int, y: int) -> bytes | None:
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, _CURVES[curve]).public_key()
    except ValueError:
        return None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
