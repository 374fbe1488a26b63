"""The security profiles as one table: what a client must be, and be able to do, under each (FAPI 2.0).

A profile demands all of its rules at once. Registration asks ``demands``; at run time ``check_client`` asks again, so
that a client stored under older rules is refused rather than served with less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client, Confirmation
from gateway.oidc.names import FAPI_ALGORITHMS, ClientAuthMethod, ErrorCode, Profile

FAPI: Final = frozenset({Profile.FAPI2_SP, Profile.FAPI2_MS})
MESSAGE_SIGNING: Final = frozenset({Profile.FAPI2_MS})

_KEY_METHODS: Final = frozenset(
    {ClientAuthMethod.PRIVATE_KEY_JWT, ClientAuthMethod.TLS, ClientAuthMethod.SELF_SIGNED_TLS}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand of a profile on a client's metadata."""

    profiles: frozenset[Profile]
    field: str
    reason: str
    is_kept: Callable[[Client], bool]


def _signs_with(field: str, algorithm_of: Callable[[Client], str | None]) -> Rule:
    """Algorithms by allow-list, with or without a choice of the client's own (FAPI 2.0 SP §5.4.1)."""
    reason = "the profile allows ES256 and PS256"
    return Rule(FAPI, field, reason, lambda client: algorithm_of(client) in {None, *FAPI_ALGORITHMS})


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        FAPI,
        "token_endpoint_auth_method",
        "the profile wants private_key_jwt or mutual TLS",  # §5.3.2.1
        lambda client: client.token_endpoint_auth_method in _KEY_METHODS,
    ),
    Rule(
        FAPI,
        "dpop_bound_access_tokens",
        "the profile wants tokens bound to a key: by DPoP or by certificate",  # §5.3.2.1
        lambda client: client.dpop_bound_access_tokens or client.tls_client_certificate_bound_access_tokens,
    ),
    Rule(
        FAPI,
        "redirect_uris",
        "the profile wants https",  # §5.3.2.2
        lambda client: all(uri.startswith("https://") for uri in client.redirect_uris),
    ),
    Rule(
        MESSAGE_SIGNING,
        "jwks",
        "the profile wants signed requests, and so the client's keys",  # Message Signing §5.3.1
        lambda client: client.jwks is not None or client.jwks_uri is not None,
    ),
    _signs_with("id_token_signed_response_alg", lambda client: client.id_token_signed_response_alg),
    _signs_with("userinfo_signed_response_alg", lambda client: client.userinfo_signed_response_alg),
    _signs_with("authorization_signed_response_alg", lambda client: client.authorization_signed_response_alg),
    _signs_with("introspection_signed_response_alg", lambda client: client.introspection_signed_response_alg),
    _signs_with("request_object_signing_alg", lambda client: client.request_object_signing_alg),
)
"""Pushed requests, PKCE, the code flow and ``iss`` in responses need no rule here: the first stands in
``Client.demands_push``, the others are demanded of everybody."""


def demands(client: Client) -> list[tuple[str, str]]:
    """The rules of its profile that the client breaks: field and reason, in the order of the table."""
    if not client.is_fapi:
        return []
    return [(rule.field, rule.reason) for rule in RULES if client.profile in rule.profiles and not rule.is_kept(client)]


def check_client(client: Client) -> None:
    """Refuse to serve a client whose registration does not keep its profile's rules."""
    if demands(client):
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "the client is not registered as its profile demands")


def check_confirmation(client: Client, confirmation: Confirmation | None) -> None:
    """Refuse bearer tokens to a client that must have bound ones (FAPI 2.0 SP §5.3.2.1)."""
    if client.is_fapi and confirmation is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the profile wants a token bound to a key of the client")


def algorithms(client: Client, offered: Sequence[str]) -> frozenset[str]:
    """What the client may sign with, of what is offered to everybody (FAPI 2.0 SP §5.4.1)."""
    return frozenset(offered) & frozenset(FAPI_ALGORITHMS) if client.is_fapi else frozenset(offered)


def signs_introspection(client: Client) -> bool:
    """Whether answers of the introspection endpoint are signed without being asked for (Message Signing §5.5.1)."""
    return client.profile in MESSAGE_SIGNING or client.introspection_signed_response_alg is not None
