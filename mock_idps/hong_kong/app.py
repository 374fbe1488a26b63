"""Put the Hong Kong mock together: login, calls and control plane over one simulation."""

import time
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_idps.authority.signing import RemoteSigning, Signing
from mock_idps.hong_kong import calls, catalogue, corp_id, signing, signing_catalogue
from mock_idps.hong_kong.config import HongKongConfig
from mock_idps.hong_kong.exchange import Step, exchange
from mock_idps.hong_kong.login import LoginDesk
from mock_idps.hong_kong.simulation import Simulation
from mock_idps.personas import PERSONAS, Persona


def system_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def create_app(
    config: HongKongConfig,
    *,
    personas: Sequence[Persona] = PERSONAS,
    now_ms: Callable[[], int] = system_clock,
    signing_service: Signing | None = None,
) -> Starlette:
    """Build one mock; two of them share nothing. Signatures come from the service given, or the configured desk."""
    people = tuple(persona for persona in personas if persona.hk_user_type is not None)
    service = RemoteSigning(config.authority_url) if config.authority_url else None
    simulation = Simulation(config, people, now_ms, signing=signing_service or service)
    steps: dict[str, tuple[str, Step]] = {
        "/api/v1/security/getKey": (catalogue.GET_KEY, calls.get_key),
        "/api/v1/security/revokeKey": (catalogue.REVOKE_KEY, calls.revoke_key),
        "/api/v1/auth/getToken": (catalogue.GET_TOKEN, calls.get_token),
        "/api/v1/profiles": (catalogue.PROFILES, calls.profiles),
        "/api/v1/anonymous/signing/initiateRequest": (signing_catalogue.INITIATE, signing.initiate),
        "/api/v1/anonymous/signing/getResult": (signing_catalogue.GET_RESULT, signing.get_result),
        "/api/v1/anonymous/pdfsigning/initiateRequest": (signing_catalogue.PDF_INITIATE, signing.initiate),
        "/api/v1/anonymous/pdfsigning/getResult": (signing_catalogue.PDF_RESULT, signing.get_result),
        "/api/v1/account/signing/ackResult": (signing_catalogue.ACKNOWLEDGE, signing.acknowledge),
        f"{corp_id.PREFIX}/api/v1/security/getKey": (catalogue.CORP_GET_KEY, calls.get_key),
        f"{corp_id.PREFIX}/api/v1/security/revokeKey": (catalogue.CORP_REVOKE_KEY, calls.revoke_key),
        f"{corp_id.PREFIX}/api/v1/auth/getToken": (catalogue.CORP_GET_TOKEN, corp_id.get_token),
        f"{corp_id.PREFIX}/api/v1/profiles": (catalogue.CORP_PROFILES, corp_id.profiles),
    }
    back_channel = [
        Route(path, _endpoint(simulation, name, step), methods=["POST"]) for path, (name, step) in steps.items()
    ]
    app = Starlette(routes=[*LoginDesk(simulation).routes(), *back_channel, *simulation.board.routes()])
    app.state.simulation = simulation
    return app


def _endpoint(simulation: Simulation, name: str, step: Step) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await exchange(simulation, request, name, step)

    return endpoint
