"""One server-to-server call from bytes to bytes: bounded body, admission, the step itself, the envelope (1.2, 1.6).

A step returns its content or raises; it meets a person only after it has opened the sealed body, and then scenarios of
that person's session are looked for once more.
"""

import base64
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mock_idps.hong_kong.admission import authenticate, identify
from mock_idps.hong_kong.catalogue import CORP_CALLS
from mock_idps.hong_kong.codes import MESSAGES, SUCCESS, WireError
from mock_idps.hong_kong.config import Client
from mock_idps.hong_kong.content_keys import ContentKey
from mock_idps.hong_kong.envelope import CEK_BYTES, seal
from mock_idps.hong_kong.faults import Caller, OutageError, break_down, damage, refuse, take
from mock_idps.hong_kong.simulation import Grant, Simulation
from mock_idps.switchboard import session_of

MAX_BODY: Final = 10 * 1024 * 1024


@dataclass(slots=True)
class Call:
    """An admitted call, and what has been learned about it so far."""

    client: Client
    caller: Caller
    body: bytes
    key: ContentKey | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def open(self, simulation: Simulation) -> Mapping[str, Any]:
        """Open the sealed body; the answer will be sealed with the same key."""
        content = _content(self.body)
        now = simulation.now(self.caller.session)
        plaintext, self.key = simulation.desk(self.caller.endpoint).keys.open(self.client.client_id, content, now)
        self.fields = _json_object(plaintext)
        return self.fields

    async def meet(self, simulation: Simulation, grant: Grant) -> None:
        """Remember whom the call is about, and break down where that is armed for the person's session."""
        session = grant.session or self.caller.session
        self.caller = replace(self.caller, session=session, persona=grant.persona.id)
        await break_down(simulation, self.caller)


Step = Callable[[Simulation, Call], Awaitable[Mapping[str, Any] | None]]


async def exchange(simulation: Simulation, request: Request, endpoint: str, step: Step) -> Response:
    """Take one call and answer it; business errors are HTTP 200 with a code."""
    caller = Caller(endpoint, session=session_of(request))
    call: Call | None = None
    try:
        body = await _bounded_body(request)
        client = identify(simulation.config, request.headers)
        caller = replace(caller, client=client.client_id)
        await break_down(simulation, caller)
        ledger, now = simulation.desk(endpoint).ledger, simulation.now(caller.session)
        authenticate(ledger, client.client_id, simulation.secrets_of(client), request.headers, body, now=now)
        refuse(simulation, caller)
        call = Call(client, caller, body)
        content = await step(simulation, call)
        answer, response = _shown_code(simulation, caller, SUCCESS), _succeed(simulation, call, content)
    except OutageError as outage:
        answer, response = f"HTTP {outage.response.status_code}", outage.response
    except WireError as error:
        answer = _shown_code(simulation, caller, error.code)
        response = _respond(simulation, caller, error.code, error.message, None)
    _record(simulation, call.caller if call else caller, call, answer)
    return response


def _succeed(simulation: Simulation, call: Call, content: Mapping[str, Any] | None) -> Response:
    shown: Any = content
    if call.key is not None and content is not None:
        wrong = take(simulation, "wrong_key", call.caller) is not None
        shown = seal(os.urandom(CEK_BYTES) if wrong else call.key.key, _compact(content))
        broken = take(simulation, "frame_broken", call.caller)
        if broken is not None:
            spoiled = damage(base64.b64decode(shown), str(broken.get("kind", "flip")))
            shown = base64.b64encode(spoiled).decode("ascii")
    response = _respond(simulation, call.caller, SUCCESS, MESSAGES[SUCCESS], shown)
    if take(simulation, "truncated", call.caller) is not None:
        return Response(bytes(response.body)[: len(response.body) // 2], media_type="application/json")
    return response


def _respond(simulation: Simulation, caller: Caller, code: str, message: str, content: Any) -> Response:
    shown = _shown_code(simulation, caller, code)
    if caller.endpoint in CORP_CALLS and take(simulation, "org_mixed_prefix", caller) is not None:
        shown = code  # as official samples do
    sentence = simulation.desk(caller.endpoint).sentence
    envelope: dict[str, Any] = {"txID": f"<T={secrets.token_hex(16)}>", "code": shown, sentence: message}
    if content is not None:
        envelope["content"] = content
    return Response(_compact(envelope), media_type="application/json")


def _shown_code(simulation: Simulation, caller: Caller, code: str) -> str:
    """Write a code with the letter of the server that answers."""
    return simulation.desk(caller.endpoint).letter + code[1:]


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise OutageError(PlainTextResponse("payload too large", status_code=413))
    return bytes(body)


def _content(body: bytes) -> str:
    envelope = _json_object(body)
    if "content" not in envelope:
        raise WireError("D20001", "content")
    content = envelope["content"]
    if content == "":
        raise WireError("D20002", "content")
    if not isinstance(content, str):
        raise WireError("D20003", "content")
    return content


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise WireError("D20003", "body") from None
    if not isinstance(parsed, dict):
        raise WireError("D20003", "body")
    return parsed


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _record(simulation: Simulation, caller: Caller, call: Call | None, answer: str) -> None:
    simulation.board.record(
        {
            "at": simulation.now(caller.session),
            "endpoint": caller.endpoint,
            "client": caller.client,
            "session": caller.session,
            "persona": caller.persona,
            "answer": answer,
            "request": dict(call.fields) if call else {},
        }
    )
