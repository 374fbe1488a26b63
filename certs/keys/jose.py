"""The one door to JSON Web Signatures: `sign` what we say, `verify` what others say (RFC 7515, RFC 7519, RFC 8725).

A token never chooses how it is checked. Keys come from the caller's pinned set, algorithms from the caller's list,
and a header that offers a key, an address of a key or an extension is refused. Encrypted and unsecured tokens do not
exist here. One kind of token must bring its key along, the proof of possession (RFC 9449 §4.2): `verify_proof` shows
only that its sender holds that key, and hands out the thumbprint for the caller to compare.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError as LibraryError

from certs.keys import base64url, strict_json
from certs.keys.errors import JoseError, JoseErrorCode, JsonError
from certs.keys.expectation import LEEWAY, Expectation, check_claims
from certs.keys.public_jwk import MAX_KID, PublicKey, is_canonical
from certs.keys.signing_key import Algorithm, KeyState, SigningKey
from certs.keys.verification_keys import VerificationKeys, read_verification_key

__all__ = [
    "LEEWAY",
    "MAX_TOKEN",
    "Expectation",
    "JoseError",
    "JoseErrorCode",
    "VerificationKeys",
    "VerifiedClaims",
    "claimed",
    "claimed_kid",
    "claimed_text",
    "sign",
    "verify",
    "verify_proof",
]

MAX_TOKEN: Final = 16_384
"""Characters of a compact token, counted before anything is decoded."""
_MAX_HEADER: Final = 2_048
_MAX_HEADER_MEMBERS: Final = 16
_SEGMENTS: Final = 3
_REFUSED_MEMBERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"})
_PROOF: Final = object()
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _registry_for(algorithm: Algorithm) -> jws.JWSRegistry:
    # Members that we do not know are ignored, as RFC 7515 §4 asks; those that could change anything we refuse before.
    registry = jws.JWSRegistry(algorithms=[algorithm.value], strict_check_header=False)
    registry.max_header_length = _MAX_HEADER
    registry.max_payload_length = registry.max_signature_length = MAX_TOKEN
    return registry


_REGISTRIES: Final = {algorithm.value: _registry_for(algorithm) for algorithm in Algorithm}


class VerifiedClaims:
    """Claims whose signature, type, issuer, audience and times have been checked; only `verify` makes them."""

    __slots__ = ("claims", "header_kid")

    claims: Mapping[str, Any]
    header_kid: str | None

    def __init__(self, proof: object, claims: dict[str, Any], header_kid: str | None) -> None:
        if proof is not _PROOF:
            raise TypeError("verified claims come from verify() only")
        object.__setattr__(self, "claims", MappingProxyType(claims))
        object.__setattr__(self, "header_kid", header_kid)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("verified claims do not change")

    def __getitem__(self, name: str) -> Any:
        return self.claims[name]

    def __contains__(self, name: object) -> bool:
        return name in self.claims

    def __iter__(self) -> Iterator[str]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def get(self, name: str, default: Any = None) -> Any:
        """Give a claim that may be absent."""
        return self.claims.get(name, default)

    def __repr__(self) -> str:
        return f"VerifiedClaims({len(self.claims)} claims)"


def sign(claims: Mapping[str, Any], key: SigningKey, *, typ: str) -> str:
    """Sign claims as a compact token whose header says `alg`, `kid` and `typ` and nothing else (RFC 7515 §7.1)."""
    if key.state is not KeyState.ACTIVE:
        raise JoseError(JoseErrorCode.KEY_NOT_ACTIVE)
    try:
        payload = _ENCODER.encode(dict(claims)).encode("utf-8")
    except (TypeError, ValueError):
        raise JoseError(JoseErrorCode.CLAIMS_NOT_JSON) from None
    algorithm = key.algorithm.value
    signing_input = f"{_header_segment(algorithm, key.kid, typ)}.{base64url.encode(payload)}"
    signature = key.signer.sign(key.algorithm, signing_input.encode("ascii"))
    token = f"{signing_input}.{base64url.encode(signature)}"
    if len(token) > MAX_TOKEN:  # nobody with limits like ours could read it
        raise JoseError(JoseErrorCode.OVERSIZED)
    return token


@lru_cache(maxsize=128)  # a key signs thousands of tokens under one header
def _header_segment(algorithm: str, kid: str, typ: str) -> str:
    return base64url.encode(_ENCODER.encode({"alg": algorithm, "kid": kid, "typ": typ}).encode("utf-8"))


def verify(token: str, keys: VerificationKeys, expected: Expectation, *, now: datetime) -> VerifiedClaims:
    """Check a compact token for one purpose (RFC 7515 §5.2, RFC 7519 §7.2): header, key, signature, then claims."""
    header_segment, _, _ = _split(token)
    header = _read(header_segment, longest=_MAX_HEADER)
    algorithm, kid = _check_header(header, expected)
    payload = _check_signature(token, keys.choose(kid, algorithm), algorithm)
    claims = _parse(payload)
    check_claims(claims, expected, now)
    return VerifiedClaims(_PROOF, claims, kid)


def verify_proof(token: str, *, algorithms: Collection[str], typ: str, now: datetime) -> tuple[VerifiedClaims, str]:
    """Check a proof of possession with the key in its own header; give its claims and that key's thumbprint.

    Only the signature, the type and the times that are stated have been checked (RFC 9449 §4.3, RFC 7638 §3): which
    request it belongs to, how old it may be and whether it was seen before is for the caller.
    """
    expected = Expectation(
        algorithms=frozenset(algorithms), typ=frozenset({typ}), issuer=None, audience=None, required=frozenset()
    )
    header = _read(_split(token)[0], longest=_MAX_HEADER)
    algorithm, _ = _check_header(header, expected, refused=_REFUSED_MEMBERS - {"jwk"})
    key = _key_of_proof(header.get("jwk"), algorithm)
    claims = _parse(_check_signature(token, key, algorithm))
    check_claims(claims, expected, now)
    return VerifiedClaims(_PROOF, claims, None), key.public.thumbprint()


def _key_of_proof(jwk: object, algorithm: str) -> PublicKey:
    if not isinstance(jwk, dict):
        raise JoseError(JoseErrorCode.HEADER_REFUSED)
    key = read_verification_key(jwk)
    # Two spellings of one key would be two keys to whoever compares text.
    if key is None or algorithm not in key.algorithms or not is_canonical(jwk, key):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    return key


def claimed(token: str) -> Mapping[str, Any]:
    """Read what a token says of itself *before* it is checked: only to find whose keys it must be checked with."""
    return MappingProxyType(_read(_split(token)[1], longest=MAX_TOKEN))


def claimed_kid(token: str) -> str | None:
    """Read the name of the key that a token says it is signed with; raises ``JoseError`` where it is no token."""
    kid = _read(_split(token)[0], longest=_MAX_HEADER).get("kid")
    return kid if isinstance(kid, str) else None


def claimed_text(token: str, name: str) -> str | None:
    """Read one text of the same, or ``None``."""
    value = claimed(token).get(name)
    return value if isinstance(value, str) else None


def _split(token: str) -> list[str]:
    if len(token) > MAX_TOKEN:
        raise JoseError(JoseErrorCode.OVERSIZED)
    # Five segments would be an encrypted token: decompression bombs and padding oracles stay outside.
    if token.count(".") != _SEGMENTS - 1 or not token.isascii():
        raise JoseError(JoseErrorCode.MALFORMED)
    return token.split(".")


def _read(segment: str, *, longest: int) -> dict[str, Any]:
    if len(segment) > longest:
        raise JoseError(JoseErrorCode.OVERSIZED)
    try:
        return _parse(base64url.decode(segment))
    except ValueError:
        raise JoseError(JoseErrorCode.MALFORMED) from None


def _parse(data: bytes) -> dict[str, Any]:
    try:
        return strict_json.parse_object(data)
    except JsonError:
        raise JoseError(JoseErrorCode.MALFORMED) from None


def _check_header(
    header: Mapping[str, Any], expected: Expectation, *, refused: frozenset[str] = _REFUSED_MEMBERS
) -> tuple[str, str | None]:
    if len(header) > _MAX_HEADER_MEMBERS or not refused.isdisjoint(header):
        raise JoseError(JoseErrorCode.HEADER_REFUSED)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in expected.algorithms:
        raise JoseError(JoseErrorCode.ALGORITHM_REFUSED)
    _check_type(header, expected)
    return algorithm, _check_kid(header)


def _check_type(header: Mapping[str, Any], expected: Expectation) -> None:
    typ = header.get("typ")
    if "typ" in header and not isinstance(typ, str):
        raise JoseError(JoseErrorCode.TYPE_REFUSED)
    if _media(typ) not in {_media(each) for each in expected.typ}:
        raise JoseError(JoseErrorCode.TYPE_REFUSED)


def _check_kid(header: Mapping[str, Any]) -> str | None:
    kid = header.get("kid")
    if "kid" in header and (not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID):
        raise JoseError(JoseErrorCode.HEADER_REFUSED)
    return kid


def _media(typ: str | None) -> str | None:
    # Media types do not mind case, and "application/" may be left out (RFC 7515 §4.1.9).
    return None if typ is None else typ.lower().removeprefix("application/")


def _check_signature(token: str, key: PublicKey, algorithm: str) -> bytes:
    try:
        return jws.deserialize_compact(token, key.public, registry=_REGISTRIES[algorithm]).payload
    except (LibraryError, ValueError):
        raise JoseError(JoseErrorCode.SIGNATURE_REFUSED) from None
