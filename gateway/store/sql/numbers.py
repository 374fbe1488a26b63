"""Which permit has which 18-character number: decided elsewhere, carried out here, in one transaction (G07, G09)."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.broker.ports import BindingRaceError, Held
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.sql import audit, people, standings, ties
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Recorded
from gateway.store.sql.binding_writer import BindingWriter
from gateway.store.sql.database import ClashError, Database
from gateway.store.sql.keys_in_use import KeysInUse
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing
from mapping.surrogate import Choose

_LOST: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock (PostgreSQL, appendix A), after the engine's own tries."""


class SqlNumbers:
    """``NumberStore``: numbers rest sealed, are found by keyed index, and once given are never given again."""

    def __init__(self, database: Database, vault: Vault, keys: KeysInUse, choose: Choose = secrets.randbelow) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys
        self._choose = choose

    async def of_subject(self, subject_id: str) -> Held | None:
        """The record a person is tied to, if any, whatever its standing."""
        return await self._database.read(lambda connection: rows.held_by(connection, self._vault, subject_id))

    async def known(
        self, subject_id: str, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        """What is on record about the documents at hand; input of ``mapping.resolve.decide``."""
        vault = self._vault

        def work(connection: Connection) -> tuple[Recorded | None, ...]:
            return (
                rows.of_permit(connection, vault.permit_index(permit), subject_id),
                None if previous is None else rows.of_permit(connection, vault.permit_index(previous), subject_id),
                None if number is None else rows.of_number(connection, vault.number_index(number)),
            )

        own, former, holder = await self._database.read(work)
        return Known(
            binding=self._shown(own),
            previous=self._shown(former),
            number_holder=None if holder is None else rows.opened(vault, holder).permit.canonical,
            standing=Standing.ACTIVE if own is None else own.standing,
            is_holder=own is not None and own.is_holder,
            previous_standing=Standing.ACTIVE if former is None else former.standing,
        )

    async def apply(  # noqa: PLR0917 - one call is one row of history
        self, subject_id: str, provider: str, evidence: Evidence, decision: Decision, now: datetime, event: AuditEvent
    ) -> Held:
        """Carry a decision out and tie the person to it; see the port for what is refused, and how."""
        writer = BindingWriter(self._vault, self._choose, subject_id, provider, evidence, now, event)
        work = _work(writer, decision)
        try:
            return await self._keys.run(lambda: work)
        except ClashError:
            # A unique index was quicker than our own look: whoever decides again sees what is there now.
            raise BindingRaceError from None
        except StoreUnavailableError as error:
            if getattr(getattr(error.__cause__, "orig", None), "sqlstate", None) in _LOST:
                raise BindingRaceError from None
            raise

    async def checked(self, binding_id: str, now: datetime) -> None:
        """The register was asked again, and nothing changed."""
        await self._database.run(lambda connection: rows.checked(connection, binding_id, now))

    async def conflict(
        self, kind: AlertKind, subject_id: str, permit: TravelPermit, now: datetime, event: AuditEvent
    ) -> None:
        """Put a claim that contradicts the record before the operators, once; ``TWO_HOLDERS`` freezes the record."""
        at_now = replace(event, at=now)

        def work(connection: Connection) -> None:
            recorded = rows.of_permit(connection, self._vault.permit_index(permit), lock=True)
            standings.contest(connection, self._vault, recorded, kind, subject_id=subject_id, event=at_now)

        await self._database.run(work)

    async def reserved_number_seen(self, number: MainlandIdentifier, now: datetime, event: AuditEvent) -> None:
        """Somebody vouches for a number of a reserved block: no more numbers of its region code, an alert."""
        at_now = replace(event, at=now)
        await self._database.run(lambda connection: standings.reserve(connection, self._vault, number, at_now))

    async def dispute(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """The holder says that the number is not theirs: the record is frozen; false if there is none to freeze."""
        at_now = replace(event, at=now)

        def work(connection: Connection) -> bool:
            recorded = rows.of_subject(connection, subject_id, lock=True)
            return recorded is not None and standings.dispute(connection, self._vault, recorded, subject_id, at_now)

        return await self._database.run(work)

    async def untie(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """The account lets the permit go; its sessions and grants end; the record and its numbers stay (AL-07).

        The account of a holder who has died, or withdrawn, stays where it is: false.
        """

        def work(connection: Connection) -> bool:
            recorded = rows.of_subject(connection, subject_id, lock=True)
            if recorded is None or recorded.standing is Standing.CLOSED:
                return False
            ties.let_go(connection, self._vault, subject_id, now, event)
            people.end_everything(connection, subject_id, now)
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    def _shown(self, recorded: Recorded | None) -> Binding | None:
        """A record as decisions see it: one that has come to its end is told by its standing alone."""
        if recorded is None or recorded.standing in {Standing.RETIRED, Standing.CLOSED}:
            return None
        return rows.opened(self._vault, recorded)


def _work(writer: BindingWriter, decision: Decision) -> Callable[[Connection], Held]:
    match decision:
        case Keep() | Renew():
            return lambda connection: writer.keep(connection, decision)
        case Bind():
            return lambda connection: writer.bind(connection, decision)
        case Allocate():
            return lambda connection: writer.allocate(connection, decision)
        case Read():
            raise ValueError("a number that is only read is not recorded")
