"""Checking a signature in the browser: an upload, an answer, nothing kept of the document.

Nobody has to sign in. What one address may ask for is limited, and all checks of the process share one bounded queue
with those of relying parties (SG-12). The form is bound to the browser like every other (WB-02).
"""

import asyncio
import base64
import binascii
import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certs.trust.errors import RefusalCode, Refused
from gateway.broker import problems
from gateway.broker.problems import ProblemError
from gateway.signatures.service import Caller, TrustUnusableError, Validated
from gateway.web.browser import form_token, is_form_token, new_binding
from gateway.web.context import Web, web_of
from gateway.web.errors import RETRY_SECONDS, errors_as_pages
from gateway.web.forms import FormError
from gateway.web.limits import SignInPace
from gateway.web.responses import page
from gateway.web.signature_desk import SignatureDesk
from gateway.web.signature_pages import HOME, PLACES, PURPOSES, CheckPage, report_page
from gateway.web.source import source_of
from gateway.web.upload import LARGEST, Upload, upload_of

PER_MINUTE: Final = 12
"""Checks that one address may ask for; a person reads longer than that."""
_VISITOR: Final = Caller(client_id="", sees_names=False)
"""The report that is signed holds no name; the page shows the one in the certificate that the person brought."""
_PURPOSE: Final = "signatures"
_KNOWN: Final = frozenset({"csrf", "relying", "purpose", "document", "signature"})
_SHOWN_NAME: Final = 120
_PEM: Final = re.compile(rb"\s*-----BEGIN (PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----\s*")
_STATUS: Final = {RefusalCode.BUSY.value: 503, "lists": 503, RefusalCode.SIZE.value: 413}
_UNREADABLE: Final = 422


@errors_as_pages
async def show(request: Request) -> Response:
    """The empty form."""
    web = web_of(request)
    binding = web.cookies.binding(request) or new_binding()
    response = page(request, _form(web, binding))
    web.cookies.set_binding(response, binding)
    return response


def _form(web: Web, binding: str, **answer: Any) -> CheckPage:
    token = form_token(web.form_key, binding, _PURPOSE)
    return CheckPage(service=None, switch=HOME, action=HOME, csrf=token, **answer)


def members_of(document: bytes, signature: bytes | None, relying: str, purpose: str) -> dict[str, Any]:
    """The request that an upload amounts to; without a signature beside it the document holds its own."""
    members = {"format": "auto", "relying_jurisdiction": relying, "purpose": purpose}
    if signature is None:
        return {**members, "signature": _base64(_without_armour(document))}
    return {**members, "signature": _base64(_without_armour(signature)), "content": {"bytes": _base64(document)}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _without_armour(data: bytes) -> bytes:
    """The message inside PEM (RFC 7468 §8, §9): people get signature files in both forms, and see no difference."""
    found = _PEM.fullmatch(data) if data.lstrip()[:10] == b"-----BEGIN" else None
    if found is None:
        return data
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error:
        return data


class _Checks:
    """The form's endpoint with the counts of those who use it."""

    def __init__(self) -> None:
        self._pace = SignInPace(PER_MINUTE)

    async def check(self, request: Request) -> Response:
        """Judge what was uploaded and show the report."""
        web = web_of(request)
        binding, desk = web.cookies.binding(request), _desk(web)
        self._pace.count(_PURPOSE, source_of(request.scope), web.clock())
        if binding is None:
            raise ProblemError(problems.STALE_FORM, reason="no_binding")
        try:
            async with desk.uploading.turn(), upload_of(request, _KNOWN) as upload:
                return await _answer(request, desk, upload, binding)
        except Refused as refused:  # nobody's turn: nothing was read
            return _answered(request, _form(web, binding, answer=refused.code.value))


async def _answer(request: Request, desk: SignatureDesk, upload: Upload, binding: str) -> Response:
    web, fields = web_of(request), upload.fields
    if not is_form_token(web.form_key, binding, _PURPOSE, fields.get("csrf", "")):
        raise ProblemError(problems.STALE_FORM)
    relying, purpose = fields.get("relying", ""), fields.get("purpose", "")
    if relying not in {*PLACES, ""} or purpose not in PURPOSES:
        raise FormError(400)
    result = await _judged(desk, upload, relying, purpose)
    if isinstance(result, Validated):
        return page(request, report_page(result, _name(upload)))
    return _answered(request, _form(web, binding, relying=relying, purpose=purpose, answer=result))


def _desk(web: Web) -> SignatureDesk:
    if web.signatures is None:
        raise ProblemError(problems.NOT_FOUND)
    return web.signatures


async def _judged(desk: SignatureDesk, upload: Upload, relying: str, purpose: str) -> Validated | str:
    """The report, or the code of what keeps it from being made."""
    if not relying:
        return "no_place"
    if "document" not in upload.files:
        return "no_document"
    if upload.size > LARGEST:
        return RefusalCode.SIZE.value
    try:
        async with desk.queue.turn():  # what waits for its turn waits on the disk, not in memory
            document, signature = await _bytes(upload, "document"), await _bytes(upload, "signature")
            members = await asyncio.to_thread(members_of, document or b"", signature, relying, purpose)
            return await desk.service.validate(members, _VISITOR, keep=False)
    except Refused as refused:
        return refused.code.value
    except TrustUnusableError:
        return "lists"


async def _bytes(upload: Upload, name: str) -> bytes | None:
    file = upload.files.get(name)
    return None if file is None else await file.read()


def _answered(request: Request, context: CheckPage) -> Response:
    """The form again, with what is wrong; the files have to be chosen once more, browsers see to that."""
    response = page(request, context, status=_STATUS.get(context.answer or "", _UNREADABLE))
    if response.status_code == _STATUS["lists"]:
        response.headers["retry-after"] = RETRY_SECONDS
    return response


def _name(upload: Upload) -> str:
    """The file's name without folders, which some browsers send along."""
    name = upload.files["document"].filename or ""
    return re.split(r"[\\/]", name)[-1][:_SHOWN_NAME]


def routes() -> list[Route]:
    """The form and its answer; only where signatures are checked at all."""
    return [
        Route(HOME, show, methods=["GET"]),
        Route(HOME, errors_as_pages(_Checks().check), methods=["POST"]),
    ]
