"""Which permit has which 18-character number: decided elsewhere, carried out here, in one transaction (G07, G09)."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from gateway.audit import AuditEvent
from gateway.broker.ports import BindingRaceError
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Recorded
from gateway.store.sql.binding_writer import BindingWriter
from gateway.store.sql.database import ClashError, Database
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Read
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import Choose


class SqlNumbers:
    """``NumberStore``: numbers rest sealed, are found by keyed index, and once given are never given again."""

    def __init__(self, database: Database, vault: Vault, choose: Choose = secrets.randbelow) -> None:
        self._database = database
        self._vault = vault
        self._choose = choose

    async def of_subject(self, subject_id: str) -> Binding | None:
        """The binding recorded for a person, if any."""
        found = await self._database.read(lambda connection: rows.of_subject(connection, subject_id))
        return None if found is None else rows.opened(self._vault, found)

    async def known(
        self, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        """What is on record about the documents at hand; input of ``mapping.resolve.decide``."""
        vault = self._vault
        permit_index = vault.permit_index(permit)
        previous_index = None if previous is None else vault.permit_index(previous)
        number_index = None if number is None else vault.number_index(number)

        def work(connection: Connection) -> tuple[Recorded | None, ...]:
            return (
                rows.of_permit(connection, permit_index),
                None if previous_index is None else rows.of_permit(connection, previous_index),
                None if number_index is None else rows.of_number(connection, number_index),
            )

        own, former, holder = await self._database.read(work)
        return Known(
            binding=self._live(own),
            previous=self._live(former),
            number_holder=None if holder is None else rows.opened(vault, holder).permit.canonical,
            is_retired=own is not None and own.is_retired,
        )

    async def apply(  # noqa: PLR0917 - one call is one row of history
        self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime, event: AuditEvent
    ) -> Binding:
        """Carry a decision out and tie the person to it; see the port for what is refused, and how."""
        writer = BindingWriter(self._vault, self._choose, subject_id, provider, now, event)
        try:
            match decision:
                case Keep(binding):
                    return await self._database.run(lambda connection: writer.keep(connection, binding))
                case Bind():
                    return await self._database.run(lambda connection: writer.bind(connection, evidence, decision))
                case Allocate():
                    return await self._database.run(lambda connection: writer.allocate(connection, evidence, decision))
                case Read():
                    raise ValueError("a number that is only read is not recorded")
        except ClashError:
            # A unique index was quicker than our own look: whoever decides again sees what is there now.
            raise BindingRaceError from None

    def _live(self, recorded: Recorded | None) -> Binding | None:
        return None if recorded is None or recorded.is_retired else rows.opened(self._vault, recorded)
