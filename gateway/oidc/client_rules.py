"""The rules for a relying party's metadata as one table: field, and what it must be (RFC 7591 §2).

The addresses' rules are in ``client_addresses``, those of secrets, keys and algorithms in ``client_proofs``.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final, TypeAlias

from gateway.oidc import client_proofs
from gateway.oidc.client_addresses import are_web, is_entity, is_front_channel
from gateway.oidc.model import Client
from gateway.oidc.names import (
    REQUEST_OBJECT_ALGORITHMS,
    SIGNING_ALGORITHMS,
    DeliveryMode,
    GrantType,
    Scope,
    ServiceScope,
    SubjectType,
)
from gateway.oidc.pairwise import SectorError, client_sector
from gateway.oidc.parameters import LIMITS, is_clean
from gateway.oidc.resources import is_identifier

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

_CLIENT_ID: Final = re.compile(rf"[A-Za-z0-9._~-]{{1,{LIMITS['client_id']}}}")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE: Final = re.compile(r"[0-9A-Za-z_-]{1,16}")
_OPERATOR: Final = "operator"
_FEDERATION: Final = "federation"
_LONGEST_AGE: Final = 366 * 24 * 3600
_MOST_REQUESTS: Final = 10_000_000
_MOST_ENTRIES: Final = 10
_ENTRY_LIMIT: Final = 254
_SOFTWARE_LIMIT: Final = 128
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a place in a name: among them the marks that turn the direction of writing."""
_CONFIDENTIAL_GRANTS: Final = frozenset({GrantType.CIBA, GrantType.TOKEN_EXCHANGE, GrantType.CLIENT_CREDENTIALS})
"""Grants that are worth as much as the proof of who asks."""


def _id_is_good(client: Client) -> bool:
    """A federation's members are named by their addresses; everybody else by a word (OpenID Federation 1.0 §12.1)."""
    if client.registered_by == _FEDERATION:
        return len(client.client_id) <= LIMITS["client_id"] and is_entity(client.client_id)
    return _CLIENT_ID.fullmatch(client.client_id) is not None and client.client_id != OWN_CLIENT_ID


def _redirects_are_good(client: Client) -> bool:
    """Some exactly where a browser comes back with a code: a kiosk has none (RFC 8628, CIBA)."""
    return bool(client.redirect_uris) is _has_code_grant(client) and are_web(client.redirect_uris)


def _has_code_grant(client: Client) -> bool:
    return GrantType.AUTHORIZATION_CODE in client.grant_types


def _grants_are_good(client: Client) -> bool:
    """At least one, or else the client is a resource server, which asks for nothing (TN-02)."""
    grants = set(client.grant_types)
    if len(grants) != len(client.grant_types) or (not grants and client.serves is None):
        return False
    if client.is_public and grants & _CONFIDENTIAL_GRANTS:
        return False
    return grants != {GrantType.REFRESH_TOKEN}


def _delivery_is_good(client: Client) -> bool:
    """How a counter hears of the answer (CIBA §4)."""
    mode, endpoint = client.backchannel_token_delivery_mode, client.backchannel_client_notification_endpoint
    if GrantType.CIBA in client.grant_types and mode is None:
        return False
    return mode is not DeliveryMode.PING or endpoint is not None


def _sector_is_good(client: Client) -> bool:
    try:
        return client.sector == client_sector(client)
    except SectorError:
        return False


def _are_one_sector(client: Client) -> bool:
    try:
        client_sector(client)
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


def _service_scopes_are_good(client: Client) -> bool:
    """Some exactly where they can be used, and only on an operator's word: no person stands behind them."""
    scopes = client.service_scopes
    if bool(scopes) is not (GrantType.CLIENT_CREDENTIALS in client.grant_types):
        return False
    is_known = set(scopes) <= set(ServiceScope) and len(set(scopes)) == len(scopes)
    return is_known and (not scopes or client.registered_by == _OPERATOR)


def _document_codes_are_good(client: Client) -> bool:
    codes = client.document_codes
    return set(codes) <= DOCUMENT_TYPES and all(_CODE.fullmatch(code) for code in codes.values())


def _are_entries(values: tuple[str, ...]) -> bool:
    is_few = len(values) <= _MOST_ENTRIES and len(set(values)) == len(values)
    return is_few and all(0 < len(value) <= _ENTRY_LIMIT and is_clean(value) for value in values)


def _are_resources(values: tuple[str, ...]) -> bool:
    is_few = len(values) <= _MOST_ENTRIES and len(set(values)) == len(values)
    return is_few and all(len(value) <= LIMITS["resource"] and is_identifier(value) for value in values)


