"""Acting for an organisation: kept only where it is asked for, released with its mandate or not at all (row 34)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gateway.broker import problems
from gateway.broker.asked import asks_for_organisation
from gateway.broker.model import LoginTransaction, Person
from gateway.broker.parts import Broker
from gateway.broker.ports import Anchor, Recognition
from providers.base import Mandate, Organisation, UpstreamIdentity

_SUBJECT: Final = "organisation"
"""How the key of an organisation begins; no provider calls a person so."""


async def acting_for(
    broker: Broker, transaction: LoginTransaction, identity: UpstreamIdentity, person: Person, now: datetime
) -> Person:
    """The person with the organisation that they signed in for; without a mandate there is none."""
    organisation, mandate = identity.organisation, identity.mandate
    if organisation is None or mandate is None or not asks_for_organisation(transaction.request):
        return person  # whoever does not ask does not learn of it, and neither do our records (G08)
    key = f"{_SUBJECT}:{organisation.register.value}:{organisation.identifier}"
    subject_id, recognition = await broker.sign_ins.subject(
        identity.provider, key, Anchor(), now, transaction.correlation_id
    )
    if recognition is not Recognition.WELCOME:
        raise problems.ProblemError(problems.SWITCHED_OFF, transaction, reason=recognition.value)
    return replace(person, organisation=organisation, mandate=mandate, organisation_subject_id=subject_id)


def organisation_claims(person: Person) -> Mapping[str, Any]:
    """The two claims of scope ``organisation``; empty for somebody who acts for nobody."""
    if person.organisation is None or person.mandate is None:
        return {}
    return {"gba_organisation": _organisation(person.organisation), "gba_mandate": _mandate(person.mandate)}


def _organisation(organisation: Organisation) -> dict[str, str]:
    return {
        "register": organisation.register.value,
        "identifier": organisation.identifier,
        "name": organisation.name,
    }


def _mandate(mandate: Mandate) -> dict[str, Any]:
    claim: dict[str, Any] = {"role": mandate.role.value}
    if mandate.scope:
        claim["scope"] = list(mandate.scope)
    if mandate.ends_at is not None:
        claim["expires_at"] = int(mandate.ends_at.timestamp())
    return claim
