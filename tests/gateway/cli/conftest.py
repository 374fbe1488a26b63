"""A folder for each test, copied from one that was made once: making keys takes longer than any verb."""

import shutil
from pathlib import Path

import pytest

from tests.gateway.cli.folder import Filled, fill, gate


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    assert gate("init", str(folder)).exit_code == 0
    assert gate("db", "upgrade", "--config", str(folder / "gate.toml")).exit_code == 0
    return folder


@pytest.fixture
def config(made_once: Path, tmp_path: Path) -> str:
    """The settings file of a gateway without anybody on record."""
    folder = shutil.copytree(made_once, tmp_path / "gate")
    settings = folder / "gate.toml"
    settings.write_text(settings.read_text().replace(str(made_once.resolve()), str(folder)))
    return str(settings)


@pytest.fixture
def filled(config: str) -> Filled:
    """The same with two people."""
    return fill(config)
