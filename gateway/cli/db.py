"""``gate db``: the database's schema; migrations run here and never silently by a replica."""

from typing import Annotated

import typer

from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.config import load, settings_path
from gateway.oidc.ports import StoreUnavailableError
from gateway.store import migrate

app = typer.Typer(help="The database's schema.", no_args_is_help=True)

Url = Annotated[str | None, typer.Option("--url", help="Database address; default from the settings.")]


@app.command()
def upgrade(config: ConfigFile = None, url: Url = None, as_json: AsJson = False, dry_run: DryRun = False) -> None:  # noqa: FBT002
    """Bring the schema to the version of this program."""
    address = url or load(settings_path(config)).storage.database_url
    current, head = _status(address)
    if not dry_run and current != head:
        try:
            migrate.upgrade(address)
        except StoreUnavailableError:
            stop("the database does not answer", Exit.REMOTE)
    show({"was": current, "now": current if dry_run else head, "newest": head}, as_json=as_json)


@app.command()
def status(config: ConfigFile = None, url: Url = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Compare the schema with what this program needs; exit code 1 if an upgrade is due."""
    current, head = _status(url or load(settings_path(config)).storage.database_url)
    show({"now": current, "newest": head, "upgrade_due": current != head}, as_json=as_json)
    if current != head:
        raise typer.Exit(Exit.ATTENTION)


def _status(url: str) -> tuple[str | None, str]:
    try:
        return migrate.status(url)
    except StoreUnavailableError:
        stop("the database does not answer", Exit.REMOTE)
