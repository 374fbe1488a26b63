"""Registered relying parties: create, change, rotate, disable; the same for command line and operator API."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, Final

from certs.keys.signing_key import KeySource
from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import ClientRegistry
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.client_metadata import MEMBERS, client_from, metadata_of
from gateway.oidc.client_proofs import SECRET_METHODS
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.pairwise import SectorError, check_sector
from gateway.oidc.ports import ClientStore, Fetch
from gateway.oidc.registration import OWN_CLIENT_ID, MetadataError, check_client, check_keys, with_sector

SECRET_BYTES: Final = 32
OVERLAP: Final = timedelta(hours=24)
"""How long the old secret stays good beside the new one, unless an operator says otherwise."""
LONGEST_OVERLAP: Final = timedelta(days=30)
_FEDERATION: Final = "federation"
_BLANK: Final = Client("", "", (), ClientAuthMethod.BASIC)
_NEVER_CLEARED: Final = frozenset({"client_name", "token_endpoint_auth_method"})


@dataclass(frozen=True, slots=True, repr=False)
class ClientOffice:
    """What clients are registered and changed with."""

    registry: ClientRegistry
    clients: ClientStore
    secret_key: bytes = field(repr=False)
    signing: KeySource | None = None
    """The gateway's keys: nothing is registered that they cannot sign."""
    fetch: Fetch | None = None
    """Reads sector documents; without it no client with one can be registered."""
    allow_loopback: bool = False
    """Lets addresses of relying parties be on this machine, which is for development."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A client, with the secret that was made for it just now: shown once, remembered only as a keyed hash."""

    client: Client
    client_secret: str | None = field(repr=False)


class ClientTakenError(Exception):
    """The ``client_id`` is in use."""


class UnknownClientError(LookupError):
    """There is no client of this id, or none that operators decide about."""


def a_draft(client_id: str, members: Mapping[str, Any]) -> Client:
    """A new client as its metadata describe it, of which nothing but the types has been checked."""
    return client_from(members, replace(_BLANK, client_id=client_id))


def in_sector(draft: Client, sector: str) -> Client:
    """The draft with a sector that an operator named: registered only if its addresses stand for that very one."""
    return replace(draft, sector=sector)


async def create(office: ClientOffice, draft: Client, act: Act, *, dry_run: bool = False) -> Registered:
    """Check and add a client; raises ``MetadataError`` for a bad draft, ``ClientTakenError`` for a double."""
    client = replace(draft if draft.sector else with_sector(draft), created_at=act.now)
    client, secret = _with_secret(client, office.secret_key)
    await _check(office, client)
    if dry_run:
        is_free = await office.clients.find(client.client_id) is None
    else:
        is_free = await office.registry.save(client, _event(AuditAction.CLIENT_CREATED, client, act))
    if not is_free:
        raise ClientTakenError
    return Registered(client, secret)


async def update(
    office: ClientOffice,
    client_id: str,
    members: Mapping[str, Any],
    act: Act,
    *,
    clear: Collection[str] = (),
    moves_sector: bool = False,
    dry_run: bool = False,
) -> Registered:
    """Change what ``members`` name, set what ``clear`` names back to its default, and leave the rest as it is.

    ``moves_sector`` agrees that everybody gets another ``sub`` there; without it such a change is refused.
    """
    before = await find(office, client_id)
    changed = with_sector(client_from(members, _cleared(before, clear)))
    if changed.sector != before.sector and not moves_sector:
        raise MetadataError("sector", "everybody would get another sub there; agree to that, or keep the host")
    client, secret = _with_secret(changed, office.secret_key)
    await _check(office, client, before)
    if not dry_run:
        event = _event(AuditAction.CLIENT_UPDATED, client, act, changed=_differing(before, client))
        if not await office.registry.replace(client, event):
            raise UnknownClientError
    return Registered(client, secret)


