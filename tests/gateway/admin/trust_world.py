"""A gateway's trust office on SQLite, and signed documents of the sandbox to import into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.admin import trust_import
from gateway.admin.acts import Act
from gateway.admin.trust_office import TrustOffice
from gateway.signatures.trust_state import TrustFiles
from gateway.store.open import Stores
from gateway.store.sql import tables
from mock_idps.authority import equivalence, lists, root
from tests.authority import NOW, a_world
from tests.gateway.admin.fakes import REASON

HK, GD = "hk-gd-hk", "hk-gd-gd"
ADA = Act("ada", NOW, REASON)
BEN = Act("ben", NOW, REASON)
MINUTE = timedelta(minutes=1)


def a_list(
    list_id: str = HK, sequence: int = 1, previous: Mapping[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    return lists.trust_list(a_world(), list_id, sequence=sequence, previous=previous, **changes)


def next_list(previous: Mapping[str, Any], *, by: int = 1, **changes: Any) -> dict[str, Any]:
    """A list that follows another and changes nothing dangerous, unless ``changes`` say so."""
    document = a_list(previous["list_id"], previous["sequence"] + by, previous)
    return document | {"entries": previous["entries"]} | changes


def signed(document: Mapping[str, Any], signers: tuple[str, ...] = lists.TWO) -> bytes:
    return lists.sign(a_world(), document, signers)


def signed_table(**changes: Any) -> bytes:
    document = equivalence.equivalence(a_world(), **changes)
    return lists.sign(a_world(), document, typ=lists.EQUIVALENCE_TYPE)


@dataclass(frozen=True, slots=True)
class Office:
    """The office, and short ways to what tests ask of it."""

    stores: Stores
    folder: Path
    files: TrustFiles = field(repr=False)

    @property
    def office(self) -> TrustOffice:
        stores = self.stores
        return TrustOffice(stores.trust_lists, stores.trust_proposals, stores.reports, stores.audit, self.files)

    async def bring_in(self, *tokens: bytes, by: Act = ADA, second: Act = BEN) -> dict[str, Any]:
        """Import by two operators, whatever is dangerous in it."""
        plan = await trust_import.dry_run(self.office, tokens, by)
        codes = [one["code"] for one in plan["documents"] if one["code"]]
        found = await trust_import.propose(self.office, tokens, codes, by)
        if found["result"] != "waiting":
            return found
        return await trust_import.acknowledge(self.office, found["proposal"], codes, second)

    async def sequences(self) -> dict[str, int]:
        return {list_id: sequence for list_id, (sequence, _) in (await self.stores.trust_lists.heads()).items()}

    async def actions(self) -> list[str]:
        statement = select(tables.audit.c.action).order_by(tables.audit.c.seq)
        return await self.stores.database.read(lambda connection: list(connection.execute(statement).scalars()))

    async def alarms(self) -> list[tuple[str, str]]:
        alerts = await self.stores.alert_registry.page(open_only=True, after=None, limit=50)
        return [(alert.kind.value, alert.about) for alert in alerts]


def pinned() -> bytes:
    return root.signed_root(a_world())
