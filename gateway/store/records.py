"""A person's sign-in as JSON and back: what stands in the boxes of transactions, sessions and bindings."""

from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

from gateway.broker.model import LoginTransaction, Person, Session, Stage
from gateway.oidc.model import AuthorizationRequest
from gateway.store.codec import Codec
from gateway.store.fields import Fields, RecordError
from gateway.store.forms import Form
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding
from mapping.identifier import MainlandIdentifier

_ANY_DAY: Final = date.max
"""A stored number was checked against the calendar when it came in; today's date has no say in it any more."""


def read_number(text: str) -> MainlandIdentifier:
    """A stored 18-character number."""
    if not isinstance(text, str):
        raise RecordError("number")
    try:
        return MainlandIdentifier.parse(text, _ANY_DAY)
    except MappingError:
        raise RecordError("number") from None


def _write_permit(permit: TravelPermit) -> dict[str, Any]:
    return {"canonical": permit.canonical, "issue_count": permit.issue_count}


def _read_permit(member: Any) -> TravelPermit:
    fields = Fields(member, "permit")
    try:
        permit = TravelPermit(fields.text("canonical"), fields.optional_text("issue_count"))
    except MappingError:
        raise RecordError("permit") from None
    fields.end()
    return permit


_FORMS: Final = {
    MainlandIdentifier: Form(attrgetter("value"), read_number),
    TravelPermit: Form(_write_permit, _read_permit),
}
_PERSON: Final = Codec(Person, forms=_FORMS)
_REQUEST: Final = Codec(AuthorizationRequest)
_TRANSACTION: Final = Codec(LoginTransaction, but={"id", "stage", "browser", "login_id", "expires_at"}, forms=_FORMS)
_SESSION: Final = Codec(Session, but={"cookie_hash", "seen_at"}, forms=_FORMS)
_BINDING: Final = Codec(Binding, but={"version"}, forms=_FORMS)


def write_person(person: Person) -> dict[str, Any]:
    """A person as JSON."""
    return _PERSON.write(person)


def read_person(fields: Fields) -> Person:
    """A person from JSON."""
    return _PERSON.read(fields)


def write_request(request: AuthorizationRequest) -> dict[str, Any]:
    """An authorization request as JSON."""
    return _REQUEST.write(request)


def read_request(fields: Fields) -> AuthorizationRequest:
    """An authorization request from JSON."""
    return _REQUEST.read(fields)


def write_transaction(transaction: LoginTransaction) -> dict[str, Any]:
    """What of a transaction is not a column of its own."""
    return _TRANSACTION.write(transaction)


def read_transaction(  # noqa: PLR0917 - the columns in their order
    transaction_id: str, stage: str, browser: bytes, login_id: str | None, expires_at: datetime, fields: Fields
) -> LoginTransaction:
    """A transaction from its columns and its opened box."""
    return _TRANSACTION.read(
        fields,
        id=transaction_id,
        stage=_stage(stage),
        browser=browser,
        login_id=login_id,
        expires_at=expires_at,
    )


def write_session(session: Session) -> dict[str, Any]:
    """What of a session is not a column of its own."""
    return _SESSION.write(session)


def read_session(cookie_hash: bytes, seen_at: datetime, fields: Fields) -> Session:
    """A session from its columns and its opened box."""
    return _SESSION.read(fields, cookie_hash=cookie_hash, seen_at=seen_at)


def write_binding(binding: Binding) -> dict[str, Any]:
    """What of a binding is not a column of its own."""
    return _BINDING.write(binding)


def read_binding(version: int, fields: Fields) -> Binding:
    """A binding from its version and its opened box."""
    return _BINDING.read(fields, version=version)


def _stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError:
        raise RecordError("stage") from None
