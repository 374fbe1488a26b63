"""The nouns of the protocol: clients, requests, grants and what is issued on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.oidc.names import (
    ClientAuthMethod,
    ConfirmationMethod,
    DeliveryMode,
    GrantType,
    Profile,
    Prompt,
    ResponseMode,
    SubjectType,
)


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
    service_scopes: tuple[str, ...] = ()
    """What it may do by itself, without a person (RFC 6749 §4.4); only by an operator's word."""
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
    profile: Profile = Profile.PLAIN
    grant_types: tuple[GrantType, ...] = (GrantType.AUTHORIZATION_CODE,)
    """The grants that the client may use; others are ``unauthorized_client`` (TN-02)."""
    jwks_uri: str | None = None
    """Where the client publishes its keys; either this or ``jwks``."""
    subject_type: SubjectType = SubjectType.PAIRWISE
    """``public`` only by an operator's word, never by dynamic registration."""
    sector_identifier_uri: str | None = None
    """The document that lists the redirect URIs of the sector (OpenID Connect Core §8.1)."""
    logo_uri: str | None = None
    tos_uri: str | None = None
    contacts: tuple[str, ...] = ()
    request_uris: tuple[str, ...] = ()
    """The only addresses that a request object is ever fetched from (RFC 9101 §5.2)."""
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    authorization_signed_response_alg: str | None = None
    """JARM §3; without one, ``id_token_signed_response_alg`` signs."""
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str | None = None
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False
    tls_client_auth_subject_dn: str | None = None
    """RFC 4514 form; exactly one of the four ``tls_client_auth_…`` for method ``tls_client_auth`` (RFC 8705 §2.1.2)."""
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_email: str | None = None
    default_max_age: int | None = None
    """Seconds."""
    default_acr_values: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    """The resource servers that the client may ask tokens for (RFC 8707)."""
    serves: str | None = None
    """The resource identifier under which this client is a resource server itself, and may introspect tokens."""
    relying_party: str | None = None
    """The organisation that runs the client: token exchange works between clients of one (RFC 8693)."""
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_token_delivery_mode: DeliveryMode | None = None
    backchannel_client_notification_endpoint: str | None = None
    software_id: str | None = None
    software_version: str | None = None
    software_statement: str | None = field(default=None, repr=False)
    """What a vouching party signed about the software (RFC 7591 §2.3); its claims win at every change."""
    registered_by: str = "operator"
    """``operator``, ``dynamic`` (RFC 7591) or ``federation`` (OpenID Federation §12)."""
    expires_at: datetime | None = None
    """When an automatic registration ends with its trust chain."""
    retiring_secret_hash: bytes | None = field(default=None, repr=False)
    """The secret before the present one, good until ``retiring_secret_until``: a rotation without an outage."""
    retiring_secret_until: datetime | None = None
    legacy_without_pkce: bool = False
    """The one switch for software that cannot do PKCE: only by an operator's word, and never for public clients."""
    requests_per_minute: int | None = None
    """The client's own limit; without one, that of the settings."""
    registration_token_hash: bytes | None = field(default=None, repr=False)
    """Hash of the registration access token (RFC 7592)."""
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

    @property
    def is_fapi(self) -> bool:
        """True for clients under either FAPI 2.0 profile."""
        return self.profile is not Profile.PLAIN

    @property
    def demands_push(self) -> bool:
        """Whether authorization requests must have been pushed (RFC 9126 §5, FAPI 2.0 SP §5.3.2.2)."""
        return self.require_pushed_authorization_requests or self.is_fapi

    @property
    def demands_signed_request(self) -> bool:
        """Whether authorization requests must be signed (RFC 9101 §10.5, FAPI 2.0 MS §5.3.1)."""
        return self.require_signed_request_object or self.profile is Profile.FAPI2_MS

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Only bearer tokens of public clients change at each use; all others are bound to a key or a secret."""
        return self.is_public and not self.dpop_bound_access_tokens


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The key that a token is bound to: by thumbprint of a DPoP key or of a TLS certificate (RFC 7800 §3)."""

    method: ConfirmationMethod
    thumbprint: str
    """SHA-256, base64url, 43 characters."""

    def as_claim(self) -> dict[str, str]:
        """The value of ``cnf``."""
        return {self.method.value: self.thumbprint}


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
    response_mode: ResponseMode = ResponseMode.QUERY
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The ``claims`` parameter, checked (``claims_request``); members ``userinfo`` and ``id_token``."""
    resources: tuple[str, ...] = ()
    """Resource indicators (RFC 8707)."""
    expected_sub: str | None = field(default=None, repr=False)
    """The subject that must be the one (``id_token_hint``, or ``sub`` with a value in ``claims``)."""
    dpop_jkt: str | None = None
    """Thumbprint of the DPoP key that the code will be bound to (RFC 9449 §10)."""
    pushed: bytes | None = field(default=None, repr=False)
    """Hash of the ``request_uri`` that this request was pushed under: spent when the sign-in ends (RO-02)."""
    decoupled: str | None = None
    """Id of the device's or counter's request that this sign-in answers; such a request has no redirect URI."""


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
    """Session id towards this client alone: relying parties that compare theirs learn nothing (PR-01)."""
    created_at: datetime
    nonce: str | None = field(default=None, repr=False)
    revoked_at: datetime | None = None
    id_token_claims: tuple[str, ...] = ()
    """Names among ``claims`` that the ``claims`` parameter wants in the ID token."""
    userinfo_claims: tuple[str, ...] = ()
    """Names among ``claims`` that the ``claims`` parameter wants from userinfo, beyond what the scopes stand for."""
    resources: tuple[str, ...] = ()
    """Resource servers that tokens on this grant may be for."""
    dpop_jkt: str | None = None
    """The DPoP key that the code is bound to."""
    session_id: str | None = field(default=None, repr=False)
    """The session that the sign-in made or used; signing out ends every grant of it (RT-06)."""
    actor_sub: str | None = field(default=None, repr=False)
    """With an organisation as the subject: the pairwise subject of the person who acts (RFC 8693 §4.1)."""

    @property
    def is_offline(self) -> bool:
        """Whether a refresh token belongs to the grant."""
        return "offline_access" in self.scopes


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
    confirmation: Confirmation | None = None
    audience: str | None = None
    """The resource server that the token is for; without one it is for the gateway's own userinfo."""
    actor: str | None = None
    """The client that acts on behalf of the person after a token exchange (``act``, RFC 8693 §4.1)."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as it is remembered: by its hash; all of one grant are one family."""

    hash: bytes = field(repr=False)
    grant_id: str
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    confirmation: Confirmation | None = None
    spent_at: datetime | None = None
    """When its successor was made, for tokens that rotate."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenResponse:
    """A successful answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3, RFC 8693 §2.2.1)."""

    access_token: str
    expires_in: int
    """Seconds."""
    scope: str
    token_type: str = "Bearer"  # noqa: S105 - a registry word
    id_token: str | None = None
    refresh_token: str | None = None
    issued_token_type: str | None = None

    def as_json(self) -> dict[str, str | int]:
        """The wire form; what is not there is left out."""
        members: dict[str, str | int | None] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "id_token": self.id_token,
            "refresh_token": self.refresh_token,
            "issued_token_type": self.issued_token_type,
            "scope": self.scope,
        }
        return {name: value for name, value in members.items() if value is not None}
