"""What the operator API offers about initial access tokens: the same as ``gate client token`` (RFC 7591 §1.2)."""

from datetime import timedelta
from typing import Any, Final

from gateway.admin import initial_access
from gateway.admin.initial_access import InitialAccessError, InitialAccessTakenError, Terms
from gateway.admin.records import Role
from gateway.admin.rights import covers
from gateway.oidc.names import Profile
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found

_LONGEST_DAYS: Final = 366


async def list_tokens(desk: Desk, call: Call) -> dict[str, Any]:
    """Initial access tokens of this operator's jurisdictions, without the tokens themselves."""
    found = await desk.initial_access.all()
    return {"tokens": [initial_access.described(one) for one in found if covers(call.operator, one.jurisdiction)]}


async def create_token(desk: Desk, call: Call) -> dict[str, Any]:
    """Make an initial access token; it is in this answer and in no other."""
    is_dry, terms = call.flag("dry_run"), _terms(call)
    if not covers(call.operator, terms.jurisdiction):
        raise not_found()
    try:
        created = await initial_access.create(
            desk.initial_access, call.text("name"), terms, desk.secret_key, call.act(), dry_run=is_dry
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
    theirs = {one.name for one in await desk.initial_access.all() if covers(call.operator, one.jurisdiction)}
    if name not in theirs or not await initial_access.revoke(desk.initial_access, name, call.act(), dry_run=is_dry):
        raise not_found()
    return {"name": name, "revoked": not is_dry, "dry_run": is_dry}


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


READ: Final = Role.READER
KEEP: Final = Role.KEEPER
OPERATIONS: Final = (
    Operation("GET", "/v1/clients/tokens", READ, list_tokens, is_scoped=True),
    Operation(
        "POST",
        "/v1/clients/tokens",
        KEEP,
        create_token,
        ("name", "scope", "jurisdiction", "purpose", "profile", "uses", "days", "reason", "dry_run"),
        is_scoped=True,
    ),
    Operation("POST", "/v1/clients/tokens/revoke", KEEP, revoke_token, ("name", "reason", "dry_run"), is_scoped=True),
)
"""For the table of the operator API."""
