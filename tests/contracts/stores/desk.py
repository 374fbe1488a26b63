"""A desk that plays the broker for the suites on numbers: read, decide, apply, and decide again after a race."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, text

from gateway.audit import AuditAction
from gateway.broker.ports import BindingRaceError
from gateway.store.open import Stores
from gateway.store.sql import tables
from mapping.documents import TravelPermit
from mapping.evidence import Binding, Evidence, Known, Policy
from mapping.identifier import MainlandIdentifier
from mapping.resolve import decide
from tests.contracts.stores.builders import BIRTHDATE, NOW, PERMIT, a_number, an_event

POLICY: Final = Policy()
BOUND: Final = an_event(AuditAction.IDENTIFIER_BOUND)
RESIDENCE: Final = a_number()
OTHER_RESIDENCE: Final = a_number("81000019050607003")
MACAO_PERMIT: Final = TravelPermit.parse("M12345678")


def an_evidence(permit: TravelPermit = PERMIT, **changes: Any) -> Evidence:
    return Evidence(**({"permit": permit, "birthdate": BIRTHDATE, "sex": "M", "assurance": 3} | changes))


def verified(number: MainlandIdentifier = RESIDENCE, **changes: Any) -> Evidence:
    return an_evidence(**({"residence_permit": number, "residence_permit_verified": True} | changes))


@dataclass(frozen=True)
class Desk:
    """Plays the broker: read, decide, apply, and decide again when the record changed."""

    stores: Stores

    async def person(self, name: str = "one", provider: str = "hong_kong") -> str:
        subject_id = await self.stores.sign_ins.subject(provider, name, NOW)
        assert subject_id is not None
        return subject_id

    async def known(self, evidence: Evidence) -> Known:
        assert evidence.permit is not None
        return await self.stores.numbers.known(evidence.permit, evidence.previous_permit, evidence.residence_permit)

    async def resolve(self, subject_id: str, evidence: Evidence, provider: str = "hong_kong") -> Binding:
        for _ in range(5):
            decision = decide(evidence, await self.known(evidence), POLICY)
            try:
                return await self.stores.numbers.apply(subject_id, provider, evidence, decision, NOW, BOUND)
            except BindingRaceError:
                continue
        raise AssertionError("the race never ended")

    async def apply(self, subject_id: str, evidence: Evidence, decision: Any, provider: str = "hong_kong") -> Binding:
        return await self.stores.numbers.apply(subject_id, provider, evidence, decision, NOW, BOUND)

    async def history(self) -> list[str]:
        statement = select(tables.binding_history.c.what).order_by(text("binding_id"), text("version"), text("what"))
        return await self.stores.database.read(lambda connection: list(connection.execute(statement).scalars()))

    async def rows(self, name: str) -> int:
        statement = select(tables.metadata.tables[name])
        return await self.stores.database.read(lambda connection: len(connection.execute(statement).all()))

    async def actions(self) -> list[str]:
        statement = select(tables.audit.c.action).order_by(tables.audit.c.seq)
        return await self.stores.database.read(lambda connection: list(connection.execute(statement).scalars()))
