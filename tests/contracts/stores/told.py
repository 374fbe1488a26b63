"""A person whose stand-in a relying party has, for the suites on what relying parties are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from gateway.broker.ports import Notice, NoticeKind
from gateway.store.open import Stores
from gateway.store.sql import notices as store
from gateway.store.sql import number_tables
from tests.contracts.stores.builders import MINUTE, NOW, a_code, a_completion, a_consent, a_grant
from tests.contracts.stores.desk import Desk, an_evidence, verified

GRANTED: Final = ("openid", "cn_id")


@dataclass(frozen=True)
class Told:
    """A person whose stand-in a relying party has."""

    desk: Desk
    subject_id: str
    stand_in: str

    @property
    def stores(self) -> Stores:
        return self.desk.stores

    async def supersede(self) -> None:
        """Let a residence permit number take the stand-in's place."""
        await self.desk.resolve(self.subject_id, verified())

    async def due(self, now: datetime = NOW, limit: int = 10, stores: Stores | None = None) -> list[Notice]:
        return list(await (stores or self.stores).notices.due(now, now + MINUTE, limit))

    async def write(self, kind: NoticeKind = NoticeKind.SUPERSEDED) -> None:
        held = await self.stores.numbers.of_subject(self.subject_id)
        assert held is not None
        await self.stores.database.run(
            lambda connection: store.write(connection, kind, held.binding_id, NOW, "c0rrelation")
        )

    async def rows(self) -> list[Any]:
        statement = select(number_tables.notices)
        return list(await self.stores.database.read(lambda connection: connection.execute(statement).all()))

    async def given(self) -> str:
        """The number that the relying party has, as far as is on record."""
        statement = select(number_tables.releases.c.number_id)
        return str(await self.stores.database.read(lambda connection: connection.execute(statement).scalar_one()))


async def release(stores: Stores, subject_id: str, client_id: str, **changes: Any) -> None:
    """Let a sign-in pass the person's number on."""
    grant = a_grant(subject_id, id=f"grant-{client_id}", client_id=client_id)
    consent = a_consent(subject_id, id=f"consent-{client_id}", client_id=client_id, granted=GRANTED, withheld=())
    completion = a_completion(
        subject_id, grant=grant, code=a_code(grant, client_id), consent=consent, releases_number=True, **changes
    )
    await stores.sign_ins.pairwise(subject_id, "rp-a.example", "pairwise-sub")
    assert await stores.sign_ins.complete(completion, NOW)


async def a_told(desk: Desk) -> Told:
    """Give a person a stand-in, and let a sign-in pass it on."""
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    await release(desk.stores, subject_id, "rp-a")
    return Told(desk, subject_id, held.binding.number.value)
