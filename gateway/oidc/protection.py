"""How an answer is protected for one client: signed, and encrypted if it asked for that (OpenID Connect Core §10)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certs.keys import JoseError, KeyMaterialError, KeyUnavailableError, jose
from certs.keys.jwe import EncryptionKeys, encrypt
from certs.keys.signing_key import SigningKey
from gateway.oidc import client_keys
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import DEFAULT_CONTENT_ENCRYPTION, ErrorCode
from gateway.oidc.provider import OpenIDProvider

_NESTED: Final = "JWT"


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """The client's keys and the algorithms that it registered."""

    keys: EncryptionKeys
    alg: str
    enc: str


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """What closes the answers to one client; made before anything is spent, so that nothing is spent for nothing."""

    key: SigningKey | None
    """Without one the content is encrypted only."""
    seal: Seal | None = None

    def close(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """Sign first, then encrypt, so that the signature is the reader's alone to see (RFC 7519 §11.2)."""
        signed = jose.sign(claims, self.key, typ=typ) if self.key is not None else None
        if self.seal is None:
            if signed is None:
                raise OAuthError(ErrorCode.SERVER_ERROR, "the answer cannot be protected")
            return signed
        content = signed if signed is not None else json.dumps(dict(claims), ensure_ascii=False)
        return _sealed(content, self.seal, cty=_NESTED if signed is not None else None)


def signing_key(client: Client, op: OpenIDProvider) -> SigningKey:
    """The key for the algorithm that the client registered (OpenID Connect Registration §2)."""
    return key_for(client.id_token_signed_response_alg, op)


def key_for(algorithm: str, op: OpenIDProvider) -> SigningKey:
    """The key that signs with an algorithm now."""
    try:
        return op.keys.active(algorithm)
    except KeyUnavailableError:
        raise  # nothing is wrong with the request: it is answered as soon as the key can be reached again (F-KEY-03)
    except KeyMaterialError as error:
        raise OAuthError(ErrorCode.SERVER_ERROR, "no signing key is active") from error


async def for_id_tokens(client: Client, op: OpenIDProvider, now: datetime) -> Envelope:
    """How the client's ID tokens travel (OpenID Connect Core §2)."""
    alg, enc = client.id_token_encrypted_response_alg, client.id_token_encrypted_response_enc
    return Envelope(signing_key(client, op), await _seal(client, op, now, alg, enc))


async def for_userinfo(client: Client, op: OpenIDProvider, now: datetime) -> Envelope | None:
    """How the client's userinfo travels; ``None`` is plain JSON (OpenID Connect Core §5.3.2)."""
    signed, alg = client.userinfo_signed_response_alg, client.userinfo_encrypted_response_alg
    if signed is None and alg is None:
        return None
    key = key_for(signed, op) if signed is not None else None
    return Envelope(key, await _seal(client, op, now, alg, client.userinfo_encrypted_response_enc))


async def _seal(client: Client, op: OpenIDProvider, now: datetime, alg: str | None, enc: str | None) -> Seal | None:
    if alg is None:
        return None
    try:
        keys = await client_keys.encryption_keys_of(client, op, now)
        keys.choose(alg)
    except JoseError as error:
        # Never in the clear instead: the client asked for encryption because its wire is not its own.
        raise OAuthError(ErrorCode.SERVER_ERROR, "the client has no usable key to encrypt for") from error
    return Seal(keys, alg, enc or DEFAULT_CONTENT_ENCRYPTION)


def _sealed(content: str, seal: Seal, *, cty: str | None) -> str:
    try:
        return encrypt(content.encode("utf-8"), seal.keys, alg=seal.alg, enc=seal.enc, cty=cty)
    except JoseError as error:
        raise OAuthError(ErrorCode.SERVER_ERROR, "the answer cannot be encrypted") from error
