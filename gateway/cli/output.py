"""How the command line speaks: JSON or plain lines, errors on standard error, documented exit codes."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SCHEMA = 1
"""Version of the JSON that verbs print."""


_PIPE_WIDTH = 200
"""Columns of a table that no terminal shows."""


class Exit(IntEnum):
    """Documented exit codes (docs/reference/command-line.md)."""

    FINE = 0
    ATTENTION = 1
    USAGE = 2
    PRECONDITION = 3
    REMOTE = 4


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for good, so name a case and not a person.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default $GATE_CONFIG, else gate.toml.", dir_okay=False)
]


def show(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one record."""
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, **values}, ensure_ascii=False, indent=2))
        return
    for name, value in values.items():
        typer.echo(f"{name}: {_plain(value)}")


def show_rows(key: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print several records, as a table for people."""
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, key: list(rows)}, ensure_ascii=False, indent=2))
        return
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut off is of no use
    for row in rows:
        table.add_row(*(escape(_plain(row.get(column))) for column in columns))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def confirm(question: str, *, yes: bool, dry_run: bool) -> None:
    """Ask before what cannot be undone or hits many people; without a terminal nobody is asked and ``--yes`` is due."""
    if yes or dry_run:
        return
    if not sys.stdin.isatty():
        stop("this wants --yes", Exit.USAGE)
    if not typer.confirm(question, err=True):
        stop("nothing was done", Exit.PRECONDITION)


def in_local_time(moment: str | None) -> str:
    """A moment of a record in this machine's zone, with its offset, for people; records themselves are in UTC."""
    if moment is None:
        return "-"
    return datetime.fromisoformat(moment).astimezone().isoformat(sep=" ", timespec="seconds")


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value) or "-"
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_plain(item)}" for name, item in value.items()) or "-"
    return "-" if value is None else str(value)


def fail(message: str, code: Exit) -> None:
    """Say on standard error what is wrong."""
    typer.echo(f"gate: {message}", err=True)
    if code is Exit.USAGE:
        typer.echo("gate: see `gate --help`", err=True)


def stop(message: str, code: Exit) -> NoReturn:
    """Say what is wrong and end with its exit code."""
    fail(message, code)
    raise typer.Exit(code)
