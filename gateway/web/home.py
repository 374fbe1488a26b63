"""The start page for developers, and the gateway's own stylesheet and mark."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.context import web_of
from gateway.web.errors import Endpoint, errors_as_pages
from gateway.web.pages import HomePage
from gateway.web.responses import page

_STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_LINKS: Final = (
    ("home.discovery", "/.well-known/openid-configuration"),
    ("home.keys", "/jwks"),
    ("home.ready", "/readyz"),
)


@errors_as_pages
async def show_home(request: Request) -> Response:
    """Where to go from here."""
    return page(request, HomePage(service=None, switch="/", issuer=web_of(request).issuer, links=_LINKS))


def _files() -> list[Route]:
    """One route per file that exists at start: no path of a request ever reaches the file system."""
    return [
        Route(f"/static/{file.name}", _serve(file.read_bytes(), _TYPES[file.suffix]))
        for file in sorted(_STATIC.iterdir())
        if file.suffix in _TYPES
    ]


def _serve(content: bytes, media_type: str) -> Endpoint:
    async def serve(_: Request) -> Response:
        return Response(content, media_type=media_type, headers={"cache-control": "public, max-age=86400, immutable"})

    return serve


def routes() -> list[Route]:
    """The start page and what pages load."""
    return [Route("/", show_home, methods=["GET"]), *_files()]
