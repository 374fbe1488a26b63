"""Where grants end, whatever ends them: codes and tokens on them are worth nothing from then on (CD-09, RT-06).

When it is the person's sign-in that ends, in whole or at one relying party, the relying parties that want to be told
get a delivery in the same transaction (Back-Channel Logout 1.0). A grant that ends because a code or token was revoked
or used twice, or because the relying party was switched off, is nobody's sign-out.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, case, update

from gateway.store.sql import deliveries
from gateway.store.sql.columns import NOW, Moment
from gateway.store.sql.tables import grants

MEMORY: Final = timedelta(days=1)
"""How long a grant is kept that has ended, or has nothing hanging on it."""

_SESSION: Final = bindparam("of_session", type_=Text())
_SUBJECT: Final = bindparam("of_subject", type_=Text())
_CLIENT: Final = bindparam("of_client", type_=Text())
_SOON: Final = bindparam("soon", type_=Moment())
_END: Final = (
    update(grants)
    .where(grants.c.revoked_at.is_(None))
    .values(revoked_at=NOW, keep_until=case((grants.c.keep_until < _SOON, grants.c.keep_until), else_=_SOON))
)
_ENDED: Final = (grants.c.id, grants.c.client_id, grants.c.session_id, grants.c.created_at)
_END_ONE: Final = _END.where(grants.c.id == bindparam("of_id", type_=Text()))
_END_OF_CLIENT: Final = _END.where(grants.c.client_id == _CLIENT)
_END_OF_SESSION: Final = _END.where(grants.c.session_id == _SESSION).returning(*_ENDED, grants.c.box)
_END_OF_PERSON: Final = _END.where(grants.c.subject_id == _SUBJECT).returning(*_ENDED)
_END_OF_PERSON_AT: Final = _END.where(grants.c.subject_id == _SUBJECT, grants.c.client_id == _CLIENT).returning(*_ENDED)
_MOVE: Final = (
    update(grants)
    .where(grants.c.session_id == _SESSION, grants.c.revoked_at.is_(None))
    .values(session_id=bindparam("to_session", type_=Text()))
)


def one(connection: Connection, grant_id: str, now: datetime) -> bool:
    """End one grant; false if it had ended. Nobody is told: its own relying party's doing is the reason."""
    return connection.execute(_END_ONE, _moments(now) | {"of_id": grant_id}).rowcount == 1


def of_client(connection: Connection, client_id: str, now: datetime) -> None:
    """End all grants of a relying party that is switched off; it is told nothing any more."""
    connection.execute(_END_OF_CLIENT, _moments(now) | {"of_client": client_id})


def of_session(connection: Connection, session_id: str, now: datetime) -> Sequence[Any]:
    """End all grants of a session, offline ones too, and give their rows with the boxes, newest first."""
    return _end(connection, _END_OF_SESSION, {"of_session": session_id}, now)


def of_person(connection: Connection, subject_id: str, now: datetime) -> None:
    """End all that a person has granted."""
    _end(connection, _END_OF_PERSON, {"of_subject": subject_id}, now)


def of_person_at(connection: Connection, subject_id: str, client_id: str, now: datetime) -> None:
    """End all that a person has granted one relying party."""
    _end(connection, _END_OF_PERSON_AT, {"of_subject": subject_id, "of_client": client_id}, now)


def move(connection: Connection, session_id: str, to_session: str) -> None:
    """Let a person's new session take over what the old one has granted, so that signing out still ends it all."""
    connection.execute(_MOVE, {"of_session": session_id, "to_session": to_session})


def _end(connection: Connection, statement: Any, values: dict[str, Any], now: datetime) -> Sequence[Any]:
    ended = connection.execute(statement, values | _moments(now)).all()
    newest_first = sorted(ended, key=lambda row: (row.created_at, row.id), reverse=True)
    _tell(connection, newest_first, now)
    return newest_first


def _tell(connection: Connection, ended: Collection[Any], now: datetime) -> None:
    """One delivery for each relying party that wants it, and each session: by the names that it heard last."""
    if ended:
        receivers = deliveries.receivers(connection, {row.client_id for row in ended})
        deliveries.add_logouts(connection, [row for row in ended if row.client_id in receivers], now)


def _moments(now: datetime) -> dict[str, Any]:
    return {"now": now, "soon": now + MEMORY}
