"""Signed objects of the sandbox in JSON, put together by hand: JWS and JAdES (RFC 7515, RFC 7797, TS 119 182-1)."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mock_idps.authority import stamps
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import Family, Key, Scheme
from mock_idps.authority.world import World

ALGORITHMS: Final = {
    "RS256": Scheme("sha256"),
    "RS384": Scheme("sha384"),
    "RS512": Scheme("sha512"),
    "PS256": Scheme("sha256", pss=True),
    "PS384": Scheme("sha384", pss=True),
    "PS512": Scheme("sha512", pss=True),
    "ES256": Scheme("sha256"),
    "ES384": Scheme("sha384"),
    "EdDSA": Scheme("sha512"),
    "SM2": Scheme("sm3"),
}
_USUAL: Final = {
    Family.P256: "ES256",
    Family.P384: "ES384",
    Family.ED25519: "EdDSA",
    Family.SM2: "SM2",
}
_WIDTH: Final = {Family.P256: 32, Family.P384: 48, Family.SM2: 32}
OBJECT_BY_URI: Final = "http://uri.etsi.org/19182/ObjectIdByURI"
OBJECT_BY_URI_HASH: Final = "http://uri.etsi.org/19182/ObjectIdByURIHash"


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signer:
    """How one person signs; valid unless a field says otherwise."""

    certificate: Issued
    alg: str | None = None
    header: Mapping[str, Any] = field(default_factory=dict)
    """More members of the protected header; `None` as a value removes one."""
    unprotected: Mapping[str, Any] = field(default_factory=dict)
    damaged: bool = False

    @property
    def algorithm(self) -> str:
        """The name of the algorithm."""
        return self.alg or _USUAL.get(self.certificate.key.family, "RS256")


def sign_input(key: Key, alg: str, data: bytes) -> bytes:
    """Sign bytes as JOSE does: pairs of integers become two numbers of fixed width (RFC 7518 §3.4)."""
    value = key.sign(data, ALGORITHMS.get(alg))
    width = _WIDTH.get(key.family)
    if width is None:
        return value
    r, s = decode_dss_signature(value)
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def certificate_header(certificate: Issued) -> dict[str, Any]:
    """Name the signer's certificate: the chain, and its digest."""
    chain = [base64.b64encode(part).decode("ascii") for part in (certificate.der, *certificate.chain[:1])]
    return {"x5c": chain, "x5t#S256": b64(hashlib.sha256(certificate.der).digest())}


def jades_header(signing_time: datetime) -> dict[str, Any]:
    """What makes a JWS a baseline JAdES signature: the time it claims, as something to be understood (§5.2.1)."""
    return {"sigT": signing_time.strftime("%Y-%m-%dT%H:%M:%SZ"), "crit": ["sigT"]}


def detached_header(*, base64url: bool = False) -> dict[str, Any]:
    """A payload that stands elsewhere, unencoded (RFC 7797 §3)."""
    return {"b64": base64url, "crit": ["b64"]}


def references(
    objects: Mapping[str, bytes],
    *,
    mechanism: str = OBJECT_BY_URI_HASH,
    name: str = "S256",
    base64url: bool = True,
) -> dict[str, Any]:
    """`sigD`: which objects are signed, by name and digest (TS 119 182-1 §5.2.8).

    Digests are of the objects in base64url, but for a header whose `b64` is false (§5.2.8.3.3).
    """
    said: dict[str, Any] = {"mId": mechanism, "pars": list(objects)}
    if mechanism == OBJECT_BY_URI_HASH:
        algorithm = {"S256": "sha256", "S384": "sha384", "S512": "sha512"}[name]
        signed = (b64(data).encode("ascii") if base64url else data for data in objects.values())
        said |= {"hashM": name, "hashV": [b64(hashlib.new(algorithm, data).digest()) for data in signed]}
    return {"sigD": said}


def merged(*headers: Mapping[str, Any]) -> dict[str, Any]:
    """Headers put together; their `crit` lists are joined."""
    every: dict[str, Any] = {}
    critical: list[str] = []
    for header in headers:
        critical += header.get("crit", [])
        every |= header
    return every | ({"crit": critical} if critical else {})


def _protected(signer: Signer) -> str:
    header = {"alg": signer.algorithm, **certificate_header(signer.certificate), **signer.header}
    kept = {name: value for name, value in header.items() if value is not None}
    return b64(json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode())


def _signature(signer: Signer, protected: str, payload: bytes, *, plain: bool) -> bytes:
    body = payload if plain else b64(payload).encode("ascii")
    value = sign_input(signer.certificate.key, signer.algorithm, protected.encode("ascii") + b"." + body)
    return value[:-1] + bytes((value[-1] ^ 0x01,)) if signer.damaged else value


def compact(payload: bytes, signer: Signer, *, detached: bool = False) -> bytes:
    """One signature in three parts (RFC 7515 §7.1); detached leaves the middle one empty."""
    protected = _protected(signer)
    value = _signature(signer, protected, payload, plain=signer.header.get("b64") is False)
    middle = "" if detached else b64(payload)
    return f"{protected}.{middle}.{b64(value)}".encode("ascii")


def general(payload: bytes, signers: Sequence[Signer], *, detached: bool = False, flattened: bool = False) -> bytes:
    """Several signatures as JSON, or one flattened (RFC 7515 §7.2)."""
    written = [_one(payload, signer) for signer in signers]
    body: dict[str, Any] = {} if detached else {"payload": b64(payload)}
    body |= written[0] if flattened else {"signatures": written}
    return json.dumps(body, separators=(",", ":")).encode()


def _one(payload: bytes, signer: Signer) -> dict[str, Any]:
    protected = _protected(signer)
    value = _signature(signer, protected, payload, plain=signer.header.get("b64") is False)
    header = {"header": dict(signer.unprotected)} if signer.unprotected else {}
    return {"protected": protected, **header, "signature": b64(value)}


def stamped(world: World, encoded: bytes, spoil: str | None = None, **options: Any) -> bytes:
    """Add a signature timestamp to a flattened signature (JAdES-B-T, TS 119 182-1 §5.3.4)."""
    body = json.loads(encoded)
    over = body["signature"].encode("ascii")
    token = stamps.stamp(world, over, spoil, **options)
    written = {"sigTst": {"tstTokens": [{"val": base64.b64encode(token).decode("ascii")}]}}
    body["header"] = {"etsiU": [b64(json.dumps(written).encode())]}
    return json.dumps(body, separators=(",", ":")).encode()
