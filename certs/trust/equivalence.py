"""What a signature of one place is worth in another, as signed data: no row, no recognition.

A row is enacted, suspended or repealed for stretches of time, as an arrangement between places is; its history stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.trust_list import Jurisdiction, SignatureClass

ANY_PURPOSE: Final = "*"


class Purpose(StrEnum):
    """What a signature is shown for."""

    GOV_SERVICE = "gov-service"
    TENDER = "tender"
    CUSTOMS = "customs"
    FINANCE = "finance"
    HEALTH = "health"
    CONTRACT = "contract"
    IDENTITY_PROOF = "identity-proof"
    EXCLUDED_BY_LAW = "excluded-by-law"
    """Acts that a place's law keeps on paper; no row for any purpose covers it."""


class Family(StrEnum):
    """Families of keys; some readers admit one only."""

    RSA = "RSA"
    EC = "EC"
    ED25519 = "Ed25519"
    SM2 = "SM2"


class RowStatus(StrEnum):
    """Where a row stands in law; a draft waits for somebody's confirmation and has no effect."""

    DRAFT = "draft"
    ENACTED = "enacted"
    SUSPENDED = "suspended"
    REPEALED = "repealed"


@dataclass(frozen=True, slots=True)
class RowPeriod:
    """One stretch of a row's history."""

    status: RowStatus
    start: datetime
    end: datetime | None
    reference: str


@dataclass(frozen=True, slots=True)
class EquivalenceRow:
    """What one class of certificate of one place counts as in another."""

    row_id: str
    issuing: Jurisdiction
    relying: Jurisdiction
    scheme: str
    signature_class: SignatureClass
    purposes: tuple[str, ...]
    families: tuple[str, ...]
    effect_class: SignatureClass
    legal_reference: str
    conditions: tuple[str, ...]
    periods: tuple[RowPeriod, ...]

    def status_at(self, moment: datetime) -> RowStatus | None:
        """What was said last of the time that ``moment`` lies in."""
        covering = [p for p in self.periods if p.start <= moment and (p.end is None or moment < p.end)]
        return covering[-1].status if covering else None

    def keys(self) -> Iterator[tuple[str, ...]]:
        """Every question that this row answers."""
        place = (self.issuing.value, self.relying.value, self.scheme, self.signature_class.value)
        for purpose, family in product(self.purposes, self.families):
            yield (*place, purpose, family)


@dataclass(frozen=True, slots=True)
class EquivalenceTable:
    """The signed table, read and free of contradiction: no question has two rows."""

    list_id: str
    operator: Mapping[str, str]
    version: int
    sequence: int
    previous_sha256: str | None
    issued: datetime
    next_update: datetime
    expires: datetime
    rows: tuple[EquivalenceRow, ...]
    sha256: str
    payload: Mapping[str, Any] = field(compare=False)
    _index: Mapping[tuple[str, ...], EquivalenceRow] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[tuple[str, ...], EquivalenceRow] = {}
        for row in self.rows:
            for key in row.keys():  # noqa: SIM118 - not a mapping
                if key in index:
                    raise ListError(ListRefusal.SCHEMA, "two rows answer one question", where="rows")
                index[key] = row
        object.__setattr__(self, "_index", MappingProxyType(index))

    def effect(
        self,
        *,
        issuing: str,
        relying: str,
        scheme: str,
        signature_class: str,
        purpose: str,
        family: str,
        at: datetime,
    ) -> EquivalenceRow | None:
        """The row that was enacted at that time, or `None`: then nothing is recognised."""
        place = (issuing, relying, scheme, signature_class)
        # A purpose that has a row of its own is answered by it alone, be it enacted or not.
        row = self._index.get((*place, purpose, family))
        if row is None and purpose != Purpose.EXCLUDED_BY_LAW:
            row = self._index.get((*place, ANY_PURPOSE, family))
        return row if row is not None and row.status_at(at) is RowStatus.ENACTED else None


_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
NO_TABLE: Final = EquivalenceTable(
    list_id="equivalence",
    operator=MappingProxyType({}),
    version=1,
    sequence=0,
    previous_sha256=None,
    issued=_NEVER,
    next_update=_NEVER + timedelta(seconds=1),
    expires=_NEVER + timedelta(seconds=2),
    rows=(),
    sha256="",
    payload=MappingProxyType({}),
)
"""Where no table was ever accepted: nothing is recognised."""
