"""A process that migrates databases until somebody kills it: a child for each line, which dies at the given statement.

One interpreter has everything imported and makes children of itself, so that twenty deaths take twenty forks.
"""

import contextlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, create_engine, event

from gateway.store import migrate
from gateway.store.sql.address import is_sqlite, read_address, sqlite_file

ROOT: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 900
FULL: Final = "full"
"""Instead of a statement: the disk is full after a few more pages."""
_ROOM: Final = 64 * 1024


def old_database(url: str, revision: str, rows: int) -> None:
    """Make a database as an older version left it, with so many rows of people's sign-ins in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "HEAD", revision)
        migrate.upgrade(url)
    engine = create_engine(url)
    is_postgres = engine.dialect.name == "postgresql"
    numbers = (
        f"generate_series(1, {rows}) AS n"
        if is_postgres
        else f"(WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) SELECT n FROM c)"  # noqa: S608 - the same
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit (at, action, correlation_id, details) "  # noqa: S608 - a number of ours
            f"SELECT 1700000000000000 + n, 'sign_in.completed', 'c', '{{}}' FROM {numbers}"
        )
    engine.dispose()


def changes_something(statement: str) -> bool:
    """Whether a statement changes schema or rows; what engines merely ask differs."""
    return statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"))


def _die_at(point: int) -> None:
    """Let this process be killed right before its so-manieth statement that changes something."""
    left = [point]

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        left[0] -= changes_something(statement)
        if left[0] == 0 and changes_something(statement):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)


def _fill_the_disk(url: str) -> None:
    """Let no file of this process grow by more than a little."""
    size = sqlite_file(read_address(url)).stat().st_size
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + _ROOM, size + _ROOM))


def _migrate(url: str, point: str) -> str:
    if point == FULL:
        assert is_sqlite(read_address(url))
        _fill_the_disk(url)
    elif point != "0":
        _die_at(int(point))
    try:
        migrate.upgrade(url)
    except Exception as error:  # noqa: BLE001 - its name is what the test asks for
        return type(error).__name__
    return "done"


def main() -> None:
    """Migrate in a child for each line read, and tell how it ended."""
    for line in sys.stdin:
        url, point = line.split()
        child = os.fork()
        if child == 0:
            os.write(1, f"{_migrate(url, point)}\n".encode())
            os._exit(0)
        if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            os.write(1, b"killed\n")


@dataclass(slots=True)
class Upgrader:
    """Migrates in processes that may die."""

    process: "subprocess.Popen[str]"

    def upgrade(self, url: str, point: int | str = 0) -> str:
        """Migrate, and die at a statement if one is given; gives ``done``, ``killed`` or the name of an error."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{url} {point}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextlib.contextmanager
def upgrader() -> Iterator[Upgrader]:
    """Start the one interpreter, and end it."""
    command = [sys.executable, "-m", "tests.faults.upgrading"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Upgrader(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
            process.kill()


if __name__ == "__main__":
    main()
