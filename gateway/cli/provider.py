"""``gate provider``: which account systems people may sign in with, while the gateway runs (AL-09)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import switches
from gateway.admin.acts import Act
from gateway.admin.records import SwitchKind
from gateway.cli import provider_outage
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

app = typer.Typer(help="Providers: list, disable, enable, planned outages.", no_args_is_help=True)
app.add_typer(provider_outage.app, name="outage")

Name = Annotated[str, typer.Argument(help="The provider's name, as in the settings.")]


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the configured providers, and since when and why one is off."""

    async def work(gate: Opened) -> list[dict[str, Any]]:
        everything = await switches.everything(gate.stores.switch_registry)
        off = {switch["name"]: switch for switch in everything if switch["kind"] == SwitchKind.PROVIDER}
        nothing: dict[str, Any] = {"since": None, "actor": None, "reason": None}
        return [
            {
                "provider": name,
                "enabled": name not in off,
                **{key: off.get(name, nothing)[key] for key in ("since", "actor", "reason")},
            }
            for name in gate.settings.providers
        ]

    rows = with_stores(config, work)
    show_rows("providers", rows, ("provider", "enabled", "since", "actor", "reason"), as_json=as_json)


@app.command()
def disable(  # noqa: PLR0917 - one option per question
    name: Name,
    reason: Reason,
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a provider off: sign-ins under way, sessions and grants that came from it are worth nothing any more."""
    confirm(f"Switch {name} off for everybody?", yes=yes, dry_run=dry_run)
    _turn(name, act(reason), config, as_json=as_json, dry_run=dry_run, off=True)


@app.command()
def enable(
    name: Name,
    reason: Reason,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a provider on again."""
    _turn(name, act(reason), config, as_json=as_json, dry_run=dry_run, off=False)


def _turn(name: str, why: Act, config: Path | None, *, as_json: bool, dry_run: bool, off: bool) -> None:
    provider = name.replace("-", "_")  # ``hong-kong`` as at other verbs, or ``hong_kong`` as in the settings

    async def work(gate: Opened) -> bool:
        turn = switches.turn_off if off else switches.turn_on
        known, registry = gate.settings.providers, gate.stores.switch_registry
        return await turn(registry, SwitchKind.PROVIDER, provider, known, why, dry_run=dry_run)

    try:
        is_changed = with_stores(config, work)
    except switches.UnknownSwitchError:
        stop("no provider of this name is configured", Exit.USAGE)
    if not is_changed:
        stop("it is off already" if off else "it is not off", Exit.PRECONDITION)
    show({"provider": provider, "enabled": not off, "dry_run": dry_run}, as_json=as_json)
