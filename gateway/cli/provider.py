"""``gate provider``: which account systems people may sign in with, while the gateway runs (AL-09)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import switches
from gateway.admin.records import SwitchKind
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

app = typer.Typer(help="Providers: list, disable, enable.", no_args_is_help=True)

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
    provider, why = _spelt(name), act(reason)

    async def work(gate: Opened) -> bool:
        known = gate.settings.providers
        registry = gate.stores.switch_registry
        return await switches.turn_off(registry, SwitchKind.PROVIDER, provider, known, why, dry_run=dry_run)

    if not _turned(config, work):
        stop("it is off already", Exit.PRECONDITION)
    show({"provider": provider, "enabled": False, "dry_run": dry_run}, as_json=as_json)


@app.command()
def enable(
    name: Name,
    reason: Reason,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a provider on again."""
    provider, why = _spelt(name), act(reason)

    async def work(gate: Opened) -> bool:
        known = gate.settings.providers
        registry = gate.stores.switch_registry
        return await switches.turn_on(registry, SwitchKind.PROVIDER, provider, known, why, dry_run=dry_run)

    if not _turned(config, work):
        stop("it is not off", Exit.PRECONDITION)
    show({"provider": provider, "enabled": True, "dry_run": dry_run}, as_json=as_json)


def _turned(config: Path | None, work: Callable[[Opened], Awaitable[bool]]) -> bool:
    try:
        return with_stores(config, work)
    except switches.UnknownSwitchError:
        stop("no provider of this name is configured", Exit.USAGE)


def _spelt(name: str) -> str:
    """``hong-kong`` as at other verbs, or ``hong_kong`` as in the settings."""
    return name.replace("-", "_")
