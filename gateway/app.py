"""The composition root: settings and keys become an application; the only place that knows every part."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway.admin import key_home, keyring
from gateway.admin.audit_keeping import AuditKeeper
from gateway.admin.key_roles import require_separate
from gateway.admin.key_sets import TLS
from gateway.admin.keyring import Keyring
from gateway.admin.numbers import require_sound_blocks
from gateway.assembly import Parts, desk_of, offers_mutual_tls, web_of
from gateway.broker import problems
from gateway.broker.problems import ProblemError
from gateway.chores import Chores, Rotation, under_way
from gateway.clock_watch import watched
from gateway.config import ConfigurationError, Settings
from gateway.federation import own_entity, with_federation
from gateway.heartbeat import Heartbeat, beating, condition_of
from gateway.key_following import followed
from gateway.live_upstreams import LiveUpstreams
from gateway.managed_keys import managed_keys, probe_of
from gateway.oidc import metadata
from gateway.oidc.ports import Fetch
from gateway.outbound import build_fetch
from gateway.own_party import with_own_party
from gateway.product import product_version, utc_now
from gateway.sealed_audit import sealing_of
from gateway.signatures.trust_state import TrustFiles
from gateway.store.open import AttemptLimits, Stores, open_stores
from gateway.tls_keys import installer
from gateway.trust_files import trust_files
from gateway.upstreams import build_calls, build_upstreams
from gateway.validation import validation
from gateway.web import (
    account,
    approvals,
    back_channel,
    dashboard,
    devices,
    error_pages,
    federation_endpoints,
    front_channel,
    home,
    identifiers,
    operator_api,
    registration_endpoints,
    sign_out,
    signature_check,
    signature_pages,
    signatures,
    signing,
    signing_requests,
    trust_browser,
)
from gateway.web.edge import BodyLimit, Edge
from gateway.web.errors import problem, server_error
from gateway.web.languages import LOCALES
from providers.base import Assurance
from providers.calls import Calls

__all__ = ["Application", "build_upstreams", "create_app", "create_operator_app"]

_SERVERS_BELOW: Final = (f"{metadata.PATHS['registration']}/", f"{signatures.ROOT}/", f"{signing_requests.ROOT}/")
"""Where only relying parties' servers ask."""
_OPERATORS_PACE: Final = AttemptLimits(tries=120, window=timedelta(minutes=1), lock_out=timedelta(minutes=1))
"""How fast one operator may ask: enough for a page that shows records, far too slow to go through all permits."""
_PAGE_BODY: Final = BodyLimit(33_554_432 + 1_048_576, 60)
"""A document of 32 MB, and the form around it."""


