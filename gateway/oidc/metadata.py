"""The discovery document: it announces what works and nothing else (OpenID Connect Discovery §3, RFC 8414)."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.oidc.claims import CLAIMS_OF
from gateway.oidc.names import CLIENT_ASSERTION_ALGORITHMS, SIGNING_ALGORITHMS, ClientAuthMethod, Prompt, Scope
from gateway.oidc.pkce import CHALLENGE_METHOD
from gateway.oidc.request_checks import RESPONSE_MODE, RESPONSE_TYPE
from gateway.oidc.token import GRANTS

PATHS: Final = {
    "authorize": "/authorize",
    "token": "/token",
    "userinfo": "/userinfo",
    "end_session": "/logout",
    "jwks": "/jwks",
}
"""Endpoint -> path below the issuer."""

_ENDPOINTS: Final = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "end_session_endpoint": "end_session",
    "jwks_uri": "jwks",
}

DISCOVERY_PATHS: Final = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
"""Where the same document is found (OpenID Connect Discovery §4, RFC 8414 §3)."""

_PROTOCOL_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")


def discovery(issuer: str, *, acr_values: Sequence[str], ui_locales: Sequence[str]) -> dict[str, Any]:
    """The document; what is announced is read from the tables that do the work."""
    return {
        "issuer": issuer,
        **{name: f"{issuer}{PATHS[endpoint]}" for name, endpoint in _ENDPOINTS.items()},
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": [RESPONSE_MODE],
        "grant_types_supported": [str(grant_type) for grant_type in GRANTS],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "token_endpoint_auth_methods_supported": [method.value for method in ClientAuthMethod],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": [CHALLENGE_METHOD],
        "prompt_values_supported": [prompt.value for prompt in Prompt],
        "acr_values_supported": list(acr_values),
        "ui_locales_supported": list(ui_locales),
        "claim_types_supported": ["normal"],
        "claims_supported": [*_PROTOCOL_CLAIMS, *(name for names in CLAIMS_OF.values() for name in names)],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,  # absent would mean true (OpenID Connect Discovery §3)
    }
