"""How heavy a run is: everyday runs prove the shape, ``make faults`` (GATE_HEAVY=1) the numbers of the catalogues."""

import os
from typing import Final

import pytest

IS_HEAVY: Final = os.environ.get("GATE_HEAVY", "") not in {"", "0"}
PATIENT: Final = pytest.mark.timeout(4 * 3600 if IS_HEAVY else 180)
"""For tests whose rounds follow the weight."""


def rounds(quick: int, heavy: int) -> int:
    """How many rounds to play: ``heavy`` is the figure of the catalogue's entry."""
    return heavy if IS_HEAVY else quick
