"""``gate db``: the database's schema; migrations run here and never silently by a replica."""

from typing import Annotated

import typer

from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.config import load, settings_path
from gateway.oidc.ports import StoreUnavailableError
from gateway.store import migrate
from gateway.store.schema import SchemaError, is_newer

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
        except SchemaError as error:
            stop(str(error), Exit.PRECONDITION)
    now = current if dry_run or is_newer(current) else head
    show({"was": current, "now": now, "newest": head}, as_json=as_json)


@app.command()
def status(config: ConfigFile = None, url: Url = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Compare the schema with what this program needs; exit code 1 if an upgrade is due."""
    current, head = _status(url or load(settings_path(config)).storage.database_url)
    is_due = current != head and not is_newer(current)
    show({"now": current, "newest": head, "upgrade_due": is_due}, as_json=as_json)
    if is_due:
        raise typer.Exit(Exit.ATTENTION)


def _status(url: str) -> tuple[str | None, str]:
    try:
        return migrate.status(url)
    except StoreUnavailableError:
        stop("the database does not answer", Exit.REMOTE)
