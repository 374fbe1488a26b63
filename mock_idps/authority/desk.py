"""The sandbox's desk: a page and a small interface where anybody signs a document as anybody in the cast.

Revoking, holding and releasing certificates stands here too. It is a simulation: nothing asks who you are.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_idps.authority import samples
from mock_idps.authority.certificate import Issued
from mock_idps.authority.extensions import CRL_REASONS
from mock_idps.authority.kinds import KINDS
from mock_idps.authority.listed import LISTS
from mock_idps.authority.samples import FORMATS, SIGNATURE_SPOILS, Order, OrderError
from mock_idps.authority.signing import LocalSigning, SigningError
from mock_idps.authority.spoils import SPOILS
from mock_idps.authority.world import World
from mock_idps.pages import page
from mock_idps.personas import PERSONAS

BODY_LIMIT: Final = 32 * 1024 * 1024
_ORDER: Final = frozenset(
    {
        "format",
        "kind",
        "persona",
        "certificate_spoil",
        "signature_spoil",
        "timestamp",
        "timestamp_spoil",
        "family",
        "pss",
        "staple",
        "at",
    }
)
_PAGE: Final = """
<p>Signs a text or a file as anybody, with any certificate, good or bad. Lists:
<a href="/root.json">root</a>, <a href="/equivalence">equivalence</a>
{% for name in lists %}, <a href="/lists/{{ name }}">{{ name }}</a>{% endfor %}.
Switches for bad answers: <a href="/__mock__/">control plane</a>.</p>
<form method="post" action="/sign" enctype="multipart/form-data">
<label for="format">Format</label>
<select id="format" name="format">{% for name in formats %}<option>{{ name }}</option>{% endfor %}</select>
<label for="kind">Certificate</label>
<select id="kind" name="kind">{% for name in kinds %}<option>{{ name }}</option>{% endfor %}</select>
<label for="persona">Person</label>
<select id="persona" name="persona">{% for one in people %}
<option value="{{ one.id }}">{{ one.id }}: {{ one.note }}</option>{% endfor %}</select>
<label for="certificate_spoil">What is wrong with the certificate</label>
<select id="certificate_spoil" name="certificate_spoil"><option value="">nothing</option>
{% for name in certificate_spoils %}<option>{{ name }}</option>{% endfor %}</select>
<label for="signature_spoil">What is wrong with the signature</label>
<select id="signature_spoil" name="signature_spoil"><option value="">nothing</option>
{% for name in signature_spoils %}<option>{{ name }}</option>{% endfor %}</select>
<label for="timestamp">Timestamp</label>
<select id="timestamp" name="timestamp"><option value="">none</option>
<option>hk-tsa</option><option>gd-tsa</option><option>mo-tsa</option></select>
<label for="text">Text</label><input id="text" name="text" value="A fictional contract.">
<label for="file">or a file</label><input id="file" name="file" type="file">
<button class="main" id="sign">Sign</button></form>
"""


class Desk:
    """The endpoints that people and scripts use."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now

    def routes(self) -> list[Route]:
        """The page, the signer, and the registry."""
        return [
            Route("/", self._page),
            Route("/sign", self._sign, methods=["POST"]),
            Route("/signing/{place}", self._signing, methods=["POST"]),
            Route("/issued", self._issued),
            Route("/revocation/{action}", self._revocation, methods=["POST"]),
        ]

    async def _page(self, _request: Request) -> Response:
        return page(
            "Signing desk",
            _PAGE,
            formats=list(FORMATS),
            kinds=list(KINDS),
            people=PERSONAS,
            certificate_spoils=list(SPOILS),
            signature_spoils=list(SIGNATURE_SPOILS),
            lists=list(LISTS),
        )

    async def _sign(self, request: Request) -> Response:
        """Sign: JSON `{"format", "kind", "persona", "content": base64, …}`, or the page's form."""
        try:
            fields, content = await _order(request)
            order = _read(fields)
            signed = samples.make(self._world, order, content)
        except OrderError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        name = f"signed.{FORMATS[order.format].ending}"
        return Response(
            signed,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )

    async def _signing(self, request: Request) -> Response:
        """Answer a place's signing service: `{"persona", "hash": base64, "way"?, "kind"?, "spoil"?}`."""
        try:
            fields = await _object(request)
            value = _base64(fields.pop("hash", ""), "hash")
            said = {name: str(fields[name]) for name in ("way", "kind", "spoil") if name in fields}
            service = LocalSigning(self._world)
            answer = await service.sign(request.path_params["place"], str(fields.get("persona", "")), value, **said)
        except (OrderError, SigningError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(answer)

    async def _issued(self, _request: Request) -> Response:
        """Every certificate that was issued so far, without names."""
        return JSONResponse([_described(one) for one in self._world.issued()])

    async def _revocation(self, request: Request) -> Response:
        """Revoke, hold or release: `{"sha256", "reason"?, "at"?, "invalid_since"?}`."""
        action = request.path_params["action"]
        try:
            fields = await _object(request)
            found = next((one for one in self._world.issued() if one.sha256 == fields.get("sha256")), None)
            if found is None:
                return JSONResponse({"error": "there is no such certificate"}, status_code=404)
            at = _moment(fields.get("at")) or self._now()
            _act(self._world, action, found, at, fields)
        except OrderError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"ok": True})


def _act(world: World, action: str, found: Issued, at: datetime, fields: dict[str, Any]) -> None:
    reason = fields.get("reason", "unspecified")
    if action == "hold":
        world.registry.hold(found, at)
    elif action == "release" and world.registry.of(found) is not None:
        world.registry.release(found, at)
    elif action == "revoke" and reason in CRL_REASONS:
        world.registry.revoke(found, at, reason, invalid_since=_moment(fields.get("invalid_since")))
    else:
        raise OrderError("revoke (for a reason of RFC 5280), hold, or release what is on hold")


def _described(one: Issued) -> dict[str, Any]:
    issuer = one.issuer.kind if one.issuer else one.kind
    return {"kind": one.kind, "issuer": issuer, "serial": str(one.serial), "sha256": one.sha256}


async def _order(request: Request) -> tuple[dict[str, Any], bytes]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        fields = await _object(request)
        return fields, _base64(fields.pop("content", ""), "content")
    async with request.form(max_files=1, max_fields=20, max_part_size=BODY_LIMIT) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str) and value}
        text, upload = fields.pop("text", ""), form.get("file")
        sent = b"" if upload is None or isinstance(upload, str) else await upload.read(BODY_LIMIT)
    return fields, sent or text.encode()


def _base64(value: object, name: str) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise OrderError(f"{name} must be base64") from None


async def _object(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > 2 * BODY_LIMIT:
            raise OrderError("too large")
    try:
        return dict(samples.read_object(bytes(body)))
    except ValueError:
        raise OrderError("the body must be a JSON object") from None


def _read(fields: dict[str, Any]) -> Order:
    unknown = set(fields) - _ORDER
    if unknown or not {"format", "kind"} <= fields.keys():
        raise OrderError(f"an order has format and kind, and may have {', '.join(sorted(_ORDER))}")
    at = _moment(fields.pop("at", None))
    pss, staple = (fields.pop(name, False) in {True, "on", "true"} for name in ("pss", "staple"))
    if not all(isinstance(value, str) for value in fields.values()):
        raise OrderError("members of an order are texts")
    return Order(**fields, pss=pss, staple=staple, at=at)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise OrderError("a time is written as in RFC 3339") from None
    if moment.tzinfo is None:
        raise OrderError("a time needs its offset")
    return moment
