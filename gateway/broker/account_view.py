"""What the page "my identifier" shows: who is signed in, the masked record, and who was given what."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.broker.account import is_fresh
from gateway.broker.model import Session
from gateway.broker.parts import Broker
from gateway.broker.ports import Held
from gateway.oidc.registration import OWN_CLIENT_ID
from mapping.lifecycle import Standing
from mapping.vocabulary import IdentifierKind


@dataclass(frozen=True, slots=True)
class RecordView:
    """The record as its holder sees it: masked, as the screen may not be theirs alone."""

    permit: str
    """Masked, ``H******78``."""
    number: str
    """Masked."""
    kind: IdentifierKind
    standing: Standing
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """A relying party that was given the number."""

    client_id: str
    client_name: str
    jurisdiction: str
    at: datetime
    """The last time."""


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A standing decision about one relying party."""

    client_id: str
    client_name: str
    jurisdiction: str
    purpose: str
    granted: tuple[str, ...]
    withheld: tuple[str, ...]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """All that the page shows."""

    provider: str
    """The account that is signed in."""
    accounts: tuple[str, ...]
    """The providers whose accounts share the record, the signed-in one first."""
    name: str = field(repr=False)
    """As the home document gives it; the page masks it."""
    record: RecordView | None
    receivers: tuple[ReceiverView, ...]
    consents: tuple[ConsentView, ...]
    is_fresh: bool
    """Whether acts are possible without signing in again."""


async def account_of(broker: Broker, session: Session, now: datetime) -> Account:
    """Put together what the gateway remembers of the person of this session."""
    person = session.person
    held = await broker.numbers.of_subject(person.subject_id)
    shared = await broker.people.accounts(person.subject_id)
    return Account(
        provider=person.provider,
        accounts=tuple(dict.fromkeys((person.provider, *shared))),
        name=person.name.display,
        record=None if held is None else _record(held),
        receivers=await _receivers(broker, person.subject_id),
        consents=await _consents(broker, person.subject_id),
        is_fresh=is_fresh(session, now),
    )


def _record(held: Held) -> RecordView:
    binding = held.binding
    return RecordView(
        permit=binding.permit.masked,
        number=binding.number.masked,
        kind=binding.number.kind,
        standing=held.standing,
        issued_at=binding.issued_at,
    )


async def _receivers(broker: Broker, subject_id: str) -> tuple[ReceiverView, ...]:
    """Newest first; a relying party that an operator has switched off has the number all the same."""
    found = []
    for client_id, at in (await broker.people.receivers(subject_id)).items():
        client = await broker.clients.find(client_id)
        if client is not None:
            found.append(ReceiverView(client_id, client.client_name, client.jurisdiction, at))
    return tuple(sorted(found, key=lambda receiver: receiver.at, reverse=True))


async def _consents(broker: Broker, subject_id: str) -> tuple[ConsentView, ...]:
    """Newest first; the gateway's own sign-in is no consent to anybody."""
    found = []
    for consent in await broker.people.consents(subject_id):
        client = await broker.clients.find(consent.client_id)
        if client is not None and consent.client_id != OWN_CLIENT_ID:
            found.append(
                ConsentView(
                    client_id=consent.client_id,
                    client_name=client.client_name,
                    jurisdiction=client.jurisdiction,
                    purpose=consent.purpose,
                    granted=consent.granted,
                    withheld=consent.withheld,
                    given_at=consent.given_at,
                )
            )
    return tuple(found)
