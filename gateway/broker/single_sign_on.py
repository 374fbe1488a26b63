"""Whether the session of a browser may answer a request, and whether it is to be raised to a higher level (TN-05)."""

from dataclasses import replace

from gateway.broker.asked import asks_for_organisation
from gateway.broker.assurance import demanded, least_assurance, wished
from gateway.broker.demands import has_ended, unmet
from gateway.broker.model import LoginTransaction, Person, Session
from gateway.broker.parts import Broker
from gateway.broker.visit import Visit
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Prompt


async def signed_in(broker: Broker, visit: Visit) -> Session | None:
    """The live session of this browser; a session cookie that was carried to another one opens nothing."""
    session = None if visit.session is None else await broker.sign_ins.session(visit.session, visit.now)
    return session if session is not None and session.browser == visit.browser else None


async def usable_session(broker: Broker, client: Client, transaction: LoginTransaction, visit: Visit) -> Session | None:
    """The browser's session, if the request is content with it (OpenID Connect Core §3.1.2.1)."""
    request = transaction.request
    if request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return None
    session = await signed_in(broker, visit)
    if session is None or not _suits(broker, client, request, session.person, visit):
        return None
    carried = replace(transaction, person=session.person)
    return session if await unmet(broker, client, carried, session.person, visit.now) is None else None


async def steps_up(broker: Broker, client: Client, request: AuthorizationRequest, visit: Visit) -> bool:
    """Whether the wish is above the session's level: the provider must ask anew, or it would say the same again."""
    wish = wished(request, client)
    session = await signed_in(broker, visit) if wish is not None else None
    return session is not None and wish is not None and session.person.assurance < wish


def _suits(broker: Broker, client: Client, request: AuthorizationRequest, person: Person, visit: Visit) -> bool:
    if person.provider not in broker.offered(client) or request.idp_hint not in {None, person.provider}:
        return False
    if request.max_age is not None and _is_older(person, request.max_age, visit):
        return False
    if asks_for_organisation(request) and (person.organisation is None or has_ended(person, visit.now)):
        return False  # the person may want to act for one: only a sign-in tells
    return _is_high_enough(broker, client, request, person)


def _is_older(person: Person, max_age: int, visit: Visit) -> bool:
    return max_age == 0 or (visit.now - person.authenticated_at).total_seconds() > max_age


def _is_high_enough(broker: Broker, client: Client, request: AuthorizationRequest, person: Person) -> bool:
    """Below the wish there is a step up, unless no account reaches it or nobody may be asked: a wish breaks nothing."""
    least = least_assurance(request)
    if least is None or person.assurance >= least:
        return True
    is_wish = demanded(request) is None
    return is_wish and (Prompt.NONE in request.prompts or not broker.offered(client, least))
