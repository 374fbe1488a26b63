"""``gate map history``, ``freeze``, ``release`` and ``close``: one record, and how it stands."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import numbers, switches
from gateway.admin.acts import Act
from gateway.admin.numbers import Cause
from gateway.admin.records import SwitchKind
from gateway.cli.map.arguments import Permit, Record, Region, target_of
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

_COLUMNS = ("version", "at", "what", "evidence", "actor", "provider", "permit", "number", "kind")
CloseReason = Annotated[Cause, typer.Option("--reason", help="What happened to the holder.")]


def history(
    permit: Permit = None,
    record: Record = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Show a record and all that ever happened to it: what, when, on which evidence, by whom."""
    target = target_of(permit, record)
    found = with_stores(
        config, lambda gate: numbers.history(gate.stores.number_registry, gate.stores.audit, target, act())
    )
    if as_json:
        show(found, as_json=True)
        return
    show(found["record"], as_json=False)
    show_rows("history", found["history"], _COLUMNS, as_json=False)


def freeze(  # noqa: PLR0917 - one option per question
    reason: Reason,
    permit: Permit = None,
    record: Record = None,
    region: Region = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Let nothing go out of a record, or no new numbers out of a region code, until it is released."""
    _turn(act(reason), (permit, record, region), config, as_json=as_json, dry_run=dry_run, off=True)


def release(  # noqa: PLR0917 - one option per question
    reason: Reason,
    permit: Permit = None,
    record: Record = None,
    region: Region = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Let a frozen record, or a frozen region code, be used again."""
    _turn(act(reason), (permit, record, region), config, as_json=as_json, dry_run=dry_run, off=False)


def close(  # noqa: PLR0917 - one option per question
    reason: CloseReason,
    permit: Permit = None,
    record: Record = None,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """End a record for good; its numbers are never given to anybody else."""
    target = target_of(permit, record)
    confirm("Close this record? It can never be opened again.", yes=yes, dry_run=dry_run)
    why = act()
    closed = with_stores(
        config, lambda gate: numbers.close(gate.stores.number_registry, target, reason, why, dry_run=dry_run)
    )
    show(closed, as_json=as_json)


def _turn(
    why: Act,
    named: tuple[str | None, str | None, str | None],
    config: Path | None,
    *,
    as_json: bool,
    dry_run: bool,
    off: bool,
) -> None:
    """Freeze or release whatever was named: a record by permit or id, or a region code."""
    permit, record, region = named
    if region is not None:
        if permit is not None or record is not None:
            stop("name a permit, --record or --region, one of them", Exit.USAGE)
        _switch(region, why, config, as_json=as_json, dry_run=dry_run, off=off)
        return
    turn, target = numbers.freeze if off else numbers.release, target_of(permit, record)
    done = with_stores(config, lambda gate: turn(gate.stores.number_registry, target, why, dry_run=dry_run))
    show(done, as_json=as_json)


def _switch(code: str, why: Act, config: Path | None, *, as_json: bool, dry_run: bool, off: bool) -> None:
    async def work(gate: Opened) -> bool:
        turn = switches.turn_off if off else switches.turn_on
        return await turn(gate.stores.switch_registry, SwitchKind.REGION, code, (), why, dry_run=dry_run)

    try:
        is_changed = with_stores(config, work)
    except switches.UnknownSwitchError:
        stop("this is no region code of the reserved blocks", Exit.USAGE)
    if not is_changed:
        stop("it is frozen already" if off else "it is not frozen", Exit.PRECONDITION)
    shown: dict[str, Any] = {"region": code, "frozen": off, "dry_run": dry_run}
    show(shown, as_json=as_json)
