"""People, sign-ins and a broker to serve them, valid unless a keyword spoils them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.broker.begin import Visit
from gateway.broker.model import Consent, LoginTransaction, Person, Session, Stage
from gateway.broker.parts import Broker, SignInLifetimes
from gateway.oidc.model import Client
from mapping.vocabulary import Realm
from providers.base import Assurance, PersonName, UpstreamIdentity
from tests.gateway.broker.fake_numbers import FakeNumbers
from tests.gateway.broker.fakes import (
    FakeAttempts,
    FakeAudit,
    FakeNotices,
    FakePeople,
    FakeProvider,
    FakeRegister,
    FakeSignIns,
    FakeTransactions,
)
from tests.gateway.oidc.fakes import FakeClients, a_client, a_request
from tests.mapping.resolve_builders import BORN, number

NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ISSUER: Final = "https://id.example.hk"
BROWSER: Final = b"the hash of a browser's binding cookie"
COOKIE: Final = b"the hash of a session cookie"
STAND_INS: Final = tuple(number("810050", f"{serial:03d}") for serial in (2, 4, 6))
MACAO_STAND_INS: Final = tuple(number("820050", f"{serial:03d}") for serial in (2, 4, 6))


def an_enrolled_client(**spoilt: Any) -> Client:
    return a_client(**{"purpose": "accommodation", "surrogate_purposes": ("accommodation",)} | spoilt)


@dataclass
class Desk:
    """A broker with all its parts at hand."""

    client: Client = field(default_factory=an_enrolled_client)
    numbers: FakeNumbers = field(default_factory=lambda: FakeNumbers(STAND_INS))
    register: FakeRegister = field(default_factory=FakeRegister)
    sign_ins: FakeSignIns = field(default_factory=FakeSignIns)
    people: FakePeople = field(default_factory=FakePeople)
    notices: FakeNotices = field(default_factory=FakeNotices)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    audit: FakeAudit = field(default_factory=FakeAudit)
    transactions: FakeTransactions = field(default_factory=FakeTransactions)
    provider: FakeProvider = field(default_factory=FakeProvider)
    clients: FakeClients | None = None

    @property
    def broker(self) -> Broker:
        return Broker(
            issuer=ISSUER,
            providers={self.provider.name: self.provider},
            register=self.register,
            clients=self.clients or FakeClients(self.client),
            transactions=self.transactions,
            sign_ins=self.sign_ins,
            numbers=self.numbers,
            people=self.people,
            notices=self.notices,
            attempts=self.attempts,
            audit=self.audit,
            pairwise_key=b"a fictional key of thirty-two by",
            realm=Realm.SANDBOX,
            lifetimes=SignInLifetimes(),
        )


def a_person(**spoilt: Any) -> Person:
    return replace(
        Person(
            provider="hong_kong",
            subject_id="person-1",
            assurance=Assurance.THREE,
            authenticated_at=NOW - timedelta(minutes=1),
            amr=("mca",),
            name=PersonName(han="虛構人", latin="HUI, Kau Yan"),
            birthdate=BORN,
            sex="F",
        ),
        **spoilt,
    )


def an_identity(**spoilt: Any) -> UpstreamIdentity:
    return replace(
        UpstreamIdentity(
            provider="hong_kong",
            subject="an-upstream-subject",
            assurance=Assurance.THREE,
            authenticated_at=NOW,
            amr=("mca",),
            name=PersonName(han="虛構人"),
            birthdate=BORN,
            sex="F",
        ),
        **spoilt,
    )


def a_transaction(person: Person | None = None, **spoilt: Any) -> LoginTransaction:
    return replace(
        LoginTransaction(
            id="transaction-1",
            stage=Stage.PERMIT,
            request=a_request(scopes=("openid", "cn_id", "cn_doc")),
            browser=BROWSER,
            correlation_id="c0rrelation",
            language="en",
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=10),
            provider="hong_kong",
            login_id="login-1",
            person=person or a_person(),
        ),
        **spoilt,
    )


def a_session(person: Person | None = None, **spoilt: Any) -> Session:
    return replace(
        Session(
            id="session-1",
            cookie_hash=COOKIE,
            browser=BROWSER,
            person=person or a_person(),
            created_at=NOW,
            seen_at=NOW,
            expires_at=NOW + timedelta(hours=12),
        ),
        **spoilt,
    )


def a_visit(**spoilt: Any) -> Visit:
    return replace(Visit(BROWSER, "en", "c0rrelation", NOW, session=COOKIE), **spoilt)


def a_consent(client_id: str = "rp-a", **spoilt: Any) -> Consent:
    return replace(
        Consent(
            id=f"consent-{client_id}",
            subject_id="person-1",
            client_id=client_id,
            granted=("openid", "cn_id", "cn_doc"),
            withheld=(),
            purpose="accommodation",
            given_at=NOW - timedelta(days=1),
        ),
        **spoilt,
    )
