"""The switchboard of a mock: what its endpoints ask before they answer, and the control plane that a tester turns.

A *session* is a key chosen by a tester. A browser carries it in the cookie `mock_session` (see `GET /__mock__/join`), a
script in the header `X-Mock-Session`; the mock ties each login to it, and testers never meet
each other's scenarios.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.requests import HTTPConnection
from starlette.routing import Route

from mock_idps.control_plane import SESSION_COOKIE, SESSION_HEADER, control_routes
from mock_idps.control_state import Approval, ControlState
from mock_idps.credentials import Credentials
from mock_idps.people.persona import Persona
from mock_idps.scenarios import SESSION_KEY, ScenarioBook

__all__ = ["SESSION_COOKIE", "SESSION_HEADER", "Approval", "Switchboard", "session_of"]

NOTHING: Final[Mapping[str, Any]] = {}


class Switchboard:
    """One per mock instance; single-threaded, like the application around it."""

    def __init__(self, name: str, scenarios: Mapping[str, str], *, people: Sequence[Persona] = ()) -> None:
        self._state = ControlState(name, ScenarioBook(dict(scenarios)), tuple(people))

    @property
    def approvals(self) -> dict[str, Approval]:
        """Answers given through `POST /__mock__/approve`, by login id; a mock pops its own."""
        return self._state.approvals

    @property
    def credentials(self) -> Credentials:
        """The credentials of clients and of the platform; a mock sets its racks up and asks them."""
        return self._state.credentials

    def arm(
        self,
        scenario: str,
        *,
        session: str | None = None,
        match: Mapping[str, str] = NOTHING,
        times: int | None = None,
        args: Mapping[str, Any] = NOTHING,
    ) -> None:
        """Arm a scenario, for one session or for all; an unknown one is a ValueError."""
        self._state.book.arm(scenario, session=session, match=match, times=times, args=args)

    def take(
        self,
        scenario: str,
        *,
        session: str | None = None,
        persona: str | None = None,
        client: str | None = None,
        endpoint: str | None = None,
    ) -> Mapping[str, Any] | None:
        """Give the arguments of a matching armed entry and count it down, or None."""
        facts = {"persona": persona, "client": client, "endpoint": endpoint}
        return self._state.book.take(scenario, session, facts)

    def record(self, entry: Mapping[str, Any]) -> None:
        """Add to the request log; tokens are cut short and personal values left out."""
        self._state.log.record(entry)

    def skew_ms(self, session: str | None = None) -> int:
        """How far the mock's clock is turned for this session, in milliseconds."""
        return self._state.skew_ms(session)

    def auto_approve(self, session: str | None = None) -> str | None:
        """Give the persona that approves every login of this session, or None."""
        return self._state.auto.get(session, self._state.auto.get(None))

    def on_rotate(self, rotate: Callable[[], Mapping[str, Any] | None]) -> None:
        """Name what `POST /__mock__/keys/rotate` does; its mapping is shown to the tester."""
        self._state.on_rotate = rotate

    def on_reset(self, reset: Callable[[str | None], None]) -> None:
        """Name what the mock itself forgets at `POST /__mock__/reset`."""
        self._state.on_reset = reset

    def routes(self) -> list[Route]:
        """Give the control plane, for the mock to mount beside its own endpoints."""
        return control_routes(self._state)


def session_of(request: HTTPConnection) -> str | None:
    """Read the tester's session key of a request; a malformed one counts as none."""
    key = request.headers.get(SESSION_HEADER) or request.cookies.get(SESSION_COOKIE) or ""
    return key if SESSION_KEY.match(key) else None
