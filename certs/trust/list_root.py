"""The root (`root.json`): whose keys sign which list, how many persons it takes, and how the root itself is changed.

Its keys lie offline with their holders. A threshold counts persons, not keys: two keys of one holder are one voice. A
root changes one version at a time, signed by the old threshold and the new one (`list_signing.verify_root_update`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from certs.keys.canonical import canonical
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields, read_text
from certs.trust.list_header import LIST_ID, LIST_ID_DETAIL, parse_payload, payload_digest
from certs.trust.list_writer import write_time

ROOT: Final = "root"
EQUIVALENCE: Final = "equivalence"
MAX_KEYS: Final = 64
_SMALLEST_THRESHOLD: Final = 2
"""Spec 4.2: a list needs a transcriber and a checker; one person alone changes nothing."""
_MEMBERS: Final = frozenset({"version", "previous_sha256", "issued", "expires", "keys", "thresholds", "compromised"})
_KEY_MEMBERS: Final = frozenset({"kid", "jwk", "holder", "signs", "start", "end"})
_KID: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ALGORITHMS: Final = {("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("OKP", "Ed25519"): "Ed25519"}
_JWK_MEMBERS: Final = {"EC": {"kty", "crv", "x", "y"}, "OKP": {"kty", "crv", "x"}}


@dataclass(frozen=True, slots=True)
class RootKey:
    """One public key of one person, for some documents and some time; ``kid`` is its thumbprint (RFC 7638)."""

    kid: str
    jwk: Mapping[str, str]
    algorithm: str
    holder: str
    signs: frozenset[str]
    start: datetime
    end: datetime

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether what it signs counts now."""
        return self.start <= moment < self.end

    def public(self) -> ECKey | OKPKey:
        """The key itself, for `list_signing`."""
        return import_jwk(self.jwk)


@dataclass(frozen=True, slots=True)
class Root:
    """One version of the root, read and consistent; who signed it is for `list_signing`."""

    version: int
    previous_sha256: str | None
    issued: datetime
    expires: datetime
    keys: Mapping[str, RootKey]
    thresholds: Mapping[str, int]
    compromised: frozenset[str]
    """Keys of this and earlier versions that others may hold: what only they signed never happened."""
    sha256: str

    def threshold(self, document: str) -> int | None:
        """How many persons a document needs; `None` for one that this root does not know."""
        return self.thresholds.get(document)


def read_root(payload: bytes) -> Root:
    """Read the signed payload of a root; raises `ListError`."""
    fields = Fields.of(parse_payload(payload), "", required=_MEMBERS)
    keys = tuple(_key(item, path) for item, path in fields.items("keys", at_least=1, at_most=MAX_KEYS))
    root = Root(
        version=fields.number("version", smallest=1, largest=1_000_000),
        previous_sha256=fields.digest("previous_sha256") if fields.has("previous_sha256") else None,
        issued=fields.time("issued"),
        expires=fields.time("expires"),
        keys={key.kid: key for key in keys},
        thresholds=_thresholds(fields),
        compromised=frozenset(_kids(fields)),
        sha256=payload_digest(payload),
    )
    if len(root.keys) != len(keys):
        _refuse("keys", "a key is listed twice")
    _check(root)
    return root


def write_root(root: Root) -> bytes:
    """Write a root as the payload that is signed."""
    return canonical(
        {
            "version": root.version,
            "previous_sha256": root.previous_sha256,
            "issued": write_time(root.issued),
            "expires": write_time(root.expires),
            "keys": [_key_members(key) for key in root.keys.values()],
            "thresholds": dict(root.thresholds),
            "compromised": sorted(root.compromised),
        }
    )


def root_key(jwk: Mapping[str, str], *, holder: str, signs: Iterable[str], start: datetime, end: datetime) -> RootKey:
    """Describe a public key for a root that is being drafted; raises `ListError` for one that cannot stand in it."""
    public = {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}
    algorithm = _algorithm(public, "jwk")
    return RootKey(import_jwk(public).thumbprint(), public, algorithm, holder, frozenset(signs), start, end)


