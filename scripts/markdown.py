"""What the generated reference pages are put together from: a notice, parts, tables."""

from collections.abc import Iterable
from typing import Final

NOTICE: Final = "<!-- Made by scripts/make_docs.py from the code; do not edit by hand. -->"


def page(*parts: str) -> str:
    """One page."""
    return "\n\n".join((NOTICE, *parts)) + "\n"


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """One table; bars within a cell are escaped."""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def codes(values: Iterable[object]) -> str:
    """Several names as code, or a dash."""
    return ", ".join(f"`{value}`" for value in values) or "–"
