"""Builds the Macao mock, `mo-oneaccount`: One Account of persons, and staff logins of entities (section 6.C)."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio
from starlette.applications import Starlette
from starlette.routing import Route

from mock_idps.authority.signing import RemoteSigning, Signing
from mock_idps.credentials import PLATFORM, Rack
from mock_idps.macao import esign, esign_pages, face, interfaces, screen, signin, token, visits
from mock_idps.macao.account import OneAccount
from mock_idps.macao.call import Kind
from mock_idps.macao.config import SECRET, MacaoConfig, read_client_secret
from mock_idps.macao.counter import Handler, at_counter
from mock_idps.macao.esign_scenarios import SIGNING
from mock_idps.macao.keys import PROFILE_KEY, KeyRing
from mock_idps.macao.scenarios import SCENARIOS
from mock_idps.personas import PERSONAS, Persona
from mock_idps.switchboard import Switchboard

NAME: Final = "mo-oneaccount"

ENDPOINTS: Final[tuple[tuple[str, str, str, Kind, Handler], ...]] = (
    ("GET", "/oauth/authorize", "authorize", "page", visits.authorize),
    ("GET", "/{locale}/login", "login", "page", signin.show),
    ("POST", "/{locale}/login", "login", "page", signin.submit),
    ("POST", "/{locale}/cancel", "cancel", "page", signin.cancel),
    ("GET", "/{locale}/qr", "qr", "page", screen.show),
    ("GET", "/qr/status", "status", "plain", screen.status),
    ("GET", "/q", "phone", "page", screen.read_on_phone),
    ("POST", "/q/answer", "phone", "page", screen.answer_on_phone),
    ("POST", "/oauth/token", "token", "oauth", token.exchange),
    ("POST", "/oauth/module-token", "module-token", "oauth", interfaces.module_token),
    ("GET", "/api/profile", "profile", "api", interfaces.profile),
    ("POST", "/api/identity/face", "face", "api", face.face),
    ("GET", "/phone/face", "phone", "page", face.face_on_phone),
    ("POST", "/phone/face", "phone", "page", face.face_on_phone),
    ("GET", "/keys", "keys", "plain", interfaces.keys),
    ("POST", "/esign/sessions", "esign", "api", esign.open_session),
    ("GET", "/{locale}/esign/{id}", "esign-page", "page", esign_pages.show),
    ("POST", "/esign/sessions/{id}/otp", "esign-otp", "page", esign_pages.submit),
    ("GET", "/esign/sessions/{id}", "esign-result", "api", esign.result),
)
"""Method, path, the name by which scenarios match the endpoint, manner of refusing, handler."""


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


def create_app(
    config: MacaoConfig,
    *,
    personas: Sequence[Persona] = PERSONAS,
    now_ms: Callable[[], int] = _wall_clock_ms,
    pause: Callable[[float], Awaitable[None]] = anyio.sleep,
    signing_service: Signing | None = None,
) -> Starlette:
    """Build one mock with people, keys, clock and storage of its own; signatures come from the service given."""
    people = tuple(person for person in personas if person.mo_level is not None)
    switchboard = Switchboard(NAME, SCENARIOS | SIGNING, people=people)
    account = OneAccount(config, people, switchboard, KeyRing(now_ms), now_ms, pause)
    account.signing = signing_service or (RemoteSigning(config.authority_url) if config.authority_url else None)
    for client in config.clients:
        switchboard.credentials.put(client.client_id, SECRET, Rack(client.client_secret, read=read_client_secret))
    switchboard.credentials.put(PLATFORM, PROFILE_KEY, account.keys.rack)
    switchboard.on_rotate(account.rotate)
    switchboard.on_reset(account.reset)
    routes = [
        Route(path, at_counter(account, name, kind, handler), methods=[method])
        for method, path, name, kind, handler in ENDPOINTS
    ]
    app = Starlette(routes=[*switchboard.routes(), *routes])
    app.state.account = account
    app.state.switchboard = switchboard
    return app
