"""One running sandbox for all snippets: they are programs of their own and need real addresses."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo_process import running_demo
from tests.gateway.cli.conftest import config, made_once

__all__ = ["config", "made_once"]


@pytest.fixture(scope="session")
def gate_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The settings file of a gateway that runs, with its three simulated providers."""
    folder = tmp_path_factory.mktemp("sandbox") / "demo"
    with running_demo(folder):
        yield str(folder / "gate.toml")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a program needs to be started: the way to other programs, and nothing of how calls leave this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
