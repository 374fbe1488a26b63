"""Tokens and addresses as they travel, taken apart by another library than the gateway's."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jose import jws

from tests.asking import Asked
from tests.relying_party import encode


def header_of(token: str) -> dict[str, Any]:
    """The header of a compact token."""
    found: dict[str, Any] = json.loads(_decoded(token.split(".", maxsplit=1)[0]))
    return found


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a compact token, unverified."""
    found: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return found


def verified(token: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, when the one key that the header names has signed them."""
    header = header_of(token)
    (key,) = [key for key in jwks["keys"] if key["kid"] == header["kid"]]
    assert not {"d", "p", "q"} & key.keys()
    assert key.get("use", "sig") == "sig"
    if header["alg"] == "PS256":  # python-jose does not know it
        _check_pss(token, key)
        return claims_of(token)
    found: dict[str, Any] = json.loads(jws.verify(token, key, [header["alg"]]))
    return found


def unsigned(claims: Mapping[str, Any], **header: Any) -> str:
    """A token with ``alg`` none."""
    parts = ({"alg": "none", **header}, claims)
    return ".".join(encode(json.dumps(part).encode()) for part in parts) + "."


def spoiled(token: str) -> str:
    """The same token with another signature."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def query_of(address: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def address_of(asked: Asked, **changes: str | None) -> str:
    """The authorization request's address, with parameters changed after the fact; ``None`` leaves one out."""
    parameters = {name: value for name, value in (asked.parameters | changes).items() if value is not None}
    return f"{asked.issuer}/authorize?{urlencode(parameters)}"


def _check_pss(token: str, key: Mapping[str, str]) -> None:
    exponent, modulus = (int.from_bytes(_decoded(key[name]), "big") for name in ("e", "n"))
    content, _, signature = token.rpartition(".")
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
        _decoded(signature), content.encode("ascii"), scheme, hashes.SHA256()
    )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
