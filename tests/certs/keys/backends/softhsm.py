"""A token of SoftHSM for tests: one module for the process, one token for each label, never outside a temporary folder."""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.certs.keys.backends.softhsm_packages import UNPACKED, module

LACKING: Final = "SoftHSM is not installed, and Debian's package could not be fetched (dev.py test tries to)"
PIN: Final = secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """The module, and where its tokens lie."""

    library: Path
    folder: Path

    def make_token(self, label: str) -> None:
        """Make a token with ``PIN``."""
        tool = [_tool(), "--module", str(self.library), "--init-token", "--free", "--label", label]
        subprocess.run([*tool, "--pin", PIN, "--so-pin", PIN], check=True, capture_output=True, env=os.environ)

    def take_out(self, label: str) -> Path:
        """Pull a token out of its slot."""
        away = self.folder / "away"
        away.mkdir(exist_ok=True)
        token = next(path for path in self._tokens() if label.encode() in (path / "token.object").read_bytes())
        return Path(shutil.move(token, away / token.name))

    def put_in(self, token: Path) -> None:
        """Put it back."""
        shutil.move(token, self.folder / "tokens" / token.name)

    def _tokens(self) -> list[Path]:
        return [path for path in (self.folder / "tokens").iterdir() if path.is_dir()]


def start(folder: Path) -> SoftHsm:
    """Point the module at a folder: it reads its configuration when it is first loaded into the process."""
    library = module()
    assert library is not None, LACKING
    (folder / "tokens").mkdir()
    settings = (f"directories.tokendir = {folder / 'tokens'}", "objectstore.backend = file", "log.level = ERROR", "")
    (folder / "softhsm2.conf").write_text("\n".join(settings))
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    return SoftHsm(library, folder)


def _tool() -> str:
    unpacked = UNPACKED / "usr" / "bin" / "softhsm2-util"
    return str(unpacked) if unpacked.exists() else shutil.which("softhsm2-util") or "softhsm2-util"
