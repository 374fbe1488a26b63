"""What one running Hong Kong mock remembers: logins, codes, tokens, keys, and the tester's switchboard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mock_idps.authority.signing import Signing
from mock_idps.hong_kong import signing_catalogue
from mock_idps.hong_kong.admission import Ledger
from mock_idps.hong_kong.catalogue import CORP_CALLS, SCENARIOS
from mock_idps.hong_kong.config import KEK, SECRET, Client, HongKongConfig, rotating
from mock_idps.hong_kong.content_keys import KeyRing
from mock_idps.hong_kong.signing_order import SigningOrder
from mock_idps.hong_kong.waiting import Login
from mock_idps.people.persona import Persona
from mock_idps.personas import Directory, directory_of
from mock_idps.switchboard import Switchboard

Item = TypeVar("Item")
SHELF_SIZE: Final = 10_000
CODE_LIFETIME_MS: Final = 60_000
TOKEN_LIFETIME_MS: Final = 4 * 3_600_000


class Shelf(Generic[Item]):
    """A bounded store by id; when it is full the oldest gives way."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def put(self, key: str, item: Item) -> None:
        """Keep an item."""
        while len(self._items) >= SHELF_SIZE:
            del self._items[next(iter(self._items))]
        self._items[key] = item

    def get(self, key: str) -> Item | None:
        """Look at an item."""
        return self._items.get(key)

    def take(self, key: str) -> Item | None:
        """Remove an item; only the first who asks gets it."""
        return self._items.pop(key, None)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or an access token stands for, and the tester's session in which it was born."""

    client_id: str
    persona: Persona
    scope: str
    session: str | None
    expires_at: int
    organisation: str | None = None
    """The company that a code or token of CorpID stands for."""
    ticket: str | None = None
    """The signature that a code or token stands for, and nothing else."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One of the two servers, iAM Smart or CorpID: how it writes its answers, and keys and calls of its own."""

    letter: str
    """With which its codes begin."""
    sentence: str
    """The name of the member that says in words what happened."""
    keys: KeyRing = field(default_factory=KeyRing)
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(slots=True)
class Simulation:
    """The state of one mock; nothing of it is shared between two instances."""

    config: HongKongConfig
    people: Sequence[Persona]
    clock: Callable[[], int]
    board: Switchboard = field(init=False)
    logins: Shelf[Login] = field(default_factory=Shelf)
    codes: Shelf[Grant] = field(default_factory=Shelf)
    tokens: Shelf[Grant] = field(default_factory=Shelf)
    directory: Directory = field(default_factory=lambda: directory_of("hong_kong"))
    corp_codes: Shelf[Grant] = field(default_factory=Shelf)
    corp_tokens: Shelf[Grant] = field(default_factory=Shelf)
    signing: Signing | None = None
    """Who signs for people; without it nobody can ask for a signature."""
    signings: Shelf[SigningOrder] = field(default_factory=Shelf)
    tickets: Shelf[str] = field(default_factory=Shelf)
    """From client and business id to the ticket of its signature."""
    iam_smart: Desk = field(default_factory=lambda: Desk("D", "message"))
    corp_id: Desk = field(default_factory=lambda: Desk("M", "msg"))

    def __post_init__(self) -> None:
        self.board = Switchboard("Hong Kong, iAM Smart", SCENARIOS | signing_catalogue.SIGNING, people=self.people)
        for client in self.config.clients:
            for kind, rack in rotating(client).items():
                self.board.credentials.put(client.client_id, kind, rack)
        self.board.on_rotate(self._rotate)
        self.board.on_reset(self._reset)

    def now(self, session: str | None) -> int:
        """The mock's time in milliseconds, as turned for this session."""
        return self.clock() + self.board.skew_ms(session)

    def desk(self, endpoint: str) -> Desk:
        """Give the server to which an endpoint belongs."""
        return self.corp_id if endpoint in CORP_CALLS else self.iam_smart

    def secrets_of(self, client: Client) -> Sequence[str]:
        """The secrets with which a service may sign its calls now."""
        return self.board.credentials.accepted(client.client_id, SECRET)

    def kek_of(self, client: Client, *, is_earlier: bool = False) -> RSAPublicKey | None:
        """The key under which a service's content keys are wrapped, or the one from before."""
        rack = self.board.credentials.rack(client.client_id, KEK)
        kek: RSAPublicKey | None = rack.previous if is_earlier else rack.current
        return kek

    def _rotate(self) -> Mapping[str, Any]:
        self.iam_smart.keys.revoke_all()
        self.corp_id.keys.revoke_all()
        return {"rotated": "content keys"}

    def _reset(self, session: str | None) -> None:
        if session is None:
            self.iam_smart.ledger.clear()
            self.corp_id.ledger.clear()
