"""People, sign-ins and a broker to serve them, valid unless a keyword spoils them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.broker.model import Consent, LoginTransaction, Person, Session, Stage
from gateway.broker.parts import Broker, SignInLifetimes
from gateway.broker.visit import Visit
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client
from gateway.oidc.names import GrantType
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from mapping.vocabulary import Realm
from providers.base import Assurance, PersonName, UpstreamIdentity
from tests.gateway.broker.fake_decoupled import FakeDecoupled, FakeDeliveries, FakeReceivers
from tests.gateway.broker.fake_numbers import FakeNumbers
from tests.gateway.broker.fakes import (
    FakeAttempts,
    FakeAudit,
    FakeNotices,
    FakePeople,
    FakeProvider,
    FakePushed,
    FakeRegister,
    FakeSignIns,
    FakeTransactions,
)
from tests.gateway.oidc.fakes import FakeClients, FakeReplays, FakeTokens, a_client, a_key_set, a_request
from tests.mapping.resolve_builders import BORN, number

NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ISSUER: Final = "https://id.example.hk"
BROWSER: Final = b"the hash of a browser's binding cookie"
COOKIE: Final = b"the hash of a session cookie"
CODE_KEY: Final = b"a fictional key for typed codes."
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
    pushed: FakePushed = field(default_factory=FakePushed)
    decoupled: FakeDecoupled = field(default_factory=FakeDecoupled)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)

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
            pushed=self.pushed,
            decoupled=self.decoupled,
            deliveries=self.deliveries,
            attempts=self.attempts,
            audit=self.audit,
            pairwise_key=b"a fictional key of thirty-two by",
            code_key=CODE_KEY,
            realm=Realm.SANDBOX,
            lifetimes=SignInLifetimes(),
        )


def an_op(*clients: Client, **spoilt: Any) -> OpenIDProvider:
    """The protocol's side, with the stores that the broker's tests do not look into left out."""
    return replace(
        OpenIDProvider(
            issuer=ISSUER,
            clients=FakeClients(*(clients or (an_enrolled_client(),))),
            tokens=FakeTokens(),
            replays=FakeReplays(),
            pushed=FakePushed(),
            decoupled=FakeDecoupled(),
            keys=a_key_set(),
            secret_key=CODE_KEY,
            fetch=FakeReceivers(),
        ),
        **spoilt,
    )


def a_call(*authorization: str, **spoilt: Any) -> BackChannelCall:
    return replace(
        BackChannelCall((), "POST", f"{ISSUER}/v1", NOW, "c0rrelation", authorization=authorization), **spoilt
    )


def a_device_request(**spoilt: Any) -> DecoupledRequest:
    return replace(
        DecoupledRequest(
            id="device-1",
            hash=b"the hash of a device code",
            grant_type=GrantType.DEVICE_CODE,
            client_id="rp-a",
            request=a_request(redirect_uri="", code_challenge="", state=None, nonce=None, scopes=("openid",)),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=5),
            interval=timedelta(seconds=5),
        ),
        **spoilt,
    )


def a_counter_request(**spoilt: Any) -> DecoupledRequest:
    asked = {"id": "counter-1", "grant_type": GrantType.CIBA, "subject_id": "person-1", "binding_message": "Desk 4"}
    return a_device_request(**asked | spoilt)


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
