"""A relying party's own public keys: registered with it, or published by it under ``jwks_uri`` (RFC 7591 §2)."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from certs.keys import JoseError, JoseErrorCode
from certs.keys.jose import Expectation, VerificationKeys, VerifiedClaims, verify
from certs.keys.jwe import EncryptionKeys
from gateway.oidc.model import Client
from gateway.oidc.provider import OpenIDProvider


async def keys_of(client: Client, op: OpenIDProvider, now: datetime, kid: str | None = None) -> VerificationKeys:
    """The keys that the client signs with; a ``kid`` that is not among them has the set fetched again, now and then.

    Raises ``JoseError`` when there is no usable set.
    """
    keys = read_keys(await _text(client, op, now))
    if kid is None or client.jwks_uri is None or any(key.kid == kid for key in keys.keys):
        return keys
    return read_keys(await _text(client, op, now, fresher=True))


async def verified(
    token: str, client: Client, op: OpenIDProvider, expected: Expectation, now: datetime
) -> VerifiedClaims:
    """Check a token that the client signed; one signed with a key that we have not seen yet is tried once more."""
    try:
        return verify(token, await keys_of(client, op, now), expected, now=now)
    except JoseError as error:
        if error.code is not JoseErrorCode.UNKNOWN_KID or client.jwks_uri is None:
            raise
    return verify(token, read_keys(await _text(client, op, now, fresher=True)), expected, now=now)


async def encryption_keys_of(client: Client, op: OpenIDProvider, now: datetime) -> EncryptionKeys:
    """The keys under which answers are sealed for the client; raises ``JoseError`` when there is no usable set."""
    return _read_encryption_keys(await _text(client, op, now))


async def document_of(client: Client, op: OpenIDProvider, now: datetime) -> dict[str, Any]:
    """The key set as it is published, for whoever compares certificates with it (RFC 8705 §2.2)."""
    document: dict[str, Any] = json.loads(await _text(client, op, now))
    return document


async def _text(client: Client, op: OpenIDProvider, now: datetime, *, fresher: bool = False) -> str:
    if client.jwks is not None:
        return json.dumps(dict(client.jwks))
    if client.jwks_uri is not None:
        text = await op.key_sets.text(client.jwks_uri, op.fetch, now, fresher=fresher)
        if text is not None:
            return text
    raise JoseError(JoseErrorCode.KEYS_REFUSED)


@lru_cache(maxsize=1024)
def read_keys(jwks: str) -> VerificationKeys:
    """Parsing a key costs more than a signature check, so each set is parsed once; the text is the cache's name."""
    return VerificationKeys.from_jwks(json.loads(jwks))


@lru_cache(maxsize=16)
def decoys(jwks: str) -> VerificationKeys:
    """Keys that can never have signed what a client signs: checking with them costs what checking with its own does."""
    return read_keys(jwks).decoys()


@lru_cache(maxsize=1024)
def _read_encryption_keys(jwks: str) -> EncryptionKeys:
    return EncryptionKeys.from_jwks(json.loads(jwks))
