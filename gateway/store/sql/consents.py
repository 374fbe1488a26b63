"""What people have decided about relying parties: every decision stays, and the newest one counts (G10)."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, func, insert, select, update

from gateway.broker.model import Consent, Shown
from gateway.store.sql.columns import NOW
from gateway.store.sql.tables import consents

_SHOWN: Final = tuple(field.name for field in fields(Shown))
_SUBJECT: Final = bindparam("of_subject", type_=Text())
_CLIENT: Final = bindparam("of_client", type_=Text())
_IS_OF: Final = (consents.c.subject_id == _SUBJECT) & (consents.c.client_id == _CLIENT)
_LATER: Final = consents.alias("later")
_IS_NEWEST: Final = (
    ~select(_LATER.c.seq)
    .where(
        _LATER.c.subject_id == consents.c.subject_id,
        _LATER.c.client_id == consents.c.client_id,
        _LATER.c.seq > consents.c.seq,
    )
    .exists()
)
_NEWEST: Final = select(consents).where(_IS_OF).order_by(consents.c.seq.desc()).limit(1)
_STANDING: Final = (
    select(consents)
    .where(consents.c.subject_id == _SUBJECT, consents.c.withdrawn_at.is_(None), _IS_NEWEST)
    .order_by(consents.c.seq.desc())
)
_ADD: Final = insert(consents).inline()
_LAST: Final = (
    select(func.max(_LATER.c.seq))
    .where(_LATER.c.subject_id == _SUBJECT, _LATER.c.client_id == _CLIENT)
    .scalar_subquery()
)
_WITHDRAW: Final = (
    update(consents).where(consents.c.seq == _LAST, consents.c.withdrawn_at.is_(None)).values(withdrawn_at=NOW)
)
_WITHDRAW_ALL: Final = (
    update(consents)
    .where(consents.c.subject_id == _SUBJECT, consents.c.withdrawn_at.is_(None))
    .values(withdrawn_at=NOW)
)

IS_WITHDRAWN: Final = (
    select(consents.c.seq).where(_IS_OF, consents.c.withdrawn_at.is_not(None), _IS_NEWEST).correlate(None).exists()
)
"""The condition that the newest decision of ``of_subject`` about ``of_client`` was taken back."""


def newest(connection: Connection, subject_id: str, client_id: str) -> Consent | None:
    """The newest decision, unless it was withdrawn: an older one does not come back to life."""
    row = connection.execute(_NEWEST, {"of_subject": subject_id, "of_client": client_id}).one_or_none()
    return None if row is None or row.withdrawn_at is not None else _consent(row)


def standing(connection: Connection, subject_id: str) -> Sequence[Consent]:
    """The decision that counts about each client, newest first."""
    return [_consent(row) for row in connection.execute(_STANDING, {"of_subject": subject_id})]


def add(connection: Connection, consent: Consent) -> None:
    """Add a decision; from now on it is the newest."""
    row = {
        "id": consent.id,
        "subject_id": consent.subject_id,
        "client_id": consent.client_id,
        "granted": " ".join(consent.granted),
        "withheld": " ".join(consent.withheld),
        "purpose": consent.purpose,
        "given_at": consent.given_at,
        **(dict.fromkeys(_SHOWN) if consent.shown is None else asdict(consent.shown)),
    }
    connection.execute(_ADD, row)


def withdraw(connection: Connection, subject_id: str, client_id: str, now: datetime) -> bool:
    """Take the newest decision back; false if there is none that stands."""
    values = {"of_subject": subject_id, "of_client": client_id, "now": now}
    return connection.execute(_WITHDRAW, values).rowcount == 1


def withdraw_all(connection: Connection, subject_id: str, now: datetime) -> None:
    """Take everything back that a person has ever agreed to."""
    connection.execute(_WITHDRAW_ALL, {"of_subject": subject_id, "now": now})


def _consent(row: Any) -> Consent:
    return Consent(
        id=row.id,
        subject_id=row.subject_id,
        client_id=row.client_id,
        granted=tuple(row.granted.split()),
        withheld=tuple(row.withheld.split()),
        purpose=row.purpose,
        given_at=row.given_at,
        shown=None if row.text_version is None else Shown(**{name: getattr(row, name) for name in _SHOWN}),
    )
