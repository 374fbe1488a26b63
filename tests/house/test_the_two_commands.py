"""A newcomer needs two commands; both exist, are written down first, and their packages are locked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
LOCKS = ("run", "demo", "dev")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")))


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_makefile_and_the_readme_offer_the_command(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert f"make {target}" in readme


def test_the_commands_are_explained_when_none_is_given() -> None:
    shown = subprocess.run([sys.executable, "dev.py"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert shown.returncode == 2
    assert "dev.py demo" in shown.stdout
    assert "dev.py test" in shown.stdout


def test_an_unknown_command_is_refused() -> None:
    shown = subprocess.run([sys.executable, "dev.py", "tset"], cwd=ROOT, capture_output=True, check=False)

    assert shown.returncode == 2


def test_uv_that_is_asked_for_and_missing_is_an_error_and_not_a_detour(tmp_path: Path) -> None:
    environment = {**os.environ, "GATE_INSTALLER": "uv", "PATH": str(tmp_path)}

    shown = subprocess.run(
        [sys.executable, "dev.py", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 3
    assert "no uv" in shown.stderr


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())

    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(("smaller", "larger"), [("run", "demo"), ("demo", "dev")])
def test_what_runs_in_production_is_what_was_tested(smaller: str, larger: str) -> None:
    assert pins(smaller).items() <= pins(larger).items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_wanted_package_is_locked(lock: str) -> None:
    wanted = (ROOT / "requirements" / f"{lock}.in").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z0-9._-]+)", wanted, re.MULTILINE)

    assert {name.lower() for name in names if not name.startswith("-")} <= {name.lower() for name in pins(lock)}


@pytest.mark.parametrize("script", [".ci/run", "scripts/check", "scripts/lock", "scripts/image-check", "dev.py"])
def test_a_script_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
