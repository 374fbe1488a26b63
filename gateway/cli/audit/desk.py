"""What the verbs of ``gate audit`` share: the office out of the settings, a progress bar, refusals as exit codes."""

import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.admin.audit_office import AuditOffice
from gateway.admin.audit_proof import Report, UnknownCheckpointError, unheard
from gateway.admin.audit_search import SearchError
from gateway.admin.checkpoint_file import CheckpointFileError
from gateway.cli.output import Exit, stop
from gateway.cli.stores import Opened, with_stores
from gateway.managed_keys import managed_keys
from gateway.product import utc_now
from gateway.sealed_audit import audit_office_of

T = TypeVar("T")


def in_office(config: Path | None, work: Callable[[Opened, AuditOffice], Awaitable[T]]) -> T:
    """Do one piece of work on the audit; what cannot be done ends the command with its exit code."""

    async def run(gate: Opened) -> T:
        managed = await managed_keys(gate.settings, gate.keys, gate.stores, utc_now())
        return await work(gate, audit_office_of(gate.settings, gate.keys, gate.stores, managed.live))

    try:
        return with_stores(config, run)
    except SearchError as error:
        stop(str(error), Exit.USAGE)
    except UnknownCheckpointError:
        stop("there is no checkpoint at this position", Exit.PRECONDITION)
    except CheckpointFileError as error:
        stop(f"the file of checkpoints cannot be read: {error}", Exit.PRECONDITION)


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """A bar with its rate for somebody at a terminal, on standard error; a pipe or a log gets none."""
    if not sys.stderr.isatty():
        yield unheard
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    began = time.monotonic()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, total: int, _sealed: int) -> None:
            rate = done / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, description=f"{what} {rate:,.0f} events/s")

        yield report
