"""``gate keys compromise``, ``revoke``, ``destroy``, ``drill``: when a key is lost, and the rehearsal of it (§9.1)."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.admin import key_drill, key_office
from gateway.admin.key_drill import Drill
from gateway.admin.key_work import Done
from gateway.cli.keys.desk import AskFor, Because, KeySetName, OperationId, SecondPerson, in_office, order, tell
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Yes, confirm, show, stop
from gateway.cli.stores import Opened, act
from gateway.managed_keys import ManagedKeys
from gateway.product import utc_now

KidArgument = Annotated[str, typer.Argument(help="The key's name, as `gate keys show` shows it.")]
Since = Annotated[
    str | None, typer.Option("--since", help="From when on it may have been misused (RFC 3339); default now.")
]


def compromise(
    key_set: KeySetName,
    kid: KidArgument,
    reason: Because,
    *,
    since: Since = None,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Somebody else may have this key: it leaves the document at once, the standby signs, its tokens are refused."""
    begin = _moment(since)
    confirm(f"refuse everything that {kid} has signed?", yes=yes, dry_run=dry_run)
    asked = order(reason, dry_run=dry_run, operation=operation_id)

    async def work(_: Opened, managed: ManagedKeys) -> Done:
        return await key_office.compromise(managed.office, key_set, kid, begin or asked.act.now, asked)

    tell(in_office(config, work, as_json=as_json), as_json=as_json, dry_run=dry_run)


def revoke(
    key_set: KeySetName,
    kid: KidArgument,
    reason: Because,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Put on record that everybody concerned was told of a compromised key."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)

    async def work(_: Opened, managed: ManagedKeys) -> Done:
        return await key_office.revoke(managed.office, key_set, kid, asked)

    tell(in_office(config, work, as_json=as_json), as_json=as_json, dry_run=dry_run)


def destroy(
    key_set: KeySetName,
    kid: KidArgument,
    reason: Because,
    *,
    joint_act: SecondPerson = None,
    ask: AskFor = False,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Destroy a private half for good; takes two persons."""
    confirm(f"destroy the private half of {kid}? It cannot be brought back", yes=yes, dry_run=dry_run)
    asked = order(reason, dry_run=dry_run, operation=operation_id, joint_act=joint_act, ask=ask)

    async def work(_: Opened, managed: ManagedKeys) -> Done:
        return await key_office.destroy(managed.office, key_set, kid, asked)

    tell(in_office(config, work, as_json=as_json), as_json=as_json, dry_run=dry_run)


def drill(key_set: KeySetName, reason: Because, config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """Rehearse the loss of the active key; exit code 1 when an emergency would not go well now."""
    who = act(reason)

    async def work(_: Opened, managed: ManagedKeys) -> Drill:
        return await key_drill.drill(managed.office, key_set, who, utc_now)

    found = in_office(config, work, as_json=as_json)
    show(key_drill.described(found), as_json=as_json)
    if not found.is_passed:
        raise typer.Exit(Exit.ATTENTION)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        stop("--since is not a time with an offset (RFC 3339)", Exit.USAGE)
    return found
