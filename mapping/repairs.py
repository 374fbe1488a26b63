"""The letters that people and scanners write for digits; a repair is only ever suggested, never applied."""

from typing import Final

# N is missing on purpose: it may stand for H or for M, and a repair must be the only possible one.
_TWINS: Final = str.maketrans("OQDILZSGB", "000112568")


def straighten(value: str) -> str:
    """Replace the letters that look like a digit by that digit."""
    return value.translate(_TWINS)