def import_jwk(jwk: Mapping[str, str]) -> ECKey | OKPKey:
    """Make a key usable."""
    return ECKey.import_key(dict(jwk)) if jwk["kty"] == "EC" else OKPKey.import_key(dict(jwk))


def _check(root: Root) -> None:
    if root.issued >= root.expires:
        _refuse("expires", "the times are not in order")
    if (root.version == 1) != (root.previous_sha256 is None):
        _refuse("previous_sha256", "only the first root has none before it")
    if ROOT not in root.thresholds:
        _refuse("thresholds", "the root itself needs a threshold")
    if root.compromised & root.keys.keys():
        _refuse("compromised", "a compromised key is still in use")
    for document, needed in root.thresholds.items():
        holders = {key.holder for key in root.keys.values() if document in key.signs}
        if len(holders) < needed:  # nobody could ever change it again
            _refuse(f"thresholds.{document}", "there are not enough persons for the threshold")


def _thresholds(fields: Fields) -> Mapping[str, int]:
    members = fields.members["thresholds"]
    names = frozenset(members) if isinstance(members, dict) and len(members) <= MAX_KEYS else frozenset()
    thresholds = Fields.of(members, fields.at("thresholds"), required=names)
    for name in names:
        if not LIST_ID.fullmatch(name):
            _refuse("thresholds", LIST_ID_DETAIL)
    return {name: thresholds.number(name, smallest=_SMALLEST_THRESHOLD, largest=MAX_KEYS) for name in sorted(names)}


def _kids(fields: Fields) -> Iterable[str]:
    for item, path in fields.items("compromised", at_most=1_000):
        if not isinstance(item, str) or not _KID.fullmatch(item):
            _refuse(path, "is not a thumbprint")
        yield item


def _key(value: object, where: str) -> RootKey:
    fields = Fields.of(value, where, required=_KEY_MEMBERS)
    jwk = fields.members["jwk"]
    algorithm = _algorithm(jwk, fields.at("jwk"))
    key = RootKey(
        kid=fields.matching("kid", _KID, "is not a thumbprint"),
        jwk=jwk,
        algorithm=algorithm,
        holder=fields.text("holder"),
        signs=frozenset(_document(item, path) for item, path in fields.items("signs", at_least=1)),
        start=fields.time("start"),
        end=fields.time("end"),
    )
    if key.start >= key.end:
        _refuse(where, "ends before it starts")
    # A name of its own choosing would let one key stand in the root twice, as two persons.
    if import_jwk(key.jwk).thumbprint() != key.kid:
        _refuse(fields.at("kid"), "is not the thumbprint of its key")
    return key


def _document(value: object, where: str) -> str:
    text = read_text(value, where)
    if not LIST_ID.fullmatch(text):
        _refuse(where, LIST_ID_DETAIL)
    return text


def _algorithm(jwk: object, where: str) -> str:
    if not isinstance(jwk, dict) or not all(isinstance(value, str) for value in jwk.values()):
        _refuse(where, "is not a public key")
    algorithm = _ALGORITHMS.get((jwk.get("kty", ""), jwk.get("crv", "")))
    if algorithm is None or jwk.keys() != _JWK_MEMBERS[jwk["kty"]]:
        _refuse(where, "is not a public key on P-256, P-384 or Ed25519")
    try:
        own = import_jwk(jwk).as_dict(private=False)
    except (ValueError, TypeError, JoseError):
        _refuse(where, "is not a point of its curve")
    if any(own.get(name) != value for name, value in jwk.items()):
        _refuse(where, "is not spelt in the one way")
    return algorithm


def _key_members(key: RootKey) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "jwk": dict(key.jwk),
        "holder": key.holder,
        "signs": sorted(key.signs),
        "start": write_time(key.start),
        "end": write_time(key.end),
    }


def _refuse(where: str, detail: str) -> NoReturn:
    raise ListError(ListRefusal.SCHEMA, detail, where=where)
