"""The floors of the house are checked by import-linter, and the checker itself is checked: planted breaches are caught."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "providers", "mapping", "certs", "mock_idps")
LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# where it is planted, what is planted, which rule must notice
BREACHES = [
    ("gateway/oidc", "import sqlalchemy", "SQL and Redis live in gateway.store only"),
    ("gateway/oidc", "import gateway.broker", "The house has floors"),
    ("gateway/oidc", "import fastapi", "The protocol core and the broker know no framework"),
    ("gateway/broker", "import cryptography.x509", "Cryptography and JOSE live in certs only"),
    ("gateway/web", "import jose.jwt", "python-jose stays on the far side of every wire"),
    ("gateway/web", "import mock_idps", "Nothing of ours knows the mocks"),
    ("gateway/web", "import httpx", "One door for HTTP"),
    ("mock_idps", "import certs.keys", "The mocks know nothing of ours"),
    ("mock_idps/macao", "import mock_idps.hong_kong", "The three mocks do not know each other"),
    ("providers/macao", "import providers.hong_kong", "The three providers do not know each other"),
    ("mapping", "import cryptography", "mapping stands on the standard library alone"),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree; `-P` and the path keep the tree itself in front of what is installed."""
    return subprocess.run(
        [sys.executable, "-c", LINTER, "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_keeps_the_rules() -> None:
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout[-4000:]


@pytest.mark.parametrize(("place", "statement", "rule"), BREACHES, ids=[f"{b[0]}: {b[1]}" for b in BREACHES])
def test_a_planted_breach_is_caught(copy_of_the_house: Path, place: str, statement: str, rule: str) -> None:
    (copy_of_the_house / place / "planted.py").write_text(statement + "\n", encoding="ascii")

    result = lint_imports(copy_of_the_house)

    assert result.returncode != 0
    assert f"{rule} BROKEN" in result.stdout
    assert "planted" in result.stdout
