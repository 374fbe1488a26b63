"""``gate keys plan`` and ``gate keys apply``: look first, then do exactly that."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from certs.keys import JsonError, strict_json
from gateway.admin import key_chores, key_plans
from gateway.admin.key_chores import Round
from gateway.admin.key_words import described_done
from gateway.cli.keys.desk import Because, in_office, order, print_plan
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.cli.stores import Opened
from gateway.managed_keys import ManagedKeys, probe_of
from gateway.outbound import build_fetch
from gateway.product import utc_now

Names = Annotated[list[str] | None, typer.Argument(help="Sets; default all.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the plan there, for `gate keys apply`.", dir_okay=False)]
PlanFile = Annotated[Path | None, typer.Argument(help="A plan; without one, all that is due now.", dir_okay=False)]
_SIZE = 256 * 1024


def plan(names: Names = None, out: Out = None, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """What is due and what comes next, with every guard and its numbers; changes nothing."""

    async def work(gate: Opened, managed: ManagedKeys) -> dict[str, Any]:
        return await key_plans.make(managed.office, gate.settings.issuer, names or [], utc_now())

    found = in_office(config, work, as_json=as_json)
    if out is not None:
        try:
            out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            stop(f"{out} cannot be written ({error.strerror})", Exit.PRECONDITION)
    if as_json:
        show(found, as_json=True)
        return
    for one in found["sets"]:
        due = ", ".join(step["verb"] for step in one["due"]) or "nothing"
        typer.echo(f"{one['key_set']} (version {one['version']}): due now: {due}")
        print_plan(one["foreseen"])


def apply(
    file: PlanFile = None,
    reason: Because = "",
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Carry a plan out if nothing has changed since it was made; goes on where it was interrupted."""
    document = None if file is None else _read(file)

    async def work(gate: Opened, managed: ManagedKeys) -> list[dict[str, Any]] | Round:
        if document is not None:
            done = await key_plans.apply(managed.office, gate.settings.issuer, document, order(reason, dry_run=dry_run))
            return [described_done(one) for one in done]
        async with build_fetch(gate.settings.outbound) as fetch:
            return await key_chores.rotate(managed.office, probe_of(fetch), utc_now(), dry_run=dry_run)

    found = in_office(config, work, as_json=as_json)
    if isinstance(found, Round):
        show({"taken": list(found.taken), "not_now": list(found.failed), "dry_run": dry_run}, as_json=as_json)
        return
    if as_json:
        show({"done": found, "dry_run": dry_run}, as_json=True)
        return
    for one in found:
        typer.echo(f"{one['verb']} {one['key_set']}: {'done' if one['changed'] else 'was done before'}")


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE + 1)
        if len(data) > _SIZE:
            stop(f"{path} is too large for a plan", Exit.PRECONDITION)
        return strict_json.parse_object(data)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    except JsonError:
        stop(f"{path} is not a plan", Exit.PRECONDITION)
