"""Serves the sandbox's federation: configurations, statements, lists, and a door to enrol one's own relying party."""

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_idps.trust_anchor.config import REGIONS, TrustAnchorConfig
from mock_idps.trust_anchor.enrolment import Federation

_STATEMENT: Final = "application/entity-statement+jwt"
_BODY_LIMIT: Final = 16 * 1024


def _seconds() -> int:
    return int(time.time())


def create_app(config: TrustAnchorConfig, *, now: Callable[[], int] = _seconds) -> Starlette:
    """Build one federation with keys and members of its own."""
    federation = Federation.make(config)
    app = Starlette(routes=_Desk(federation, now).routes())
    app.state.federation = federation
    return app


class _Desk:
    """The endpoints (OpenID Federation 1.0 §8)."""

    def __init__(self, federation: Federation, now: Callable[[], int]) -> None:
        self._federation = federation
        self._now = now

    def routes(self) -> list[Route]:
        """Every address of the federation."""
        return [
            Route("/{authority}/.well-known/openid-federation", self._configuration),
            Route("/{authority}/fetch", self._fetch),
            Route("/{authority}/list", self._list),
            Route("/{region}/enrol", self._enrol, methods=["POST", "DELETE"]),
            Route("/{region}/mark", self._mark),
        ]

    async def _configuration(self, request: Request) -> Response:
        authority = self._federation.authority(request.path_params["authority"])
        if authority is None:
            return _error(404, "not_found", "there is no such authority")
        return Response(authority.configuration(self._now()), media_type=_STATEMENT)

    async def _fetch(self, request: Request) -> Response:
        name, sub = request.path_params["authority"], request.query_params.get("sub")
        if self._federation.authority(name) is None:
            return _error(404, "not_found", "there is no such authority")
        if sub is None:
            return _error(400, "invalid_request", "sub is required")
        statement = self._federation.statement(name, sub, self._now())
        if statement is None:
            return _error(404, "not_found", "the entity is not a subordinate")
        return Response(statement, media_type=_STATEMENT)

    async def _list(self, request: Request) -> Response:
        name = request.path_params["authority"]
        if self._federation.authority(name) is None:
            return _error(404, "not_found", "there is no such authority")
        return JSONResponse(self._federation.subordinates(name))

    async def _enrol(self, request: Request) -> Response:
        """Enrol an entity: `{"entity_id": …, "jwks": {"keys": [public keys]}}`; anybody may, it is a sandbox."""
        region = request.path_params["region"]
        if region not in REGIONS:
            return _error(404, "not_found", "there is no such region")
        body = await _object(request)
        entity_id = body.get("entity_id")
        if not isinstance(entity_id, str) or urlsplit(entity_id).scheme not in {"http", "https"}:
            return _error(400, "invalid_request", "entity_id must be an address")
        if request.method == "DELETE":
            was_there = self._federation.expel(region, entity_id)
            return Response(status_code=204 if was_there else 404)
        jwks = body.get("jwks")
        if not isinstance(jwks, dict) or not _is_public(jwks):
            return _error(400, "invalid_request", "jwks must hold public keys")
        if not self._federation.enrol(region, entity_id, jwks):
            return _error(403, "access_denied", "the sandbox is full")
        return JSONResponse(
            {
                "authority_hints": [self._federation.regions[region].entity_id],
                "trust_mark_type": self._federation.mark_type,
                "trust_mark": self._federation.mark(region, entity_id, self._now()),
            },
            status_code=201,
        )

    async def _mark(self, request: Request) -> Response:
        region, sub = request.path_params["region"], request.query_params.get("sub", "")
        token = self._federation.mark(region, sub, self._now()) if region in REGIONS else None
        if token is None:
            return _error(404, "not_found", "the entity has no mark")
        return Response(token, media_type="application/trust-mark+jwt")


async def _object(request: Request) -> dict[str, Any]:
    body = await request.body()
    if len(body) > _BODY_LIMIT:
        return {}
    try:
        value = await request.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _is_public(jwks: dict[str, Any]) -> bool:
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys:
        return False
    return all(isinstance(key, dict) and "kty" in key and not {"d", "k"} & key.keys() for key in keys)


def _error(status: int, code: str, description: str) -> Response:
    return JSONResponse({"error": code, "error_description": description}, status_code=status)
