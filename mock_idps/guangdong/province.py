"""The state of one mock: settings, people, keys, memory, switchboard and clock, handed to every endpoint."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_idps.authority.signing import Signing
from mock_idps.credentials import PLATFORM
from mock_idps.guangdong.client_keys import ClientKeys
from mock_idps.guangdong.config import GuangdongConfig
from mock_idps.guangdong.keys import PLATFORM_KEY, KeyRing
from mock_idps.guangdong.people import account_holders
from mock_idps.guangdong.scenarios import SCENARIOS
from mock_idps.guangdong.sign_scenarios import SIGNING
from mock_idps.guangdong.store import Store
from mock_idps.guangdong.tif import NonceMemory
from mock_idps.personas import Mandate, Organisation, Persona, directory_of, find
from mock_idps.switchboard import Switchboard

NAME: Final = "gd-tyrz"


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls what: the facts by which scenarios are matched and requests are logged."""

    endpoint: str
    session: str | None = None
    client: str | None = None
    persona: str | None = None


class Province:
    """One simulated platform; any number of them can run side by side."""

    def __init__(
        self,
        config: GuangdongConfig,
        personas: Sequence[Persona],
        now_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
        signing: Signing | None = None,
    ) -> None:
        self.config = config
        self.signing = signing
        self.personas = tuple(personas)
        self.account_holders = account_holders(personas)
        self.directory = directory_of("guangdong")
        self.store = Store()
        self.keys = KeyRing(config.sm2_private_hex)
        self.nonces = NonceMemory()
        self.sleep = sleep
        self.switchboard = Switchboard(NAME, SCENARIOS | SIGNING, people=self.account_holders)
        self.client_keys = ClientKeys(self.switchboard.credentials, config.clients)
        self.switchboard.credentials.put(PLATFORM, PLATFORM_KEY, self.keys.rack)
        self.switchboard.on_rotate(self._rotate)
        self.switchboard.on_reset(self._reset)
        self._now_ms = now_ms

    def now_ms(self, session: str | None) -> int:
        """Read the clock as it stands for this tester's session."""
        return self._now_ms() + self.switchboard.skew_ms(session)

    def now_s(self, session: str | None) -> int:
        """Read the same clock in whole seconds."""
        return self.now_ms(session) // 1000

    def account_holder(self, persona_id: str) -> Persona | None:
        """Find a persona that has an account here."""
        return find(self.account_holders, persona_id)

    def mandates(self) -> tuple[tuple[Persona, Mandate, Organisation], ...]:
        """List who of the account holders may act for whom."""
        return tuple(
            (persona, mandate, organisation)
            for persona in self.account_holders
            for mandate in self.directory.of(persona.id)
            if (organisation := self.directory.organisation(mandate.organisation)) is not None
        )

    def chosen_organisation(self, persona: Persona, call: Call) -> str | None:
        """Say for whom a sign-in without pages is: nobody, unless a tester has armed it (scenario `org_chosen`)."""
        chosen = self.take("org_chosen", replace(call, persona=persona.id))
        if chosen is None:
            return None
        first = next((mandate.organisation for mandate in self.directory.of(persona.id)), None)
        wanted = chosen.get("organisation", first)
        return wanted if isinstance(wanted, str) and self.directory.mandate(persona.id, wanted) else None

    def take(self, scenario: str, call: Call) -> Mapping[str, Any] | None:
        """Ask the switchboard whether this call is to go wrong in this way."""
        return self.switchboard.take(
            scenario, session=call.session, persona=call.persona, client=call.client, endpoint=call.endpoint
        )

    def record(self, call: Call, **more: Any) -> None:
        """Write the call into the request log."""
        facts = {"endpoint": call.endpoint, "session": call.session, "client": call.client}
        self.switchboard.record({**facts, "persona": call.persona, **more})

    def _rotate(self) -> Mapping[str, Any]:
        self.keys.rotate()
        return {"sm2_public_hex": self.keys.sm2.public_hex}

    def _reset(self, session: str | None) -> None:
        if session is None:
            self.store = Store()
            self.nonces.clear()
