"""The end of a sign-in as rows: for a plain client at most eight statements, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, delete, insert, select, update

from gateway.broker.model import Session
from gateway.broker.ports import Completion
from gateway.oidc.model import AuthorizationCode, Grant
from gateway.store.protocol_records import write_grant
from gateway.store.records import write_session
from gateway.store.sql import audit, consents, decoupled_requests, grant_ends, logins, pushed_requests, releases
from gateway.store.sql.columns import NOW, Moment
from gateway.store.sql.subjects import IS_WELCOME
from gateway.store.sql.tables import codes, grants, sessions, subjects
from gateway.store.vault import Vault

IDLE: Final = timedelta(minutes=15)
"""How long a session lives without being used (security.md section 3)."""

_COOKIE: Final = bindparam("cookie", type_=LargeBinary())
_SUBJECT: Final = bindparam("of_subject", type_=Text())
_GRANT: Final = select(
    bindparam("new_id", type_=Text()),
    bindparam("of_client", type_=Text()),
    _SUBJECT,
    bindparam("of_session", type_=Text()),
    bindparam("made_at", type_=Moment()),
    bindparam("until", type_=Moment()),
    bindparam("new_box", type_=LargeBinary()),
).where(subjects.c.id == _SUBJECT, IS_WELCOME)
_GRANT_COLUMNS: Final = (
    grants.c.id,
    grants.c.client_id,
    grants.c.subject_id,
    grants.c.session_id,
    grants.c.created_at,
    grants.c.keep_until,
    grants.c.box,
)
# Whoever was switched off meanwhile gets nothing, and a decision that was taken back carries no further sign-in.
_ADD_GRANT: Final = insert(grants).from_select(_GRANT_COLUMNS, _GRANT).execution_options(preserve_rowcount=True)
_ADD_GRANT_ON_RECORD: Final = (
    insert(grants)
    .from_select(_GRANT_COLUMNS, _GRANT.where(~consents.IS_WITHDRAWN))
    .execution_options(preserve_rowcount=True)
)
_ADD_CODE: Final = insert(codes)
_ADD_SESSION: Final = insert(sessions)
_SEE_SESSION: Final = (
    update(sessions)
    .where(sessions.c.cookie_hash == _COOKIE, sessions.c.ends_at > NOW)
    .values(seen_at=bindparam("seen", type_=Moment()), ends_at=bindparam("ends", type_=Moment()))
)
_DROP_SESSION: Final = (
    delete(sessions).where(sessions.c.cookie_hash == _COOKIE).returning(sessions.c.subject_id, sessions.c.box)
)


class MovedOnError(Exception):
    """Something is not as the caller saw it any more; the database rolls everything back."""


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


def write(connection: Connection, vault: Vault, completion: Completion, boxes: Boxes, now: datetime) -> None:
    """Write everything, the conditional parts first."""
    _move(connection, completion, boxes, now)
    if completion.spends is not None and not pushed_requests.spend(connection, completion.spends, now):
        raise MovedOnError
    if completion.replaces_session is not None:
        _replace_session(connection, vault, completion.replaces_session, completion.new_session, now)
    _write_session(connection, completion, boxes, now)
    _write_grant(connection, completion, boxes.grant)
    if completion.code is not None:
        connection.execute(_ADD_CODE, _code_row(completion.code))
    if completion.approves is not None:
        _approve(connection, vault, completion, completion.approves, now)
    if completion.consent is not None:
        consents.add(connection, completion.consent)
    if completion.releases_number:
        _note_release(connection, completion.grant, now)
    audit.record(connection, *completion.events)


def _move(connection: Connection, completion: Completion, boxes: Boxes, now: datetime) -> None:
    transaction, box = completion.transaction, boxes.transaction
    if transaction is None or box is None:
        return
    if not logins.move_row(connection, transaction, completion.came_from, box, now):
        raise MovedOnError


def _replace_session(
    connection: Connection, vault: Vault, cookie_hash: bytes, new: Session | None, now: datetime
) -> None:
    """Drop the old session; what it has granted goes over to the new one of the same person, or ends with it."""
    row = connection.execute(_DROP_SESSION, {"cookie": cookie_hash}).one_or_none()
    if row is None:
        return
    old_id = vault.open(row.box, "sessions", cookie_hash.hex()).text("id")
    if new is None or new.person.subject_id != row.subject_id:
        grant_ends.of_session(connection, old_id, now)
    elif new.id != old_id:
        grant_ends.move(connection, old_id, new.id)


def _write_session(connection: Connection, completion: Completion, boxes: Boxes, now: datetime) -> None:
    """Make the new session, or note that one was used, if it still lives."""
    if completion.new_session is not None:
        connection.execute(_ADD_SESSION, _session_row(completion.new_session, boxes.session))
    seen = completion.seen_session
    if seen is not None:
        values = {"cookie": seen.cookie_hash, "now": now, "seen": seen.seen_at, "ends": _end(seen)}
        if connection.execute(_SEE_SESSION, values).rowcount == 0:
            raise MovedOnError  # signed out meanwhile: nothing is released on the strength of that session


def _write_grant(connection: Connection, completion: Completion, box: bytes) -> None:
    """Write the grant if the person is still welcome, and the consent that it may rest on still stands (CD-09)."""
    statement = _ADD_GRANT_ON_RECORD if completion.consent is None else _ADD_GRANT
    if connection.execute(statement, _grant_row(completion, box)).rowcount == 0:
        raise MovedOnError


def _approve(connection: Connection, vault: Vault, completion: Completion, request_id: str, now: datetime) -> None:
    """Give the grant to the device's or counter's request, if it still waits for it."""
    if not decoupled_requests.approve(connection, vault, request_id, completion.grant, now):
        raise MovedOnError


def _note_release(connection: Connection, grant: Grant, now: datetime) -> None:
    """Remember that the client has the number; one that was frozen or let go meanwhile does not go out."""
    if not releases.give(connection, grant.subject_id, grant.client_id, now):
        raise MovedOnError


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


def _grant_row(completion: Completion, box: bytes) -> dict[str, Any]:
    grant, session = completion.grant, completion.new_session or completion.seen_session
    until = grant.created_at + grant_ends.MEMORY
    return {
        "new_id": grant.id,
        "of_client": grant.client_id,
        "of_subject": grant.subject_id,
        "of_session": grant.session_id,
        "made_at": grant.created_at,
        # Signing out has to find it, to tell the relying party.
        "until": until if session is None else max(until, session.expires_at),
        "new_box": box,
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
