"""The words of the OAuth, OpenID Connect and JOSE registries, spelt once."""

from enum import StrEnum
from typing import Final


class ErrorCode(StrEnum):
    """OAuth error codes (RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6; RFC 6750 §3.1; RFC 7591 §3.2.2)."""

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


class Scope(StrEnum):
    """The scopes of this gateway: OpenID Connect Core §5.4, and ours for identifiers (docs/reference/claims.md)."""

    OPENID = "openid"
    PROFILE = "profile"
    CN_ID = "cn_id"
    """The 18-character identifier, claim ``gba_cn_id``."""
    CN_DOC = "cn_doc"
    """The travel permit, claim ``gba_doc``."""


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
    NONE = "none"


class GrantType(StrEnum):
    """Grant types of the token endpoint."""

    AUTHORIZATION_CODE = "authorization_code"


SIGNING_ALGORITHMS: Final = ("ES256", "RS256")
"""What ID tokens may be signed with, chosen per client by ``id_token_signed_response_alg``."""

CLIENT_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The only ``client_assertion_type`` (RFC 7523 §2.2)."""

CLIENT_ASSERTION_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What a client may sign its assertion with; never a symmetric algorithm."""
