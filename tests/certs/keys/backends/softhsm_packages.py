"""Fetches Debian's SoftHSM into a folder of the checkout, for machines where it is not installed.

Nothing is installed: the packages are only unpacked. Standard library only; run as
`python tests/certs/keys/backends/softhsm_packages.py`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

UNPACKED: Final = Path(__file__).resolve().parents[4] / ".cache" / "softhsm"
PACKAGES: Final = ("softhsm2", "libsofthsm2")
PATIENCE: Final = 120
"""Seconds for one step: a machine without a way to Debian's packages goes on without them."""
_MODULE: Final = "softhsm/libsofthsm2.so"


def module() -> Path | None:
    """Where the module is: where the environment says, else in our folder, else where it is installed."""
    configured = os.environ.get("GATE_SOFTHSM")
    if configured:
        return Path(configured)
    places = [Path(folder) / "usr" / "lib" for folder in (UNPACKED, "/")] + [Path("/usr/local/lib")]
    found = (path for place in places for path in (place / _MODULE, *sorted(place.glob(f"*-linux-gnu*/{_MODULE}"))))
    return next((path for path in found if path.exists()), None)


def prepare() -> bool:
    """Fetch the packages with all they need beyond this machine, and unpack them; False where that is impossible."""
    if module() is not None:
        return True
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "partial").mkdir()
        where = ["-o", f"Dir::Cache::archives={folder}", "-o", "APT::Sandbox::User=root"]
        fetch = ["apt-get", "install", "--download-only", "--yes", "--quiet=2", "--no-install-recommends", *where]
        if not (_run("apt-get", "update", "--quiet=2") and _run(*fetch, *PACKAGES)):
            return False
        UNPACKED.mkdir(parents=True, exist_ok=True)
        return all(_run("dpkg", "-x", str(package), str(UNPACKED)) for package in Path(folder).glob("*.deb"))


def _run(*command: str) -> bool:
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(command, env=environment, check=False, timeout=PATIENCE).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    print("SoftHSM is there." if prepare() else "SoftHSM cannot be had here; its tests will be skipped.")
    sys.exit(0)
