"""The start page for developers, and the gateway's own stylesheet and mark."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.errors import Endpoint, errors_as_pages
from gateway.web.responses import page
from gateway.web.start_page import start_page

_STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def _show(discovery: Mapping[str, Any]) -> Endpoint:
    @errors_as_pages
    async def show_home(request: Request) -> Response:
        """Where to go from here."""
        return page(request, start_page(discovery))

    return show_home


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


def routes(discovery: Mapping[str, Any]) -> list[Route]:
    """The start page, made of what the gateway announces, and what pages load."""
    return [Route("/", _show(discovery), methods=["GET"]), *_files()]
