"""What a relying party must be to be registered: the checks of its metadata (RFC 7591 §2).

Everything here is shown to people, compared with requests, called or used as a key later, so it is refused early or
never.
"""

from dataclasses import replace
from typing import Final

from certs.keys import KeyMaterialError
from certs.keys.signing_key import KeySource
from gateway.oidc import client_proofs, profiles
from gateway.oidc.client_addresses import MAX_URIS, are_called, without_fragments
from gateway.oidc.client_rules import CALLED, CHECKS, DOCUMENT_TYPES, JURISDICTIONS, OWN_CLIENT_ID, given
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.pairwise import SectorError, client_sector
from gateway.oidc.redirect_uri import UriError

__all__ = [
    "CLOSED_PURPOSES",
    "DOCUMENT_TYPES",
    "JURISDICTIONS",
    "MAX_URIS",
    "OWN_CLIENT_ID",
    "SURROGATE_PURPOSES",
    "MetadataError",
    "check_client",
    "check_keys",
    "with_sector",
]

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


class MetadataError(Exception):
    """Metadata that cannot be registered: which field and why in fixed words, never its value (RFC 7591 §3.2.2)."""

    def __init__(self, field: str, reason: str = "") -> None:
        super().__init__(f"{field} is not acceptable" + (f": {reason}" if reason else ""))
        self.field = field
        self.reason = reason
        is_redirect = field == "redirect_uris"
        self.code = ErrorCode.INVALID_REDIRECT_URI if is_redirect else ErrorCode.INVALID_CLIENT_METADATA


def check_client(client: Client, *, allow_loopback: bool = False) -> None:
    """Refuse a client that must not be stored (AZ-09); ``allow_loopback`` is for addresses in development."""
    for field, is_acceptable in CHECKS:
        if not is_acceptable(client):
            raise MetadataError(field)
    for field in CALLED:
        _check_called(field, given(getattr(client, field)), allow_loopback=allow_loopback)
    _check_called("request_uris", without_fragments(client.request_uris), allow_loopback=allow_loopback)
    _check_surrogate_purposes(client.surrogate_purposes)
    for field, reason in profiles.demands(client):
        raise MetadataError(field, reason)


def check_keys(client: Client, keys: KeySource) -> None:
    """Refuse a client whose answers this gateway has no key to sign with."""
    for field in client_proofs.SIGNED_ANSWERS:
        algorithm = getattr(client, field)
        if algorithm is None:
            continue
        try:
            keys.active(algorithm)
        except KeyMaterialError:
            raise MetadataError(field, "this gateway has no key for the algorithm") from None


def with_sector(client: Client) -> Client:
    """The client with the sector that its addresses stand for (OpenID Connect Core §8.1)."""
    try:
        return replace(client, sector=client_sector(client))
    except (UriError, SectorError) as error:
        field = "redirect_uris" if client.sector_identifier_uri is None else "sector_identifier_uri"
        raise MetadataError(field) from error


def _check_called(field: str, uris: tuple[str, ...], *, allow_loopback: bool) -> None:
    if are_called(uris, allow_loopback=allow_loopback):
        return
    if are_called(uris, allow_loopback=True):
        raise MetadataError(field, "an address on the loopback or in a private network is for development")
    raise MetadataError(field)


def _check_surrogate_purposes(purposes: tuple[str, ...]) -> None:
    """Enrol nobody for stand-ins where the law, or a check behind the form, wants a real number."""
    if CLOSED_PURPOSES & set(purposes):
        raise MetadataError("surrogate_purposes", "a stand-in must not go where official records are compared")
    if not set(purposes) <= SURROGATE_PURPOSES or len(set(purposes)) != len(purposes):
        raise MetadataError("surrogate_purposes", "known are " + ", ".join(sorted(SURROGATE_PURPOSES)))
