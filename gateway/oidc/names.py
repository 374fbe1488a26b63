"""The words of the OAuth, OpenID Connect and JOSE registries, spelt once."""

from enum import StrEnum
from typing import Final


class ErrorCode(StrEnum):
    """OAuth error codes.

    RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6; RFC 6750 §3.1; RFC 7591 §3.2.2; RFC 8628 §3.5;
    RFC 8707 §2; RFC 9101 §7; RFC 9449 §5, §8; CIBA §13; OpenID Federation §8.9.
    """

    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    ACCESS_DENIED = "access_denied"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    LOGIN_REQUIRED = "login_required"
    INTERACTION_REQUIRED = "interaction_required"
    CONSENT_REQUIRED = "consent_required"
    ACCOUNT_SELECTION_REQUIRED = "account_selection_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a registry word
    INSUFFICIENT_SCOPE = "insufficient_scope"
    INVALID_REDIRECT_URI = "invalid_redirect_uri"
    INVALID_CLIENT_METADATA = "invalid_client_metadata"
    INVALID_SOFTWARE_STATEMENT = "invalid_software_statement"
    UNAPPROVED_SOFTWARE_STATEMENT = "unapproved_software_statement"
    INVALID_REQUEST_URI = "invalid_request_uri"
    INVALID_REQUEST_OBJECT = "invalid_request_object"
    INVALID_TARGET = "invalid_target"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"  # noqa: S105 - a registry word
    AUTHORIZATION_PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a registry word
    UNKNOWN_USER_ID = "unknown_user_id"
    INVALID_BINDING_MESSAGE = "invalid_binding_message"
    INVALID_TRUST_CHAIN = "invalid_trust_chain"
    INVALID_TRUST_ANCHOR = "invalid_trust_anchor"
    NOT_FOUND = "not_found"


class Scope(StrEnum):
    """The scopes of this gateway: OpenID Connect Core §5.4, and ours for identifiers (docs/reference/claims.md)."""

    OPENID = "openid"
    PROFILE = "profile"
    CN_ID = "cn_id"
    """The 18-character identifier, claim ``gba_cn_id``."""
    CN_DOC = "cn_doc"
    """The travel permit, claim ``gba_doc``."""
    ORGANISATION = "organisation"
    """The organisation that the person acts for, claims ``gba_organisation`` and ``gba_mandate``."""
    OFFLINE_ACCESS = "offline_access"
    """A refresh token (OpenID Connect Core §11)."""


class ServiceScope(StrEnum):
    """What a client may do by itself, without a person: only for tokens of the grant client_credentials.

    Kept apart from people's scopes: nobody can be asked for one, and no consent page shows one.
    """

    SIGNATURES_VALIDATE = "signatures:validate"
    """Have signatures judged, singly and in batches, and have receipts made."""
    SIGNATURES_READ = "signatures:read"
    """Read one's own reports again, and have them judged again."""
    SIGNATURES_NAMES = "signatures:names"
    """See the names of signers in reports instead of their keyed hashes."""
    SIGNATURES_SIGN = "signatures:sign"
    """Ask a person to sign a document through the gateway."""


class Prompt(StrEnum):
    """Values of ``prompt`` (OpenID Connect Core §3.1.2.1)."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


class ClientAuthMethod(StrEnum):
    """Values of ``token_endpoint_auth_method`` (OpenID Connect Core §9)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS = "tls_client_auth"
    SELF_SIGNED_TLS = "self_signed_tls_client_auth"
    NONE = "none"


class GrantType(StrEnum):
    """Grant types of the token endpoint (RFC 6749, RFC 8693 §2.1, RFC 8628 §3.4, CIBA §10.1)."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a registry word
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a registry word
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    CIBA = "urn:openid:params:grant-type:ciba"
    CLIENT_CREDENTIALS = "client_credentials"


class ResponseMode(StrEnum):
    """How an authorization response travels (OAuth 2.0 Form Post Response Mode, JARM §2.3)."""

    QUERY = "query"
    FORM_POST = "form_post"
    JWT = "jwt"
    """For the code flow the same as ``query.jwt`` (JARM §2.3.4)."""
    QUERY_JWT = "query.jwt"
    FORM_POST_JWT = "form_post.jwt"

    @property
    def is_signed(self) -> bool:
        """Whether the response is a JWT."""
        return self in {ResponseMode.JWT, ResponseMode.QUERY_JWT, ResponseMode.FORM_POST_JWT}

    @property
    def is_posted(self) -> bool:
        """Whether the browser carries the response in a form."""
        return self in {ResponseMode.FORM_POST, ResponseMode.FORM_POST_JWT}


class Profile(StrEnum):
    """The security profile that a client is registered for; it demands all of its rules at once."""

    PLAIN = "plain"
    FAPI2_SP = "fapi2-sp"
    """FAPI 2.0 Security Profile."""
    FAPI2_MS = "fapi2-ms"
    """FAPI 2.0 Message Signing: the same, with signed requests and responses."""


class SubjectType(StrEnum):
    """Values of ``subject_type`` (OpenID Connect Core §8)."""

    PAIRWISE = "pairwise"
    PUBLIC = "public"


class DeliveryMode(StrEnum):
    """Values of ``backchannel_token_delivery_mode`` (CIBA §4); push is not offered."""

    POLL = "poll"
    PING = "ping"


class TokenType(StrEnum):
    """Token type identifiers (RFC 8693 §3)."""

    ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a registry word
    ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a registry word


class ConfirmationMethod(StrEnum):
    """Members of ``cnf`` (RFC 7800 §3, RFC 9449 §6.1, RFC 8705 §3.1)."""

    JKT = "jkt"
    X5T_S256 = "x5t#S256"


SIGNING_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What the gateway signs with, chosen per client (``id_token_signed_response_alg`` and its kin)."""

FAPI_ALGORITHMS: Final = ("ES256", "PS256")
"""What FAPI 2.0 allows of these (Security Profile §5.4.1)."""

REQUEST_OBJECT_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What a client may sign its request objects with."""

DPOP_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What a DPoP proof may be signed with: asymmetric ones only (RFC 9449 §4.2)."""

KEY_AGREEMENTS: Final = ("ECDH-ES", "RSA-OAEP", "RSA-OAEP-256")
"""``alg`` of encrypted answers; RSA1_5 is not among them (CA-15)."""

CONTENT_ENCRYPTIONS: Final = ("A128CBC-HS256", "A128GCM", "A256GCM")
"""``enc`` of encrypted answers; ``zip`` is never used (CA-13)."""

DEFAULT_CONTENT_ENCRYPTION: Final = "A128CBC-HS256"
"""What a client gets that names only ``alg`` (OpenID Connect Registration §2)."""

CLIENT_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The only ``client_assertion_type`` (RFC 7523 §2.2)."""

CLIENT_ASSERTION_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What a client may sign its assertion with; never a symmetric algorithm."""
