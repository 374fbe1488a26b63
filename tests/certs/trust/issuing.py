"""Small authorities for tests of paths: P-256 or SM2, valid by default, one keyword spoils them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, Final

from asn1crypto import algos, core, keys, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.trust import der
from certs.trust.certificate import Certificate, read_certificate
from mock_idps.authority.sm2 import Sm2Key
from tests.certs.builders import NOW

CA_USAGE: Final = {"key_cert_sign", "crl_sign"}
SIGNER_USAGE: Final = {"digital_signature", "non_repudiation"}
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
COUNTRY: Final = bytes.fromhex("0603550406")
COMMON_NAME: Final = bytes.fromhex("0603550403")
_ECDSA: Final = "1.2.840.10045.4.3.2"
_SM2: Final = "1.2.156.10197.1.501"
_serials = count(1_000)


@dataclass(frozen=True)
class Party:
    """Somebody with a name and a key; ``certificate`` is what was issued to them."""

    name: x509.Name
    key: Any
    der: bytes
    key_id: bytes

    @property
    def certificate(self) -> Certificate:
        return read_certificate(self.der)


@cache
def a_key(label: str, *, sm2: bool = False) -> Any:
    """The same key for the same label."""
    return Sm2Key.generate() if sm2 else ec.generate_private_key(ec.SECP256R1())


def a_name(text: str, *, tag: int = UTF8_STRING) -> x509.Name:
    """C=HK and a common name, in the encoding that ``tag`` says."""
    pairs = ((COUNTRY, PRINTABLE_STRING, "HK"), (COMMON_NAME, tag, text))
    parts = (der.wrap(der.SET, der.sequence(kind, der.wrap(tag, value.encode()))) for kind, tag, value in pairs)
    return x509.Name.load(der.sequence(*parts))


def issue(
    subject: str | x509.Name,
    by: Party | None = None,
    *,
    ca: bool = True,
    path_length: int | None = None,
    usage: set[str] | None = None,
    basic: bool = True,
    key: Any = None,
    sm2: bool = False,
    key_id: bytes | None = None,
    authority_key_id: bytes | None = None,
    starts: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=300),
    further: tuple[dict[str, Any], ...] = (),
    signed_with: Any = None,
    serial: int | None = None,
) -> Party:
    """Issue a certificate; without ``by`` it is signed with its own key."""
    name = a_name(subject) if isinstance(subject, str) else subject
    own = key or a_key(str(subject), sm2=sm2)
    identifier = key_id or _key_id(own)
    issuer = by or Party(name, own, b"", identifier)
    extensions = [
        _extension("key_identifier", identifier),
        _extension("authority_key_identifier", {"key_identifier": authority_key_id or issuer.key_id}),
        _extension("key_usage", usage or (CA_USAGE if ca else SIGNER_USAGE), critical=True),
        *further,
    ]
    if basic:
        limits = {"ca": ca} if path_length is None else {"ca": ca, "path_len_constraint": path_length}
        extensions.append(_extension("basic_constraints", limits, critical=True))
    algorithm = algos.SignedDigestAlgorithm({"algorithm": _SM2 if isinstance(issuer.key, Sm2Key) else _ECDSA})
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial or next(_serials),
            "signature": algorithm,
            "issuer": issuer.name,
            "validity": {"not_before": _time(starts), "not_after": _time(ends)},
            "subject": name,
            "subject_public_key_info": keys.PublicKeyInfo.load(_spki(own)),
            "extensions": extensions,
        }
    ).dump()
    whole = x509.Certificate(
        {
            "tbs_certificate": x509.TbsCertificate.load(tbs),
            "signature_algorithm": algorithm,
            "signature_value": _sign(signed_with or issuer.key, tbs),
        }
    )
    return Party(name, own, whole.dump(), identifier)


def extension(name: str, value: Any, *, critical: bool = False) -> dict[str, Any]:
    return _extension(name, value, critical=critical)


def an_unknown_extension(*, critical: bool) -> dict[str, Any]:
    value = core.ParsableOctetString(core.Null().dump())
    return {"extn_id": "1.3.6.1.4.1.99999.7", "critical": critical, "extn_value": value}


def permitted(**trees: str) -> dict[str, Any]:
    return _extension("name_constraints", {"permitted_subtrees": _trees(trees)}, critical=True)


def excluded(**trees: str) -> dict[str, Any]:
    return _extension("name_constraints", {"excluded_subtrees": _trees(trees)}, critical=True)


def called(**names: str) -> dict[str, Any]:
    return _extension("subject_alt_name", [_general(kind, text) for kind, text in names.items()])


def _trees(trees: dict[str, str]) -> list[dict[str, Any]]:
    return [{"base": _general(kind, text)} for kind, text in trees.items()]


def _general(kind: str, text: str) -> x509.GeneralName:
    value = a_name(text) if kind == "directory_name" else text
    return x509.GeneralName(name=kind, value=value)


def _extension(name: str, value: Any, *, critical: bool = False) -> dict[str, Any]:
    spec = x509.Extension._oid_specs[name]
    return {"extn_id": name, "critical": critical, "extn_value": core.ParsableOctetString(spec(value).dump())}


def _time(moment: datetime) -> x509.Time:
    return x509.Time(name="utc_time", value=moment)


def _spki(key: Any) -> bytes:
    if isinstance(key, Sm2Key):
        return key.spki
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: Any) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(_spki(key))
    return digest.finalize()[:20]


def _sign(key: Any, tbs: bytes) -> bytes:
    is_elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(tbs, ec.ECDSA(hashes.SHA256())) if is_elliptic else key.sign(tbs)
