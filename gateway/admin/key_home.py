"""Whose keys lie in a folder: the issuer is written down beside them, so that copied keys are noticed (KM-06).

Keys of one environment in another prove nothing wrongly, for everything that they sign names its issuer; but whoever
can read the folder of the lesser environment could then sign for the other one.
"""

import os
from pathlib import Path
from typing import Final

NAME: Final = "issuer"
_LONGEST: Final = 1024


def mark(folder: Path, issuer: str) -> None:
    """Write down whose keys they are, once; a folder that cannot be written to goes without."""
    try:
        descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(issuer.encode("utf-8"))


def stranger(folder: Path, issuer: str) -> str | None:
    """The other issuer whose keys these are; none if they are ours, or if nobody has written it down."""
    try:
        with (folder / NAME).open("rb") as file:
            written = file.read(_LONGEST).decode("utf-8", "replace").strip()
    except OSError:
        return None
    return written if written and written != issuer else None
