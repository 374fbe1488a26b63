"""People: who somebody is at a provider, what must stay true of them, and under which ``sub`` a sector knows them."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, LargeBinary, Text, bindparam, insert, select, update

from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import Anchor, Recognition
from gateway.oidc.random_values import new_id
from gateway.store.fields import Fields
from gateway.store.sql import alerts, indexes, switches
from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.number_tables import indexes as index_rows
from gateway.store.sql.tables import pairwise, subjects
from gateway.store.vault import Indexes, Vault

IS_WELCOME: Final = (
    subjects.c.disabled_at.is_(None)
    & subjects.c.erased_at.is_(None)
    & ~switches.its_provider_is_off(subjects.c.provider)
)
"""Nobody is known here who was blocked or erased, or whose provider is off; every look-up asks it (AL-08, AL-09)."""

_ID: Final = bindparam("of_id", type_=Text())
_COLUMNS: Final = (subjects.c.id, IS_WELCOME.label("is_welcome"), subjects.c.box)
_LOCK: Final = select(*_COLUMNS).where(subjects.c.id == _ID).with_for_update(of=subjects)
_BOX: Final = select(subjects.c.box).where(subjects.c.id == _ID, subjects.c.erased_at.is_(None))
_ADD: Final = insert(subjects)
_KEEP: Final = update(subjects).where(subjects.c.id == _ID).values(box=bindparam("new_box", type_=LargeBinary()))
_FIND_SUB: Final = select(pairwise.c.sub).where(
    pairwise.c.subject_id == bindparam("subject_id"), pairwise.c.sector == bindparam("sector")
)
_ADD_SUB: Final = insert_unless_there(pairwise, "subject_id", "sector")


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """Somebody whom a provider has sent, as the provider describes them."""

    provider: str
    upstream_subject: str
    anchor: Anchor
    now: datetime
    correlation_id: str

    def index(self, vault: Vault) -> Indexes:
        """What they are found by."""
        return vault.text_index("subject", self.provider, self.upstream_subject)


class Found(NamedTuple):
    """A person's row, its box still closed."""

    id: str
    is_welcome: bool
    box: bytes


class Kept(NamedTuple):
    """What the box of a person's row holds."""

    upstream_subject: str
    anchor: Anchor


def compare(recorded: Anchor, presented: Anchor) -> Anchor | None:
    """The anchor to be kept from now on; ``None`` if the two cannot be one person (AL-05)."""
    has_card = recorded.home_card is not None and presented.home_card is not None
    if has_card and recorded.home_card != presented.home_card:
        return None
    has_date = recorded.birthdate is not None and presented.birthdate is not None
    if has_date and recorded.birthdate != presented.birthdate and not has_card:
        return None  # with the same card in hand it is the home register that has corrected itself
    return Anchor(presented.birthdate or recorded.birthdate, presented.home_card or recorded.home_card)


def find(connection: Connection, wanted: Indexes) -> Found | None:
    """The person behind a provider's subject, in one read."""
    row = connection.execute(_find(len(wanted)), indexes.values_of(wanted)).first()
    return None if row is None else Found(row.id, bool(row.is_welcome), row.box)


def recognise(vault: Vault, found: Found, visitor: Visitor) -> Recognition | None:
    """Say what becomes of somebody who is known; ``None`` when something has to be written first."""
    if not found.is_welcome:
        return Recognition.BLOCKED
    recorded = opened(vault, found.id, found.box).anchor
    return Recognition.WELCOME if compare(recorded, visitor.anchor) == recorded else None


def settle(connection: Connection, vault: Vault, subject_id: str, visitor: Visitor) -> tuple[str, Recognition]:
    """Complete what is kept of a person, or refuse somebody else with an alert, on the row as it is now."""
    row = connection.execute(_LOCK, {"of_id": subject_id}).one()
    found = Found(row.id, bool(row.is_welcome), row.box)
    recognition = recognise(vault, found, visitor)
    if recognition is not None:
        return subject_id, recognition
    anchor = compare(opened(vault, subject_id, found.box).anchor, visitor.anchor)
    if anchor is None:
        event = AuditEvent(
            AuditAction.ALERT_RAISED,
            visitor.now,
            visitor.correlation_id,
            subject_id=subject_id,
            provider=visitor.provider,
        )
        alerts.tell(connection, AlertKind.SOMEONE_ELSE, subject_id, subject_id, event)
        return subject_id, Recognition.SOMEONE_ELSE
    box = sealed(vault, subject_id, Kept(visitor.upstream_subject, anchor))
    connection.execute(_KEEP, {"of_id": subject_id, "new_box": box})
    return subject_id, Recognition.WELCOME


