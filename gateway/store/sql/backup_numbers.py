"""Which region codes a restored database leaves: those from which a number may have been given and forgotten (F-BK-02).

Numbers are given at random among the codes of the lowest open tier of a block (``mapping.surrogate.Block.tiers``). So
what was given after the backup came from that tier. Only on a day that was full did it come from the next one.
"""

from typing import Final

from sqlalchemy import Connection, select

from gateway.store.sql import switches
from gateway.store.sql.buckets import opened
from gateway.store.sql.number_tables import buckets
from gateway.store.vault import Vault
from mapping.surrogate import ALERT_SHARE, Block, bucket_capacity
from mapping.vocabulary import HolderClass, Realm, Sex, Territory

_SERVED: Final = (Territory.HONG_KONG, Territory.MACAO)
_CROWDED: Final = int(ALERT_SHARE * bucket_capacity(Sex.FEMALE))
_FULLER: Final = select(buckets.c.id, buckets.c.given, buckets.c.box).where(buckets.c.given >= _CROWDED)


def codes_to_leave(connection: Connection, vault: Vault, realm: Realm) -> frozenset[str]:
    """The codes of every block of a realm that may have given numbers which are not on record."""
    frozen = switches.frozen_regions(connection)
    crowded = {opened(vault, row.id, row.given, row.box).code for row in connection.execute(_FULLER)}
    blocks = [Block(territory, holders, realm) for territory in _SERVED for holders in HolderClass]
    return frozenset(code for block in blocks for code in _of_block(block, frozen, crowded))


def _of_block(block: Block, frozen: frozenset[str], crowded: set[str]) -> frozenset[str]:
    left: set[str] = set()
    for tier in block.tiers:
        codes = set(tier.codes)
        left |= codes - frozen
        # Where even the fullest days had room at the backup, none can have spilled into the next tier since.
        if codes - frozen and not codes & crowded:
            break
    return frozenset(left)
