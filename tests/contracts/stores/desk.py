"""A desk that plays the broker for the suites on numbers: read, decide, apply, and decide again after a race."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select, text

from gateway.audit import AuditAction
from gateway.broker.ports import BindingRaceError, Held
from gateway.store.open import Stores
from gateway.store.sql import number_tables, tables
from mapping.documents import TravelPermit
from mapping.evidence import Evidence, Known, Policy
from mapping.identifier import MainlandIdentifier
from mapping.resolve import decide
from tests.contracts.stores.builders import BIRTHDATE, NOW, PERMIT, a_completion, a_number, a_subject, an_event

POLICY: Final = Policy()
BOUND: Final = an_event(AuditAction.IDENTIFIER_BOUND)
RESIDENCE: Final = a_number()
OTHER_RESIDENCE: Final = a_number("81000019050607003")
MACAO_PERMIT: Final = TravelPermit.parse("M12345678")
TRUE_BIRTHDATE: Final = date(1905, 7, 6)
"""What a register that has corrected itself says."""
TRIES: Final = 5
"""How often the broker decides anew."""


def an_evidence(permit: TravelPermit = PERMIT, **changes: Any) -> Evidence:
    return Evidence(**({"permit": permit, "birthdate": BIRTHDATE, "sex": "M", "assurance": 3} | changes))


def verified(number: MainlandIdentifier = RESIDENCE, **changes: Any) -> Evidence:
    return an_evidence(**({"residence_permit": number, "residence_permit_verified": True} | changes))


def corrected(**changes: Any) -> Evidence:
    """What the register confirms after it has corrected the birth date."""
    return an_evidence(**({"birthdate": TRUE_BIRTHDATE, "vouched": True} | changes))


@dataclass(frozen=True)
class Desk:
    """Plays the broker: read, decide, apply, and decide again when the record changed."""

    stores: Stores

    async def person(self, name: str = "one", provider: str = "hong_kong", **anchor: Any) -> str:
        return await a_subject(self.stores, name, provider, **anchor)

    async def known(self, evidence: Evidence, subject_id: str = "nobody") -> Known:
        assert evidence.permit is not None
        return await self.stores.numbers.known(
            subject_id, evidence.permit, evidence.previous_permit, evidence.residence_permit
        )

    async def resolve(
        self, subject_id: str, evidence: Evidence, provider: str = "hong_kong", now: datetime = NOW
    ) -> Held:
        for _ in range(TRIES):
            decision = decide(evidence, await self.known(evidence, subject_id), POLICY)
            try:
                return await self.stores.numbers.apply(subject_id, provider, evidence, decision, now, BOUND)
            except BindingRaceError:
                continue
        raise AssertionError("the race never ended")

    async def apply(self, subject_id: str, evidence: Evidence, decision: Any, provider: str = "hong_kong") -> Held:
        return await self.stores.numbers.apply(subject_id, provider, evidence, decision, NOW, BOUND)

    async def held(self, subject_id: str) -> Held:
        found = await self.stores.numbers.of_subject(subject_id)
        assert found is not None
        return found

    async def give_number_to(self, client_id: str, subject_id: str) -> None:
        """Let a sign-in release the recorded number to a relying party."""
        completion = a_completion(subject_id, releases_number=True)
        assert completion.grant.client_id == client_id
        assert await self.stores.sign_ins.complete(completion, NOW)

    async def history(self) -> list[str]:
        return [what for what, *_ in await self.lines()]

    async def lines(self) -> Sequence[tuple[Any, ...]]:
        """What, evidence, actor and subject of every line of history, record by record."""
        rows = number_tables.binding_history.c
        statement = select(rows.what, rows.evidence, rows.actor, rows.subject_id, rows.version).order_by(
            text("binding_id"), text("version"), text("what")
        )
        return await self.all(statement)

    async def alerts(self) -> Sequence[tuple[Any, ...]]:
        """Kind, subject and record of every alert."""
        rows = number_tables.alerts.c
        return await self.all(select(rows.kind, rows.about, rows.subject_id).order_by(rows.kind))

    async def notices(self) -> Sequence[tuple[Any, ...]]:
        """Kind and receiver of every notice."""
        rows = number_tables.notices.c
        return await self.all(select(rows.kind, rows.client_id).order_by(rows.kind))

    async def rows(self, name: str) -> int:
        return len(await self.all(select(number_tables.metadata.tables[name])))

    async def actions(self) -> list[str]:
        return [action for (action,) in await self.all(select(tables.audit.c.action).order_by(tables.audit.c.seq))]

    async def all(self, statement: Any) -> Sequence[tuple[Any, ...]]:
        return await self.stores.database.read(
            lambda connection: [tuple(row) for row in connection.execute(statement).all()]
        )
