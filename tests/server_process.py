"""Runs a server for the tests: in a temporary folder, without privileges, and never longer than the tests themselves."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

STARTUP_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
UNPRIVILEGED: Final = "nobody"
PR_SET_PDEATHSIG: Final = 1


class ServerStartError(Exception):
    """A server did not come up; the text ends with the last lines that it wrote."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server of ours with its temporary folder."""

    name: str
    handle: "subprocess.Popen[bytes]"
    home: Path
    stop_signal: signal.Signals

    def stop(self) -> None:
        """End the server and remove its folder; the second call finds nothing to do."""
        if self.handle.poll() is None:
            self.handle.send_signal(self.stop_signal)
            try:
                self.handle.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.handle.kill()
                self.handle.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Return when the server answers; a server that ends or stays silent is removed and reported."""
        deadline = time.monotonic() + STARTUP_SECONDS
        while not answers():
            if self.handle.poll() is not None or time.monotonic() > deadline:
                last_words = _tail(self.home / "log")
                self.stop()
                raise ServerStartError(f"{self.name} did not start: {last_words}")
            time.sleep(0.01)


def new_home(name: str) -> Path:
    """Make a temporary folder that the server's user owns; short, because socket paths must be."""
    home = Path(tempfile.mkdtemp(prefix=f"gate-{name}-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam(UNPRIVILEGED)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home


def spawn(command: Sequence[str | Path], home: Path, stop_signal: signal.Signals) -> ServerProcess:
    """Start a server that is told to stop when we die, however we die."""
    with (home / "log").open("ab") as log:
        handle = subprocess.Popen(
            [str(part) for part in command],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: _die_with_parent(stop_signal),  # noqa: PLW1509 — runs before the tests start threads
            **_without_privileges(),
        )
    return ServerProcess(Path(command[0]).name, handle, home, stop_signal)


def run(command: Sequence[str | Path], home: Path) -> None:
    """Run a preparing program to its end, as the server's user."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **_without_privileges(),
    )
    if done.returncode != 0:
        shutil.rmtree(home, ignore_errors=True)
        raise ServerStartError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-800:]}")


def _without_privileges() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, and nothing here needs to."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _die_with_parent(stop_signal: signal.Signals) -> None:
    """Ask Linux for a signal when the tests die; after the change of user, which would forget the wish."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(stop_signal))


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-800:] if log.exists() else "no log"
