"""``gate keys rewrap``: the sealed files of private halves move under the next wrapping key."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.admin import key_wrapping
from gateway.admin.key_wrapping import LIVING, Rewrapped, WrappingError
from gateway.cli.keys.desk import Because
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.cli.stores import Opened, act, with_stores

Prepare = Annotated[
    bool, typer.Option("--prepare", help="Only make the next wrapping key; then start every gateway again.")
]


def rewrap(
    reason: Because,
    config: ConfigFile = None,
    *,
    prepare: Prepare = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Move the sealed files of private halves under the newest wrapping key; exit code 1 while some are left."""
    who = act(reason)

    async def work(gate: Opened) -> dict[str, Any]:
        folder, audit = gate.settings.keys_dir, gate.stores.audit
        if dry_run:
            return _described(key_wrapping.standing(folder, gate.keys))
        if prepare:
            return {"key_made": await key_wrapping.prepare(folder, gate.keys, audit, who)}
        living = await gate.stores.instances.living(who.now - LIVING)
        return _described(await key_wrapping.rewrap(folder, gate.keys, living, audit, who))

    try:
        done = with_stores(config, work)
    except WrappingError as error:
        stop(f"{error}; nothing was changed", Exit.PRECONDITION)
    show(done, as_json=as_json)
    if done.get("waiting"):
        raise typer.Exit(Exit.ATTENTION)


def _described(done: Rewrapped) -> dict[str, Any]:
    return {**asdict(done), "refused": list(done.refused), "may_go": list(done.may_go)}
