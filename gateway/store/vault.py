"""How personal values rest: sealed for their row, and found by an index under a key that is not in the database.

A copied database shows who wrote when, and no name, number or claim (decision 20, MP-06). A box opens in the row it was
sealed for and in no other.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from certs.keys.seal import Sealer
from gateway.store.fields import Fields, RecordError
from mapping.conceal import MIN_KEY_BYTES, blind_index
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier


class Vault:
    """Seals records and computes the indexes under which they are found."""

    __slots__ = ("_index_key", "_sealer")

    def __init__(self, sealer: Sealer, index_key: bytes) -> None:
        if len(index_key) < MIN_KEY_BYTES:
            raise ValueError("the index key has at least 32 bytes")
        self._sealer = sealer
        self._index_key = index_key

    def seal(self, record: Mapping[str, Any], table: str, row_id: str) -> bytes:
        """Close a record into the box of one row."""
        plain = json.dumps(record, separators=(",", ":")).encode("ascii")
        return self._sealer.seal(plain, context=_context(table, row_id))

    def open(self, box: bytes, table: str, row_id: str) -> Fields:
        """Open the box of one row; raises ``SealError`` when it was sealed for another."""
        plain = self._sealer.open(box, context=_context(table, row_id))
        try:
            return Fields(json.loads(plain))
        except ValueError:
            raise RecordError(table) from None

    def permit_index(self, permit: TravelPermit) -> bytes:
        """Index a permit by the nine characters that are its holder's for life (mapping specification 9)."""
        return bytes.fromhex(blind_index(self._index_key, permit.kind, permit.canonical))

    def number_index(self, number: MainlandIdentifier) -> bytes:
        """Index an 18-character number, of whatever kind: all kinds share one space."""
        return bytes.fromhex(blind_index(self._index_key, "number", number.value))

    def text_index(self, kind: str, *parts: str) -> bytes:
        """Index texts from elsewhere, such as an upstream subject; of any length and script."""
        # JSON keeps the parts apart and spells every script in ASCII.
        message = f"gba-gateway|index|v1|{kind}|{json.dumps(parts)}"
        return hmac.digest(self._index_key, message.encode("ascii"), hashlib.sha256)

    def __repr__(self) -> str:
        return "Vault()"


def _context(table: str, row_id: str) -> str:
    return f"{table}|box|{row_id}"
