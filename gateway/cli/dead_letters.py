"""``gate deliveries``: what relying parties could not be told, after all tries."""

from typing import Annotated, Any

import typer

from gateway.admin import dead_letters
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

app = typer.Typer(help="Deliveries to relying parties that were given up.", no_args_is_help=True)

_COLUMNS = ("id", "kind", "client_id", "at", "given_up_at", "tries")


@app.command("list")
def list_(
    after: Annotated[str | None, typer.Option(help="Begin behind this delivery.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=dead_letters.PAGE)] = dead_letters.PAGE,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List what was given up, newest first; what it said is not shown."""

    async def work(gate: Opened) -> list[dict[str, Any]]:
        return await dead_letters.page(gate.stores.dead_letters, after=after, limit=limit)

    rows = with_stores(config, work)
    show_rows("deliveries", rows, _COLUMNS, as_json=as_json)
    if rows:
        raise typer.Exit(Exit.ATTENTION)


@app.command()
def again(
    delivery_id: Annotated[str, typer.Argument(help="The delivery's id.")],
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Deliver one again, from its first try on."""
    why = act()
    if not with_stores(
        config, lambda gate: dead_letters.again(gate.stores.dead_letters, delivery_id, why, dry_run=dry_run)
    ):
        stop("no delivery that was given up has this id", Exit.PRECONDITION)
    show({"id": delivery_id, "due": not dry_run}, as_json=as_json)