async def rotate_secret(
    office: ClientOffice, client_id: str, act: Act, *, overlap: timedelta = OVERLAP, dry_run: bool = False
) -> Registered:
    """Make a new secret; the old one stays good for ``overlap``: time to change over without an outage."""
    before = await find(office, client_id)
    if before.token_endpoint_auth_method not in SECRET_METHODS:
        raise MetadataError("token_endpoint_auth_method", "the client has no secret")
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise MetadataError("overlap", f"at most {LONGEST_OVERLAP.days} days")
    stays = bool(overlap)
    client, secret = _with_secret(
        replace(
            before,
            client_secret_hash=None,
            retiring_secret_hash=before.client_secret_hash if stays else None,
            retiring_secret_until=act.now + overlap if stays else None,
        ),
        office.secret_key,
    )
    if not dry_run:
        hours = str(int(overlap.total_seconds() // 3600))
        event = _event(AuditAction.CLIENT_SECRET_ROTATED, client, act, overlap_hours=hours)
        if not await office.registry.replace(client, event):
            raise UnknownClientError
    return Registered(client, secret)


async def disable(office: ClientOffice, client_id: str, act: Act, *, dry_run: bool = False) -> None:
    """Switch a client off with all its grants."""
    client = await find(office, client_id, of_operators=False)
    if not dry_run:
        await office.registry.disable(client_id, act.now, _event(AuditAction.CLIENT_DISABLED, client, act))


async def find(office: ClientOffice, client_id: str, *, of_operators: bool = True) -> Client:
    """The client that an operator names; the gateway's own, and what a federation says, cannot be changed."""
    client = await office.clients.find(client_id)
    if client is None or client.client_id == OWN_CLIENT_ID:
        raise UnknownClientError
    if of_operators and client.registered_by == _FEDERATION:
        raise MetadataError("client_id", "the federation decides about this client")
    return client


def described(client: Client) -> dict[str, Any]:
    """A client as operators see it: its metadata by their registered names, no secret, not even a hash."""
    metadata = {name.removeprefix("gba_"): value for name, value in metadata_of(client).items()}
    return {
        "client_id": client.client_id,
        **_ALWAYS,
        **metadata,
        "sector": client.sector,
        "surrogates_allowed": client.surrogates_allowed,
        "registered_by": client.registered_by,
        "active": client.is_active,
        "created_at": moment(client.created_at),
        "expires_at": moment(client.expires_at),
        "retiring_secret_until": moment(client.retiring_secret_until),
    }


_ALWAYS: Final[Mapping[str, Any]] = {
    "client_name": "",
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "purpose": "",
    "surrogate_purposes": [],
    "document_codes": {},
    "event_uri": None,
    "providers": [],
}
"""What an operator looks for even where there is nothing."""


async def _check(office: ClientOffice, client: Client, before: Client | None = None) -> None:
    check_client(client, allow_loopback=office.allow_loopback)
    if office.signing is not None:
        check_keys(client, office.signing)
    if client.sector_identifier_uri is None or (
        before is not None and _sector_source(client) == _sector_source(before)
    ):
        return
    if office.fetch is None:
        raise MetadataError("sector_identifier_uri", "it cannot be read here")
    try:
        await check_sector(client, office.fetch)
    except SectorError:
        raise MetadataError("sector_identifier_uri", "its document must list every address of the client") from None


def _sector_source(client: Client) -> tuple[Any, ...]:
    return client.sector_identifier_uri, client.redirect_uris, client.jwks_uri


def _cleared(client: Client, names: Collection[str]) -> Client:
    """The client with some of its metadata as they are by default; a name and a method it must have."""
    known = {member.name.removeprefix("gba_"): member.field for member in MEMBERS}
    for name in names:
        if name not in known or name in _NEVER_CLEARED:
            raise MetadataError(name, "it cannot be cleared")
    values: dict[str, Any] = {known[name]: getattr(_BLANK, known[name]) for name in names}
    return replace(client, **values)


def _with_secret(client: Client, secret_key: bytes) -> tuple[Client, str | None]:
    """The client with a secret exactly where its method uses one; a new one where there is none yet."""
    if client.token_endpoint_auth_method not in SECRET_METHODS:
        return replace(client, client_secret_hash=None, retiring_secret_hash=None, retiring_secret_until=None), None
    if client.client_secret_hash is not None:
        return client, None
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return replace(client, client_secret_hash=hash_secret(secret_key, secret)), secret


def _differing(before: Client, after: Client) -> str:
    """The names of what changed, for the record; never a value."""
    return " ".join(one.name for one in fields(Client) if getattr(before, one.name) != getattr(after, one.name))


def _event(action: AuditAction, client: Client, act: Act, **words: str) -> AuditEvent:
    return replace(act.event(action, **words), client_id=client.client_id)
