"""What the operator API offers about relying parties: the same as ``gate client``.

A client is named in the body or the query and never in the path: members of a federation are named by addresses. One
of a jurisdiction that is not the operator's is answered for as one that is not there (AD-02).
"""

from datetime import timedelta
from typing import Any, Final

from gateway.admin import clients
from gateway.admin.clients import ClientOffice, ClientTakenError, Registered, UnknownClientError
from gateway.admin.records import Role
from gateway.admin.rights import covers
from gateway.oidc.client_metadata import member_name
from gateway.oidc.model import Client
from gateway.oidc.random_values import new_id
from gateway.oidc.registration import MetadataError
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, bad_cursor, malformed, not_found

MOST_CLIENTS: Final = 1000
_LONGEST_HOURS: Final = 720
_METADATA_BYTES: Final = 64 * 1024
"""A body that may hold a relying party's key set."""


async def list_clients(desk: Desk, call: Call) -> dict[str, Any]:
    """Relying parties in the order of their ids, those of this operator's jurisdictions."""
    after, limit = call.optional("after"), call.whole("limit", 100, MOST_CLIENTS)
    if after is not None:
        start = await desk.clients.find(after)
        if start is None or not covers(call.operator, start.jurisdiction):
            raise bad_cursor()
    found: list[Client] = []
    while len(found) < limit:
        page = await desk.registry.page(after, MOST_CLIENTS if call.operator.jurisdictions else limit)
        found += [client for client in page if covers(call.operator, client.jurisdiction)]
        if not page or not call.operator.jurisdictions:
            break
        after = page[-1].client_id
    return {"clients": [clients.described(client) for client in found[:limit]]}


async def show_client(desk: Desk, call: Call) -> dict[str, Any]:
    """One relying party."""
    return clients.described(await _theirs(desk, call))


async def create_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Register a relying party; ``metadata`` is that of RFC 7591; a secret is in this answer and in no other."""
    is_dry = call.flag("dry_run")
    try:
        draft = clients.a_draft(call.optional("client_id") or new_id(), _object(call, "metadata"))
        if not covers(call.operator, draft.jurisdiction):
            raise not_found()
        return _told(await clients.create(_office(desk), draft, call.act(), dry_run=is_dry), is_dry=is_dry)
    except MetadataError as error:
        raise _unacceptable(error) from None
    except ClientTakenError:
        raise CallError(409, "conflict", "this client_id is taken") from None


async def update_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Change a registration: what ``metadata`` names is replaced, what ``clear`` names is set back."""
    is_dry = call.flag("dry_run")
    client_id = (await _theirs(desk, call)).client_id
    changes, clear, moves = _object(call, "metadata"), _names(call, "clear"), call.flag("new_sector")

    async def change(*, dry_run: bool) -> Registered:
        act, office = call.act(), _office(desk)
        return await clients.update(office, client_id, changes, act, clear=clear, moves_sector=moves, dry_run=dry_run)

    try:
        if call.operator.jurisdictions and not covers(call.operator, (await change(dry_run=True)).client.jurisdiction):
            raise not_found()  # nobody gives a client away, nor takes one over
        registered = await change(dry_run=is_dry)
    except MetadataError as error:
        raise _unacceptable(error) from None
    except UnknownClientError:
        raise not_found() from None
    return _told(registered, is_dry=is_dry)


async def rotate_secret(desk: Desk, call: Call) -> dict[str, Any]:
    """Make a new secret; the old one stays good for ``overlap_hours``, or not at all with ``now``."""
    is_dry = call.flag("dry_run")
    hours = 0 if call.flag("now") else call.whole("overlap_hours", 24, _LONGEST_HOURS)
    client_id = (await _theirs(desk, call)).client_id
    try:
        registered = await clients.rotate_secret(
            _office(desk), client_id, call.act(), overlap=timedelta(hours=hours), dry_run=is_dry
        )
    except MetadataError as error:
        raise _unacceptable(error) from None
    except UnknownClientError:
        raise not_found() from None
    return _told(registered, is_dry=is_dry)


async def disable_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Switch a relying party off."""
    is_dry, client_id = call.flag("dry_run"), (await _theirs(desk, call)).client_id
    try:
        await clients.disable(_office(desk), client_id, call.act(), dry_run=is_dry)
    except UnknownClientError:
        raise not_found() from None
    return {"client_id": client_id, "active": is_dry, "dry_run": is_dry}


async def _theirs(desk: Desk, call: Call) -> Client:
    """The client that is meant, if it is this operator's."""
    client = await desk.clients.find(call.text("client_id"))
    if client is None or not covers(call.operator, client.jurisdiction):
        raise not_found()
    return client


def _office(desk: Desk) -> ClientOffice:
    return ClientOffice(
        desk.registry, desk.clients, desk.secret_key, desk.signing, desk.fetch, allow_loopback=desk.allow_loopback
    )


def _told(registered: Registered, *, is_dry: bool) -> dict[str, Any]:
    shown = {**clients.described(registered.client), "dry_run": is_dry}
    has_news = registered.client_secret is not None and not is_dry
    return {**shown, "client_secret": registered.client_secret} if has_news else shown


def _object(call: Call, name: str) -> dict[str, Any]:
    value = call.fields.get(name, {})
    if not isinstance(value, dict):
        raise malformed(f"{name} must be an object")
    return value


def _names(call: Call, name: str) -> list[str]:
    value = call.fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise malformed(f"{name} must be a list of names")
    return value


def _unacceptable(error: MetadataError) -> CallError:
    because = f": {error.reason}" if error.reason else ""
    return malformed(f"{member_name(error.field)} is not acceptable{because}")


READ: Final = Role.READER
KEEP: Final = Role.KEEPER
OPERATIONS: Final = (
    Operation("GET", "/v1/clients", READ, list_clients, ("after", "limit"), is_scoped=True),
    Operation("GET", "/v1/clients/one", READ, show_client, ("client_id",), is_scoped=True),
    Operation(
        "POST",
        "/v1/clients",
        KEEP,
        create_client,
        ("client_id", "metadata", "reason", "dry_run"),
        _METADATA_BYTES,
        is_scoped=True,
    ),
    Operation(
        "POST",
        "/v1/clients/update",
        KEEP,
        update_client,
        ("client_id", "metadata", "clear", "new_sector", "reason", "dry_run"),
        _METADATA_BYTES,
        is_scoped=True,
    ),
    Operation(
        "POST",
        "/v1/clients/rotate-secret",
        KEEP,
        rotate_secret,
        ("client_id", "overlap_hours", "now", "reason", "dry_run"),
        is_scoped=True,
    ),
    Operation("POST", "/v1/clients/disable", KEEP, disable_client, ("client_id", "reason", "dry_run"), is_scoped=True),
)
"""For the table of the operator API."""
