"""My identifier: the page contexts, and how they are made from a person's account; masked, as others may look on."""

from dataclasses import dataclass
from typing import Final

from gateway.broker.account_view import Account, ConsentView, ReceiverView, RecordView
from gateway.broker.model import Session
from gateway.web.browser import form_token, is_form_token
from gateway.web.consent_items import masked_name
from gateway.web.context import Web
from gateway.web.local_time import local_date
from gateway.web.pages import Page
from mapping.lifecycle import Standing

HOME: Final = "/account"
NEW_PERMIT: Final = "new-permit"
WITHDRAW: Final = "withdraw"
ASKED_FIRST: Final = (NEW_PERMIT, "dispute", "untie", "erase")
"""Changes that have a page of their own before they are made."""
ENDING: Final = ("untie", "erase")
"""Changes after which nobody is signed in any more."""

_OFFERED: Final = {
    None: ("erase",),
    Standing.ACTIVE: ASKED_FIRST,
    Standing.FROZEN: ENDING,
    Standing.CLOSED: ("erase",),
    Standing.RETIRED: ("erase",),
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """One service that has the number: its registered name, where it sits, when it was last given it."""

    name: str
    jurisdiction: str
    date: str


@dataclass(frozen=True, slots=True)
class StandingConsent:
    """One decision that still counts, with the token of its own ``withdraw`` form."""

    client_id: str
    name: str
    jurisdiction: str
    purpose: str
    scopes: tuple[str, ...]
    date: str
    csrf: str

    @property
    def is_offline(self) -> bool:
        """Whether the service stays connected when the person is gone, until the consent is withdrawn."""
        return "offline_access" in self.scopes


@dataclass(frozen=True, slots=True)
class RecordShown:
    """The person's record, masked."""

    permit: str
    number: str
    kind: str
    standing: str
    date: str


@dataclass(frozen=True, slots=True)
class AccountPage(Page):
    """My identifier: what is on record; links ``ask-<act>``, forms ``withdraw-<n>``."""

    template = "account.html"
    name: str
    provider: str
    accounts: tuple[str, ...]
    """Providers whose accounts are tied to the same permit."""
    record: RecordShown | None
    receivers: tuple[Receiver, ...]
    consents: tuple[StandingConsent, ...]
    acts: tuple[str, ...]
    """What may be asked for now: ``new-permit``, ``dispute``, ``untie``, ``erase``."""
    done: str | None = None
    """The act that has just been done."""


@dataclass(frozen=True, slots=True)
class AccountSignInPage(Page):
    """Sign in first, or again before a change; link ``account-sign-in``."""

    template = "account_sign_in.html"
    sign_in: str
    is_again: bool = False
    asks: str = "mine"
    """What the sign-in is for: ``mine``, or ``approvals`` for what counters ask."""


@dataclass(frozen=True, slots=True)
class AccountActPage(Page):
    """One change, asked about before it is made; button ``confirm-<act>``, link ``leave-it``."""

    template = "account_act.html"
    act: str
    action: str
    csrf: str
    name: str
    provider: str
    answer: str | None = None
    """Code of what is wrong with the permit's number that was typed."""


@dataclass(frozen=True, slots=True)
class AccountEndedPage(Page):
    """The account was untied or forgotten, and its sessions ended; box ``account-ended``."""

    template = "account_ended.html"
    act: str


def purpose_of(session: Session, act: str, *parts: str) -> str:
    """What a form's token is good for: this session, this change, and this client where there is one (AL-06)."""
    return "/".join(("account", session.id, act, *parts))


def account_page(web: Web, binding: str, session: Session, account: Account, done: str) -> AccountPage:
    """The page itself; ``done`` is the token that the last change left in the address."""
    standing = account.record.standing if account.record else None
    return AccountPage(
        service=None,
        switch=HOME,
        name=masked_name(account.name),
        provider=account.provider,
        accounts=account.accounts,
        record=_record(account.record) if account.record else None,
        receivers=tuple(_receiver(one) for one in account.receivers),
        consents=tuple(_consent(web, binding, session, one) for one in account.consents),
        acts=_OFFERED[standing],
        done=named_by(web, binding, session.id, (*ASKED_FIRST, WITHDRAW), done),
    )


def act_page(web: Web, binding: str, session: Session, act: str, answer: str | None = None) -> AccountActPage:
    """One change, asked about."""
    return AccountActPage(
        service=None,
        switch=f"{HOME}/ask/{act}",
        act=act,
        action=f"{HOME}/{act}",
        csrf=form_token(web.form_key, binding, purpose_of(session, act)),
        name=masked_name(session.person.name.display),
        provider=session.person.provider,
        answer=answer,
    )


def done_token(web: Web, binding: str, session_id: str, act: str) -> str:
    """Says in an address that a change has been made, so that nobody else can make a link that says so."""
    return form_token(web.form_key, binding, f"account/{session_id}/done/{act}")


def named_by(web: Web, binding: str, session_id: str, acts: tuple[str, ...], given: str) -> str | None:
    """The change that a ``done_token`` names."""
    purposes = ((act, f"account/{session_id}/done/{act}") for act in acts)
    return next((act for act, purpose in purposes if is_form_token(web.form_key, binding, purpose, given)), None)


def _record(record: RecordView) -> RecordShown:
    return RecordShown(
        record.permit, record.number, record.kind.value, record.standing.value, local_date(record.issued_at)
    )


def _receiver(receiver: ReceiverView) -> Receiver:
    return Receiver(receiver.client_name, receiver.jurisdiction, local_date(receiver.at))


def _consent(web: Web, binding: str, session: Session, consent: ConsentView) -> StandingConsent:
    return StandingConsent(
        client_id=consent.client_id,
        name=consent.client_name,
        jurisdiction=consent.jurisdiction,
        purpose=consent.purpose,
        scopes=consent.granted,
        date=local_date(consent.given_at),
        csrf=form_token(web.form_key, binding, purpose_of(session, WITHDRAW, consent.client_id)),
    )
