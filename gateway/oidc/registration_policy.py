"""What a relying party may make of itself: the limits of an initial access token, and of a later change (RFC 7591 §5).

A change never gives more than the client has: its scopes and its profile are the limits of the next change, and what
operators decide about it stays as they decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.oidc.client_metadata import client_from
from gateway.oidc.client_rules import NAME_LIMIT
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, Profile, Scope, SubjectType
from gateway.oidc.redirect_uri import UriError, WebUri
from gateway.oidc.registration import MetadataError

DYNAMIC: Final = "dynamic"
_STRICTNESS: Final = (Profile.PLAIN, Profile.FAPI2_SP, Profile.FAPI2_MS)
_OPERATORS: Final[Mapping[str, Any]] = {
    "subject_type": SubjectType.PAIRWISE,
    "surrogate_purposes": (),
    "resources": (),
    "serves": None,
    "relying_party": None,
    "requests_per_minute": None,
    "legacy_without_pkce": False,
    "service_scopes": (),
}
"""Fields that only operators decide about, with what they are until then: whose tokens, whose people, how much."""
_KEPT: Final = (
    "client_secret_hash",
    "retiring_secret_hash",
    "retiring_secret_until",
    "registration_token_hash",
    "created_at",
    "disabled_at",
    "expires_at",
)
"""What a change that replaces all metadata leaves alone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a registration must keep within."""

    scopes: frozenset[str]
    jurisdiction: str
    purpose: str
    profile: Profile
    """The least one."""

    @classmethod
    def of(cls, client: Client) -> "Limits":
        """What a client may be after a change of its own."""
        return cls(frozenset(client.scopes), client.jurisdiction, client.purpose, client.profile)


def draft(client_id: str, members: Mapping[str, Any], limits: Limits, before: Client | None = None) -> Client:
    """A client with the registered defaults, and the members on it (RFC 7591 §2, OpenID Connect Registration §2).

    With ``before``, all its metadata are replaced: what it does not name again falls back to the defaults.
    """
    blank = Client(
        client_id=client_id,
        client_name="",
        redirect_uris=(),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        scopes=tuple(sorted(limits.scopes, key=lambda scope: (scope != Scope.OPENID, scope))),
        jurisdiction=limits.jurisdiction,
        purpose=limits.purpose,
        profile=limits.profile,
        registered_by=DYNAMIC,
    )
    if before is not None:
        blank = replace(blank, **{field: getattr(before, field) for field in (*_OPERATORS, *_KEPT)})
    client = client_from(members, _with_profile(blank, members))
    return client if client.client_name else replace(client, client_name=_name(client))


def check_limits(client: Client, limits: Limits, before: Client | None = None) -> None:
    """Refuse what exceeds the limits; raises ``MetadataError``."""
    if not set(client.scopes) <= limits.scopes | {Scope.OPENID}:
        raise MetadataError("scopes", "this is more than may be registered here")
    if (client.jurisdiction, client.purpose) != (limits.jurisdiction, limits.purpose):
        field = "purpose" if client.jurisdiction == limits.jurisdiction else "jurisdiction"
        raise MetadataError(field, "only operators decide about it")
    if _STRICTNESS.index(client.profile) < _STRICTNESS.index(limits.profile):
        raise MetadataError("profile", "a stricter one is demanded")
    had_exchange = before is not None and GrantType.TOKEN_EXCHANGE in before.grant_types
    if GrantType.TOKEN_EXCHANGE in client.grant_types and not had_exchange:
        raise MetadataError("grant_types", "only operators give token exchange")
    for field, default in _OPERATORS.items():
        if getattr(client, field) != (default if before is None else getattr(before, field)):
            raise MetadataError(field, "only operators decide about it")


def _with_profile(blank: Client, members: Mapping[str, Any]) -> Client:
    """The defaults that hang on the profile: OpenID Connect's for plain clients, FAPI 2.0's for the others."""
    profile = client_from({"gba_profile": members.get("gba_profile")}, blank).profile
    is_plain = profile is Profile.PLAIN
    return replace(
        blank,
        profile=profile,
        id_token_signed_response_alg="RS256" if is_plain else "ES256",
        # One of two bindings is due under FAPI 2.0: whoever names none gets the one that needs no certificate.
        dpop_bound_access_tokens=not is_plain and not members.get("tls_client_certificate_bound_access_tokens"),
    )


def _name(client: Client) -> str:
    """What people are told when the client gave itself no name: the one thing about it that can be checked."""
    try:
        return WebUri.parse(client.redirect_uris[0]).host[:NAME_LIMIT] if client.redirect_uris else client.client_id
    except UriError:
        raise MetadataError("redirect_uris") from None