def admission(vault: Vault, visitor: Visitor) -> Callable[[Connection], tuple[str, Recognition]]:
    """Prepare the first record of a person, with the index keys that are in use now."""
    wanted = visitor.index(vault)
    return lambda connection: _admit(connection, vault, wanted, visitor)


def _admit(connection: Connection, vault: Vault, wanted: Indexes, visitor: Visitor) -> tuple[str, Recognition]:
    """Record a new person, unless somebody else just did; nobody is recorded whose provider is off."""
    indexes.require_keys(connection, vault)
    if switches.is_provider_off(connection, visitor.provider):
        return "", Recognition.BLOCKED
    subject_id = new_id()
    if not indexes.claim(connection, indexes.SUBJECT, wanted, subject_id):
        found = find(connection, wanted)
        if found is None:
            raise LookupError("a subject vanished")
        return settle(connection, vault, found.id, visitor)
    box = sealed(vault, subject_id, Kept(visitor.upstream_subject, visitor.anchor))
    row = {"id": subject_id, "provider": visitor.provider, "box": box, "created_at": visitor.now}
    connection.execute(_ADD, row)
    return subject_id, Recognition.WELCOME


def opened(vault: Vault, subject_id: str, box: bytes) -> Kept:
    """Open a person's box; those of the first schema have no anchor yet."""
    fields = vault.open(box, "subjects", subject_id)
    kept = Kept(fields.text("upstream_subject"), _anchor(fields))
    fields.end()
    return kept


def sealed(vault: Vault, subject_id: str, kept: Kept) -> bytes:
    """Close what is kept of a person into the box of their row."""
    birthdate = kept.anchor.birthdate
    record = {
        "upstream_subject": kept.upstream_subject,
        "birthdate": None if birthdate is None else birthdate.isoformat(),
        "home_card": kept.anchor.home_card,
    }
    return vault.seal(record, "subjects", subject_id)


def same_home_card(connection: Connection, vault: Vault, subject_a: str, subject_b: str) -> bool:
    """Whether two accounts have shown one and the same home identity card; not knowing is no."""
    first, second = (_home_card(connection, vault, subject_id) for subject_id in (subject_a, subject_b))
    return first is not None and second is not None and hmac.compare_digest(first.encode(), second.encode())


def find_sub(connection: Connection, subject_id: str, sector: str) -> str | None:
    """The ``sub`` by which a sector knows a person."""
    return connection.execute(_FIND_SUB, {"subject_id": subject_id, "sector": sector}).scalar_one_or_none()


def add_sub(connection: Connection, subject_id: str, sector: str, proposed: str) -> str:
    """Keep the proposed ``sub`` unless there is one by now."""
    values = {"subject_id": subject_id, "sector": sector, "sub": proposed}
    connection.execute(_ADD_SUB[connection.dialect.name], values)
    return find_sub(connection, subject_id, sector) or proposed


def _home_card(connection: Connection, vault: Vault, subject_id: str) -> str | None:
    box = connection.execute(_BOX, {"of_id": subject_id}).scalar_one_or_none()
    return None if box is None else opened(vault, subject_id, box).anchor.home_card


def _anchor(fields: Fields) -> Anchor:
    if not fields.has("birthdate"):
        return Anchor()
    birthdate: date | None = fields.optional_day("birthdate")
    return Anchor(birthdate, fields.optional_text("home_card"))


@cache
def _find(count: int) -> Any:
    return (
        select(*_COLUMNS).join(index_rows, index_rows.c.target == subjects.c.id).where(indexes.sought(count)).limit(1)
    )
