"""What the developers' start page says: the discovery document in words, so that the two can never disagree."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.oidc.metadata import DISCOVERY_PATHS
from gateway.oidc.names import Profile
from gateway.web.pages import Fact, HomePage

_LINKS: Final = (
    ("home.discovery", DISCOVERY_PATHS[0]),
    ("home.keys", "/jwks"),
    ("home.errors", "/errors"),
    ("home.device", "/device"),
    ("home.account", "/account"),
    ("home.ready", "/readyz"),
)

_SPECIFICATIONS: Final[Mapping[str, str]] = {
    "authorization_endpoint": "OpenID Connect Core §3.1.2, RFC 6749 §3.1",
    "token_endpoint": "RFC 6749 §3.2",
    "userinfo_endpoint": "OpenID Connect Core §5.3",
    "end_session_endpoint": "RP-Initiated Logout 1.0",
    "jwks_uri": "RFC 7517 §5",
    "pushed_authorization_request_endpoint": "RFC 9126",
    "revocation_endpoint": "RFC 7009",
    "introspection_endpoint": "RFC 7662, RFC 9701",
    "device_authorization_endpoint": "RFC 8628",
    "backchannel_authentication_endpoint": "CIBA Core 1.0",
    "registration_endpoint": "RFC 7591, RFC 7592",
    "federation_registration_endpoint": "OpenID Federation 1.0 §12.2",
}
"""Endpoint in the discovery document -> what it implements."""

_NOT_HERE: Final = frozenset({"issuer", "service_documentation"})

_ALGORITHMS: Final[Mapping[str, str]] = {
    "id_token_signing_alg_values_supported": "RFC 7515",
    "id_token_encryption_alg_values_supported": "RFC 7516",
    "id_token_encryption_enc_values_supported": "RFC 7516",
    "token_endpoint_auth_methods_supported": "OpenID Connect Core §9",
    "token_endpoint_auth_signing_alg_values_supported": "RFC 7523",
    "request_object_signing_alg_values_supported": "RFC 9101",
    "authorization_signing_alg_values_supported": "JARM",
    "dpop_signing_alg_values_supported": "RFC 9449",
    "code_challenge_methods_supported": "RFC 7636",
    "response_modes_supported": "JARM",
    "grant_types_supported": "RFC 6749",
    "scopes_supported": "OpenID Connect Core §5.4",
    "acr_values_supported": "OpenID Connect Core §2",
}

_PROFILES: Final = {
    Profile.PLAIN: "OpenID Connect Core 1.0",
    Profile.FAPI2_SP: "FAPI 2.0 Security Profile",
    Profile.FAPI2_MS: "FAPI 2.0 Message Signing",
}


def start_page(discovery: Mapping[str, Any]) -> HomePage:
    """The page for the document that the gateway publishes."""
    return HomePage(
        service=None,
        switch="/",
        issuer=discovery["issuer"],
        links=_LINKS,
        endpoints=tuple(_endpoints(discovery)),
        algorithms=tuple(
            Fact(name, " ".join(map(str, discovery[name])), specification=specification)
            for name, specification in _ALGORITHMS.items()
            if name in discovery
        ),
        profiles=tuple(Fact(profile.value, "", specification=name) for profile, name in _PROFILES.items()),
        samples=tuple(_samples(discovery)),
    )


def _endpoints(discovery: Mapping[str, Any]) -> Iterator[Fact]:
    """Whatever the document announces with an address: also what was added to it elsewhere."""
    for name, value in discovery.items():
        if isinstance(value, str) and name not in _NOT_HERE and (name in _SPECIFICATIONS or name.endswith("_endpoint")):
            path = urlsplit(value).path
            is_readable = name == "jwks_uri"
            yield Fact(name, value, path if is_readable else None, _SPECIFICATIONS.get(name))


def _samples(discovery: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Commands that work as they stand, once a client is registered."""
    issuer = discovery["issuer"]
    yield "home.sample.discovery", f"curl {issuer}{DISCOVERY_PATHS[0]}"
    yield (
        "home.sample.create",
        "gate client create --name 'My service' --redirect-uri https://service.example/callback",
    )
    yield "home.sample.snippet", "gate client snippet CLIENT_ID --language python"
    redeem = (
        f"curl --user CLIENT_ID:CLIENT_SECRET {discovery['token_endpoint']}",
        "--data grant_type=authorization_code --data code=CODE",
        "--data code_verifier=VERIFIER",
        "--data-urlencode redirect_uri=https://service.example/callback",
    )
    yield "home.sample.token", " \\\n  ".join(redeem)
    yield (
        "home.sample.userinfo",
        f"curl --header 'Authorization: Bearer ACCESS_TOKEN' {discovery['userinfo_endpoint']}",
    )
