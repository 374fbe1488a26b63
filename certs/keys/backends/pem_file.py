"""Plain PEM files, as ``gate init`` made them before keys were managed: adopted, used, and never made anew."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.keys.backends import NewKey, handles
from certs.keys.backends.material import new_key, signer_of
from certs.keys.backends.proof import prove_key
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.private_file import read_private, remove
from certs.keys.signing_key import Algorithm, Signer

NAME: Final = "pem"
_FILE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_BY_ENDING: Final = {f"-{algorithm.lower()}": algorithm for algorithm in Algorithm}


@dataclass(frozen=True, slots=True)
class PemFileBackend:
    """One folder with files ``NAME.pem``; the name ends with the algorithm, as in ``id-token-es256``."""

    folder: Path

    @property
    def name(self) -> str:
        """What handles begin with."""
        return NAME

    def find(self, name: str) -> NewKey | None:
        """A key as it was found, for the record that adopts it; ``None`` where there is no such file."""
        path = self._path(f"{NAME}:{name}")
        if not path.exists():
            return None
        return new_key(_algorithm(name), read_private(path), f"{NAME}:{name}", vouched=True)

    def generate(self, key_set: str, algorithm: str) -> NewKey:  # noqa: ARG002 - the port's arguments; none are made
        """Refuse: a key that lies in the clear is made by nobody any more."""
        raise KeyMaterialError("no keys are made as plain files")

    def signer(self, handle: str) -> Signer:
        """What signs with a key, once it has proven that it does: a file may have been damaged."""
        path = self._path(handle)
        algorithm = _algorithm(path.stem)
        signer = signer_of(algorithm, read_private(path), vouched=True)
        prove_key(signer, algorithm)
        return signer

    def secret(self, handle: str) -> bytes:
        """The file itself."""
        return read_private(self._path(handle))

    def destroy(self, handle: str) -> None:
        """Unlink the file: overwriting would promise what today's file systems and disks do not keep."""
        remove(self._path(handle))

    def answers(self) -> bool:
        """Whether the folder is there."""
        return self.folder.is_dir()

    def _path(self, handle: str) -> Path:
        name = handles.within(handle, NAME)
        if not _FILE.fullmatch(name):
            raise KeyUnavailableError("not the name of a key file")
        return self.folder / f"{name}.pem"


def _algorithm(name: str) -> str:
    for ending, algorithm in _BY_ENDING.items():
        if name.endswith(ending):
            return algorithm.value
    raise KeyMaterialError("the name of the key file says no algorithm")
