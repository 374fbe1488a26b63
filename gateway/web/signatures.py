"""The signature endpoints: validate, replay, read reports again, receipts, and the key under them (signatures §2).

A verdict is never an HTTP status: whatever could be judged is 200 with a report.
"""

import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from certs.signatures import receipt
from certs.trust.errors import RefusalCode, Refused
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, ServiceScope
from gateway.oidc.service_access import ServiceAccess
from gateway.signatures.replaying import Change, Replayed, members_of, replay_bundle, replay_stored
from gateway.web.context import signatures_of, web_of
from gateway.web.edge import BodyLimit
from gateway.web.errors import oauth_json
from gateway.web.forms import once, query_pairs
from gateway.web.key_documents import key_document
from gateway.web.service_calls import caller_of, for_services, require_names
from gateway.web.signature_answers import evidence_of, validated
from gateway.web.signature_batches import answer_batch
from gateway.web.signature_bodies import (
    BATCH,
    BODY,
    MULTIPART,
    STREAM,
    Received,
    json_body,
    media_type,
    multipart_body,
    only,
)

ROOT: Final = "/v1/signatures"
VALIDATE: Final = f"{ROOT}/validate"
VALIDATE_BATCH: Final = f"{ROOT}/validate-batch"
REPLAY: Final = f"{ROOT}/replay"
REPORT: Final = f"{ROOT}/reports/{{report_id}}"
KEYS: Final = f"{ROOT}/keys"
RECEIPTS: Final = f"{ROOT}/receipts"
JOSE: Final = "application/jose"
_PARTS: Final = 100_000_000
"""What a multipart body may have beside its content."""

BODIES: Final = {
    VALIDATE: BodyLimit(STREAM + _PARTS, 600),
    RECEIPTS: BodyLimit(STREAM + _PARTS, 600),
    VALIDATE_BATCH: BodyLimit(BATCH, 120),
    REPLAY: BodyLimit(BODY, 60),
}
"""How much each address takes; JSON is counted again while it is read."""

Work = Callable[[ServiceAccess, Request, Received], Awaitable[Response]]


def received(work: Work) -> Callable[[ServiceAccess, Request], Awaitable[Response]]:
    """Read the body in either form, few at a time: large ones lie in files, and files fill disks."""

    @functools.wraps(work)
    async def answer(access: ServiceAccess, request: Request) -> Response:
        desk = signatures_of(request)
        if media_type(request) == MULTIPART:
            async with desk.uploading.turn(), multipart_body(request) as parts:
                return await work(access, request, parts)
        async with desk.receiving.turn():
            return await work(access, request, Received(await json_body(request)))

    return answer


@received
async def answer_validate(access: ServiceAccess, request: Request, parts: Received) -> Response:
    """Judge one input; the report is stored for its caller and signed."""
    desk, caller = signatures_of(request), caller_of(access)
    if parts.members.get("report") == "evidence":
        require_names(access)  # certificates stand in the evidence as they are
    async with desk.queue.turn():
        found = await desk.service.validate(parts.members, caller, content=parts.content)
    return JSONResponse(await validated(found, parts.members, caller, desk.service))


@received
async def answer_receipts(_access: ServiceAccess, request: Request, parts: Received) -> Response:
    """Put on record that signatures exist now, and say so in signed words; whether they are good is not asked."""
    web, desk = web_of(request), signatures_of(request)
    if parts.content is not None:
        raise Refused(RefusalCode.SIZE, "a receipt needs no content: leave it out, or send its digest")
    async with desk.queue.turn():
        found = await desk.service.take_down(parts.members)
    receipts = [
        {
            "signature_sha256": one.signature_sha256,
            "first_seen": one.first_seen.isoformat(),
            "receipt": receipt.issue(one, web.issuer, desk.service.report_key),
        }
        for one in found
    ]
    return JSONResponse({"receipts": receipts})


async def answer_replay(access: ServiceAccess, request: Request) -> Response:
    """Judge a stored report or a bundle again, by the same rules or by others; nothing of it is stored or signed."""
    desk, caller = signatures_of(request), caller_of(access)
    async with desk.receiving.turn():
        members = await json_body(request)
        only(members, {"report_id", "bundle", "policy", "validation_time"})
        report_id, bundle = members.get("report_id"), members.get("bundle")
        change = Change(_policy(members.get("policy")), _moment(members.get("validation_time")))
        if isinstance(report_id, str) and bundle is None:
            async with desk.queue.turn():
                found = await replay_stored(desk.service, report_id, caller, change)
        elif isinstance(bundle, dict) and report_id is None:
            async with desk.queue.turn():
                found = replay_bundle(desk.service, bundle, caller, change)
        else:
            raise Refused(RefusalCode.AMBIGUOUS, "either report_id or bundle says what is judged again")
    return _unknown(request) if found is None else JSONResponse(_replayed(found))


async def answer_report(access: ServiceAccess, request: Request) -> Response:
    """A report of this client's own: as it was signed, or with it as JSON; with its evidence on request."""
    service, caller = signatures_of(request).service, caller_of(access)
    wants_evidence = once(query_pairs(request)).get("evidence") == "1"
    stored = await service.reports.find(str(request.path_params["report_id"]), caller.client_id)
    if stored is None:
        return _unknown(request)
    report = members_of(stored)
    if wants_evidence or any(one["signer"] and not one["signer"]["subject_hidden"] for one in report["signatures"]):
        require_names(access)  # the scope may have been taken away since
    if JOSE in request.headers.get("accept", ""):
        return Response(stored.token, media_type=JOSE)
    answer: dict[str, Any] = {"report": report, "jws": stored.token}
    if wants_evidence:
        answer["evidence"] = await evidence_of(stored.id, caller, service)
    return JSONResponse(answer)


async def answer_keys(request: Request) -> Response:
    """The keys under reports and receipts, earlier ones too, for whoever checks one without asking us (RFC 7517 §5)."""
    return key_document(request, signatures_of(request).service.report_keys, web_of(request).keys_cache_control)


def _replayed(found: Replayed) -> dict[str, Any]:
    return {"report": found.report, "same_as_stored": found.is_same}


def _policy(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Refused(RefusalCode.FORMAT, "policy is not a text")
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a day before the year 1, or after 9999, once it is in UTC
        pass
    raise Refused(RefusalCode.FORMAT, "validation_time is not a time with an offset (RFC 3339)")


def _unknown(request: Request) -> Response:
    """Somebody else's report looks like one that never was."""
    return oauth_json(request, OAuthError(ErrorCode.NOT_FOUND, "there is no such report", audited=True), 404)


def routes() -> list[Route]:
    """The signature endpoints, for a gateway that validates."""
    validate, read = ServiceScope.SIGNATURES_VALIDATE, ServiceScope.SIGNATURES_READ
    return [
        Route(VALIDATE, for_services("signatures", validate, answer_validate), methods=["POST"]),
        Route(VALIDATE_BATCH, for_services("signatures", validate, answer_batch), methods=["POST"]),
        Route(REPLAY, for_services("signatures", read, answer_replay), methods=["POST"]),
        Route(REPORT, for_services("signatures", read, answer_report)),
        Route(RECEIPTS, for_services("signatures", validate, answer_receipts), methods=["POST"]),
        Route(KEYS, answer_keys),
    ]
