"""The sandbox's signed trust lists: written from `listed`, signed by the holders of the list keys.

Three fictional people hold a key each; two of them must sign. Every member of a document and every signature can be
changed, so that a wrong list is as easy to make as a right one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from mock_idps.authority.jws import b64, sign_input
from mock_idps.authority.keys import Family, Key, public_bits
from mock_idps.authority.listed import LISTS, entry, when
from mock_idps.authority.world import World

HOLDERS: Final = {"list-1": "Sandbox Transcriber", "list-2": "Sandbox Checker", "list-3": "Sandbox Spare"}
"""Names of keys in this world, and who holds them; on the wire a key is known by its thumbprint."""
TWO: Final = ("list-1", "list-2")
TYPE: Final = "gba-mrtl+json"
EQUIVALENCE_TYPE: Final = "gba-equivalence+json"
OPERATOR: Final = {"en": "Sandbox list operator (simulation)"}


def key(world: World, name: str) -> Key:
    """The key of a holder; any other name gives a key that no root knows."""
    return world.key(name, Family.P256)


def jwk(world: World, name: str) -> dict[str, str]:
    """The public half of a holder's key (RFC 7518 §6.2.1)."""
    point = public_bits(key(world, name).spki)
    return {"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}


def kid(world: World, name: str) -> str:
    """The thumbprint under which a key is known (RFC 7638)."""
    members = json.dumps(jwk(world, name), sort_keys=True, separators=(",", ":"))
    return b64(hashlib.sha256(members.encode()).digest())


def encode(document: Mapping[str, Any]) -> bytes:
    """The bytes of a document that are signed: sorted, without spaces (RFC 8785)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(document: Mapping[str, Any]) -> str:
    """The digest by which the next one names this."""
    return hashlib.sha256(encode(document)).hexdigest()


def trust_list(
    world: World,
    list_id: str,
    *,
    sequence: int = 1,
    previous: Mapping[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Write a list; `changes` set its members."""
    content = LISTS[list_id]
    document = header(world, list_id, sequence=sequence, previous=previous) | {
        "scheme": content.scheme,
        "issuing_jurisdiction": content.jurisdiction,
        "sources": [_source(world, list_id)],
        "entries": [entry(world, listing) for listing in content.listings],
    }
    return document | changes


def header(
    world: World, list_id: str, *, sequence: int = 1, previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What every signed document of the operator begins with."""
    return {
        "list_id": list_id,
        "operator": OPERATOR,
        "version": 1,
        "sequence": sequence,
        "previous_sha256": None if previous is None else sha256(previous),
    } | times(world.now)


def times(now: datetime, *, days: int = -1) -> dict[str, str]:
    """The times of a document that was made so many days from now."""
    made = now + timedelta(days=days)
    return {
        "issued": when(made),
        "next_update": when(made + timedelta(days=31)),
        "expires": when(made + timedelta(days=91)),
    }


def _source(world: World, list_id: str) -> dict[str, str]:
    page = f"Fictional page of {list_id}".encode()
    return {
        "url": f"https://lists.sandbox.example/{list_id}.html",
        "retrieved_at": when(world.now - timedelta(days=2)),
        "sha256": hashlib.sha256(page).hexdigest(),
        "transcriber": HOLDERS["list-1"],
        "checker": HOLDERS["list-2"],
    }


def sign(world: World, document: Mapping[str, Any], signers: Sequence[str] = TWO, *, typ: str = TYPE) -> bytes:
    """Sign a document with several keys (RFC 7515 §7.2.1)."""
    return sign_payload(world, encode(document), signers, typ=typ)


def sign_payload(world: World, payload: bytes, signers: Sequence[str] = TWO, *, typ: str = TYPE) -> bytes:
    """Sign bytes that may be no document at all."""
    body = b64(payload)
    signatures = []
    for name in signers:
        protected = b64(
            json.dumps({"alg": "ES256", "kid": kid(world, name), "typ": typ}, separators=(",", ":")).encode()
        )
        value = sign_input(key(world, name), "ES256", f"{protected}.{body}".encode("ascii"))
        signatures.append({"protected": protected, "signature": b64(value)})
    return json.dumps({"payload": body, "signatures": signatures}, separators=(",", ":")).encode()


def signed_list(world: World, list_id: str, **changes: Any) -> bytes:
    """One good list of the world, signed."""
    return sign(world, trust_list(world, list_id, **changes))
