"""What a relying party proves itself with and what it is answered under: secrets, keys, certificates, algorithms.

A client has exactly what its method uses; otherwise a second way in would lie about (CA-11). Keys that are handed in
are read here once, so that a weak, private or unusable one is refused at the door and not at somebody's sign-in.
"""

import hashlib
import re
from typing import Final

from certs.keys import JoseError, KeyMaterialError
from certs.keys.distinguished_name import parse_distinguished_name
from certs.keys.jose import VerificationKeys
from certs.keys.jwe import EncryptionKeys
from gateway.oidc.model import Client
from gateway.oidc.names import (
    CLIENT_ASSERTION_ALGORITHMS,
    CONTENT_ENCRYPTIONS,
    KEY_AGREEMENTS,
    REQUEST_OBJECT_ALGORITHMS,
    ClientAuthMethod,
)
from gateway.oidc.parameters import is_clean

SECRET_METHODS: Final = frozenset({ClientAuthMethod.BASIC, ClientAuthMethod.POST})
"""Methods whose clients have a generated secret."""
SIGNED_ANSWERS: Final = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
)
"""Fields that name what we sign with."""
CERTIFICATE_NAMES: Final = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_email",
)

_KEY_METHODS: Final = frozenset({ClientAuthMethod.PRIVATE_KEY_JWT, ClientAuthMethod.SELF_SIGNED_TLS})
_SAN: Final = {
    "tls_client_auth_san_dns": re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}"),
    "tls_client_auth_san_uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,2000}"),
    "tls_client_auth_san_email": re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,253}"),
}


def secret_fits(client: Client) -> bool:
    """A secret exactly where the method uses one."""
    if client.token_endpoint_auth_method not in SECRET_METHODS:
        return client.client_secret_hash is None and client.retiring_secret_hash is None
    return client.client_secret_hash is not None and len(client.client_secret_hash) == hashlib.sha256().digest_size


def key_sources_fit(client: Client) -> bool:
    """At most one place where the keys are, and one where they are needed (RFC 7591 §2)."""
    given = (client.jwks is not None) + (client.jwks_uri is not None)
    return given == 1 if needs_keys(client) else given <= 1


def needs_keys(client: Client) -> bool:
    """Whether anything that was registered cannot work without the client's public keys."""
    return (
        client.token_endpoint_auth_method in _KEY_METHODS
        or client.demands_signed_request
        or client.request_object_signing_alg is not None
        or bool(_agreements(client))
    )


def keys_fit(client: Client) -> bool:
    """Keys that are handed in can do what was registered; a weak one or a private one refuses the set."""
    if client.jwks is None:
        return True
    try:
        signing, sealing = VerificationKeys.from_jwks(client.jwks).keys, EncryptionKeys.from_jwks(client.jwks)
        for agreement in _agreements(client):
            sealing.choose(agreement)
    except JoseError:
        return False
    if client.token_endpoint_auth_method is ClientAuthMethod.PRIVATE_KEY_JWT or client.demands_signed_request:
        return any(key.algorithms & _wanted(client) for key in signing)
    return bool(signing or sealing.keys)


def certificate_fits(client: Client) -> bool:
    """Exactly one name for mutual TLS with authorities, none for anybody else (RFC 8705 §2.1.2)."""
    given = [name for name in CERTIFICATE_NAMES if getattr(client, name) is not None]
    if client.token_endpoint_auth_method is not ClientAuthMethod.TLS:
        return not given
    return len(given) == 1 and _is_certificate_name(given[0], getattr(client, given[0]))


def encryption_fits(alg: str | None, enc: str | None) -> bool:
    """A known pair; the content's algorithm alone says nothing (OpenID Connect Registration §2)."""
    if alg is None:
        return enc is None
    return alg in KEY_AGREEMENTS and (enc is None or enc in CONTENT_ENCRYPTIONS)


def _agreements(client: Client) -> list[str]:
    found = (client.id_token_encrypted_response_alg, client.userinfo_encrypted_response_alg)
    return [alg for alg in found if alg is not None]


def _wanted(client: Client) -> set[str]:
    if client.request_object_signing_alg is not None and client.demands_signed_request:
        return {client.request_object_signing_alg}
    return {*CLIENT_ASSERTION_ALGORITHMS, *REQUEST_OBJECT_ALGORITHMS}


def _is_certificate_name(field: str, value: str) -> bool:
    if field in _SAN:
        return _SAN[field].fullmatch(value) is not None
    try:
        parse_distinguished_name(value)
    except KeyMaterialError:
        return False
    return is_clean(value)
