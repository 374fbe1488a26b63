"""Under which ``sub`` a client knows a person, or the organisation that the person acts for (G07, row 34)."""

from typing import NamedTuple

from gateway.broker.asked import asks_for_organisation
from gateway.broker.model import Person, Release
from gateway.broker.parts import Broker
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Scope
from gateway.oidc.pairwise import pairwise_sub


class Subject(NamedTuple):
    """Who a grant is about, and who acts if that is an organisation (RFC 8693 §4.1)."""

    sub: str
    actor_sub: str | None = None


async def sub_of(broker: Broker, client: Client, subject_id: str) -> str:
    """The stored subject identifier for the client's sector; a new one is derived (OpenID Connect Core §8.1)."""
    proposed = pairwise_sub(broker.pairwise_key, client.sector, subject_id)
    return await broker.sign_ins.pairwise(subject_id, client.sector, proposed)


async def subject_of(broker: Broker, client: Client, person: Person, release: Release) -> Subject:
    """The organisation if it is released, with the person as the actor; the person otherwise."""
    own = await sub_of(broker, client, person.subject_id)
    if person.organisation_subject_id is None or Scope.ORGANISATION not in release.scopes:
        return Subject(own)
    return Subject(await sub_of(broker, client, person.organisation_subject_id), own)


async def is_expected(broker: Broker, client: Client, request: AuthorizationRequest, person: Person) -> bool:
    """Whether a request that names a subject (``id_token_hint``, ``sub`` in ``claims``) names this one.

    Nobody else may be answered for (OpenID Connect Core §3.1.2.2, §5.5.1).
    """
    if request.expected_sub is None:
        return True
    if request.expected_sub == await sub_of(broker, client, person.subject_id):
        return True
    organisation = person.organisation_subject_id if asks_for_organisation(request) else None
    return organisation is not None and request.expected_sub == await sub_of(broker, client, organisation)