def _is_software(value: str | None) -> bool:
    return value is None or (0 < len(value) <= _SOFTWARE_LIMIT and is_clean(value))


def _is_word(value: str | None) -> bool:
    return not value or _WORD.fullmatch(value) is not None


def _signs(field: str) -> tuple[str, "Check"]:
    return field, lambda client: getattr(client, field) in {None, *SIGNING_ALGORITHMS}


def _shown(field: str) -> tuple[str, "Check"]:
    return field, lambda client: are_web(given(getattr(client, field)))


def given(uri: str | None) -> tuple[str, ...]:
    """An address that may be absent, as a list."""
    return () if uri is None else (uri,)


def _legacy_is_good(client: Client) -> bool:
    """Without PKCE only the client's secret or key stands between a stolen code and its tokens (RFC 9700 §2.1.1)."""
    is_confidential = client.registered_by == _OPERATOR and not client.is_public and not client.is_fapi
    return not client.legacy_without_pkce or is_confidential


Check: TypeAlias = Callable[[Client], bool]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("client_id", _id_is_good),
    ("client_name", _name_is_good),
    ("grant_types", _grants_are_good),
    ("redirect_uris", _redirects_are_good),
    ("post_logout_redirect_uris", lambda client: are_web(client.post_logout_redirect_uris)),
    *map(_shown, ("client_uri", "policy_uri", "tos_uri")),
    ("contacts", lambda client: _are_entries(client.contacts)),
    ("request_uris", lambda client: all(uri.startswith("https://") for uri in client.request_uris)),
    (
        "frontchannel_logout_uri",
        lambda client: all(is_front_channel(uri, client) for uri in given(client.frontchannel_logout_uri)),
    ),
    ("document_codes", _document_codes_are_good),
    ("subject_type", lambda client: client.subject_type is SubjectType.PAIRWISE or client.registered_by == _OPERATOR),
    ("gba_legacy_without_pkce", _legacy_is_good),
    ("redirect_uris", _are_one_sector),
    ("sector", _sector_is_good),
    ("client_secret", client_proofs.secret_fits),
    ("token_endpoint_auth_method", client_proofs.certificate_fits),
    ("scopes", _scopes_are_good),
    ("service_scopes", _service_scopes_are_good),
    ("id_token_signed_response_alg", lambda client: client.id_token_signed_response_alg in SIGNING_ALGORITHMS),
    *map(_signs, client_proofs.SIGNED_ANSWERS),
    (
        "request_object_signing_alg",
        lambda client: client.request_object_signing_alg in {None, *REQUEST_OBJECT_ALGORITHMS},
    ),
    (
        "id_token_encrypted_response_alg",
        lambda client: client_proofs.encryption_fits(
            client.id_token_encrypted_response_alg, client.id_token_encrypted_response_enc
        ),
    ),
    (
        "userinfo_encrypted_response_alg",
        lambda client: client_proofs.encryption_fits(
            client.userinfo_encrypted_response_alg, client.userinfo_encrypted_response_enc
        ),
    ),
    ("jwks", client_proofs.key_sources_fit),
    ("jwks", client_proofs.keys_fit),
    ("default_max_age", lambda client: client.default_max_age is None or 0 <= client.default_max_age <= _LONGEST_AGE),
    ("default_acr_values", lambda client: _are_entries(client.default_acr_values)),
    ("backchannel_token_delivery_mode", _delivery_is_good),
    ("jurisdiction", lambda client: client.jurisdiction in JURISDICTIONS),
    ("purpose", lambda client: _is_word(client.purpose)),
    ("providers", lambda client: all(_WORD.fullmatch(name) for name in client.providers)),
    ("resources", lambda client: _are_resources(client.resources)),
    ("serves", lambda client: _are_resources(given(client.serves))),
    ("relying_party", lambda client: client.relying_party != "" and _is_word(client.relying_party)),
    (
        "relying_party",
        lambda client: client.relying_party is not None or GrantType.TOKEN_EXCHANGE not in client.grant_types,
    ),
    ("software_id", lambda client: _is_software(client.software_id)),
    ("software_version", lambda client: _is_software(client.software_version)),
    (
        "requests_per_minute",
        lambda client: client.requests_per_minute is None or 1 <= client.requests_per_minute <= _MOST_REQUESTS,
    ),
)
"""Field -> what it must be, in the order of the questions that an operator answers."""

CALLED: Final = (
    "jwks_uri",
    "sector_identifier_uri",
    "backchannel_logout_uri",
    "backchannel_client_notification_endpoint",
    "event_uri",
    "logo_uri",
)
"""Addresses that this gateway calls, and the one picture that somebody might want it to."""
