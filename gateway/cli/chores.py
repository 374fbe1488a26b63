"""``gate chores run``: what is due, done once, beside running gateways or in the place of their own chores."""

from datetime import datetime
from typing import Any, Final

import typer

from gateway.admin import key_chores
from gateway.admin.audit_keeping import AuditKeeper
from gateway.cli.keys.desk import in_office
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show
from gateway.cli.stores import Opened
from gateway.managed_keys import ManagedKeys, probe_of
from gateway.outbound import build_fetch
from gateway.product import utc_now
from gateway.sealed_audit import sealing_of

app = typer.Typer(help="What is due by itself: rotations, purging.", no_args_is_help=True)
_BATCH: Final = 5_000


@app.callback()
def chores() -> None:
    """What is due by itself."""


@app.command("run")
def run(config: ConfigFile = None, *, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """Take the steps of rotations that are due, link the audit, purge what has ended; safe with many replicas.

    Exit code 1 when a step that is due could not be taken.
    """

    async def work(gate: Opened, managed: ManagedKeys) -> dict[str, Any]:
        now = utc_now()
        async with build_fetch(gate.settings.outbound) as fetch:
            done = await key_chores.rotate(managed.office, probe_of(fetch), now, dry_run=dry_run)
        return {
            "taken": list(done.taken),
            "not_now": list(done.failed),
            "purged": 0 if dry_run else await gate.stores.purge(now, _BATCH),
            "linked": 0 if dry_run else await _keep_audit(gate, managed, now),
            "dry_run": dry_run,
        }

    found = in_office(config, work, as_json=as_json)
    show(found, as_json=as_json)
    if found["not_now"]:
        raise typer.Exit(Exit.ATTENTION)


async def _keep_audit(gate: Opened, managed: ManagedKeys, now: datetime) -> int:
    """Link what is new in the audit, vouch for it, and tell of what is not as it should be."""
    keeper = AuditKeeper(sealing_of(gate.settings, gate.stores, managed.live))
    linked = await keeper.link(now)
    await keeper.watch(now)
    return linked
