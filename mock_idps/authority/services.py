"""What the authorities serve: status answers, revocation lists, timestamps, certificates and signed lists.

Each service asks the switchboard first what it shall do wrong. Nothing here is authenticated: it is a sandbox.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_idps.authority import answers, lists, revocation_lists, stamps
from mock_idps.authority.authorities import AUTHORITIES
from mock_idps.authority.certificate import Issued
from mock_idps.authority.equivalence import equivalence
from mock_idps.authority.listed import LISTS
from mock_idps.authority.reading import read_ocsp_request, read_stamp_query
from mock_idps.authority.root import signed_root
from mock_idps.authority.stamps import Stamp
from mock_idps.authority.world import World
from mock_idps.switchboard import Switchboard, session_of

SERVICES: Final = {"ocsp": answers.SPOILS, "crl": revocation_lists.SPOILS, "stamp": stamps.SPOILS}
SCENARIOS: Final = {
    **{f"{service}_down": f"the {service} service answers 503" for service in (*SERVICES, "list")},
    "ocsp_delegated": "answers are signed by a delegate",
    **{f"{service}_slow": f"the {service} service waits (args: seconds)" for service in (*SERVICES, "list")},
    **{f"{service}_{spoil}": f"{service}: {spoil}" for service, spoils in SERVICES.items() for spoil in spoils},
    "list_wrong_signer": "lists are signed by keys that no root knows",
    "list_one_signer": "lists are signed by one person alone",
    "list_unsigned": "lists come as plain documents",
    "list_expired": "lists are past their time",
    "list_sequence": "lists have another number (args: sequence)",
}
_BODY_LIMIT: Final = 64 * 1024
_JSON: Final = "application/json"


class Services:
    """The endpoints that machines use."""

    def __init__(self, world: World, board: Switchboard, now: Callable[[], datetime]) -> None:
        self._world = world
        self._board = board
        self._now = now

    def routes(self) -> list[Route]:
        """Every address that stands in certificates and lists."""
        return [
            Route("/ocsp/{authority}", self._ocsp, methods=["POST"]),
            Route("/ocsp/{authority}/{request:path}", self._ocsp, methods=["GET"]),
            Route("/crl/{authority}.crl", self._crl),
            Route("/certificates/{authority}.cer", self._certificate),
            Route("/tsa/{authority}", self._stamp, methods=["POST"]),
            Route("/lists/{list_id}", self._list),
            Route("/root.json", self._root),
            Route("/equivalence", self._equivalence),
        ]

    def _takes(self, request: Request, name: str) -> dict[str, Any] | None:
        args = self._board.take(name, session=session_of(request), endpoint=name.split("_", maxsplit=1)[0])
        return None if args is None else dict(args)

    async def _trouble(self, request: Request, service: str) -> Response | None:
        """Wait or fail where a tester asked for it."""
        slow = self._takes(request, f"{service}_slow")
        if slow is not None:
            await asyncio.sleep(float(slow.get("seconds", 10)))
        if self._takes(request, f"{service}_down") is not None:
            return Response("The service is down (simulation).", 503, media_type="text/plain")
        return None

    def _spoil(self, request: Request, service: str) -> str | None:
        return next((s for s in SERVICES[service] if self._takes(request, f"{service}_{s}") is not None), None)

    async def _ocsp(self, request: Request) -> Response:
        trouble = await self._trouble(request, "ocsp")
        if trouble is not None:
            return trouble
        asked = read_ocsp_request(await _asked(request))
        media = "application/ocsp-response"
        if asked is None:
            return Response(answers.error("malformedRequest"), media_type=media)
        found = _issued(self._world, request.path_params["authority"], asked.serial)
        if found is None:
            return Response(answers.error("unauthorized"), media_type=media)
        spoil = self._spoil(request, "ocsp")
        answer = answers.ocsp(
            self._world,
            found,
            spoil,
            at=self._now(),
            nonce=asked.nonce,
            delegated=self._takes(request, "ocsp_delegated") is not None,
            certificate_id_digest=asked.digest_name,
        )
        return Response(answer, media_type="text/html" if spoil == "html" else media)

    async def _crl(self, request: Request) -> Response:
        trouble = await self._trouble(request, "crl")
        if trouble is not None:
            return trouble
        authority = request.path_params["authority"]
        if authority not in AUTHORITIES:
            return Response(status_code=404)
        spoil = self._spoil(request, "crl")
        written = revocation_lists.crl(self._world, authority, spoil, at=self._now())
        return Response(written, media_type="text/html" if spoil == "html" else "application/pkix-crl")

    async def _certificate(self, request: Request) -> Response:
        authority = request.path_params["authority"]
        if authority not in AUTHORITIES:
            return Response(status_code=404)
        return Response(self._world.authority(authority).der, media_type="application/pkix-cert")

    async def _stamp(self, request: Request) -> Response:
        trouble = await self._trouble(request, "stamp")
        if trouble is not None:
            return trouble
        authority = request.path_params["authority"]
        if authority not in {"hk-tsa", "gd-tsa", "mo-tsa"}:
            return Response(status_code=404)
        query = read_stamp_query(await _asked(request))
        if query is None:
            return Response(stamps.rejection(5), media_type="application/timestamp-reply")
        said = Stamp(
            imprint=query.imprint,
            imprint_digest=query.digest_name,
            gen_time=self._now(),
            nonce=query.nonce,
        )
        token = stamps.token(self._world, said, self._spoil(request, "stamp"), authority=authority)
        return Response(stamps.response(token), media_type="application/timestamp-reply")

    async def _list(self, request: Request) -> Response:
        list_id = request.path_params["list_id"]
        if list_id not in LISTS:
            return Response(status_code=404)
        document = lists.trust_list(self._world, list_id)
        return await self._signed(request, document, lists.TYPE)

    async def _equivalence(self, request: Request) -> Response:
        return await self._signed(request, equivalence(self._world), lists.EQUIVALENCE_TYPE)

    async def _signed(self, request: Request, document: dict[str, Any], typ: str) -> Response:
        trouble = await self._trouble(request, "list")
        if trouble is not None:
            return trouble
        renumbered = self._takes(request, "list_sequence")
        if renumbered is not None:
            document |= {"sequence": int(renumbered.get("sequence", 1))}
        if self._takes(request, "list_expired") is not None:
            document |= lists.times(self._world.now, days=-200)
        if self._takes(request, "list_unsigned") is not None:
            return Response(lists.encode(document), media_type=_JSON)
        signers: tuple[str, ...] = lists.TWO
        if self._takes(request, "list_wrong_signer") is not None:
            signers = ("stranger-1", "stranger-2")
        if self._takes(request, "list_one_signer") is not None:
            signers = lists.TWO[:1]
        return Response(lists.sign(self._world, document, signers, typ=typ), media_type=_JSON)

    async def _root(self, _request: Request) -> Response:
        return Response(signed_root(self._world), media_type=_JSON)


async def _asked(request: Request) -> bytes:
    """The bytes of a question: a bounded body, or base64 at the end of the address (RFC 6960 appendix A.1)."""
    if request.method == "GET":
        try:
            return base64.b64decode(request.path_params["request"], validate=True)
        except (binascii.Error, ValueError):
            return b""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            return b""
    return bytes(body)


def _issued(world: World, authority: str, serial: int) -> Issued | None:
    for one in world.issued():
        if one.serial == serial and one.issuer is not None and one.issuer.kind == authority:
            return one
    return None
