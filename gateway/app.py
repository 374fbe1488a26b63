"""The composition root: settings and keys become an application; the only place that knows every part."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from gateway.admin import keyring
from gateway.admin.keyring import Keyring
from gateway.admin.numbers import require_sound_blocks
from gateway.broker import problems
from gateway.broker.parts import Broker, SignInLifetimes
from gateway.broker.problems import ProblemError
from gateway.broker.verify import Verifier
from gateway.chores import Chores, under_way
from gateway.config import ConfigurationError, Settings
from gateway.oidc import metadata
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.ports import ClientStore
from gateway.oidc.token import TokenEndpoint, TokenLifetimes
from gateway.own_party import with_own_party
from gateway.store.open import AttemptLimits, Stores, open_stores
from gateway.upstreams import Upstreams, build_upstreams
from gateway.web import account, back_channel, front_channel, home, identifiers, operator_api, sign_out
from gateway.web.browser import Cookies
from gateway.web.context import Web
from gateway.web.edge import Edge
from gateway.web.errors import problem
from gateway.web.languages import LOCALES
from gateway.web.operator_call import Desk
from mapping.vocabulary import Realm
from providers.base import Assurance
from providers.calls import Calls

__all__ = ["Application", "build_upstreams", "create_app", "create_operator_app", "product_version", "utc_now"]

_OPERATORS_PACE: Final = AttemptLimits(tries=120, window=timedelta(minutes=1), lock_out=timedelta(minutes=1))
"""How fast one operator may ask: enough for a page that shows records, far too slow to go through all permits."""


def utc_now() -> datetime:
    """The clock of a running gateway."""
    return datetime.now(UTC)


def product_version() -> str:
    """The installed version, or that of a checkout."""
    try:
        return version("gba-identity-gateway")
    except PackageNotFoundError:
        return "0.1.0+checkout"


def create_app(
    settings: Settings, *, calls: Calls | None = None, clock: Callable[[], datetime] = utc_now
) -> "Application":
    """Put the public application together; its stores are opened when it starts."""
    require_sound_blocks()
    keys = keyring.load(settings.keys_dir, clock())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_things:
            stores = await _open(settings, keys)
            open_things.push_async_callback(stores.aclose)
            upstreams = build_upstreams(settings, calls or Calls(), clock)
            open_things.push_async_callback(upstreams.calls.aclose)
            clients = await with_own_party(stores.clients, stores.registry, settings.issuer, clock())
            web = _web(settings, keys, stores, clients, upstreams, clock)
            app.state.stores, app.state.web = stores, web
            app.state.chores = Chores(stores, web.broker, web.token_endpoint, upstreams.calls, clock)
            await open_things.enter_async_context(under_way(app.state.chores))
            yield

    return Application(_routes(settings, keys, lifespan), secure=settings.issuer.startswith("https://"))


def create_operator_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> "Application":
    """Put the operator API together: an application of its own, for a listener of its own."""
    if settings.operator_api is None:
        raise ConfigurationError("the operator API is off: the settings have no block operator_api")
    require_sound_blocks()
    keys = keyring.load(settings.keys_dir, clock())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stores = await _open(settings, keys, _OPERATORS_PACE)
        app.state.stores = stores
        app.state.desk = _desk(settings, keys, stores, clock)
        try:
            yield
        finally:
            await stores.aclose()

    inner = _bare("Bay Area identity gateway: operator API", lifespan, operator_api.EXCEPTION_HANDLERS)
    inner.router.routes.extend(operator_api.routes())
    return Application(inner, secure=False)


async def _open(settings: Settings, keys: Keyring, limits: AttemptLimits | None = None) -> Stores:
    storage = settings.storage
    return await open_stores(
        storage.database_url,
        redis_url=storage.redis_url,
        pool_size=storage.pool_size,
        sealing_keys=keys.sealing_keys,
        index_keys=keys.index_keys,
        limits=limits,
    )


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
    inner = _bare("Bay Area identity gateway", lifespan, {HTTPException: _not_served, Exception: _fault})
    inner.router.routes.extend(
        [
            *back_channel.routes(discovery, dict(keys.signing.jwks())),
            *front_channel.routes(),
            *sign_out.routes(),
            *account.routes(),
            *identifiers.routes(),
            *home.routes(),
        ]
    )
    return inner


def _bare(title: str, lifespan: Any, handlers: Mapping[Any, Any]) -> FastAPI:
    return FastAPI(
        title=title,
        version=product_version(),
        lifespan=lifespan,
        # The generated pages load scripts from elsewhere, and the protocol documents itself in discovery.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict(handlers),
    )


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


def _web(  # noqa: PLR0917 - one argument for each part that is put together here
    settings: Settings,
    keys: Keyring,
    stores: Stores,
    clients: ClientStore,
    upstreams: Upstreams,
    clock: Callable[[], datetime],
) -> Web:
    lifetimes = settings.lifetimes
    broker = Broker(
        issuer=settings.issuer,
        providers=upstreams.providers,
        register=upstreams.register,
        clients=clients,
        transactions=stores.transactions,
        sign_ins=stores.sign_ins,
        numbers=stores.numbers,
        people=stores.people,
        notices=stores.notices,
        attempts=stores.attempts,
        audit=stores.audit,
        pairwise_key=keys.pairwise_key,
        realm=Realm(settings.realm),
        lifetimes=SignInLifetimes(lifetimes.transaction, lifetimes.session, lifetimes.authorization_code),
        register_recheck=lifetimes.register_recheck,
    )
    endpoint = TokenEndpoint(
        issuer=settings.issuer,
        clients=clients,
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
        verifier=Verifier(stores.tokens, stores.verifications, stores.audit),
        cookies=Cookies(settings.issuer.startswith("https://"), int(lifetimes.session.total_seconds())),
        form_key=keys.form_key,
        default_language=settings.default_language,
        clock=clock,
        ready=stores.ready,
        offered=OfferedValues(providers=frozenset(upstreams.providers)),
        provider_addresses=upstreams.addresses,
    )


def _desk(settings: Settings, keys: Keyring, stores: Stores, clock: Callable[[], datetime]) -> Desk:
    return Desk(
        operators=stores.operator_registry,
        secret_key=keys.client_secret_key,
        numbers=stores.number_registry,
        records=stores.numbers,
        alerts=stores.alert_registry,
        switches=stores.switch_registry,
        subjects=stores.subject_registry,
        people=stores.people,
        reveals=stores.reveal_registry,
        rekeying=stores.rekeying,
        audit=stores.audit,
        attempts=stores.attempts,
        providers=frozenset(settings.providers),
        realm=Realm(settings.realm),
        clock=clock,
    )
