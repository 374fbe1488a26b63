"""What is published holds no address of a package registry, no path of somebody's machine and no private key."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in parts, because this file is searched too.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "npm" + "mirror.com",
    "deb" + ".debian.org",
    "security" + ".debian.org",
    "tuna." + "tsinghua.edu.cn",
    "mirrors." + "aliyun.com",
]
INDEX_OPTION = re.compile("--(?:extra-)?index" + r"-url[ =]\S|\"res" + r"olved\": *\"http|registry *= *\"?http")
HOME = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("ro" + "ot", "wo" + "rk", "Us" + "ers", "ho" + "me")) + r")/\w")
PRIVATE_KEY = re.compile("-----BEGIN (?:[A-Z]+ )?PRIVATE" + " KEY-----\\s+[A-Za-z0-9+/=]{40}")
MADE_HERE = {
    *(".venv", ".git", ".cache", ".demo", "node_modules", "test-results", "dist", "build", "__pycache__"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"),
}


def published_files() -> list[Path]:
    """List what git tracks or would track; without git or its history, everything that was not made here."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [
            path for path in ROOT.rglob("*") if path.is_file() and not MADE_HERE & set(path.relative_to(ROOT).parts)
        ]
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Read everything that is text."""
    found = {}
    for path in published_files():
        content = path.read_bytes()
        if b"\0" not in content[:8000] and path.name != "LICENSE":
            found[str(path.relative_to(ROOT))] = content.decode("utf-8", "replace")
    return found


def test_files_are_found_at_all(texts: dict[str, str]) -> None:
    assert {"dev.py", "pyproject.toml", "requirements/dev.txt", "package-lock.json"} <= set(texts)


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_registry(texts: dict[str, str], host: str) -> None:
    assert [name for name, text in texts.items() if host in text] == []


@pytest.mark.parametrize("pattern", [INDEX_OPTION, HOME, PRIVATE_KEY], ids=["index option", "home", "private key"])
def test_no_file_holds(texts: dict[str, str], pattern: re.Pattern[str]) -> None:
    assert [f"{name}: {found[0][:60]}" for name, text in texts.items() if (found := pattern.search(text))] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (INDEX_OPTION, "pip install --index" + "-url https://mirror.example/simple x"),
        (INDEX_OPTION, '"res' + 'olved": "https://mirror.example/x.tgz"'),
        (HOME, "open('/ro" + "ot/project')"),
        (PRIVATE_KEY, "-----BEGIN EC PRIVATE" + " KEY-----\n" + "A" * 64),
    ],
)
def test_the_search_would_find(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
