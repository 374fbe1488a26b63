"""dev.py tells a newcomer what is missing instead of failing somewhere deep inside, and does nothing twice."""

import ast
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dev(tmp_path: Path) -> ModuleType:
    """Load dev.py as if its checkout lay in an empty folder."""
    (tmp_path / "requirements").mkdir()
    for lock in ("demo", "dev"):
        (tmp_path / "requirements" / f"{lock}.txt").write_text(f"{lock}==1\n", encoding="ascii")
    shutil.copy(ROOT / "dev.py", tmp_path)
    spec = importlib.util.spec_from_file_location("dev_under_test", tmp_path / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def commands(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collect what would be run."""
    collected: list[list[str]] = []

    def run(command: list[str], *_: object) -> None:
        collected.append([str(part) for part in command])
        dev.ENVIRONMENT.mkdir(exist_ok=True)

    monkeypatch.setattr(dev, "run", run)
    monkeypatch.delenv("GATE_INSTALLER", raising=False)
    return collected


def test_a_python_that_is_too_old_can_read_it_far_enough_to_say_so() -> None:
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_a_python_that_is_too_old_is_told_which_one_is_needed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))

    with pytest.raises(SystemExit) as stopped:
        dev.main(["demo"])

    assert stopped.value.code == 3
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_without_ensurepip_and_without_root_the_exact_command_is_printed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(dev, "as_root", lambda: None)

    with pytest.raises(SystemExit) as stopped:
        dev.provide_ensurepip()

    assert stopped.value.code == 3
    wanted = "python{}.{}-venv".format(*sys.version_info[:2])
    assert f"sudo apt-get install --yes --no-install-recommends {wanted}" in capsys.readouterr().err


def test_without_ensurepip_root_installs_the_one_missing_package(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev, "as_root", list)

    dev.provide_ensurepip()

    assert [command[:2] for command in commands] == [["apt-get", "update"], ["apt-get", "install"]]


def test_packages_are_installed_by_hash_only_and_from_nowhere_in_particular(
    dev: ModuleType, commands: list[list[str]]
) -> None:
    dev.install("dev")

    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(commands[-1])
    assert not [part for part in commands[-1] if "index" in part or "://" in part]


def test_an_installed_lock_is_not_installed_again(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    dev.install("dev")
    monkeypatch.setattr(dev, "is_usable", lambda: True)
    commands.clear()

    dev.install("dev")
    dev.install("demo")  # contained in the larger lock

    assert commands == []


def test_a_changed_lock_is_installed_again(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    dev.install("dev")
    monkeypatch.setattr(dev, "is_usable", lambda: True)
    commands.clear()
    (dev.ROOT / "requirements" / "dev.txt").write_text("dev==2\n", encoding="ascii")

    dev.install("dev")

    assert len(commands) == 1


def test_an_installation_that_broke_off_is_done_again(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    dev.install("demo")
    monkeypatch.setattr(dev, "is_usable", lambda: True)
    (dev.ROOT / "requirements" / "demo.txt").write_text("demo==2\n", encoding="ascii")
    monkeypatch.setattr(dev, "run", lambda *_: sys.exit(1))

    with pytest.raises(SystemExit):
        dev.install("demo")

    assert not dev.STAMP.exists()


def test_an_environment_that_was_moved_is_noticed(dev: ModuleType) -> None:
    (dev.ENVIRONMENT / "bin").mkdir(parents=True)
    dev.PYTHON.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    dev.PYTHON.chmod(0o755)

    assert not dev.is_usable()


def test_a_missing_environment_is_noticed(dev: ModuleType) -> None:
    assert not dev.is_usable()


def test_a_program_that_fails_ends_the_run_with_a_sentence(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        dev.run([sys.executable, "-c", "raise SystemExit(7)"])

    assert stopped.value.code == 1
    assert "ended with exit code 7" in capsys.readouterr().err
