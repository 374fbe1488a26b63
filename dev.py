#!/usr/bin/env python3
"""Takes a fresh clone to a running demo or a finished test run, with nothing but Python 3.11 on the machine.

    python3 dev.py demo                    gateway, three mock identity providers and a sample application
    python3 dev.py test [pytest options]   everything, with a real PostgreSQL, Valkey and Chromium
    python3 dev.py check                   what CI checks besides the tests
    python3 dev.py run FILE [options]      a script of this repository, in the test environment

Standard library only, and written so that even an old Python can read it far enough to say that it is too old.
Every step is skipped when it is already done, and says how long it took. Packages come from wherever pip and npm
are configured to look; their hashes are locked, so the place does not matter. Set GATE_INSTALLER=uv to let uv
install them instead.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / ".gate-installed"
NEEDS_A_HAND = 3  # exit code: the machine lacks something that only its owner can install


def main(arguments: Sequence[str]) -> None:
    """Run one command; it does not come back, because the command takes this process over."""
    refuse_old_python()
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if command == "demo":
        install("demo")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # five programs start at once: compile them the first time only
        hand_over(str(PYTHON), "scripts/demo.py", *rest)
    elif command == "test":
        test(rest)
    elif command == "check":
        install("dev")
        hand_over("scripts/check", *rest)
    elif command == "run" and rest:
        install("dev")
        hand_over(str(PYTHON), *rest)
    else:
        print(__doc__)
        sys.exit(0 if command in ("-h", "--help", "help") else 2)


def test(options: list[str]) -> NoReturn:
    """Prepare the browser too, then run both phases of the tests."""
    without_engines = "--without-engines" in options
    options = [option for option in options if option != "--without-engines"]
    install("dev")
    with step("browser and accessibility rules"):
        run([str(PYTHON), str(ROOT / "tests" / "browser_binary.py")])
        run([str(PYTHON), str(ROOT / "tests" / "clients" / "apache_packages.py")])
        run([str(PYTHON), str(ROOT / "tests" / "certs" / "keys" / "backends" / "softhsm_packages.py")])
    if without_engines:
        os.environ["GATE_WITHOUT_ENGINES"] = "1"
    hand_over(str(PYTHON), "tests/phases.py", *options)


def refuse_old_python() -> None:
    """Stop with a sentence instead of a syntax error somewhere deep inside."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(str(part) for part in OLDEST_PYTHON)
        stop(f"Python {needed} or newer is needed, this is {sys.version.split()[0]}. Try: python{needed} dev.py")


def install(lock_name: str) -> None:
    """Bring .venv to the state that a lock file describes; the stamp makes the second time free."""
    make_environment()
    lock = ROOT / "requirements" / (lock_name + ".txt")
    wanted = lock_name + ":" + digest(lock)
    # dev.txt contains demo.txt with the same pins, so an up-to-date test environment can also show the demo.
    satisfied_by = {wanted, "dev:" + digest(ROOT / "requirements" / "dev.txt")}
    if STAMP.exists() and STAMP.read_text(encoding="ascii") in satisfied_by:
        return
    STAMP.unlink(missing_ok=True)
    with step("packages of " + str(lock.relative_to(ROOT))):
        run([*installer(), "--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(lock)])
    provide_gate()
    STAMP.write_text(wanted, encoding="ascii")


def provide_gate() -> None:
    """Put the `gate` command of this checkout into .venv/bin, without building a package first."""
    command = ENVIRONMENT / "bin" / "gate"
    command.parent.mkdir(parents=True, exist_ok=True)
    start = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom gateway.cli import main\nmain()\n"
    command.write_text(f"#!{PYTHON}\n{start}", encoding="utf-8")
    command.chmod(0o755)


def installer() -> list[str]:
    """Name the program that installs: pip with its own configuration, or uv when it is asked for."""
    if wants_uv():
        return ["uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]


def make_environment() -> None:
    """Create .venv, or create it again when it was moved or its Python has gone."""
    if is_usable():
        return
    if wants_uv():
        create = ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)]
    else:
        create = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
        provide_ensurepip()
    with step("environment .venv"):
        run(create)


def is_usable() -> bool:
    """Ask the environment's Python where it lives; a copied or half-made environment answers wrongly or not at all."""
    question = "import sys, pip; print(sys.prefix)" if not wants_uv() else "import sys; print(sys.prefix)"
    try:
        answer = subprocess.run([str(PYTHON), "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and Path(answer.stdout.strip()).resolve() == ENVIRONMENT.resolve()


def provide_ensurepip() -> None:
    """Install the one package that Debian leaves out of its Python, or say which command would."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    prefix = as_root() if shutil.which("apt-get") else None
    if prefix is None:
        stop("this Python has no ensurepip. Please run: sudo " + " ".join(command))
    with step("Debian package " + package):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run([*prefix, "apt-get", "update", "--quiet=2"], environment)
        run([*prefix, *command, "--quiet=2"], environment)


def as_root() -> list[str] | None:
    """Say how a command becomes root's without asking anybody for a password; None when it cannot."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "--non-interactive", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "--non-interactive"]
    return None


def wants_uv() -> bool:
    """Whether the developer asked for uv; asking for it without having it is an error, not a detour."""
    if os.environ.get("GATE_INSTALLER", "pip") != "uv":
        return False
    if shutil.which("uv") is None:
        stop("GATE_INSTALLER=uv, but there is no uv on the PATH.")
    return True


def digest(path: Path) -> str:
    """Fingerprint a lock file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print one line with the duration of what happens inside."""
    print(f"  {title:<44}", end="", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:7.1f} s", flush=True)


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Run one program; what it prints on its error stream is the explanation when it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, cwd=ROOT, check=False)
    except OSError as error:
        stop(f"{command[0]} cannot be started: {error.strerror}.")
    if done.returncode != 0:
        print("failed", flush=True)
        stop(f"{Path(command[0]).name} ended with exit code {done.returncode}.", code=1)


def hand_over(program: str, *options: str) -> NoReturn:
    """Become the program, so that signals, terminal and exit code are its own."""
    search = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(part for part in search if part)
    os.chdir(ROOT)
    os.execv(program, [program, *options])


def stop(reason: str, code: int = NEEDS_A_HAND) -> NoReturn:
    """End with one sentence."""
    sys.stdout.flush()
    print("dev.py: " + reason, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
