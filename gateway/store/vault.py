"""How personal values rest: sealed for their row, and found by indexes under keys that are not in the database.

A copied database shows who wrote when, and no name, number or claim (decision 20, MP-06). A box opens in the row it was
sealed for and in no other. Keys change while the gateway runs (docs/how-to/rotate-keys.md): boxes are sealed under one
key and opened under all; an index is looked for, and written, under every key in use (MP-09).
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from certs.keys.seal import Sealer
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.fields import Fields, RecordError
from mapping.conceal import MIN_KEY_BYTES, blind_index
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier

_FINGERPRINT: Final = b"gba-gateway|fingerprint|v1|"


class Indexed(NamedTuple):
    """One value's index under one key."""

    key_id: str
    value: bytes


Indexes = tuple[Indexed, ...]
"""One value's indexes, one for each key in use; the newest key's first."""


class KeyNotHeldError(StoreUnavailableError):
    """The database is in use with a key that this process does not have: it must not write beside the others."""


class Vault:
    """Seals records and computes the indexes under which they are found."""

    __slots__ = ("_index_keys", "_index_use", "_sealing_keys", "_sealing_use")

    def __init__(self, sealing_keys: Mapping[str, bytes], index_keys: Mapping[str, bytes]) -> None:
        if any(len(key) < MIN_KEY_BYTES for key in index_keys.values()):
            raise ValueError("the index key has at least 32 bytes")
        newest_sealing, newest_index = newest(sealing_keys), newest(index_keys)
        self._sealing_keys = dict(sealing_keys)
        self._index_keys = dict(index_keys)
        self._sealing_use = Sealer(self._sealing_keys, newest_sealing)
        self._index_use: tuple[str, ...] = (newest_index,)

    def use(self, sealing: Collection[str], index: Collection[str]) -> None:
        """Work with the keys that the database says are in use; raises ``KeyNotHeldError`` for one that is missing."""
        if not set(sealing) <= self._sealing_keys.keys() or not set(index) <= self._index_keys.keys():
            raise KeyNotHeldError("a key that is in use is not in the keys folder of this process")
        self._sealing_use = Sealer(self._sealing_keys, newest(sealing))
        self._index_use = newest_first(index)

    @property
    def sealing_key(self) -> str:
        """The id of the key that new boxes are sealed under."""
        return self._sealing_use.active

    @property
    def head(self) -> bytes:
        """The bytes with which every box under the newest sealing key begins."""
        return self._sealing_use.head

    @property
    def index_keys(self) -> tuple[str, ...]:
        """The ids of the index keys in use, newest first."""
        return self._index_use

    @property
    def held(self) -> Mapping[str, Mapping[str, bytes]]:
        """A fingerprint of every key in the keys folder, by purpose and id; it gives nothing of the key away."""
        rings = {"sealing": self._sealing_keys, "index": self._index_keys}
        return {
            purpose: {
                key_id: hmac.digest(key, _FINGERPRINT + purpose.encode("ascii"), hashlib.sha256)
                for key_id, key in ring.items()
            }
            for purpose, ring in rings.items()
        }

    def seal(self, record: Mapping[str, Any], table: str, row_id: str) -> bytes:
        """Close a record into the box of one row."""
        plain = json.dumps(record, separators=(",", ":")).encode("ascii")
        return self._sealing_use.seal(plain, context=_context(table, row_id))

    def open(self, box: bytes, table: str, row_id: str) -> Fields:
        """Open the box of one row; raises ``SealError`` when it was sealed for another.

        A worker without the newest keys comes upon boxes of those that have them: ``KeyNotHeldError``.
        """
        if not self._sealing_use.holds_key_of(box):
            raise KeyNotHeldError("a record is sealed under a key that is not in the keys folder of this process")
        plain = self._sealing_use.open(box, context=_context(table, row_id))
        try:
            return Fields(json.loads(plain))
        except ValueError:
            raise RecordError(table) from None

    def reseal(self, box: bytes, table: str, row_id: str) -> bytes | None:
        """The same record under the newest key; ``None`` if it is there already."""
        if self._sealing_use.is_current(box):
            return None
        context = _context(table, row_id)
        return self._sealing_use.seal(self._sealing_use.open(box, context=context), context=context)

    def permit_index(self, permit: TravelPermit) -> Indexes:
        """Index a permit by the nine characters that are its holder's for life (mapping specification 9)."""
        return self._blind(permit.kind, permit.canonical)

    def number_index(self, number: MainlandIdentifier) -> Indexes:
        """Index an 18-character number, of whatever kind: all kinds share one space."""
        return self._blind("number", number.value)

    def text_index(self, kind: str, *parts: str) -> Indexes:
        """Index texts from elsewhere, such as an upstream subject; of any length and script."""
        # JSON keeps the parts apart and spells every script in ASCII.
        message = f"gba-gateway|index|v1|{kind}|{json.dumps(parts)}".encode("ascii")
        return tuple(
            Indexed(key_id, hmac.digest(self._index_keys[key_id], message, hashlib.sha256))
            for key_id in self._index_use
        )

    def counter_index(self, kind: str, key: str) -> bytes:
        """Index whose tries are counted: under the oldest key in use, which every worker has while keys change."""
        return self.text_index("attempt", kind, key)[-1].value

    def _blind(self, kind: str, canonical: str) -> Indexes:
        return tuple(
            Indexed(key_id, bytes.fromhex(blind_index(self._index_keys[key_id], kind, canonical)))
            for key_id in self._index_use
        )

    def __repr__(self) -> str:
        return "Vault()"


def newest(key_ids: Collection[str]) -> str:
    """The key with the highest number; raises ``ValueError`` when there is none."""
    if not key_ids:
        raise ValueError("at least one key is needed")
    return max(key_ids, key=_age)


def newest_first(key_ids: Iterable[str]) -> tuple[str, ...]:
    """Ids of keys, the highest number in front."""
    return tuple(sorted(key_ids, key=_age, reverse=True))


def _age(key_id: str) -> tuple[int, str]:
    return (int(key_id), "") if key_id.isascii() and key_id.isdigit() else (0, key_id)


def _context(table: str, row_id: str) -> str:
    return f"{table}|box|{row_id}"
