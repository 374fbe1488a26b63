"""Tokens taken apart and put together in every wrong way, with nothing of the gateway's own (groups CA, DP, RO)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tests.relying_party import Key, encode
from tests.world import NOW

HMACS: Final = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


OWN: Final = Key.make()
"""The attacker's."""
SINK: Final = "https://sink.example"
KEYS_ELSEWHERE: Final = (
    f"{SINK}/jwks",
    "http://127.0.0.1:9/jwks",
    "http://[::1]:9/jwks",
    "file:///dev/null",
    "//sink.example/jwks",
)
"""Where a careless verifier would look for keys."""
_KEPT: Final = ("none", "NONE", "missing")


@dataclass(frozen=True, slots=True)
class Material:
    """What a good token is made of."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: Key = field(repr=False)

    def token(self, header: Mapping[str, Any] | None = None, claims: Mapping[str, Any] | None = None) -> str:
        """Signed with the right key; changes are added, ``None`` leaves a member out."""
        return self.spelt(json.dumps(_changed(self.header, header)), json.dumps(_changed(self.claims, claims)))

    def spelt(self, header: str, claims: str | None = None) -> str:
        """The same from text, so that JSON can be written in ways that no encoder knows."""
        signing_input = f"{encode(header.encode())}.{encode((claims or json.dumps(self.claims)).encode())}"
        return f"{signing_input}.{encode(signature(self.key, signing_input.encode()))}"

    def under(self, header: Mapping[str, Any], mac: bytes) -> str:
        """Under another header and with a signature that is given."""
        return f"{self.signing_input(header)}.{encode(mac)}"

    def signing_input(self, header: Mapping[str, Any]) -> str:
        return f"{encode(json.dumps(header).encode())}.{encode(json.dumps(self.claims).encode())}"

    def hmac(self, alg: str, secret: bytes, more: Mapping[str, Any] | None = None) -> str:
        """As if the key were a secret."""
        header = {**self.header, "alg": alg, **(more or {})}
        return self.under(header, hmac.digest(secret, self.signing_input(header).encode(), HMACS[alg]))


def _changed(members: Mapping[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**members, **(changes or {})}.items() if value is not None}


def taken_apart(token: str, key: Key) -> Material:
    """A good token as material."""
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}===")) for part in token.split(".")[:2])
    return Material(header, claims, key)


def signature(key: Key, content: bytes) -> bytes:
    """A signature of the key's own kind."""
    if isinstance(key.private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.private.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.private.sign(content, padding.PKCS1v15(), hashes.SHA256())


def unsigned(material: Material) -> dict[str, str]:
    """Tokens that say they need no signature, or bring none (CA-01)."""
    good = material.token().rpartition(".")[2]
    stripped = material.signing_input(material.header)
    bare = {name: value for name, value in material.header.items() if name != "alg"}
    spelt: dict[str, Any] = {"none": "none", "None": "None", "NONE": "NONE", "nOnE": "nOnE", "empty": "", "null": None}
    spelt |= {"list of none": ["none"], "list of ES256": ["ES256"], "number": 0, "blank": "none ", "false": False}
    headers = {name: {**bare, "alg": alg} for name, alg in spelt.items()} | {"missing": bare}
    return {
        **{name: f"{material.signing_input(header)}." for name, header in headers.items()},
        **{f"{name} under the old signature": f"{material.signing_input(headers[name])}.{good}" for name in _KEPT},
        "stripped": f"{stripped}.",
        "two parts": stripped,
        "zeros": f"{stripped}.{encode(bytes(64))}",
        "one byte": f"{stripped}.{encode(b'0')}",
    }


def public_forms(key: Key) -> dict[str, bytes]:
    """A public key in every form in which it might be taken for a secret (CA-02)."""
    public = key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forms = {
        "PEM": pem,
        "PEM without its end": pem.strip(),
        "PEM after a blank": b" " + pem,
        "PEM after a comment": b"# the key\n" + pem,
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(key.jwk).encode(),
        "compact JWK": json.dumps(key.members, separators=(",", ":")).encode(),
        "OpenSSH": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "certificate": certificate(key).public_bytes(Encoding.PEM),
    }
    if isinstance(public, rsa.RSAPublicKey):
        forms["PKCS#1"] = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    return forms


def certificate(key: Key) -> x509.Certificate:
    """A certificate that the key made for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-made")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.private.public_key())
    dated = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    return dated.serial_number(1).sign(key.private, hashes.SHA256())


def symmetric(material: Material) -> dict[str, str]:
    """The public key as an HMAC secret, in every form; of the larger digests, the forms that libraries took (CA-02)."""
    forms = public_forms(material.key)
    pairs = [("HS256", form) for form in forms] + [(alg, form) for alg in ("HS384", "HS512") for form in ("PEM", "DER")]
    return {f"{alg} {form}": material.hmac(alg, forms[form]) for alg, form in pairs}


def weak_secrets(material: Material) -> dict[str, str]:
    """HMAC with no secret worth the name (CA-03)."""
    secrets = {"empty": b"", "zero": b"\0", "zeros": bytes(32), "eight bytes": b"8 bytes!", "null": b"null"}
    return {name: material.hmac("HS256", secret) for name, secret in secrets.items()} | {
        f"empty {alg}": material.hmac(alg, b"") for alg in ("HS384", "HS512")
    }


def brought_keys(material: Material) -> dict[str, str]:
    """Signed with an own key that the header shows, under the name of the right one (CA-04)."""
    own = Material(material.header, material.claims, OWN)
    x, y = (OWN.members[name] for name in ("x", "y"))
    return {
        "own key": own.token({"jwk": OWN.members}),
        "own key without kid": own.token({"jwk": OWN.members, "kid": None}),
        "own key under the right kid": own.token({"jwk": {**OWN.members, "kid": material.header.get("kid")}}),
        "own key as text": own.token({"jwk": json.dumps(OWN.members)}),
        "own key in a list": own.token({"jwk": [OWN.members]}),
        "own key set": own.token({"jwks": OWN.jwks}),
        "own key as epk": own.token({"epk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}),
        "the right key": material.token({"jwk": material.key.members}),
    }


def addresses(material: Material) -> dict[str, str]:
    """Headers that say where a key can be had, for `OWN` and for the right one (CA-05)."""
    own = Material(material.header, material.claims, OWN)
    der = certificate(OWN).public_bytes(Encoding.DER)
    chain = [base64.b64encode(der).decode()]
    named: dict[str, Mapping[str, Any]] = {
        **{f"jku {url}": {"jku": url} for url in KEYS_ELSEWHERE},
        "x5u": {"x5u": KEYS_ELSEWHERE[0]},
        "x5c": {"x5c": chain},
        "x5c and thumbprint": {"x5c": chain, "x5t#S256": encode(hashlib.sha256(der).digest())},
        "empty x5c": {"x5c": []},
    }
    signed_right = {f"{name}, signed with the right key": material.token(more) for name, more in named.items()}
    return {name: own.token(more) for name, more in named.items()} | signed_right


def kids(material: Material, foreign: Sequence[str]) -> dict[str, str]:
    """Names of keys that are no names; each is signed with the right key, and with none (CA-06)."""
    named: dict[str, Any] = {
        "traversal": "../../../../../../dev/null",
        "SQL": "x' OR '1'='1' --",
        "LIKE": "%",
        "LIKE one": "_" * len(str(material.header.get("kid", ""))),
        "NUL": "k\x00",
        "null": "null",
        "long": "k" * 255,
        "5 kB": "k" * 5_000,
        "empty": "",
        "list": [material.header.get("kid")],
        "integer": 0,
        "object": {"kid": material.header.get("kid")},
        "true": True,
        "blank behind": f"{material.header.get('kid')} ",
        **{f"foreign {place}": kid for place, kid in enumerate(foreign)},
    }
    unnamed = {f"{name}, no key": material.hmac("HS256", b"", {"kid": kid}) for name, kid in named.items()}
    return {name: material.token({"kid": kid}) for name, kid in named.items()} | unnamed


def extensions(material: Material) -> dict[str, str]:
    """Headers that demand what is not there, or change what is signed (CA-12)."""
    plain = encode(json.dumps({**material.header, "b64": False, "crit": ["b64"]}).encode())
    raw = json.dumps(material.claims).replace(".", "\\u002e")
    changes: dict[str, Mapping[str, Any]] = {
        "unknown name": {"crit": ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": True},
        "name that is not there": {"crit": ["exp"]},
        "empty": {"crit": []},
        "registered name": {"crit": ["alg"]},
        "text": {"crit": "b64"},
        "object": {"crit": {}},
        "b64 false": {"b64": False},
        "b64 false, critical": {"b64": False, "crit": ["b64"]},
        "b64 true, critical": {"b64": True, "crit": ["b64"]},
        "zip": {"zip": "DEF"},
        "enc": {"enc": "A256GCM"},
    }
    unencoded = f"{plain}.{raw}.{encode(signature(material.key, f'{plain}.{raw}'.encode()))}"
    return {name: material.token(more) for name, more in changes.items()} | {"unencoded": unencoded}


def doubled(material: Material) -> dict[str, str]:
    """Header and claims in which two readers would see two things (CA-16)."""
    header, claims = json.dumps(material.header), json.dumps(material.claims)
    again = {name: json.dumps(value) for name, value in material.claims.items()}
    return {
        "alg none first": material.spelt('{"alg":"none",' + header[1:]),
        "alg none last": material.spelt(header[:-1] + ',"alg":"none"}'),
        "alg twice the same": material.spelt('{"alg":"' + str(material.header["alg"]) + '",' + header[1:]),
        "kid twice": material.spelt(header[:-1] + ',"kid":"a","kid":"b"}'),
        "escaped alg": material.spelt(header[:-1] + ',"\\u0061lg":"none"}'),
        **{
            f"{name} twice": material.spelt(header, "{" + f'"{name}":{value},' + claims[1:])
            for name, value in again.items()
        },
        "doubled deep inside": material.spelt(header, claims[:-1] + ',"more":{"a":1,"a":2}}'),
    }
