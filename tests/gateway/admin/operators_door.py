"""A door with two operators at it, ready to be signed in by; passwords are hashed quickly."""

from dataclasses import dataclass, field
from typing import Any, Final

from certs.keys import one_time_code
from certs.keys.password import Passwords
from gateway.admin import operator_accounts, operators
from gateway.admin.acts import Act
from gateway.admin.operator_accounts import Accounts
from gateway.admin.operator_sessions import Door, Presented
from gateway.admin.records import Role
from tests.gateway.admin.fake_accounts import FakeAccounts, FakeTries
from tests.gateway.admin.fakes import NOW, FakeAudit, FakeOperators, an_act

KEY: Final = b"fictional pepper of thirty-two b"
QUICK: Final = Passwords(memory_kib=8, iterations=1, lanes=1)
PASSWORD: Final = "seven lanterns over the harbour"


@dataclass
class DoorBench:
    """Everything that a sign-in touches."""

    operators: FakeOperators = field(default_factory=FakeOperators)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    names: FakeTries = field(default_factory=FakeTries)
    addresses: FakeTries = field(default_factory=lambda: FakeTries(20))
    audit: FakeAudit = field(default_factory=FakeAudit)

    def door(self, **changes: Any) -> Door:
        return Door(
            self.operators,
            self.accounts,
            self.names,
            self.addresses,
            self.audit,
            KEY,
            **({"passwords": QUICK} | changes),
        )

    def office(self) -> Accounts:
        return Accounts(self.operators, self.accounts, QUICK)

    async def enrolled(self, name: str = "ada", role: Role = Role.KEEPER) -> None:
        """Somebody with a password and an authenticator, whose code of long ago was taken."""
        await operators.create(self.operators, name, role, KEY, an_act())
        await operator_accounts.set_password(self.office(), name, PASSWORD, an_act())
        before = an_act(now=NOW.replace(year=NOW.year - 1))
        enrolment = await operator_accounts.begin_enrolment(self.office(), name, before.now)
        code = one_time_code.code_at(enrolment.secret, one_time_code.step_at(before.now))
        await operator_accounts.confirm_enrolment(self.office(), enrolment, code, before)

    def code(self, name: str = "ada", now: Any = NOW) -> str:
        """What the authenticator shows."""
        secret = self.accounts.by_name[name].totp_secret
        assert secret is not None
        return one_time_code.code_at(secret, one_time_code.step_at(now))

    def presented(self, name: str = "ada", **changes: Any) -> Presented:
        told = {
            "name": name,
            "password": PASSWORD,
            "code": self.code() if "code" not in changes else "",
            "address": "192.0.2.1",
        }
        return Presented(**(told | changes))


def nobody(**changes: Any) -> Act:
    """The act of somebody who is not signed in yet."""
    return an_act(operator="nobody", reason="", **changes)
