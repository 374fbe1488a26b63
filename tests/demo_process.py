"""The demo as people start it, for the tests that look at it from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 100


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where its programs are."""

    first: int
    output: str
    folder: Path
    process: "subprocess.Popen[str]" = field(repr=False)

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.first}"

    @property
    def operators(self) -> str:
        return f"http://127.0.0.1:{self.first + 7}"

    @property
    def shop(self) -> str:
        return f"http://127.0.0.1:{self.first + 4}"


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Start `scripts/demo.py` on a free block of ports and stop it as Ctrl-C would."""
    first = free_block()
    environment = {**os.environ, "GATE_PORT": str(first), "GATE_DEMO_FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(ROOT / "scripts" / "demo.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield Demo(first, read_until_ready(process), folder, process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=20)


def read_until_ready(process: subprocess.Popen[str]) -> str:
    """What the demo printed up to its last line."""
    lines: list[str] = []
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        lines.append(line)
        if not line and process.poll() is not None:
            break
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def free_block() -> int:
    """A port from which eight in a row are free."""
    for first in range(20_000 + os.getpid() % 2_000 * 8, 60_000, 8):
        if all(is_free(first + offset) for offset in range(8)):
            return first
    raise AssertionError("no block of ports is free")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
