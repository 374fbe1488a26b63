"""Processes of a run: started, waited for, weighed through /proc, and stopped again."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 15.0


class StartError(Exception):
    """A process did not come up; the text names it and ends with its last words."""


@dataclass(slots=True)
class Running:
    """One process of ours; it is stopped when its block ends."""

    name: str
    handle: "subprocess.Popen[bytes]"
    log: Path
    seconds_to_ready: float = 0.0

    @classmethod
    def start(cls, name: str, module: str, arguments: Sequence[str], folder: Path, ready: str) -> Self:
        """Start a module of this tree, and return when the address answers with success."""
        log = folder / f"{name}.log"
        command = [sys.executable, "-m", module, *arguments]
        around = surroundings(folder)
        began = time.perf_counter()
        with log.open("ab") as output:
            handle = subprocess.Popen(
                command, cwd=ROOT, env=around, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        running = cls(name, handle, log)
        try:
            running._wait(ready, began)
        except BaseException:
            running.stop()
            raise
        return running

    def _wait(self, ready: str, began: float) -> None:
        while not _answers(ready):
            if self.handle.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                words = self.log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
                raise StartError(f"{self.name} did not start: {words}")
            time.sleep(0.005)
        self.seconds_to_ready = time.perf_counter() - began

    @property
    def pid(self) -> int:
        """Under this number the system keeps its accounts."""
        return self.handle.pid

    def memory_mib(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self.handle.poll() is None:
            self.handle.terminate()
            try:
                self.handle.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.handle.kill()
                self.handle.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of our processes: bytecode is kept for the run, as an installed program has it from the start."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time of these processes so far: all threads, user and system."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody uses now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=1)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
