"""What a database says of itself at the moment of a snapshot; it stands at the beginning of every backup."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database says of itself at the moment of a snapshot."""

    schema: str
    engine: str
    epoch: int
    rows: Mapping[str, int]
    """By table, in the order in which they are written: what others refer to comes first."""
    audit_seq: int
    """The highest number of an event; 0 before the first."""
    chain_position: int
    chain_hash: str
    """Of the last link, hexadecimal; empty before the first."""
    key_sets: Mapping[str, int]
    """The version of every key set."""
    trust_heads: Mapping[str, int]
    """The accepted number of every trust list."""

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())
