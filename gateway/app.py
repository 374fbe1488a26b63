"""The composition root: settings and keys become an application; the only place that knows every part."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from gateway.admin import keyring
from gateway.admin.keyring import Keyring
from gateway.broker import problems
from gateway.broker.parts import Broker, SignInLifetimes
from gateway.broker.problems import ProblemError
from gateway.config import ConfigurationError, Settings
from gateway.oidc import metadata
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.token import TokenEndpoint, TokenLifetimes
from gateway.store.open import Stores, open_stores
from gateway.web import back_channel, front_channel, home, sign_out
from gateway.web.browser import Cookies
from gateway.web.context import Web
from gateway.web.edge import Edge
from gateway.web.errors import problem
from gateway.web.languages import LOCALES
from mapping.ports import LinkRegister
from mapping.vocabulary import Realm
from providers.base import Assurance, IdentityProvider
from providers.calls import Calls
from providers.registry import FACTORIES, build_register

_LOG: Final = logging.getLogger("gateway")
_PURGE_SECONDS: Final = 60.0
_PURGE_BATCH: Final = 5_000


def utc_now() -> datetime:
    """The clock of a running gateway."""
    return datetime.now(UTC)


def product_version() -> str:
    """The installed version, or that of a checkout."""
    try:
        return version("gba-identity-gateway")
    except PackageNotFoundError:
        return "0.1.0+checkout"


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Everything on the far side: providers by name, the register, and the client they share."""

    providers: Mapping[str, IdentityProvider]
    addresses: Mapping[str, str]
    register: LinkRegister | None
    calls: Calls


def build_upstreams(settings: Settings, calls: Calls, clock: Callable[[], datetime]) -> Upstreams:
    """Make every configured provider; none of them is called, so that a dead one cannot stop the start."""
    providers: dict[str, IdentityProvider] = {}
    for name, block in settings.providers.items():
        factory = FACTORIES.get(name)
        if factory is None:
            raise ConfigurationError(f"unknown provider {name}; known are {', '.join(sorted(FACTORIES))}")
        try:
            providers[name] = factory(block, calls, clock)
        except ValueError as error:
            raise ConfigurationError(f"providers.{name}: {error}") from error
    try:
        register = build_register(settings.register, calls, clock) if settings.register else None
    except ValueError as error:
        raise ConfigurationError(f"register: {error}") from error
    addresses = {name: str(block["base_url"]) for name, block in settings.providers.items()}
    return Upstreams(providers, addresses, register, calls)


def create_app(
    settings: Settings, *, calls: Calls | None = None, clock: Callable[[], datetime] = utc_now
) -> "Application":
    """Put the public application together; its stores are opened when it starts."""
    keys = keyring.load(settings.keys_dir, clock())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stores = await open_stores(
            settings.storage.database_url,
            redis_url=settings.storage.redis_url,
            pool_size=settings.storage.pool_size,
            sealer=keys.sealer,
            index_key=keys.index_key,
        )
        upstreams = build_upstreams(settings, calls or Calls(), clock)
        app.state.stores = stores
        app.state.web = _web(settings, keys, stores, upstreams, clock)
        purging = asyncio.create_task(_purge(stores, clock))
        try:
            yield
        finally:
            purging.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await purging
            await upstreams.calls.aclose()
            await stores.aclose()

    return Application(_routes(settings, keys, lifespan), secure=settings.issuer.startswith("https://"))


class Application:
    """The edge around the routes; what an ASGI server runs."""

    def __init__(self, inner: FastAPI, *, secure: bool) -> None:
        self.inner = inner
        self._edge: ASGIApp = Edge(inner, secure=secure)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve."""
        await self._edge(scope, receive, send)


def _routes(settings: Settings, keys: Keyring, lifespan: Any) -> FastAPI:
    discovery = metadata.discovery(
        settings.issuer,
        acr_values=tuple(level.acr for level in Assurance),
        ui_locales=LOCALES,
    )
    inner = FastAPI(
        title="Bay Area identity gateway",
        version=product_version(),
        lifespan=lifespan,
        # The generated pages load scripts from elsewhere, and the protocol documents itself in discovery.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _not_served, Exception: _fault},
    )
    inner.router.routes.extend(
        [
            *back_channel.routes(discovery, dict(keys.signing.jwks())),
            *front_channel.routes(),
            *sign_out.routes(),
            *home.routes(),
        ]
    )
    return inner


async def _not_served(request: Request, error: Exception) -> Response:
    """An address or a method that does not exist, as a page like all others; what the edge cut off, as plain words."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code not in {404, 405}:
        return PlainTextResponse(error.detail, error.status_code, headers={"connection": "close"})
    response = await problem(request, ProblemError(problems.NOT_FOUND), status=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, _: Exception) -> Response:
    """A fault of ours as a page without a word of what it was; the edge logs where it happened."""
    return await problem(request, ProblemError(problems.UNEXPECTED))


def _web(settings: Settings, keys: Keyring, stores: Stores, upstreams: Upstreams, clock: Callable[[], datetime]) -> Web:
    lifetimes = settings.lifetimes
    broker = Broker(
        issuer=settings.issuer,
        providers=upstreams.providers,
        register=upstreams.register,
        clients=stores.clients,
        transactions=stores.transactions,
        sign_ins=stores.sign_ins,
        numbers=stores.numbers,
        attempts=stores.attempts,
        audit=stores.audit,
        pairwise_key=keys.pairwise_key,
        realm=Realm(settings.realm),
        lifetimes=SignInLifetimes(lifetimes.transaction, lifetimes.session, lifetimes.authorization_code),
    )
    endpoint = TokenEndpoint(
        issuer=settings.issuer,
        clients=stores.clients,
        tokens=stores.tokens,
        replays=stores.replays,
        keys=keys.signing,
        secret_key=keys.client_secret_key,
        lifetimes=TokenLifetimes(access_token=lifetimes.access_token, id_token=lifetimes.id_token),
    )
    return Web(
        issuer=settings.issuer,
        broker=broker,
        token_endpoint=endpoint,
        cookies=Cookies(settings.issuer.startswith("https://"), int(lifetimes.session.total_seconds())),
        form_key=keys.form_key,
        default_language=settings.default_language,
        clock=clock,
        ready=stores.ready,
        offered=OfferedValues(providers=frozenset(upstreams.providers)),
        provider_addresses=upstreams.addresses,
    )


async def _purge(stores: Stores, clock: Callable[[], datetime]) -> None:
    """Take away what has expired, in small portions (G15); a store that is down is tried again later."""
    while True:
        await asyncio.sleep(_PURGE_SECONDS)
        try:
            await stores.purge(clock(), _PURGE_BATCH)
        except Exception as error:  # noqa: BLE001 - housekeeping must outlive any one failure
            _LOG.warning("purge failed: %s", type(error).__name__)
