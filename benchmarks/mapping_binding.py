"""One person's first number, written by the store's own functions on whatever connection they are given."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, insert

from benchmarks.mapping_people import Person
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import Anchor
from gateway.store.sql import indexes, subjects
from gateway.store.sql.binding_writer import BindingWriter
from gateway.store.sql.tables import subjects as subject_rows
from gateway.store.vault import Vault
from mapping.evidence import Allocate
from mapping.surrogate import Choose, block_for
from mapping.vocabulary import Realm

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_CORRELATION: Final = "benchmark"
_ADD_SUBJECT: Final = insert(subject_rows)


def bind(connection: Connection, vault: Vault, person: Person, realm: Realm, choose: Choose) -> None:
    """Make a person's account known and give them a stand-in; in the transaction under way."""
    subject_id = enrol(connection, vault, person)
    writer = BindingWriter(
        vault=vault,
        choose=choose,
        subject_id=subject_id,
        provider=person.provider,
        evidence=person.evidence,
        now=NOW,
        event=happened(subject_id),
    )
    writer.allocate(connection, Allocate(block_for(person.permit, realm)))


def enrol(connection: Connection, vault: Vault, person: Person) -> str:
    """What the first sign-in of an account leaves behind, but with an id that can be worked out again."""
    subject_id = person.subject_id
    visitor = subjects.Visitor(person.provider, person.upstream_subject, Anchor(), NOW, _CORRELATION)
    indexes.claim(connection, indexes.SUBJECT, visitor.index(vault), subject_id)
    box = subjects.sealed(vault, subject_id, subjects.Kept(person.upstream_subject, Anchor()))
    row = {"id": subject_id, "provider": person.provider, "box": box, "created_at": NOW}
    connection.execute(_ADD_SUBJECT, row)
    return subject_id


def happened(subject_id: str) -> AuditEvent:
    """The event that a binding leaves behind."""
    return AuditEvent(AuditAction.IDENTIFIER_BOUND, NOW, _CORRELATION, subject_id=subject_id)
