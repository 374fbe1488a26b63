"""What has to be known to tell a relying party of a number: whom, about whom, and whether it may have the new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, select

from gateway.broker.ports import Held, Notice, NoticeKind
from gateway.oidc.model import Client
from gateway.oidc.names import Scope
from gateway.store.protocol_records import read_client
from gateway.store.sql import binding_rows, consents, number_rows, subjects
from gateway.store.sql.number_tables import notices
from gateway.store.sql.tables import clients
from gateway.store.vault import Vault
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Standing
from mapping.vocabulary import IdentifierKind

GIVES_NUMBER: Final = frozenset({Scope.CN_ID.value, "claim:gba_cn_id"})
"""What of a consent lets the number go out: its scope, or the claim asked for by itself."""

_FIND: Final = (
    select(notices, clients.c.record, clients.c.secret_hash, clients.c.created_at, clients.c.disabled_at)
    .join(clients, clients.c.client_id == notices.c.client_id)
    .where(notices.c.id == bindparam("of_id", type_=Text()))
)


@dataclass(frozen=True, slots=True)
class Facts:
    """One notice with what stands around it at this moment."""

    id: str
    kind: NoticeKind
    client: Client
    subject_id: str
    sub: str | None
    old_number: MainlandIdentifier
    held: Held | None
    may_have_number: bool
    """Whether the relying party could have the number by a sign-in now, as far as that is on record."""
    at: datetime
    tries: int
    correlation_id: str

    def notice(self, sub: str) -> Notice:
        """The notice as it goes out."""
        return Notice(
            id=self.id,
            kind=self.kind,
            client_id=self.client.client_id,
            sub=sub,
            old_number=self.old_number,
            holder=self.held if self.may_have_number else None,
            at=self.at,
            tries=self.tries - 1,  # this one is counted already
        )


def facts_of(connection: Connection, vault: Vault, notice_ids: Sequence[str]) -> list[Facts]:
    """Read notices with all that is around them, oldest first."""
    found = [_facts(connection, vault, connection.execute(_FIND, {"of_id": one}).one()) for one in notice_ids]
    return sorted(found, key=lambda facts: (facts.at, facts.id))


def _facts(connection: Connection, vault: Vault, row: Any) -> Facts:
    client = read_client(row.client_id, row.record, row.secret_hash, row.created_at, row.disabled_at)
    held = binding_rows.held_by(connection, vault, row.subject_id)
    consent = consents.newest(connection, row.subject_id, row.client_id)
    granted = () if consent is None else consent.granted
    return Facts(
        id=row.id,
        kind=NoticeKind(row.kind),
        client=client,
        subject_id=row.subject_id,
        sub=subjects.find_sub(connection, row.subject_id, client.sector),
        old_number=number_rows.number_of(connection, vault, row.old_number_id),
        held=held,
        may_have_number=not GIVES_NUMBER.isdisjoint(granted) and _may_have(client, held),
        at=row.at,
        tries=row.tries,
        correlation_id=row.correlation_id,
    )


def _may_have(client: Client, held: Held | None) -> bool:
    """Whether the record stands, and is of a kind that the client is enrolled for (mapping specification 10.4)."""
    if held is None or not client.is_active or held.standing is not Standing.ACTIVE:
        return False
    return client.surrogates_allowed or held.binding.number.kind is not IdentifierKind.SURROGATE