def create_app(
    settings: Settings,
    *,
    calls: Calls | None = None,
    fetch: Fetch | None = None,
    clock: Callable[[], datetime] = utc_now,
    steady: Callable[[], float] | None = None,
) -> "Application":
    """Put the public application together; its stores are opened when it starts."""
    clock = watched(clock, steady)
    require_sound_blocks()
    keys = keyring.load(settings.keys_dir)
    key_home.mark(settings.keys_dir, settings.issuer)
    require_separate(settings, keyring.own_files(settings.keys_dir))
    discovery = _discovery(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_things:
            stores = await _open(settings, keys)
            open_things.push_async_callback(stores.aclose)
            await _settle_issuer(stores, settings.issuer, clock())
            managed = await managed_keys(settings, keys, stores, clock())
            live = managed.live
            upstreams = build_upstreams(settings, calls or build_calls(settings), clock)
            open_things.push_async_callback(upstreams.calls.aclose)
            watchers = dict(LiveUpstreams(settings, upstreams, clock).watchers(managed.backend))
            await live.watch(watchers | {TLS: installer(settings.server, managed.backend)})
            outside = await _outside(settings, fetch, open_things)
            own = await with_own_party(stores.clients, stores.registry, settings.issuer, clock())
            clients = with_federation(own, stores.registry, settings, outside, clock)
            due = asyncio.Event()
            judging = await open_things.enter_async_context(validation(settings, keys, live.reports, stores, clock))
            entity = own_entity(settings, live.federation, discovery)
            parts = Parts(settings, keys, stores, clients, upstreams, outside, clock, live, judging, entity)
            web = web_of(parts, due)
            app.state.stores, app.state.web, app.state.keys = stores, web, managed
            rotation = Rotation(live, managed.office, probe_of(outside), automatic=settings.keys.automatic)
            app.state.chores = Chores(
                stores,
                web.broker,
                web.op,
                upstreams.calls,
                clock,
                due,
                rotation,
                _trust(settings, keys),
                AuditKeeper(sealing_of(settings, stores, live)),
            )
            told = partial(condition_of, live, upstreams.calls.breakers)
            heart = Heartbeat(stores.instances, stores.audit, clock, condition=told)
            app.state.heartbeat = heart
            await open_things.enter_async_context(beating(heart))
            await open_things.enter_async_context(under_way(app.state.chores))
            yield

    bodies = {} if settings.signatures is None else {**signatures.BODIES, signature_pages.HOME: _PAGE_BODY}
    is_secure = settings.issuer.startswith("https://")
    return Application(_routes(settings, discovery, lifespan), secure=is_secure, bodies=bodies)


def create_operator_app(
    settings: Settings, *, fetch: Fetch | None = None, clock: Callable[[], datetime] = utc_now
) -> "Application":
    """Put the operator API together: an application of its own, for a listener of its own."""
    if settings.operator_api is None:
        raise ConfigurationError("the operator API is off: the settings have no block operator_api")
    require_sound_blocks()
    clock = watched(clock)
    keys = keyring.load(settings.keys_dir)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_things:
            stores = await _open(settings, keys, _OPERATORS_PACE)
            open_things.push_async_callback(stores.aclose)
            outside = await _outside(settings, fetch, open_things)
            managed = await managed_keys(settings, keys, stores, clock())
            app.state.stores = stores
            app.state.desk = desk_of(settings, keys, managed, stores, fetch=outside, clock=clock)
            told = partial(condition_of, managed.live, None)
            heart = Heartbeat(stores.instances, stores.audit, clock, kind="operators", condition=told)
            await open_things.enter_async_context(followed(managed.live))
            await open_things.enter_async_context(beating(heart))
            yield

    inner = _bare("Bay Area identity gateway: operator API", lifespan, dashboard.EXCEPTION_HANDLERS)
    inner.router.routes.extend([*operator_api.routes(), *dashboard.routes()])
    return Application(inner, secure=settings.operator_api.tls_certificate is not None)


async def _outside(settings: Settings, fetch: Fetch | None, open_things: contextlib.AsyncExitStack) -> Fetch:
    """The way to addresses that relying parties register: the one that was given, or one of our own."""
    if fetch is not None:
        return fetch
    return await open_things.enter_async_context(build_fetch(settings.outbound))


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


async def _settle_issuer(stores: Stores, issuer: str, now: datetime) -> None:
    """Refuse to work under another name than the one that living tokens carry (F-UPG-04)."""
    other = await stores.facts.settle_issuer(issuer, now)
    if other is not None:
        raise ConfigurationError(f"setting issuer: tokens of {other} are still alive in this database")


class Application:
    """The edge around the routes; what an ASGI server runs."""

    def __init__(self, inner: FastAPI, *, secure: bool, bodies: Mapping[str, BodyLimit] | None = None) -> None:
        self.inner = inner
        self._edge: ASGIApp = Edge(inner, secure=secure, bodies=bodies)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve."""
        await self._edge(scope, receive, send)


def _trust(settings: Settings, keys: Keyring) -> TrustFiles | None:
    return None if settings.signatures is None else trust_files(settings.signatures, keys)


def _discovery(settings: Settings) -> dict[str, Any]:
    return metadata.discovery(
        settings.issuer,
        acr_values=tuple(level.acr for level in Assurance),
        ui_locales=LOCALES,
        mtls=offers_mutual_tls(settings),
    )


def _routes(settings: Settings, discovery: dict[str, Any], lifespan: Any) -> FastAPI:
    inner = _bare("Bay Area identity gateway", lifespan, {HTTPException: _not_served, Exception: _fault})
    inner.router.routes.extend(
        [
            *_for_servers(settings, discovery),
            *front_channel.routes(),
            *devices.routes(),
            *approvals.routes(),
            *sign_out.routes(),
            *account.routes(),
            *error_pages.routes(),
            *home.routes(discovery),
            *(
                (*signature_check.routes(), *trust_browser.routes(), *signing.routes())
                if settings.signatures is not None
                else ()
            ),
        ]
    )
    return inner


def _for_servers(settings: Settings, discovery: dict[str, Any]) -> list[BaseRoute]:
    return [
        *back_channel.routes(discovery),
        *registration_endpoints.routes(),
        *(federation_endpoints.routes() if settings.federation is not None else ()),
        *identifiers.routes(),
        *((*signatures.routes(), *signing_requests.routes()) if settings.signatures is not None else ()),
    ]


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
    """A fault of ours as a page, or as JSON, without a word of what it was; the edge logs where it happened."""
    if request.url.path in back_channel.SERVER_PATHS or request.url.path.startswith(_SERVERS_BELOW):
        return server_error(request)
    return await problem(request, ProblemError(problems.UNEXPECTED))
