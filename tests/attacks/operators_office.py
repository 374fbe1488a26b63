"""The operators' listener under attack: people of every role and place, signed in as they would be, on one world.

Files that use it import the fixture `office`; its world is theirs alone and lives for the whole file.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx
import pytest_asyncio

from certs.keys import one_time_code
from certs.keys.password import Passwords
from gateway.admin import operator_accounts, operator_sessions, operators
from gateway.admin.acts import Act
from gateway.admin.operator_accounts import Accounts
from gateway.admin.operator_sessions import Door, Presented
from gateway.admin.records import Role
from gateway.app import Application, create_operator_app
from gateway.config import OperatorApi, load
from gateway.web.operator_call import Desk
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.world import OPERATORS

PASSWORD: Final = "seven lanterns over the harbour"
REASON: Final = "case 17, asked by the desk"
QUICK: Final = Passwords(memory_kib=8, iterations=1, lanes=1)
PEOPLE: Final[dict[str, tuple[Role, tuple[str, ...]]]] = {
    "rita": (Role.READER, ()),
    "kim": (Role.KEEPER, ()),
    "aud": (Role.AUDITOR, ()),
    "cora": (Role.CUSTODIAN, ()),
    "cyril": (Role.CUSTODIAN, ()),
    "mei": (Role.KEEPER, ("macao",)),
    "may": (Role.READER, ("macao",)),
}
"""Name -> role, and whose jurisdictions are theirs alone."""
Headers = dict[str, str]


@dataclass(slots=True)
class OperatorsOffice:
    """The listener, and everybody who works there."""

    world: WatchedWorld
    app: Application
    http: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """Keys of the operator API, by name."""
    secrets: dict[str, bytes] = field(default_factory=dict, repr=False)
    """What their authenticators hold."""
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.inner.state.desk
        return desk

    @property
    def door(self) -> Door:
        return self.desk.door

    async def hire(self, name: str, role: Role, places: tuple[str, ...] = ()) -> None:
        """Somebody with a key, a password and an authenticator."""
        act = self.act()
        desk, accounts = self.desk, self.desk.door.accounts
        made = await operators.create(desk.operators, name, role, desk.secret_key, act, jurisdictions=places)
        self.keys[name] = made.key
        bench = Accounts(desk.operators, accounts, QUICK)
        await operator_accounts.set_password(bench, name, PASSWORD, act)
        enrolment = await operator_accounts.begin_enrolment(bench, name, act.now)
        self.secrets[name] = enrolment.secret
        last = one_time_code.code_at(enrolment.secret, one_time_code.step_at(act.now) - 1)
        await operator_accounts.confirm_enrolment(bench, enrolment, last, act)

    async def sign_in(self, name: str) -> str:
        """Begin one more session; the code is the next one."""
        presented = Presented(name, PASSWORD, self.code(name), f"address of {name}")
        act = Act("nobody", self.world.clock())
        return (await operator_sessions.sign_in(self.door, presented, act)).token

    async def sign_in_again(self, name: str) -> str:
        """Begin a session with the authenticator's next code: each is taken once."""
        self.world.clock.advance(seconds=31)
        return await self.sign_in(name)

    async def sign_everybody_in(self) -> None:
        """Give everybody a session of now."""
        self.world.clock.advance(seconds=31)
        for name in PEOPLE:
            self.tokens[name] = await self.sign_in(name)

    def code(self, name: str) -> str:
        """What somebody's authenticator shows now."""
        return one_time_code.code_at(self.secrets[name], one_time_code.step_at(self.world.clock()))

    def act(self, name: str = "tests") -> Act:
        return Act(name, self.world.clock(), REASON)

    def by(self, name: str) -> Headers:
        """The headers of somebody who is signed in."""
        return {"authorization": f"Bearer {self.tokens[name]}"}

    def by_key(self, name: str) -> Headers:
        return {"authorization": f"Bearer {self.keys[name]}"}

    async def get(self, path: str, by: str = "rita", **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.by(by))

    async def post(self, path: str, by: str = "kim", **body: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.by(by))

    async def events(self, action: str) -> list[dict[str, Any]]:
        """Details of the events of an action, the oldest first."""
        return [one["details"] for one in await audit_trail(self.world) if one["action"] == action]


@contextlib.asynccontextmanager
async def opened(world: WatchedWorld, own: OperatorApi) -> AsyncIterator[OperatorsOffice]:
    """Open the listener of a world, with everybody signed in."""
    settings = replace(load(world.folder / "gate.toml"), operator_api=own)
    app = create_operator_app(settings, fetch=world.fetch, clock=world.clock)
    world.net.mount(OPERATORS, app)
    async with app.inner.router.lifespan_context(app.inner), world.net.browser() as http:
        http.base_url = httpx.URL(OPERATORS)
        desk = app.inner.state.desk
        app.inner.state.desk = replace(desk, door=replace(desk.door, passwords=QUICK))
        office = OperatorsOffice(world, app, http)
        for name, (role, places) in PEOPLE.items():
            await office.hire(name, role, places)
            office.tokens[name] = await office.sign_in(name)
        yield office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(shared_world: WatchedWorld) -> AsyncIterator[OperatorsOffice]:
    """One office for a file; tests that use it carry `@pytest.mark.asyncio(loop_scope="module")`."""
    async with opened(shared_world, OperatorApi()) as running:
        yield running
