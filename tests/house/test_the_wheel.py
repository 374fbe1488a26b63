"""The wheel holds the four packages and nothing else, so a production image cannot contain a mock or a test."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"gateway", "providers", "mapping", "certs"}
INGREDIENTS = (*PACKAGES, "mock_idps", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build the wheel from a copy, with the build backend of the test environment and no network."""
    tree = tmp_path_factory.mktemp("wheel")
    for name in INGREDIENTS:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tree / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=tree, check=True, capture_output=True
    )
    (wheel,) = (tree / "dist").glob("gba_identity_gateway-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_exactly_the_four_packages(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_every_module_of_the_four_packages_is_in_the_wheel(names: list[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}

    assert modules <= set(names)


def test_pages_and_catalogues_are_in_the_wheel(names: list[str]) -> None:
    shown = ("templates", "locales", "static")
    files = {
        str(path.relative_to(ROOT))
        for folder in shown
        for path in (ROOT / "gateway" / "web" / folder).rglob("*")
        if path.is_file()
    }

    assert files <= set(names)


def test_no_key_test_or_mock_is_in_the_wheel(names: list[str]) -> None:
    unwanted = [name for name in names if name.endswith((".pem", ".key", ".p12")) or "mock" in name or "test_" in name]

    assert unwanted == []
