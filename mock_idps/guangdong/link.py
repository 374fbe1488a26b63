"""The link register behind the province's gateway: permit to residence number, usable but not visible (section 6.D)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mock_idps.guangdong.answers import delay_s, refusal
from mock_idps.guangdong.ebus import Ebus
from mock_idps.guangdong.people import NONE
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.register import FALSE, SEVERAL, LinkAnswer, LinkQuery, LinkQueryError, holder, look_up
from mock_idps.guangdong.store import LINK_MS, LinkToken, new_key


class LinkEndpoints:
    """`link/permit` and `link/redeem`."""

    def __init__(self, province: Province) -> None:
        self._province = province
        self._ebus = Ebus(province)

    async def permit(self, request: Request) -> Response:
        """Say whether permit, birth date and name belong together, and give a token where a number stands behind."""
        return await self._ebus.answer(request, "link/permit", self._look_up)

    async def redeem(self, request: Request) -> Response:
        """Hand out a residence number, once, against the token of a match."""
        return await self._ebus.answer(request, "link/redeem", self._redeem)

    async def _look_up(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any] | Response:
        try:
            query = LinkQuery.read(payload)
        except LinkQueryError as error:
            return {**refusal(error.errcode), "data": NONE}
        person = holder(self._province.personas, query.permit)
        asked = Call(call.endpoint, call.session, call.client, person.id if person else None)
        slow = self._province.take("register_slow", asked)
        if slow is not None:
            await self._province.sleep(delay_s(slow))
        if self._province.take("register_down", asked) is not None:
            return Response("Service Unavailable", status_code=503, media_type="text/plain")
        answer = self._played(asked) or look_up(query, person)
        return _ok(answer.data(self._new_token(answer, asked)))

    async def _redeem(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any]:
        token = payload.get("token")
        if set(payload) != {"token"} or not isinstance(token, str):
            return {**refusal("46012"), "data": NONE}
        known = self._province.store.links.peek(token)
        if known is None or known.client_id != call.client:
            return {**refusal("40029"), "data": NONE}
        self._province.store.links.drop(token)
        if known.expires_ms <= self._province.now_ms(known.session):
            return {**refusal("40029"), "data": NONE}
        return _ok({"residence_no": known.residence_no})

    def _played(self, call: Call) -> LinkAnswer | None:
        if self._province.take("register_several", call) is not None:
            return LinkAnswer(SEVERAL)
        return LinkAnswer(FALSE) if self._province.take("register_none", call) is not None else None

    def _new_token(self, answer: LinkAnswer, call: Call) -> str | None:
        if answer.residence_no is None or call.client is None:
            return None
        now_ms, token = self._province.now_ms(call.session), new_key()
        link = LinkToken(call.client, answer.residence_no, call.session, now_ms + LINK_MS)
        self._province.store.links.put(token, link, now_ms)
        return token


def _ok(data: Mapping[str, str]) -> dict[str, Any]:
    return {"errcode": "0", "errmsg": "ok", "data": dict(data)}
