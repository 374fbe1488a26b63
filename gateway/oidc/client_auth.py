"""Client authentication at every endpoint for servers (RFC 6749 §2.3, RFC 7523, RFC 8705 §2, OpenID Connect Core §9).

The registered method is the only one that counts. A client that is unknown, disabled or registered for another method
costs the same work and gets the same answer as one whose proof is wrong, so nobody can list our clients (CA-18).
"""

import hashlib
import hmac
from datetime import datetime
from typing import Final, assert_never

from certs.keys import JoseError
from certs.keys.client_certificate import is_named
from gateway.oidc import client_keys, profiles
from gateway.oidc.client_assertion import assertion_is_good
from gateway.oidc.credentials import Credentials, read_credentials, refused
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider

_NO_HASH: Final = bytes(hashlib.sha256().digest_size)
_NOBODY: Final = "nobody-has-this-name"
_WITHOUT_CREDENTIALS: Final = frozenset({ClientAuthMethod.NONE, ClientAuthMethod.TLS, ClientAuthMethod.SELF_SIGNED_TLS})
"""Methods whose requests hold nothing but ``client_id``: the proof, if any, is the connection's."""
_CERTIFICATE_NAMES: Final = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_email",
)


async def authenticate(form: Parameters, call: BackChannelCall, op: OpenIDProvider) -> Client:
    """Find out which client is asking, or refuse; counted by name only once it has proven its name (DS-02)."""
    credentials = read_credentials(form, call.authorization)
    found = await op.clients.find(credentials.client_id)
    client = found if found is not None and _is_candidate(found, credentials, call.now) else None
    if not await _is_proven(credentials, client, call, op) or client is None:
        if found is not None:  # stores remember whom they know; a name that nobody has is looked up every time
            await op.clients.find(_NOBODY)
        raise refused()
    profiles.check_client(client)
    if op.admit is not None:
        await op.admit(client, call)
    return client


def hash_secret(pepper: bytes, secret: str) -> bytes:
    """The form in which a client secret is kept; the secret has 256 random bits, so one quick hash is enough."""
    return hmac.digest(pepper, secret.encode("utf-8"), hashlib.sha256)


def _is_candidate(client: Client, credentials: Credentials, now: datetime) -> bool:
    """Whether the proof may be looked at: a live client that uses the method it is registered for (CA-11)."""
    registered = client.token_endpoint_auth_method
    if not client.is_active or (client.expires_at is not None and client.expires_at <= now):
        return False
    if credentials.method is ClientAuthMethod.NONE:
        return registered in _WITHOUT_CREDENTIALS
    return registered is credentials.method


async def _is_proven(
    credentials: Credentials, client: Client | None, call: BackChannelCall, op: OpenIDProvider
) -> bool:
    match credentials.method:
        case ClientAuthMethod.BASIC | ClientAuthMethod.POST:
            return _secret_matches(credentials, client, op, call.now)
        case ClientAuthMethod.PRIVATE_KEY_JWT:
            return await assertion_is_good(credentials, client, op, call.now)
        case ClientAuthMethod.NONE | ClientAuthMethod.TLS | ClientAuthMethod.SELF_SIGNED_TLS:
            return await _connection_matches(client, call, op)
        case _:
            assert_never(credentials.method)


def _secret_matches(credentials: Credentials, client: Client | None, op: OpenIDProvider, now: datetime) -> bool:
    """Compare with the secret, and with the one before it while a rotation lasts; always both, in the same time."""
    given = hash_secret(op.secret_key, credentials.proof)
    present = client.client_secret_hash if client is not None else None
    is_present = hmac.compare_digest(given, present or _NO_HASH) and present is not None
    retiring = _retiring_hash(client, now)
    is_retiring = hmac.compare_digest(given, retiring or _NO_HASH) and retiring is not None
    return is_present or is_retiring


def _retiring_hash(client: Client | None, now: datetime) -> bytes | None:
    if client is None or client.retiring_secret_until is None or client.retiring_secret_until <= now:
        return None
    return client.retiring_secret_hash


async def _connection_matches(client: Client | None, call: BackChannelCall, op: OpenIDProvider) -> bool:
    """What the TLS certificate proves; a public client only names itself, its codes are bound by PKCE."""
    method = client.token_endpoint_auth_method if client is not None else None
    if client is None or method is ClientAuthMethod.NONE:
        return client is not None
    if call.certificate is None or op.certificates is None:
        return False
    if method is ClientAuthMethod.SELF_SIGNED_TLS:
        try:
            document = await client_keys.document_of(client, op, call.now)
        except JoseError:
            return False
        return op.certificates.is_one_of(call.certificate, document, call.now)
    names = op.certificates.names(call.certificate, call.now)
    expected = [(name, getattr(client, name)) for name in _CERTIFICATE_NAMES if getattr(client, name) is not None]
    # Exactly one name is registered (RFC 8705 §2.1.2); a client without any would match every certificate.
    return names is not None and len(expected) == 1 and is_named(names, *expected[0])
