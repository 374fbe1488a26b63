"""Signing behind the province's gateway: `sign/hash` takes a digest, `sign/result` gives the signature (section 6.D).

The person comes in between, on the platform's own page. The key lies with the authority, and signs when the
application fetches the result.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mock_idps.authority.signing import SigningError
from mock_idps.guangdong.answers import refusal
from mock_idps.guangdong.ebus import Ebus
from mock_idps.guangdong.people import NONE, level_of, subject_key
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.store import Signature, new_key

SIGN_MS: Final = 10 * 60 * 1000
WAYS: Final = {"signedData": "message", "signature": "SM3withSM2"}
"""Form of the answer -> how the authority is asked."""
SIGNED, FAILED, LAPSED = "SIGNED", "FAILED", "LAPSED"
MAX_TITLE: Final = 255
LEVELS: Final = frozenset({"L2", "L3"})
_FIELDS: Final = frozenset({"hash", "title", "useridcode", "notify_url", "form"})
_HASH: Final = re.compile(r"[0-9A-Fa-f]{64}")
_OTHER_DOCUMENT: Final = hashlib.sha256(b"another document").digest()


class SignEndpoints:
    """What applications call."""

    def __init__(self, province: Province) -> None:
        self._province = province
        self._ebus = Ebus(province)

    async def hash(self, request: Request) -> Response:
        """Take what is to be signed, and say where the person goes."""
        return await self._ebus.answer(request, "sign/hash", self._take)

    async def result(self, request: Request) -> Response:
        """Say how it stands; give the signature once there is one."""
        return await self._ebus.answer(request, "sign/result", self._give)

    async def _take(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any]:
        errcode = self._fault(payload, call)
        if errcode is not None:
            return {**refusal(errcode), "data": NONE}
        now_ms, sign_id = self._province.now_ms(call.session), new_key()
        signature = Signature(
            client_id=call.client or "",
            useridcode=payload["useridcode"],
            value=bytes.fromhex(payload["hash"]),
            title=payload["title"],
            way=WAYS[payload["form"]],
            notify_url=payload["notify_url"],
            check_code=f"{secrets.randbelow(10_000):04d}",
            session=call.session,
            expires_ms=now_ms + SIGN_MS,
        )
        self._province.store.signatures.put(sign_id, signature, now_ms)
        url = f"{self._province.config.base_url}/tif/sign?id={sign_id}"
        data = {"sign_id": sign_id, "sign_url": url, "check_code": signature.check_code}
        return _ok(_changed(data, self._province.take("hash_start_weird", call)))

    def _fault(self, payload: Mapping[str, Any], call: Call) -> str | None:
        """Give the errcode of the first thing that is wrong."""
        client = self._province.config.client(call.client or "")
        if set(payload) != _FIELDS or not all(isinstance(value, str) for value in payload.values()):
            return "46012"
        if not _HASH.fullmatch(payload["hash"]) or not 0 < len(payload["title"]) <= MAX_TITLE:
            return "46012"
        if payload["form"] not in WAYS or self._province.signing is None:
            return "46012"
        if client is None or not client.allows_redirect(payload["notify_url"]):
            return "40035"
        holders = self._province.account_holders
        person = next((one for one in holders if subject_key(one) == payload["useridcode"]), None)
        return None if person is not None and level_of(person) in LEVELS else "43010"

    async def _give(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any]:
        signature = self._province.store.signatures.peek(str(payload.get("sign_id", "")))
        if set(payload) != {"sign_id"} or signature is None or signature.client_id != call.client:
            return {**refusal("40029"), "data": NONE}
        status = self._status(signature, call)
        if status != SIGNED:
            return _ok({"status": status})
        try:
            data = await self._signed(signature, call)
        except SigningError:
            return _ok({"status": FAILED})
        return _ok(_changed(data, self._province.take("hash_weird", call)))

    def _status(self, signature: Signature, call: Call) -> str:
        if self._province.take("hash_failed", call) is not None:
            return FAILED
        if self._province.take("hash_not_yet", call) is not None:
            return "WAITING"
        is_over = signature.expires_ms <= self._province.now_ms(signature.session)
        return LAPSED if is_over and signature.status == "WAITING" else signature.status

    async def _signed(self, signature: Signature, call: Call) -> dict[str, Any]:
        service = self._province.signing
        if service is None or signature.persona is None:
            raise SigningError("nobody signs here")
        wrong = self._province.take("hash_wrong_certificate", call) or {}
        is_other = self._province.take("hash_other", call) is not None
        is_hidden = self._province.take("hash_other_document", call) is not None
        answer = await service.sign(
            "guangdong",
            str(wrong.get("persona", signature.persona)),
            _OTHER_DOCUMENT if is_other or is_hidden else signature.value,
            way=signature.way,
            kind=wrong.get("kind"),
            spoil=wrong.get("spoil"),
        )
        return answer | {"hash": signature.value.hex()} if is_hidden else answer


def _changed(data: dict[str, Any], args: Mapping[str, Any] | None) -> dict[str, Any]:
    """Override members as a tester wishes; null removes one."""
    changed = {**data, **(args or {})}
    return {name: value for name, value in changed.items() if value is not None}


def _ok(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"errcode": "0", "errmsg": "ok", "data": dict(data)}
