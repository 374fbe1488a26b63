"""What applications ask after the callback: code for token, token for user data (sections 4.1, 6.D)."""

import base64
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from mock_idps.guangdong.answers import general_fault, json_answer, raw_answer, refusal
from mock_idps.guangdong.envelope import WRAPPER_VERSION, canonical, wrapper_bytes
from mock_idps.guangdong.inputs import query_fields
from mock_idps.guangdong.legal_person import acting, pareobj
from mock_idps.guangdong.people import LEVELS, NONE, level_of, user_data
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.store import EXPIRES_IN, Grant, new_key
from mock_idps.guangdong.wrapper import dress
from mock_idps.personas import Persona
from mock_idps.switchboard import session_of

_GRANT_TYPES: Final = frozenset({"authorization_code", "code"})
_BEIJING: Final = timedelta(hours=8)
_ONE_DAY_S: Final = 86_400


class OAuthEndpoints:
    """`access_token` and `tokeninfo`: GET, everything in the query, HTTP 200 whatever the answer."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def access_token(self, request: Request) -> Response:
        """Redeem a code, once."""
        fields = query_fields(request)
        grant = self._province.store.codes.peek(fields.get("code", ""))
        call = _call("access_token", request, grant, fields.get("client_id"))
        fault = await general_fault(self._province, call)
        if fault is not None:
            return fault
        answer = self._redeem(fields, call)
        self._province.record(call, query=fields, errcode=answer.get("errcode", "0"))
        return json_answer(answer)

    async def tokeninfo(self, request: Request) -> Response:
        """Give the user data behind a token; asking does not prolong it."""
        token = query_fields(request).get("access_token", "")
        grant = self._province.store.tokens.peek(token)
        call = _call("tokeninfo", request, grant, grant.client_id if grant else None)
        fault = await general_fault(self._province, call)
        if fault is not None:
            return fault
        errcode = self._token_problem(token, grant, call)
        persona = self._province.account_holder(grant.persona) if grant else None
        self._province.record(call, query={"access_token": token}, errcode=errcode or "0")
        if errcode or grant is None or persona is None:
            return json_answer(refusal(errcode or "42001"))
        return raw_answer(await self._signed_data(persona, grant, call))

    def _redeem(self, fields: dict[str, str], call: Call) -> dict[str, str]:
        client = self._province.config.client(fields.get("client_id", ""))
        if client is None or not self._province.client_keys.knows_secret(client, fields.get("client_secret", "")):
            return refusal("40001")
        code, now_ms = fields.get("code", ""), self._province.now_ms(call.session)
        for scenario in ("code_expired", "code_reused"):
            if self._province.take(scenario, call) is not None:
                self._province.store.codes.drop(code)
        grant = self._province.store.codes.get(code, now_ms)
        is_ours = grant is not None and grant.client_id == client.client_id
        if grant is None or not is_ours or fields.get("grant_type") not in _GRANT_TYPES:
            return refusal("40029")
        if fields.get("redirect_uri") != grant.redirect_uri:
            return refusal("40035")
        self._province.store.codes.drop(code)  # nothing was awaited since it was read: nobody else has it
        return {
            "access_token": self._province.store.open_token(grant, now_ms),
            "refresh_token": new_key(),
            "token_type": "bearer",
            "expires_in": EXPIRES_IN,
            "scope": "all",
        }

    def _token_problem(self, token: str, grant: Grant | None, call: Call) -> str | None:
        if not token:
            return "41001"
        persona = self._province.account_holder(grant.persona) if grant else None
        if grant is None or persona is None or grant.expires_ms <= self._province.now_ms(call.session):
            return "42001"
        if self._province.store.first_use(token) and self._province.take("node_switch", call) is not None:
            return "-1"
        answers = (("token_expired", "42001"), ("level_low", "43010"), ("permit_unsupported", "43011"))
        played = next((errcode for name, errcode in answers if self._province.take(name, call) is not None), None)
        return played or self._level_problem(persona, grant)

    def _level_problem(self, persona: Persona, grant: Grant) -> str | None:
        client = self._province.config.client(grant.client_id)
        least = client.min_level if client and client.min_level else LEVELS[0]
        return "43010" if level_of(persona) < least else None

    async def _signed_data(self, persona: Persona, grant: Grant, call: Call) -> bytes:
        organisation = acting(self._province, persona, grant.organisation, call)
        data = user_data(
            persona,
            sign_in_way=grant.way,
            parent=pareobj(organisation) if organisation else None,
            conflict=self._province.take("level_string_conflict", call) is not None,
            gbk=self._province.take("gbk_name", call) is not None,
        )
        if organisation and self._province.take("org_alone", call) is not None:
            data |= {"userobj": pareobj(organisation), "pareobj": {}}
        is_v1 = self._province.config.mode == "v1" or self._province.take("mode_v1", call) is not None
        return await (self._bare(data, call) if is_v1 else self._wrapped(data, call))

    async def _bare(self, data: dict[str, Any], call: Call) -> bytes:
        """Mode v1: `signdata` over the canonical `userobj`."""
        is_old = self._province.take("sign_old_key", call) is not None
        message = canonical(data["userobj"]).encode()
        signature = await to_thread.run_sync(partial(self._sign_rsa, message, is_old=is_old))
        sign = self._spoilt(base64.b64encode(signature).decode(), call)
        return canonical(data if sign is None else {"signdata": sign, **data}).encode()

    async def _wrapped(self, data: dict[str, Any], call: Call) -> bytes:
        """Mode v2: a wrapper with the outer `sign` over content, time stamp and version."""
        content = {"signdata": NONE, **data}
        time_stamp = self._time_stamp(call)
        key = self._province.keys.old_sm2 if self._province.take("sign_old_key", call) is not None else None
        signer = key or self._province.keys.sm2
        signature = await to_thread.run_sync(signer.sign, wrapper_bytes(content, time_stamp))
        sign = self._spoilt(base64.b64encode(signature).decode(), call)
        wrapper = {"biz_content": content, "time_stamp": time_stamp, "version": WRAPPER_VERSION}
        return dress(wrapper if sign is None else {**wrapper, "sign": sign}, self._province, call)

    def _sign_rsa(self, message: bytes, *, is_old: bool) -> bytes:
        return (self._province.keys.old_rsa if is_old else self._province.keys.rsa).sign(message)

    def _spoilt(self, sign: str, call: Call) -> str | None:
        """Give the signature, or what the scenarios make of it."""
        if self._province.take("sign_missing", call) is not None:
            return None
        bad = self._province.take("sign_bad", call)
        if bad is None:
            return sign
        raw = bytearray(base64.b64decode(sign))
        raw[-1] ^= 1
        return str(bad.get("sign", base64.b64encode(raw).decode()))

    def _time_stamp(self, call: Call) -> str:
        stale = self._province.take("stale_stamp", call)
        age_s = 0 if stale is None else int(stale.get("age_s", _ONE_DAY_S))
        moment = datetime.fromtimestamp(self._province.now_s(call.session) - age_s, UTC) + _BEIJING
        return moment.strftime("%Y%m%d%H%M%S")


def _call(endpoint: str, request: Request, grant: Grant | None, client_id: str | None) -> Call:
    """A code or token carries the tester's session of the browser that it was made for."""
    session = session_of(request) if grant is None else grant.session
    return Call(endpoint, session, client_id, grant.persona if grant else None)
