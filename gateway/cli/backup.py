"""``gate backup``: sealed copies of everything in the database, proved to be whole, and put back into an empty one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.admin import backup, backup_restore, keyring
from gateway.admin.acts import Act
from gateway.admin.backup_file import BackupDamagedError, BackupError
from gateway.admin.backup_losses import AuditCopyError
from gateway.admin.backup_ports import BackupOffice, Report
from gateway.admin.backup_restore import Wish
from gateway.backup_parts import NoRegistry, backup_office, backup_target
from gateway.checkpoint_position import checkpoint_position
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, operator_name, with_stores
from gateway.config import load, settings_path
from gateway.oidc.ports import StoreUnavailableError
from gateway.product import utc_now
from gateway.store.open import SchemaError
from mapping.vocabulary import Realm

app = typer.Typer(help="Sealed copies of everything in the database.", no_args_is_help=True)
T = TypeVar("T")

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Where backups lie; default from the settings.", file_okay=False)
]
File = Annotated[Path, typer.Argument(help="The file of the backup.", dir_okay=False)]
FileOnly = Annotated[bool, typer.Option("--file-only", help="Do not open the database: nothing is put on record.")]
NothingSince = Annotated[
    bool,
    typer.Option("--nothing-since", help="Nothing was written after the copy of the audit, or without one the backup."),
]
_COLUMNS = ("id", "at", "age", "rows", "size", "verified_at", "there", "file")
_TENTH = 10
_WORTH_TELLING = 10_000
"""Rows from which on a log is told how far it is."""


@app.command()
def create(
    folder: Folder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Write one consistent state of everything into a new sealed file, while the gateway goes on."""
    with _progress("writing") as report:
        made = _in_office(
            config, lambda office: backup.create(office, act(), folder=folder, report=report, dry_run=dry_run)
        )
    show(made, as_json=as_json)


@app.command()
def verify(
    file: File,
    file_only: FileOnly = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Read a whole backup; exit code 1 if it is damaged, 3 if it is another gateway's or under another key."""
    with _progress("reading") as report:
        if file_only:
            record, found = _told(lambda: backup.prove(_without_database(config), file, utc_now(), report))
            answer = {**backup.described(record), **found, "on_record": False}
        else:
            answer = _in_office(config, lambda office: backup.verify(office, file, act(), report=report))
    show(answer, as_json=as_json)


@app.command("list")
def list_(folder: Folder = None, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List what lies in the folder and what is on record; exit code 1 for left-overs of backups that were cut short."""
    found = _in_office(config, lambda office: backup.listed(office, utc_now(), folder=folder))
    if as_json:
        show(found, as_json=True)
    else:
        show_rows("backups", found["backups"], _COLUMNS, as_json=False)
    for name in found["leftovers"] if not as_json else ():
        typer.echo(f"gate: {name} is left of a backup that was cut short: it is worth nothing, remove it", err=True)
    if found["leftovers"]:
        raise typer.Exit(Exit.ATTENTION)


@app.command()
def restore(  # noqa: PLR0917 - one option per question
    file: File,
    backup_id: Annotated[str, typer.Option("--backup-id", help="The backup's id, as `gate backup list` shows it.")],
    audit: Annotated[
        Path | None, typer.Option("--audit", help="A later copy of the audit (`gate audit export`).", dir_okay=False)
    ] = None,
    nothing_since: NothingSince = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Fill an EMPTY database from a backup; what was given out since the backup is dead from then on."""
    settings = load(settings_path(config))
    confirm(f"Fill the empty database from backup {backup_id}, as {operator_name()}?", yes=yes, dry_run=dry_run)
    keys = keyring.load(settings.keys_dir)
    wish = Wish(
        path=file,
        backup_id=backup_id,
        realm=Realm(settings.realm),
        audit_copy=audit,
        nothing_since=nothing_since,
        checkpoint_position=checkpoint_position(settings.audit.checkpoints),
    )
    office, target = backup_office(settings, keys, NoRegistry()), backup_target(settings, keys)
    with _progress("restoring") as report:
        done = _told(
            lambda: backup_restore.restore(
                office, target, wish, Act(operator_name(), utc_now()), report=report, dry_run=dry_run
            )
        )
    if not as_json:
        for sentence in done.pop("warnings"):
            typer.echo(f"gate: {sentence}", err=True)
    show(done, as_json=as_json)


def _in_office(config: Path | None, work: Callable[[BackupOffice], Any]) -> Any:
    async def run(gate: Opened) -> Any:
        return await work(backup_office(gate.settings, gate.keys, gate.stores.backups))

    return _told(lambda: with_stores(config, run))


def _without_database(config: Path | None) -> BackupOffice:
    settings = load(settings_path(config))
    return backup_office(settings, keyring.load(settings.keys_dir), NoRegistry())


def _told(work: Callable[[], T]) -> T:
    """Do it; what is refused ends the command with its sentence and exit code."""
    try:
        return work()
    except BackupDamagedError as error:
        stop(str(error), Exit.ATTENTION)
    except (BackupError, AuditCopyError, SchemaError) as error:
        stop(str(error), Exit.PRECONDITION)
    except StoreUnavailableError:
        stop("the database does not answer, or somebody else works on it", Exit.REMOTE)


@contextmanager
def _progress(doing: str) -> Iterator[Report]:
    """A bar for somebody at a terminal, a line for every tenth in a log; both on standard error."""
    if not sys.stderr.isatty():
        yield _lines(doing)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)

        def report(table: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"{doing} {table}")

        yield report


def _lines(doing: str) -> Report:
    told = 0

    def report(table: str, done: int, total: int) -> None:
        nonlocal told
        reached = _TENTH * done // max(total, 1)
        if total >= _WORTH_TELLING and reached > told:
            told = reached
            typer.echo(f"gate: {doing} {table}: {done} of {total} rows", err=True)

    return report
