"""``gate provider outage``: times during which a provider is not there, told to people before they choose it."""

from typing import Annotated, Any

import typer

from gateway.admin import outages
from gateway.admin.outages import OutageError, Plan, UnknownProviderError
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Reason, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.product import utc_now

app = typer.Typer(help="Planned outages: plan, list, withdraw.", no_args_is_help=True)

_COLUMNS = ("id", "provider", "starts_at", "ends_at", "under_way", "reason")


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the outages that are under way or planned."""

    async def work(gate: Opened) -> list[dict[str, Any]]:
        return await outages.coming(gate.stores.outage_registry, utc_now())

    show_rows("outages", with_stores(config, work), _COLUMNS, as_json=as_json)


@app.command()
def plan(  # noqa: PLR0917 - one option per question
    name: Annotated[str, typer.Argument(help="The provider's name, as in the settings.")],
    start: Annotated[str, typer.Option("--from", help="When it starts, such as 2026-11-25T01:00+08:00.")],
    end: Annotated[str, typer.Option("--to", help="When it ends, such as 2026-11-25T05:00+08:00.")],
    reason: Reason,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Plan an outage of seven days at most; people are told of it from a day before."""
    why = act(reason)
    try:
        wish = Plan(name.replace("-", "_"), outages.read_moment(start, "--from"), outages.read_moment(end, "--to"))

        async def work(gate: Opened) -> dict[str, Any]:
            known, registry = gate.settings.providers, gate.stores.outage_registry
            return await outages.plan(registry, wish, known, why, dry_run=dry_run)

        planned = with_stores(config, work)
    except UnknownProviderError:
        stop("no provider of this name is configured", Exit.USAGE)
    except OutageError as error:
        stop(f"the outage cannot be planned: {error}", Exit.USAGE)
    show({**planned, "dry_run": dry_run}, as_json=as_json)


@app.command()
def withdraw(
    outage: Annotated[str, typer.Argument(help="Its id, as listed.")],
    reason: Reason,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Take an outage back, or end one early: people are told nothing of it any more, within seconds."""
    why = act(reason)

    async def work(gate: Opened) -> bool:
        return await outages.withdraw(gate.stores.outage_registry, outage, why, dry_run=dry_run)

    if not with_stores(config, work):
        stop("there is no such outage, or it is over", Exit.PRECONDITION)
    show({"withdrawn": outage, "dry_run": dry_run}, as_json=as_json)
