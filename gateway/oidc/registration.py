"""What a relying party must be to be registered: the checks of its metadata (RFC 7591 §2).

Everything here is shown to people, compared with requests or used as a key later, so it is refused early or never.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from certs.keys import JoseError
from certs.keys.jose import VerificationKeys
from gateway.oidc.model import Client
from gateway.oidc.names import CLIENT_ASSERTION_ALGORITHMS, SIGNING_ALGORITHMS, ClientAuthMethod, ErrorCode, Scope
from gateway.oidc.pairwise import SectorError, sector_of
from gateway.oidc.parameters import LIMITS
from gateway.oidc.redirect_uri import UriError, WebUri

MAX_URIS: Final = 10
NAME_LIMIT: Final = 100
"""Characters of ``client_name``: it stands in a sentence of the consent page."""
JURISDICTIONS: Final = frozenset({"hong_kong", "macao", "guangdong"})
DOCUMENT_TYPES: Final = frozenset(
    {
        *("resident_id", "residence_permit_hk", "residence_permit_mo", "permit_cn", "permit_noncn"),
        *("hkid", "bir", "foreign_pr"),
    }
)
"""Kinds of documents for which a relying party may have a code of its own; the same list as the mapping's (§5)."""
OWN_CLIENT_ID: Final = "gate-account"
"""The gateway's own relying party; nobody can be registered under its name."""
SURROGATE_PURPOSES: Final = frozenset(
    {
        *("accommodation", "hotel", "housing", "study", "employment", "health", "public_services"),
        *("library", "transport_card", "insurance_enquiry"),
    }
)
"""Purposes that a stand-in may serve: a form wants 18 characters, and nobody checks them (identifiers.md §10.6)."""
CLOSED_PURPOSES: Final = frozenset(
    {
        *("police", "payment", "banking", "tax", "railway", "travel", "telecommunications"),
        *("insurance", "social_insurance", "social_insurance_payment"),
    }
)
"""Purposes behind which a number is compared with official records, where a stand-in must and will fail."""

