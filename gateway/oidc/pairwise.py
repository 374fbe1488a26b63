"""A different ``sub`` for every sector: relying parties cannot compare their people (OpenID Connect Core §8.1).

A sector is the one host of a client's redirect URIs, or the host of the document that lists them. Clients with public
subjects share one fixed sector, so that the same derivation serves them and nothing of our own ids is shown.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Final

from gateway.oidc.model import Client
from gateway.oidc.names import SubjectType
from gateway.oidc.ports import Fetch, FetchError
from gateway.oidc.redirect_uri import UriError, WebUri

KEY_BYTES: Final = 32
"""The least that the key must have; with a guessable one, subjects of two sectors could be compared."""
PUBLIC_SECTOR: Final = "public:"
"""The sector of all clients with ``subject_type`` public; the colon keeps it apart from every host."""
DOCUMENT_LIMIT: Final = 262_144
"""Bytes of a sector document."""

_HTTP_OK: Final = 200


class SectorError(ValueError):
    """The redirect URIs do not stand for one sector."""


def pairwise_sub(key: bytes, sector: str, subject_id: str) -> str:
    """The subject identifier of a person towards one sector: HMAC-SHA256, base64url."""
    if len(key) < KEY_BYTES or not sector or not subject_id:
        raise ValueError("a pairwise subject needs a key of 32 bytes, a sector and a subject")
    # The separator occurs in neither part: ("ab", "c") and ("a", "bc") must not meet.
    message = f"{sector}\x00{subject_id}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).rstrip(b"=").decode("ascii")


def client_sector(client: Client) -> str:
    """The sector that a client's subjects are computed for; raises ``SectorError`` where there is no one answer."""
    if client.subject_type is SubjectType.PUBLIC:
        return PUBLIC_SECTOR
    if client.sector_identifier_uri is not None:
        return _https_host(client.sector_identifier_uri)
    if client.redirect_uris:
        return sector_of(client.redirect_uris, client.client_id)
    # A device or a counter has no redirect URI; the host of its keys stands in (CIBA §4), else it is by itself.
    return f"client:{client.client_id}" if client.jwks_uri is None else _https_host(client.jwks_uri)


def sector_of(redirect_uris: Sequence[str], client_id: str) -> str:
    """The one host of the redirect URIs; a client on the loopback is a sector of its own, as nobody owns that host."""
    uris = [WebUri.parse(uri) for uri in redirect_uris]
    hosts = {"" if uri.is_loopback else uri.host for uri in uris}
    if len(hosts) != 1:
        raise SectorError("redirect URIs with one host are needed")
    return hosts.pop() or f"loopback:{client_id}"


async def check_sector(client: Client, fetch: Fetch) -> None:
    """Ask the sector's owner: its document must list every redirect URI of the client (Registration §5, PR-02)."""
    if client.sector_identifier_uri is None:
        return
    _https_host(client.sector_identifier_uri)
    try:
        answer = await fetch.get(client.sector_identifier_uri, {"accept": "application/json"})
    except FetchError as error:
        raise SectorError("the sector document cannot be fetched") from error
    if answer.status != _HTTP_OK or len(answer.body) > DOCUMENT_LIMIT:
        raise SectorError("the sector document cannot be fetched")
    listed = _read_document(answer.body)
    # Without redirect URIs the address of the keys has to be listed instead (CIBA §4).
    wanted = client.redirect_uris or ((client.jwks_uri,) if client.jwks_uri is not None else ())
    if not wanted or not set(wanted) <= listed:
        raise SectorError("the sector document does not list every redirect URI")


def _read_document(body: bytes) -> frozenset[str]:
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SectorError("the sector document is not JSON") from None
    if not isinstance(document, list) or not all(isinstance(entry, str) for entry in document):
        raise SectorError("the sector document is not a list of texts")
    return frozenset(document)


def _https_host(text: str) -> str:
    try:
        uri = WebUri.parse(text)
    except UriError:
        raise SectorError("an https address is needed") from None
    if not text.startswith("https://"):
        raise SectorError("an https address is needed")
    return uri.host
