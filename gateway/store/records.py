"""A person's sign-in as JSON and back: what stands in the boxes of transactions, sessions and bindings."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from gateway.broker.model import LoginTransaction, Person, Session, Stage
from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import Prompt
from gateway.store.fields import Fields, RecordError
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Binding
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import Sex
from providers.base import Assurance, PersonName

_ANY_DAY: Final = date.max
"""A stored number was checked against the calendar when it came in; today's date has no say in it any more."""


def write_person(person: Person) -> dict[str, Any]:
    """A person as JSON."""
    name = person.name
    return {
        "provider": person.provider,
        "subject_id": person.subject_id,
        "assurance": person.assurance.value,
        "authenticated_at": person.authenticated_at.isoformat(),
        "amr": list(person.amr),
        "name": {"han": name.han, "latin": name.latin, "family": name.family, "given": name.given},
        "birthdate": None if person.birthdate is None else person.birthdate.isoformat(),
        "sex": person.sex,
        "permit": None if person.permit is None else _write_permit(person.permit),
        "residence_permit": None if person.residence_permit is None else person.residence_permit.value,
        "citizen": None if person.citizen is None else person.citizen.value,
    }


def read_person(fields: Fields) -> Person:
    """A person from JSON."""
    person = Person(
        provider=fields.text("provider"),
        subject_id=fields.text("subject_id"),
        assurance=fields.member("assurance", Assurance),
        authenticated_at=fields.moment("authenticated_at"),
        amr=fields.texts("amr"),
        name=_read_name(fields.fields("name")),
        birthdate=fields.optional_day("birthdate"),
        sex=fields.optional_text("sex"),
        permit=_read_permit(fields.optional_fields("permit")),
        residence_permit=_optional_number(fields.optional_text("residence_permit")),
        citizen=_optional_number(fields.optional_text("citizen")),
    )
    fields.end()
    return person


def write_request(request: AuthorizationRequest) -> dict[str, Any]:
    """An authorization request as JSON."""
    return {
        "client_id": request.client_id,
        "redirect_uri": request.redirect_uri,
        "scopes": list(request.scopes),
        "code_challenge": request.code_challenge,
        "state": request.state,
        "nonce": request.nonce,
        "prompts": sorted(request.prompts),
        "max_age": request.max_age,
        "acr_values": list(request.acr_values),
        "ui_locales": list(request.ui_locales),
        "idp_hint": request.idp_hint,
        "login_hint": request.login_hint,
    }


def read_request(fields: Fields) -> AuthorizationRequest:
    """An authorization request from JSON."""
    request = AuthorizationRequest(
        client_id=fields.text("client_id"),
        redirect_uri=fields.text("redirect_uri"),
        scopes=fields.texts("scopes"),
        code_challenge=fields.text("code_challenge"),
        state=fields.optional_text("state"),
        nonce=fields.optional_text("nonce"),
        prompts=frozenset(fields.members("prompts", Prompt)),
        max_age=fields.optional_integer("max_age"),
        acr_values=fields.texts("acr_values"),
        ui_locales=fields.texts("ui_locales"),
        idp_hint=fields.optional_text("idp_hint"),
        login_hint=fields.optional_text("login_hint"),
    )
    fields.end()
    return request


def write_transaction(transaction: LoginTransaction) -> dict[str, Any]:
    """What of a transaction is not a column of its own."""
    return {
        "request": write_request(transaction.request),
        "correlation_id": transaction.correlation_id,
        "language": transaction.language,
        "created_at": transaction.created_at.isoformat(),
        "provider": transaction.provider,
        "kept": dict(transaction.kept),
        "person": None if transaction.person is None else write_person(transaction.person),
        "permit_answer": transaction.permit_answer,
        "without_number": transaction.without_number,
    }


def read_transaction(  # noqa: PLR0917 - the columns in their order
    transaction_id: str, stage: str, browser: bytes, login_id: str | None, expires_at: datetime, fields: Fields
) -> LoginTransaction:
    """A transaction from its columns and its opened box."""
    person = fields.optional_fields("person")
    transaction = LoginTransaction(
        id=transaction_id,
        stage=_stage(stage),
        request=read_request(fields.fields("request")),
        browser=browser,
        correlation_id=fields.text("correlation_id"),
        language=fields.text("language"),
        created_at=fields.moment("created_at"),
        expires_at=expires_at,
        provider=fields.optional_text("provider"),
        login_id=login_id,
        kept=fields.text_mapping("kept"),
        person=None if person is None else read_person(person),
        permit_answer=fields.optional_text("permit_answer"),
        without_number=fields.flag("without_number"),
    )
    fields.end()
    return transaction


def write_session(session: Session) -> dict[str, Any]:
    """What of a session is not a column of its own."""
    return {
        "id": session.id,
        "browser": session.browser.hex(),
        "person": write_person(session.person),
        "created_at": session.created_at.isoformat(),
        "expires_at": session.expires_at.isoformat(),
    }


def read_session(cookie_hash: bytes, seen_at: datetime, fields: Fields) -> Session:
    """A session from its columns and its opened box."""
    session = Session(
        id=fields.text("id"),
        cookie_hash=cookie_hash,
        browser=_bytes(fields.text("browser")),
        person=read_person(fields.fields("person")),
        created_at=fields.moment("created_at"),
        seen_at=seen_at,
        expires_at=fields.moment("expires_at"),
    )
    fields.end()
    return session


def write_binding(binding: Binding) -> dict[str, Any]:
    """What of a binding is not a column of its own."""
    return {
        "permit": _write_permit(binding.permit),
        "birthdate": binding.birthdate.isoformat(),
        "sex": binding.sex.value,
        "number": binding.number.value,
        "issued_at": binding.issued_at.isoformat(),
        "replaces": list(binding.replaces),
    }


def read_binding(version: int, fields: Fields) -> Binding:
    """A binding from its version and its opened box."""
    permit = _read_permit(fields.fields("permit"))
    if permit is None:
        raise RecordError("binding")
    binding = Binding(
        permit=permit,
        birthdate=fields.day("birthdate"),
        sex=fields.member("sex", Sex),
        number=read_number(fields.text("number")),
        issued_at=fields.moment("issued_at"),
        replaces=fields.texts("replaces"),
        version=version,
    )
    fields.end()
    return binding


def read_number(text: str) -> MainlandIdentifier:
    """A stored 18-character number."""
    try:
        return MainlandIdentifier.parse(text, _ANY_DAY)
    except MappingError:
        raise RecordError("number") from None


def _read_name(fields: Fields) -> PersonName:
    name = PersonName(*(fields.optional_text(part) for part in ("han", "latin", "family", "given")))
    fields.end()
    return name


def _write_permit(permit: TravelPermit) -> Mapping[str, str | None]:
    return {"canonical": permit.canonical, "issue_count": permit.issue_count}


def _read_permit(fields: Fields | None) -> TravelPermit | None:
    if fields is None:
        return None
    try:
        permit = TravelPermit(fields.text("canonical"), fields.optional_text("issue_count"))
    except MappingError:
        raise RecordError("permit") from None
    fields.end()
    return permit


def _optional_number(text: str | None) -> MainlandIdentifier | None:
    return None if text is None else read_number(text)


def _stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError:
        raise RecordError("stage") from None


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise RecordError("browser") from None
