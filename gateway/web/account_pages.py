"""From a person's account to page contexts: what "my identifier" shows, masked, and what it offers to change."""

from datetime import datetime, timedelta, timezone
from typing import Final

from gateway.broker.account_view import Account, ConsentView, ReceiverView, RecordView
from gateway.broker.model import Session
from gateway.web.browser import form_token, is_form_token
from gateway.web.context import Web
from gateway.web.pages import AccountActPage, AccountPage, Receiver, RecordShown, StandingConsent
from gateway.web.sign_in_pages import masked_name
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
_LOCAL: Final = timezone(timedelta(hours=8))
"""The one time of Hong Kong, Macao and Guangdong."""


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


def local_date(at: datetime) -> str:
    """The day as people there would write it down."""
    return at.astimezone(_LOCAL).date().isoformat()
