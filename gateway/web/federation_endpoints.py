"""Who we are in the federation, for the relying parties and authorities of three regions (OpenID Federation 1.0 §9)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.oidc.federation.entity import MEDIA_TYPE, PATH
from gateway.web.context import web_of
from gateway.web.errors import unavailable_as_json


async def configuration(request: Request) -> Response:
    """The entity configuration, freshly signed."""
    web = web_of(request)
    if web.entity is None:  # its route exists only in a federation
        raise LookupError
    token = web.entity.configuration(web.clock())
    headers = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
    return Response(token, media_type=MEDIA_TYPE, headers=headers)


def routes() -> list[Route]:
    """For a gateway that belongs to a federation."""
    return [Route(PATH, unavailable_as_json(configuration))]
