"""The discovery document: it announces what works and nothing else (OpenID Connect Discovery §3, RFC 8414)."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.oidc.claims import CLAIMS_OF
from gateway.oidc.names import (
    CLIENT_ASSERTION_ALGORITHMS,
    CONTENT_ENCRYPTIONS,
    DPOP_ALGORITHMS,
    KEY_AGREEMENTS,
    REQUEST_OBJECT_ALGORITHMS,
    SIGNING_ALGORITHMS,
    ClientAuthMethod,
    DeliveryMode,
    Prompt,
    ResponseMode,
    Scope,
    SubjectType,
)
from gateway.oidc.pkce import CHALLENGE_METHOD
from gateway.oidc.request_checks import RESPONSE_TYPE
from gateway.oidc.token import GRANTS
from gateway.oidc.verified_claims import (
    DOCUMENTS,
    ELECTRONIC_RECORDS,
    EVIDENCE,
    TRUST_FRAMEWORKS,
    VERIFIABLE,
)

PATHS: Final = {
    "authorize": "/authorize",
    "token": "/token",
    "userinfo": "/userinfo",
    "end_session": "/logout",
    "jwks": "/jwks",
    "par": "/par",
    "revocation": "/revoke",
    "introspection": "/introspect",
    "device_authorization": "/device_authorization",
    "backchannel_authentication": "/bc-authorize",
    "registration": "/register",
}
"""Endpoint -> path below the issuer."""

_ENDPOINTS: Final = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "end_session_endpoint": "end_session",
    "jwks_uri": "jwks",
    "pushed_authorization_request_endpoint": "par",
    "revocation_endpoint": "revocation",
    "introspection_endpoint": "introspection",
    "device_authorization_endpoint": "device_authorization",
    "backchannel_authentication_endpoint": "backchannel_authentication",
}
_REGISTRATION: Final = {"registration_endpoint": "registration"}

_MTLS_ENDPOINTS: Final = (
    "token_endpoint",
    "userinfo_endpoint",
    "pushed_authorization_request_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
)
"""Endpoints that a client with a certificate calls (RFC 8705 §5)."""

_WITH_CREDENTIALS: Final = ("token_endpoint", "revocation_endpoint", "introspection_endpoint")
"""Endpoints whose client authentication is announced one by one (RFC 8414 §2)."""

_MTLS_METHODS: Final = frozenset({ClientAuthMethod.TLS, ClientAuthMethod.SELF_SIGNED_TLS})

DISCOVERY_PATHS: Final = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
"""Where the same document is found (OpenID Connect Discovery §4, RFC 8414 §3)."""

_PROTOCOL_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "act")


def discovery(
    issuer: str,
    *,
    acr_values: Sequence[str],
    ui_locales: Sequence[str],
    mtls: bool = False,
    registration: bool = True,
    signing_algorithms: Sequence[str] = SIGNING_ALGORITHMS,
) -> dict[str, Any]:
    """The document; what is announced is read from the tables that do the work."""
    endpoints = _ENDPOINTS | (_REGISTRATION if registration else {})
    addresses = {name: f"{issuer}{PATHS[endpoint]}" for name, endpoint in endpoints.items()}
    return {
        "issuer": issuer,
        **addresses,
        "service_documentation": f"{issuer}/",
        "acr_values_supported": list(acr_values),
        "ui_locales_supported": list(ui_locales),
        **_requests(),
        **_client_authentication(mtls=mtls),
        **_binding(addresses, mtls=mtls),
        **_answers(signing_algorithms),
        **_claims(),
        **_sign_out(),
        **_decoupled(),
    }


def _requests() -> dict[str, Any]:
    """What an authorization request may hold (RFC 9101 §10.5, RFC 9126 §5, RFC 9207 §3)."""
    return {
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": [mode.value for mode in ResponseMode],
        "grant_types_supported": [str(grant_type) for grant_type in GRANTS],
        "code_challenge_methods_supported": [CHALLENGE_METHOD],
        "prompt_values_supported": [prompt.value for prompt in Prompt],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_signed_request_object": False,  # of some clients, as registered; so of everybody no
        "require_pushed_authorization_requests": False,
        "request_object_signing_alg_values_supported": list(REQUEST_OBJECT_ALGORITHMS),
    }


def _client_authentication(*, mtls: bool) -> dict[str, Any]:
    methods = [method.value for method in ClientAuthMethod if mtls or method not in _MTLS_METHODS]
    announced: dict[str, Any] = {}
    for endpoint in _WITH_CREDENTIALS:
        announced[f"{endpoint}_auth_methods_supported"] = methods
        announced[f"{endpoint}_auth_signing_alg_values_supported"] = list(CLIENT_ASSERTION_ALGORITHMS)
    return announced


def _binding(addresses: dict[str, str], *, mtls: bool) -> dict[str, Any]:
    """Tokens bound to a key (RFC 9449 §5.1) or to a certificate (RFC 8705 §3.3); the aliases are the same addresses."""
    announced: dict[str, Any] = {"dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS)}
    if mtls:
        announced["tls_client_certificate_bound_access_tokens"] = True
        announced["mtls_endpoint_aliases"] = {name: addresses[name] for name in _MTLS_ENDPOINTS}
    return announced


def _answers(signing_algorithms: Sequence[str]) -> dict[str, Any]:
    """How answers are signed and sealed (Discovery §3, JARM §4, RFC 9701 §7)."""
    signed = {
        f"{answer}_signing_alg_values_supported": list(signing_algorithms)
        for answer in ("id_token", "userinfo", "authorization", "introspection")
    }
    sealed = {
        f"{answer}_encryption_{part}_values_supported": list(values)
        for answer in ("id_token", "userinfo")
        for part, values in (("alg", KEY_AGREEMENTS), ("enc", CONTENT_ENCRYPTIONS))
    }
    return {**signed, **sealed}


def _claims() -> dict[str, Any]:
    """Whose claims there are, and what stands behind verified ones (Identity Assurance §9)."""
    return {
        "subject_types_supported": [kind.value for kind in SubjectType],
        "claim_types_supported": ["normal"],
        "claims_supported": [*_PROTOCOL_CLAIMS, *(name for names in CLAIMS_OF.values() for name in names)],
        "verified_claims_supported": True,
        "trust_frameworks_supported": list(TRUST_FRAMEWORKS),
        "evidence_supported": list(EVIDENCE),
        "documents_supported": list(DOCUMENTS),
        "electronic_records_supported": list(ELECTRONIC_RECORDS),
        "claims_in_verified_claims_supported": list(VERIFIABLE),
    }


def _sign_out() -> dict[str, Any]:
    """Back-Channel Logout §2.1, Front-Channel Logout §3."""
    names = ("backchannel_logout", "frontchannel_logout")
    return {f"{name}{part}_supported": True for name in names for part in ("", "_session")}


def _decoupled() -> dict[str, Any]:
    """CIBA §4."""
    return {
        "backchannel_token_delivery_modes_supported": [mode.value for mode in DeliveryMode],
        "backchannel_authentication_request_signing_alg_values_supported": list(REQUEST_OBJECT_ALGORITHMS),
        "backchannel_user_code_parameter_supported": False,
    }
