"""The end of a sign-in as rows: at most seven statements, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, bindparam, delete, insert, update

from gateway.broker.model import Consent, Session
from gateway.broker.ports import Completion
from gateway.oidc.model import AuthorizationCode, Grant
from gateway.store.protocol_records import write_grant
from gateway.store.records import write_session
from gateway.store.sql import audit, logins
from gateway.store.sql.tables import NOW, Moment, codes, consents, grants, sessions
from gateway.store.vault import Vault

IDLE: Final = timedelta(minutes=15)
"""How long a session lives without being used (security.md section 3)."""

_COOKIE: Final = bindparam("cookie", type_=LargeBinary())
_ADD_GRANT: Final = insert(grants)
_ADD_CODE: Final = insert(codes)
_ADD_CONSENT: Final = insert(consents).inline()
_ADD_SESSION: Final = insert(sessions)
_SEE_SESSION: Final = (
    update(sessions)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW)
    .values(seen_at=bindparam("seen", type_=Moment()), ends_at=bindparam("ends", type_=Moment()))
)
_DROP_SESSION: Final = delete(sessions).where(sessions.c.cookie_hash == _COOKIE)


class MovedOnError(Exception):
    """The transaction or the session is not where the caller saw it; the database rolls everything back."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """What is sealed for a completion, before the transaction begins: no lock waits for a cipher."""

    grant: bytes
    transaction: bytes | None
    session: bytes | None


def prepare(vault: Vault, completion: Completion) -> Boxes:
    """Seal what will be written."""
    grant, transaction, session = completion.grant, completion.transaction, completion.new_session
    return Boxes(
        grant=vault.seal(write_grant(grant), "grants", grant.id),
        transaction=None if transaction is None else logins.sealed(vault, transaction),
        session=None if session is None else vault.seal(write_session(session), "sessions", session.cookie_hash.hex()),
    )


def write(connection: Connection, completion: Completion, boxes: Boxes, now: datetime) -> None:
    """Write everything, the conditional parts first."""
    _move(connection, completion, boxes, now)
    _write_session(connection, completion, boxes, now)
    connection.execute(_ADD_GRANT, _grant_row(completion.grant, boxes.grant))
    connection.execute(_ADD_CODE, _code_row(completion.code))
    if completion.consent is not None:
        connection.execute(_ADD_CONSENT, _consent_row(completion.consent))
    audit.record(connection, *completion.events)


def _move(connection: Connection, completion: Completion, boxes: Boxes, now: datetime) -> None:
    transaction, box = completion.transaction, boxes.transaction
    if transaction is None or box is None:
        return
    if not logins.move_row(connection, transaction, completion.came_from, box, now):
        raise MovedOnError


def _write_session(connection: Connection, completion: Completion, boxes: Boxes, now: datetime) -> None:
    """Make the new session in the place of the old one, or note that one was used, if it still lives."""
    if completion.replaces_session is not None:
        connection.execute(_DROP_SESSION, {"cookie": completion.replaces_session})
    if completion.new_session is not None:
        connection.execute(_ADD_SESSION, _session_row(completion.new_session, boxes.session))
    seen = completion.seen_session
    if seen is not None:
        values = {"cookie": seen.cookie_hash, "now": now, "seen": seen.seen_at, "ends": _end(seen)}
        if connection.execute(_SEE_SESSION, values).rowcount == 0:
            raise MovedOnError  # signed out meanwhile: nothing is released on the strength of that session


def _end(session: Session) -> datetime:
    return min(session.expires_at, session.seen_at + IDLE)


def _session_row(session: Session, box: bytes | None) -> dict[str, Any]:
    return {
        "cookie_hash": session.cookie_hash,
        "subject_id": session.person.subject_id,
        "seen_at": session.seen_at,
        "ends_at": _end(session),
        "box": box,
    }


def _grant_row(grant: Grant, box: bytes) -> dict[str, Any]:
    return {
        "id": grant.id,
        "client_id": grant.client_id,
        "subject_id": grant.subject_id,
        "created_at": grant.created_at,
        "box": box,
    }


def _code_row(code: AuthorizationCode) -> dict[str, Any]:
    return {
        "hash": code.hash,
        "grant_id": code.grant_id,
        "client_id": code.client_id,
        "redirect_uri": code.redirect_uri,
        "code_challenge": code.code_challenge,
        "expires_at": code.expires_at,
    }


def _consent_row(consent: Consent) -> dict[str, Any]:
    return {
        "id": consent.id,
        "subject_id": consent.subject_id,
        "client_id": consent.client_id,
        "granted": " ".join(consent.granted),
        "withheld": " ".join(consent.withheld),
        "purpose": consent.purpose,
        "given_at": consent.given_at,
    }
