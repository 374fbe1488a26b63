"""``gate map rekey``: new keys for everything that is sealed or indexed, online, with both keys readable meanwhile."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.admin import keyring
from gateway.admin import rekey as keys
from gateway.admin.rekey import KeyStatus, Rekeyed
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.config import load, settings_path

MakeKeys = Annotated[bool, typer.Option("--make-keys", help="Make the next keys first.")]
Prepare = Annotated[
    bool, typer.Option("--prepare", help="Make the next keys and stop there: running servers must be restarted first.")
]
Batch = Annotated[int, typer.Option(min=1, max=10_000, help="Rows in one transaction.")]
Status = Annotated[bool, typer.Option("--status", help="Say how far it is; exit code 1 while a change is under way.")]


def rekey(  # noqa: PLR0917 - one option per question
    make_keys: MakeKeys = False,  # noqa: FBT002
    prepare: Prepare = False,  # noqa: FBT002
    batch: Batch = keys.DEFAULT_BATCH,
    status: Status = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Move everything to the newest keys; may be stopped at any moment and run again."""
    found = with_stores(config, _status)
    if status or dry_run:
        show(found.described(), as_json=as_json)
        raise typer.Exit(Exit.ATTENTION if status and found.is_under_way else Exit.FINE)
    made = _make(found, config) if make_keys or prepare else []
    if prepare:
        show({"keys_made": made, "next": "restart every server, then `gate map rekey`"}, as_json=as_json)
        return
    began = time.monotonic()
    try:
        with _progress() as report:
            done = with_stores(config, lambda gate: keys.run(gate.stores.rekeying, act(), batch, report))
    except KeyboardInterrupt:
        stop("stopped; run it again to go on", Exit.ATTENTION)
    show(_described(done, time.monotonic() - began) | {"keys_made": made}, as_json=as_json)
    if not done.finished:
        stop("rows still arrive under the old keys: is every server restarted? Run it again", Exit.ATTENTION)


async def _status(gate: Opened) -> KeyStatus:
    stores = gate.stores
    left = (await stores.rekeying.remaining()).total
    return KeyStatus(stores.keys_in_use.in_use, stores.keys_in_use.held, left)


def _make(found: KeyStatus, config: Path | None) -> list[str]:
    """A third generation beside two would never be needed, and would make the second one look finished."""
    if found.is_under_way:
        stop("a change is under way: finish it with `gate map rekey` first", Exit.PRECONDITION)
    return keyring.create_next(load(settings_path(config)).keys_dir)


def _described(done: Rekeyed, seconds: float) -> dict[str, Any]:
    return {
        "began": done.began,
        "moved": done.moved,
        "finished": done.finished,
        "seconds": round(seconds, 1),
        "per_second": round(done.moved / seconds) if seconds > 0 else done.moved,
    }


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar with its rate for somebody at a terminal, on standard error; a pipe or a log gets none."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    began = time.monotonic()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("moving", total=None)

        def report(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, description=f"{rate:,.0f} rows/s")

        yield report
