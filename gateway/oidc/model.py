"""The nouns of the protocol: clients, requests, grants and what is issued on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.oidc.names import ClientAuthMethod, Prompt


@dataclass(frozen=True, slots=True)
class Client:
    """A registered relying party (RFC 7591 §2 names where they exist)."""

    client_id: str
    client_name: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: ClientAuthMethod
    client_secret_hash: bytes | None = field(default=None, repr=False)
    """Keyed SHA-256 of a generated secret of 256 bits; a slow hash would only slow the endpoint down."""
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid",)
    """The most this client may ever be given (the release whitelist)."""
    id_token_signed_response_alg: str = "ES256"  # noqa: S105 - an algorithm
    post_logout_redirect_uris: tuple[str, ...] = ()
    client_uri: str | None = None
    policy_uri: str | None = None
    sector: str = ""
    """What pairwise subjects are computed for (OpenID Connect Core §8.1): the redirect URIs' one host."""
    jurisdiction: str = "guangdong"
    """Where the receiver of released data sits: hong_kong, macao or guangdong; shown on the consent page."""
    purpose: str = ""
    """Why data is asked for, a key of the consent page's purposes (``accommodation``, ``insurance``, …)."""
    surrogate_purposes: tuple[str, ...] = ()
    """Purposes for which the client is enrolled for surrogate identifiers (identifiers.md §10.4)."""
    document_codes: Mapping[str, str] = field(default_factory=dict)
    """The client's own codes for kinds of documents, in the place of GA/T 2000.156 (identifiers.md §5)."""
    event_uri: str | None = None
    """Where the client wants to be told that a person's identifier was replaced (RFC 8935)."""
    providers: tuple[str, ...] = ()
    """Upstream providers offered to this client's users; empty means all."""
    created_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """False once an operator has switched the client off."""
        return self.disabled_at is None

    @property
    def surrogates_allowed(self) -> bool:
        """Whether the purpose of this client's requests is one that it is enrolled for."""
        return self.purpose in self.surrogate_purposes

    @property
    def is_public(self) -> bool:
        """True for clients that can keep no secret (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method is ClientAuthMethod.NONE


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request that passed every check (OpenID Connect Core §3.1.2.1)."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str = field(repr=False)
    state: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    prompts: frozenset[Prompt] = frozenset()
    max_age: int | None = None
    """Seconds; 0 means a fresh sign-in."""
    acr_values: tuple[str, ...] = ()
    ui_locales: tuple[str, ...] = ()
    idp_hint: str | None = None
    login_hint: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person allowed one client, and what was established about them at that moment.

    Codes and access tokens hang on a grant; ending the grant ends them all. ``claims`` are exactly the released
    ones and nothing else of the person is kept with it; they rest sealed.
    """

    id: str
    client_id: str
    subject_id: str
    sub: str = field(repr=False)
    """Pairwise subject for the client's sector."""
    scopes: tuple[str, ...]
    claims: Mapping[str, Any] = field(repr=False)
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime
    sid: str = field(repr=False)
    created_at: datetime
    nonce: str | None = field(default=None, repr=False)
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """An authorization code as it is remembered: by its hash, with all it is bound to (RFC 6749 §4.1.2)."""

    hash: bytes = field(repr=False)
    client_id: str
    redirect_uri: str
    code_challenge: str = field(repr=False)
    grant_id: str
    expires_at: datetime
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An opaque access token as it is remembered: by its hash."""

    hash: bytes = field(repr=False)
    grant_id: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class TokenResponse:
    """A successful answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3)."""

    access_token: str
    expires_in: int
    """Seconds."""
    id_token: str
    scope: str

    def as_json(self) -> dict[str, str | int]:
        """The wire form."""
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "id_token": self.id_token,
            "scope": self.scope,
        }