_CLIENT_ID: Final = re.compile(rf"[A-Za-z0-9._~-]{{1,{LIMITS['client_id']}}}")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE: Final = re.compile(r"[0-9A-Za-z_-]{1,16}")
_SECRET_METHODS: Final = frozenset({ClientAuthMethod.BASIC, ClientAuthMethod.POST})
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a place in a name: among them the marks that turn the direction of writing."""


class MetadataError(Exception):
    """Metadata that cannot be registered: which field and why in fixed words, never its value (RFC 7591 §3.2.2)."""

    def __init__(self, field: str, reason: str = "") -> None:
        super().__init__(f"{field} is not acceptable" + (f": {reason}" if reason else ""))
        self.field = field
        self.reason = reason
        is_redirect = field == "redirect_uris"
        self.code = ErrorCode.INVALID_REDIRECT_URI if is_redirect else ErrorCode.INVALID_CLIENT_METADATA


def check_client(client: Client, *, allow_loopback: bool = False) -> None:
    """Refuse a client that must not be stored (AZ-09); ``allow_loopback`` is for event addresses in development."""
    for field, is_acceptable in CHECKS:
        if not is_acceptable(client):
            raise MetadataError(field)
    if not allow_loopback and client.event_uri is not None and WebUri.parse(client.event_uri).is_loopback:
        raise MetadataError("event_uri", "an address on the loopback is for development")
    _check_surrogate_purposes(client.surrogate_purposes)


def _check_surrogate_purposes(purposes: tuple[str, ...]) -> None:
    """Enrol nobody for stand-ins where the law, or a check behind the form, wants a real number."""
    if CLOSED_PURPOSES & set(purposes):
        raise MetadataError("surrogate_purposes", "a stand-in must not go where official records are compared")
    if not set(purposes) <= SURROGATE_PURPOSES or len(set(purposes)) != len(purposes):
        raise MetadataError("surrogate_purposes", "known are " + ", ".join(sorted(SURROGATE_PURPOSES)))


def with_sector(client: Client) -> Client:
    """The client with the sector that its redirect URIs stand for (OpenID Connect Core §8.1)."""
    try:
        return replace(client, sector=sector_of(client.redirect_uris, client.client_id))
    except (UriError, SectorError) as error:
        raise MetadataError("redirect_uris") from error


def _addresses_are_good(uris: tuple[str, ...]) -> bool:
    if len(uris) > MAX_URIS or len(set(uris)) != len(uris):
        return False
    try:
        for uri in uris:
            WebUri.parse(uri)
    except UriError:
        return False
    return True


def _are_one_sector(client: Client) -> bool:
    try:
        sector_of(client.redirect_uris, client.client_id)
    except SectorError:
        return False
    return True


def _name_is_good(client: Client) -> bool:
    name = client.client_name
    is_sized = 0 < len(name) <= NAME_LIMIT and name == name.strip()
    return is_sized and not any(unicodedata.category(character) in _HIDDEN for character in name)


def _scopes_are_good(client: Client) -> bool:
    scopes = client.scopes
    return Scope.OPENID in scopes and set(scopes) <= set(Scope) and len(set(scopes)) == len(scopes)


def _secret_fits(client: Client) -> bool:
    """A secret exactly where the method uses one: otherwise a second way in would lie about."""
    if client.token_endpoint_auth_method not in _SECRET_METHODS:
        return client.client_secret_hash is None
    return client.client_secret_hash is not None and len(client.client_secret_hash) == hashlib.sha256().digest_size


def _keys_fit(client: Client) -> bool:
    """Usable public keys exactly where the method uses them; a weak key or a private one refuses the set."""
    if client.token_endpoint_auth_method is not ClientAuthMethod.PRIVATE_KEY_JWT:
        return client.jwks is None
    try:
        keys = VerificationKeys.from_jwks(client.jwks or {}).keys
    except JoseError:
        return False
    return any(key.algorithms & set(CLIENT_ASSERTION_ALGORITHMS) for key in keys)


def _document_codes_are_good(client: Client) -> bool:
    codes = client.document_codes
    return set(codes) <= DOCUMENT_TYPES and all(_CODE.fullmatch(code) for code in codes.values())


def _given(uri: str | None) -> tuple[str, ...]:
    return () if uri is None else (uri,)


Check: TypeAlias = Callable[[Client], bool]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("client_id", lambda client: _CLIENT_ID.fullmatch(client.client_id) is not None),
    ("client_id", lambda client: client.client_id != OWN_CLIENT_ID),
    ("client_name", _name_is_good),
    ("redirect_uris", lambda client: bool(client.redirect_uris) and _addresses_are_good(client.redirect_uris)),
    ("post_logout_redirect_uris", lambda client: _addresses_are_good(client.post_logout_redirect_uris)),
    ("client_uri", lambda client: _addresses_are_good(_given(client.client_uri))),
    ("policy_uri", lambda client: _addresses_are_good(_given(client.policy_uri))),
    ("event_uri", lambda client: _addresses_are_good(_given(client.event_uri))),
    ("document_codes", _document_codes_are_good),
    ("redirect_uris", _are_one_sector),
    ("sector", lambda client: client.sector == sector_of(client.redirect_uris, client.client_id)),
    ("client_secret", _secret_fits),
    ("jwks", _keys_fit),
    ("scopes", _scopes_are_good),
    ("id_token_signed_response_alg", lambda client: client.id_token_signed_response_alg in SIGNING_ALGORITHMS),
    ("jurisdiction", lambda client: client.jurisdiction in JURISDICTIONS),
    ("purpose", lambda client: not client.purpose or _WORD.fullmatch(client.purpose) is not None),
    ("providers", lambda client: all(_WORD.fullmatch(name) for name in client.providers)),
)
"""Field -> what it must be, in the order of the questions that an operator answers."""
