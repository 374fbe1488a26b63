"""Runs the tests in their two phases and adds them up: one list of reasons, one line of numbers, one exit code.

Playwright's synchronous interface and asynchronous tests cannot share a process, so everything else runs first and the
browser tests after it, each on two workers. Standard library only; started by `dev.py test`.

What the tests write lies in memory where the machine has room for it: databases are made by the hundred, and none of
them has to outlive the run. Bytecode is kept, whatever the environment says: dozens of programs are started.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "test-results"
WORKERS: Final = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Files are handed out in the order of the collection, which tests/conftest.py begins with the longest ones."""
PHASES: Final = {
    "without browser": ("-m", "not browser", *WORKERS),
    "with browser": ("-m", "browser", *WORKERS),
}
WHERE: Final = {"without browser": "--ignore=tests/browser", "with browser": "tests/browser"}
"""Collecting what the other phase runs takes half a minute; somebody who names paths has narrowed that down already."""
MEMORY: Final = Path("/dev/shm")  # noqa: S108 — the name that Linux has for it
ROOM: Final = 3 * 2**30
"""What two workers, their PostgreSQL servers and a browser never fill; many containers have only 64 MiB there."""
TIDY: Final = ("-o", "tmp_path_retention_policy=failed")  # folders of tests that passed would fill the memory
NO_TESTS: Final = 5  # pytest's exit code when nothing was collected
# A test can be reported twice, once for itself and once for its teardown; the worse verdict counts.
SEVERITY: Final = ("passed", "skipped", "failed")


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the tests of a phase, and what a reader of the summary must know."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    remarks: tuple[str, ...] = field(default=())

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.remarks + other.remarks,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main(options: Sequence[str]) -> int:
    """Run both phases whatever becomes of the first, and sum up."""
    without_engines = bool(os.environ.get("GATE_WITHOUT_ENGINES"))
    if without_engines:
        print(_banner("--without-engines: tests that need PostgreSQL or Valkey are left out"))
    total = Tally()
    started = time.monotonic()
    with scratch() as environment:
        for phase in PHASES:
            total += run_phase(phase, options, environment)
    if not total.passed + total.failed + total.skipped:
        total += Tally(failed=1, remarks=("failed: no test was found at all",))
    print(f"\n{'=' * 30} both phases, {time.monotonic() - started:.0f} s {'=' * 30}")
    for remark in total.remarks:
        print(remark)
    if without_engines:
        print(_banner("--without-engines was used: this run says nothing about PostgreSQL and Valkey"))
    print(total)
    return 1 if total.failed else 0


@contextmanager
def scratch() -> Iterator[dict[str, str]]:
    """Give the environment of the tests, with a folder for all that they write, which is gone afterwards."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if "TMPDIR" in environment or not has_room(MEMORY):
        yield environment
        return
    folder = tempfile.mkdtemp(prefix="gate-", dir=MEMORY)
    try:
        Path(folder).chmod(0o711)  # the servers of the tests have another user, and have to get through
        yield {**environment, "TMPDIR": folder}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_room(memory: Path) -> bool:
    """Whether a folder in memory is ours to fill, big enough, and lets programs be started from it."""
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return False
    there = os.statvfs(memory)
    return there.f_bavail * there.f_frsize >= ROOM and not there.f_flag & os.ST_NOEXEC


def run_phase(phase: str, options: Sequence[str], environment: Mapping[str, str]) -> Tally:
    """Run pytest once and read its report."""
    report = RESULTS / f"{phase.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    RESULTS.mkdir(exist_ok=True)
    print(f"\n{'-' * 30} phase: {phase} {'-' * 30}", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments(phase, options), f"--junit-xml={report}"]
    code = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=environment).returncode
    return judge(phase, code, read(report), narrowed=bool(options))


def arguments(phase: str, options: Sequence[str]) -> list[str]:
    """What pytest is told: the phase's own part of the tests, or the paths that somebody has named."""
    names_paths = any((ROOT / option.partition("::")[0]).exists() for option in options if option[:1] not in {"", "-"})
    return [*PHASES[phase], *TIDY, *options, *([] if names_paths else [WHERE[phase]])]


def judge(phase: str, code: int, tally: Tally, *, narrowed: bool) -> Tally:
    """Never let a phase pass by not having happened; only a run of chosen tests may leave one phase empty."""
    if code == NO_TESTS and narrowed:
        return tally
    if code == NO_TESTS:
        return tally + Tally(failed=1, remarks=(f"failed: the phase {phase} found no tests",))
    if code != 0 and not tally.failed:
        return tally + Tally(failed=1, remarks=(f"failed: the phase {phase} ended with pytest's exit code {code}",))
    return tally


def read(report: Path) -> Tally:
    """Count a JUnit report; a missing or broken one counts nothing, and the exit code will tell."""
    try:
        cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 — pytest wrote it a moment ago
    except (OSError, ET.ParseError):
        return Tally()
    verdicts: dict[str, str] = {}
    remarks = []
    for case in cases:
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        verdict, reason = _verdict(case)
        verdicts[name] = max(verdict, verdicts.get(name, "passed"), key=SEVERITY.index)
        if verdict != "passed":
            remarks.append(f"{verdict}: {name}: {reason}")
    counted = list(verdicts.values())
    return Tally(counted.count("passed"), counted.count("failed"), counted.count("skipped"), tuple(remarks))


def _verdict(case: ET.Element) -> tuple[str, str]:
    for tag, verdict in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            return verdict, next(_lines(found.get("message", "")), "no reason given")
    return "passed", ""


def _lines(message: str) -> Iterator[str]:
    return (line.strip() for line in message.splitlines() if line.strip())


def _banner(text: str) -> str:
    return f"\n{'!' * 100}\n!! {text}\n{'!' * 100}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
