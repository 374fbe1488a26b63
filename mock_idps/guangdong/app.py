"""The application: every endpoint of the simulated platform on one ASGI app with state of its own."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mock_idps.authority.signing import RemoteSigning, Signing
from mock_idps.guangdong.config import GuangdongConfig
from mock_idps.guangdong.link import LinkEndpoints
from mock_idps.guangdong.oauth import OAuthEndpoints
from mock_idps.guangdong.phone import PhonePages
from mock_idps.guangdong.province import Province
from mock_idps.guangdong.sign import SignEndpoints
from mock_idps.guangdong.sign_pages import SignPages
from mock_idps.guangdong.signin import SignInPages
from mock_idps.personas import PERSONAS, Persona

OAUTH_PREFIXES: Final = ("/tif/sso/connect/page/oauth2", "/pscp/sso/connect/page/oauth2")

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(
    config: GuangdongConfig,
    *,
    personas: Sequence[Persona] = PERSONAS,
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    signing_service: Signing | None = None,
) -> Starlette:
    """Build one mock; `app.state.province` is what tests look into."""
    service = RemoteSigning(config.authority_url) if config.authority_url else None
    province = Province(config, personas, now_ms, sleep, signing_service or service)
    routes = [*_person_routes(province), *_application_routes(province), *_mock_routes(province)]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    app.state.province = province
    return app


def _person_routes(province: Province) -> list[BaseRoute]:
    sign_in, phone, sign = SignInPages(province), PhonePages(province), SignPages(province)
    return [
        *_both_prefixes("authorize", sign_in.authorize),
        Route("/tif/sso/login", sign_in.show, methods=["GET"]),
        Route("/tif/sso/login", sign_in.submit, methods=["POST"]),
        Route("/tif/sso/cancel", sign_in.cancel, methods=["POST"]),
        Route("/tif/sso/qr/new", phone.new, methods=["GET"]),
        Route("/tif/sso/qr", phone.show, methods=["GET"]),
        Route("/phone", phone.phone, methods=["GET"]),
        Route("/phone", phone.decide, methods=["POST"]),
        Route("/tif/sign", sign.show, methods=["GET"]),
        Route("/tif/sign", sign.decide, methods=["POST"]),
        Route("/_tif_sso_logout_/", sign_in.logout, methods=["GET"]),
    ]


def _application_routes(province: Province) -> list[BaseRoute]:
    oauth, link, sign = OAuthEndpoints(province), LinkEndpoints(province), SignEndpoints(province)
    return [
        *_both_prefixes("access_token", oauth.access_token),
        *_both_prefixes("tokeninfo", oauth.tokeninfo),
        Route("/ebus/tyrzapi/link/permit", link.permit, methods=["POST"]),
        Route("/ebus/tyrzapi/link/redeem", link.redeem, methods=["POST"]),
        Route("/ebus/tyrzapi/sign/hash", sign.hash, methods=["POST"]),
        Route("/ebus/tyrzapi/sign/result", sign.result, methods=["GET"]),
    ]


def _mock_routes(province: Province) -> list[BaseRoute]:
    async def keys(_request: Request) -> Response:
        return JSONResponse(await to_thread.run_sync(province.keys.published))

    return [Route("/__mock__/keys", keys, methods=["GET"]), *province.switchboard.routes()]


def _both_prefixes(name: str, endpoint: Endpoint) -> list[BaseRoute]:
    """Old and new path, with and without the final slash that some clients write."""
    paths = [f"{prefix}/{name}{slash}" for prefix in OAUTH_PREFIXES for slash in ("", "/")]
    return [Route(path, endpoint, methods=["GET"]) for path in paths]
