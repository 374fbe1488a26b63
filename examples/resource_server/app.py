"""A sample API behind the gateway: the breakfast of the guest house, for services that hold a person's access token.

Three doors show the three answers that a token gives: whom it is about, how surely that person proved who they are,
and for which organisation they act. ``access`` decides who comes in, ``issuer_keys`` fetches the gateway's keys,
``refusals`` says no. Run it with ``uvicorn --factory examples.resource_server.app:from_environment``.
"""

import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.resource_server.access import LEVELS, Guard
from examples.resource_server.issuer_keys import IssuerKeys
from examples.resource_server.refusals import RefusedError, UnavailableError, refuse


async def menu(request: Request) -> Response:
    """Any token for this API will do."""
    caller = await guard_of(request).admit(request)
    return JSONResponse({"guest": caller.sub, "asked_by": caller.services, "menu": ["congee", "egg tart", "milk tea"]})


async def order(request: Request) -> Response:
    """Breakfast on the room's bill: only for somebody who proved well enough who they are."""
    caller = await guard_of(request).admit(request, level=LEVELS[2])
    return JSONResponse({"guest": caller.sub, "ordered": "congee", "level": caller.acr}, 201)


async def invoice(request: Request) -> Response:
    """An invoice in an organisation's name: only for somebody who acts for it."""
    caller = await guard_of(request).admit(request, scope="organisation")
    return JSONResponse({"organisation": caller.sub, "role": (caller.mandate or {}).get("role")})


def guard_of(request: Request) -> Guard:
    """The guard of this application."""
    guard: Guard = request.app.state.guard
    return guard


def create_app(
    issuer: str, resource: str, http: httpx.AsyncClient, clock: Callable[[], float] = time.time
) -> Starlette:
    """Build the API; ``resource`` is the address under which clients know it, and the audience of its tokens."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    app = Starlette(
        routes=[
            Route("/breakfast", menu),
            Route("/breakfast/orders", order, methods=["POST"]),
            Route("/breakfast/invoice", invoice),
        ],
        exception_handlers={RefusedError: refuse, UnavailableError: refuse},
        lifespan=lifespan,
    )
    app.state.guard = Guard(issuer, resource, IssuerKeys(issuer, http, clock), clock)
    return app


def from_environment() -> Starlette:
    """The API as ``uvicorn --factory`` starts it."""
    issuer = os.environ.get("RS_ISSUER", "http://127.0.0.1:8000")
    resource = os.environ.get("RS_RESOURCE", "http://127.0.0.1:8006")
    return create_app(issuer, resource, httpx.AsyncClient(timeout=5, follow_redirects=False))
