"""Profiles that a careful client must refuse (attack MO-01): each fault is one function of claims and keys."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from mock_idps.macao.envelope import sign_profile
from mock_idps.macao.keys import KeyRing


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def bad_signature(claims: Mapping[str, Any], keys: KeyRing) -> str:
    """Put the signature of another payload under this one."""
    header, payload, _ = sign_profile(claims, keys.current).split(".")
    foreign = sign_profile({**claims, "acr": "0"}, keys.current).rpartition(".")[2]
    return f"{header}.{payload}.{foreign}"


def unsigned(claims: Mapping[str, Any], keys: KeyRing) -> str:
    """Leave the signature out and say so (RFC 7515 appendix A.5)."""
    header = {"alg": "none", "kid": keys.current.number}
    return f"{_part(_json(header))}.{_part(_json(claims))}."


def public_key_as_secret(claims: Mapping[str, Any], keys: KeyRing) -> str:
    """Sign HS256 with the public key's DER as the secret: the key confusion of RFC 8725 §2.1."""
    header = {"alg": "HS256", "kid": keys.current.number, "typ": "JWT"}
    signed = f"{_part(_json(header))}.{_part(_json(claims))}"
    digest = hmac.new(keys.current.spki(), signed.encode("ascii"), hashlib.sha256).digest()
    return f"{signed}.{_part(digest)}"


def doubled_uid(claims: Mapping[str, Any], keys: KeyRing, foreign_uid: str) -> str:
    """Carry `uid` twice, the second of somebody else: readers differ in which one they believe."""
    payload = _json(claims)[:-1] + b"," + _json({"uid": foreign_uid})[1:]
    return sign_profile(payload, keys.current)
