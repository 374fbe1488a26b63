"""From outcomes to page contexts: what the pages of a sign-in show, with numbers and names masked."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gateway.broker.answers import way_home
from gateway.broker.model import AskConsent, AskPermit, ChooseProvider, LoginTransaction
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, GrantType
from gateway.web.account_options import options
from gateway.web.consent_items import ConsentGroup, acting_for, groups_of, masked_name
from gateway.web.context import Web
from gateway.web.pages import ChooserPage, Page, PermitPage
from gateway.web.reply import home_link
from providers.base import PersonName

_ORIGIN: Final = {"hong_kong": "hong_kong", "macao": "macao", "guangdong": "guangdong"}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The request comes from a kiosk or a counter, and not from this browser (RFC 8628 §5.4, CIBA §15)."""

    is_at_counter: bool
    binding_message: str | None


@dataclass(frozen=True, slots=True)
class ConsentPage(Page):
    """What goes to whom, in which jurisdiction; buttons ``agree`` and ``refuse``, boxes ``withhold``."""

    template = "consent.html"
    action: str
    csrf: str
    provider: str
    jurisdiction: str
    """``hong_kong``, ``macao``, ``guangdong``: where the receiver sits."""
    origin: str
    """Where the data comes from."""
    purpose: str
    name: str
    groups: tuple[ConsentGroup, ...]
    client_uri: str | None
    policy_uri: str | None
    tos_uri: str | None = None
    acts_for: str | None = None
    """The organisation in whose name the person signs in."""
    elsewhere: Elsewhere | None = None


def chooser_page(web: Web, client: Client, outcome: ChooseProvider, token: str) -> ChooserPage:
    """Choose an account; where none answers, the service learns that the person went home for that."""
    code = ErrorCode.TEMPORARILY_UNAVAILABLE if outcome.is_hopeless else ErrorCode.ACCESS_DENIED
    path = f"/sign-in/{outcome.transaction.id}"
    return ChooserPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/provider",
        csrf=token,
        providers=options(outcome.providers, outcome.notices, web.clock()),
        way_home=_way_home(web, outcome.transaction, code),
        is_hopeless=outcome.is_hopeless,
    )


def permit_page(web: Web, client: Client, outcome: AskPermit, token: str) -> PermitPage:
    """Type the permit number."""
    path = f"/sign-in/{outcome.transaction.id}"
    return PermitPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/permit",
        csrf=token,
        answer=outcome.transaction.permit_answer,
        name=_masked_name_of(outcome.transaction),
        way_home=_way_home(web, outcome.transaction),
    )


def consent_page(web: Web, client: Client, outcome: AskConsent, token: str) -> ConsentPage:
    """Decide what is passed on."""
    transaction, release = outcome.transaction, outcome.release
    path = f"/sign-in/{transaction.id}"
    provider = transaction.provider or ""
    return ConsentPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/consent",
        csrf=token,
        provider=provider,
        jurisdiction=client.jurisdiction,
        origin=_ORIGIN.get(provider, provider),
        purpose=client.purpose,
        name=_masked_name_of(transaction),
        groups=groups_of(transaction.request, release, web.op.lifetimes.refresh_token // timedelta(days=1)),
        client_uri=client.client_uri,
        policy_uri=client.policy_uri,
        tos_uri=client.tos_uri,
        acts_for=acting_for(release),
        elsewhere=elsewhere(outcome.decoupled) if outcome.decoupled else None,
    )


def elsewhere(decoupled: DecoupledRequest) -> Elsewhere:
    """What a page says of a request that was made in another place."""
    return Elsewhere(decoupled.grant_type is GrantType.CIBA, decoupled.binding_message)


def _way_home(web: Web, transaction: LoginTransaction, code: ErrorCode = ErrorCode.ACCESS_DENIED) -> str | None:
    return home_link(transaction, way_home(web.broker, transaction, code))


def _masked_name_of(transaction: LoginTransaction) -> str:
    name = transaction.person.name if transaction.person else PersonName()
    return masked_name(name.display)
