"""What the operator API offers about relying parties: the same as ``gate client`` and ``gate deliveries``.

A client is named in the body or the query and never in the path: members of a federation are named by addresses.
"""

from datetime import timedelta
from typing import Any, Final

from gateway.admin import clients, dead_letters, initial_access
from gateway.admin.clients import ClientOffice, ClientTakenError, Registered, UnknownClientError
from gateway.admin.initial_access import InitialAccessError, InitialAccessTakenError, Terms
from gateway.oidc.client_metadata import member_name
from gateway.oidc.names import Profile
from gateway.oidc.random_values import new_id
from gateway.oidc.registration import MetadataError
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found

MOST_CLIENTS: Final = 1000
_LONGEST_DAYS: Final = 366
_LONGEST_HOURS: Final = 720


async def list_clients(desk: Desk, call: Call) -> dict[str, Any]:
    """Relying parties in the order of their ids."""
    found = await desk.registry.page(call.optional("after"), call.whole("limit", 100, MOST_CLIENTS))
    return {"clients": [clients.described(client) for client in found]}


async def show_client(desk: Desk, call: Call) -> dict[str, Any]:
    """One relying party."""
    client = await desk.clients.find(call.text("client_id"))
    if client is None:
        raise not_found()
    return clients.described(client)


async def create_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Register a relying party; ``metadata`` is that of RFC 7591; a secret is in this answer and in no other."""
    is_dry = call.flag("dry_run")
    try:
        draft = clients.a_draft(call.optional("client_id") or new_id(), _object(call, "metadata"))
        return _told(await clients.create(_office(desk), draft, call.act(), dry_run=is_dry), is_dry=is_dry)
    except MetadataError as error:
        raise _unacceptable(error) from None
    except ClientTakenError:
        raise CallError(409, "conflict", "this client_id is taken") from None


async def update_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Change a registration: what ``metadata`` names is replaced, what ``clear`` names is set back."""
    is_dry = call.flag("dry_run")
    try:
        registered = await clients.update(
            _office(desk),
            call.text("client_id"),
            _object(call, "metadata"),
            call.act(),
            clear=_names(call, "clear"),
            moves_sector=call.flag("new_sector"),
            dry_run=is_dry,
        )
    except MetadataError as error:
        raise _unacceptable(error) from None
    except UnknownClientError:
        raise not_found() from None
    return _told(registered, is_dry=is_dry)


async def rotate_secret(desk: Desk, call: Call) -> dict[str, Any]:
    """Make a new secret; the old one stays good for ``overlap_hours``, or not at all with ``now``."""
    is_dry = call.flag("dry_run")
    hours = 0 if call.flag("now") else call.whole("overlap_hours", 24, _LONGEST_HOURS)
    try:
        registered = await clients.rotate_secret(
            _office(desk), call.text("client_id"), call.act(), overlap=timedelta(hours=hours), dry_run=is_dry
        )
    except MetadataError as error:
        raise _unacceptable(error) from None
    except UnknownClientError:
        raise not_found() from None
    return _told(registered, is_dry=is_dry)


async def disable_client(desk: Desk, call: Call) -> dict[str, Any]:
    """Switch a relying party off."""
    is_dry, client_id = call.flag("dry_run"), call.text("client_id")
    try:
        await clients.disable(_office(desk), client_id, call.act(), dry_run=is_dry)
    except UnknownClientError:
        raise not_found() from None
    return {"client_id": client_id, "active": is_dry, "dry_run": is_dry}


async def list_tokens(desk: Desk, _: Call) -> dict[str, Any]:
    """Initial access tokens, without the tokens themselves."""
    return {"tokens": [initial_access.described(access) for access in await desk.initial_access.all()]}


async def create_token(desk: Desk, call: Call) -> dict[str, Any]:
    """Make an initial access token; it is in this answer and in no other."""
    is_dry = call.flag("dry_run")
    try:
        created = await initial_access.create(
            desk.initial_access, call.text("name"), _terms(call), desk.secret_key, call.act(), dry_run=is_dry
        )
    except InitialAccessError as error:
        raise malformed(str(error)) from None
    except InitialAccessTakenError:
        raise CallError(409, "conflict", "this name is taken") from None
    shown = {**initial_access.described(created.access), "dry_run": is_dry}
    return shown if is_dry else {**shown, "token": created.token}


async def revoke_token(desk: Desk, call: Call) -> dict[str, Any]:
    """Take an initial access token back."""
    is_dry, name = call.flag("dry_run"), call.text("name")
    if not await initial_access.revoke(desk.initial_access, name, call.act(), dry_run=is_dry):
        raise not_found()
    return {"name": name, "revoked": not is_dry, "dry_run": is_dry}


async def list_deliveries(desk: Desk, call: Call) -> dict[str, Any]:
    """What relying parties could not be told, newest first."""
    limit = call.whole("limit", dead_letters.PAGE, dead_letters.PAGE)
    return {"deliveries": await dead_letters.page(desk.dead_letters, after=call.optional("after"), limit=limit)}


async def deliver_again(desk: Desk, call: Call) -> dict[str, Any]:
    """Deliver one again, from its first try on."""
    is_dry = call.flag("dry_run")
    if not await dead_letters.again(desk.dead_letters, call.id(), call.act(), dry_run=is_dry):
        raise not_found()
    return {"id": call.id(), "due": not is_dry, "dry_run": is_dry}


def _office(desk: Desk) -> ClientOffice:
    return ClientOffice(
        desk.registry, desk.clients, desk.secret_key, desk.signing, desk.fetch, allow_loopback=desk.allow_loopback
    )


def _terms(call: Call) -> Terms:
    try:
        profile = Profile(call.optional("profile") or Profile.PLAIN)
    except ValueError:
        raise malformed(f"profile must be one of {', '.join(Profile)}") from None
    return Terms(
        scopes=(call.optional("scope") or "openid profile").split(),
        jurisdiction=call.optional("jurisdiction") or "guangdong",
        purpose=call.optional("purpose") or "",
        profile=profile,
        uses=call.whole("uses", 1, initial_access.MOST_USES),
        lifetime=timedelta(days=call.whole("days", 30, _LONGEST_DAYS)),
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
