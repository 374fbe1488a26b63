"""Who we are in the federation, for the relying parties and authorities of three regions (OpenID Federation 1.0 §9)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.oidc.federation.entity import MEDIA_TYPE, PATH, OwnEntity
from gateway.web.context import web_of


def routes(entity: OwnEntity | None) -> list[Route]:
    """The entity configuration, freshly signed; nothing where the gateway belongs to no federation."""
    if entity is None:
        return []

    async def configuration(request: Request) -> Response:
        token = entity.configuration(web_of(request).clock())
        headers = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
        return Response(token, media_type=MEDIA_TYPE, headers=headers)

    return [Route(PATH, configuration)]
