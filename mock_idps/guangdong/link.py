"""The link register behind the province's gateway: permit to residence number, usable but not visible (section 6.D)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from mock_idps.guangdong.answers import delay_s, general_fault, json_answer, refusal
from mock_idps.guangdong.config import GuangdongClient
from mock_idps.guangdong.envelope import EnvelopeError, open_sealed, seal
from mock_idps.guangdong.inputs import TooLargeError, read_body
from mock_idps.guangdong.people import NONE
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.register import FALSE, SEVERAL, LinkAnswer, LinkQuery, LinkQueryError, holder, look_up
from mock_idps.guangdong.sm import Sm2Signer, Sm4Key
from mock_idps.guangdong.store import LINK_MS, LinkToken, new_key
from mock_idps.guangdong.tif import TifError, TifHeaders, answer_headers, check
from mock_idps.switchboard import session_of


class Business(Protocol):
    """What an endpoint does with an opened request."""

    async def __call__(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any] | Response:
        """Give the answer to seal, or a response that goes out as it is."""


class LinkEndpoints:
    """`link/permit` and `link/redeem`; until the caller is known, refusals go out unsealed."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def permit(self, request: Request) -> Response:
        """Say whether permit, birth date and name belong together, and give a token where a number stands behind."""
        return await self._answer(request, "link/permit", self._look_up)

    async def redeem(self, request: Request) -> Response:
        """Hand out a residence number, once, against the token of a match."""
        return await self._answer(request, "link/redeem", self._redeem)

    async def _answer(self, request: Request, endpoint: str, business: Business) -> Response:
        headers = TifHeaders.read(request.headers)
        client = self._province.config.caller(headers.paas_id)
        call = Call(endpoint, session_of(request), client.client_id if client else None)
        fault = await general_fault(self._province, call)
        if fault is not None:
            return fault
        try:
            caller = self._admit(headers, client, call)
            wrong = {name: self._province.take(name, call) for name in ("sm4_wrong_key", "sm2_wrong_key")}
            payload = await self._opened(request, caller, call, wrong)
        except (TifError, EnvelopeError) as error:
            self._province.record(call, errcode=error.errcode)
            return json_answer(refusal(error.errcode))
        answer = await business(payload, call)
        if isinstance(answer, Response):
            return answer
        self._province.record(call, errcode=answer["errcode"])
        return await self._sealed(answer, caller, call, wrong)

    def _admit(self, headers: TifHeaders, client: GuangdongClient | None, call: Call) -> GuangdongClient:
        for scenario, errcode in (("tif_bad", "46001"), ("tif_skew", "46002"), ("tif_replay", "46003")):
            if self._province.take(scenario, call) is not None:
                raise TifError(errcode)
        if client is None:
            raise TifError("46001")
        check(headers, client.paas_token, self._province.nonces, self._province.now_s(call.session))
        return client

    async def _opened(
        self, request: Request, client: GuangdongClient, call: Call, wrong: Mapping[str, Mapping[str, Any] | None]
    ) -> dict[str, Any]:
        for scenario, errcode in (("sm4_wrong_key", "46010"), ("sm2_wrong_key", "46011")):
            if wrong[scenario] is not None and not _is_for_answer(wrong[scenario]):
                raise EnvelopeError(errcode)
        try:
            body = await read_body(request)
        except TooLargeError as error:
            raise EnvelopeError("46011") from error
        opening = partial(
            open_sealed,
            body,
            app_code=client.app_code,
            key=client.sm4,
            verifier=client.sm2,
            now_s=self._province.now_s(call.session),
        )
        return await to_thread.run_sync(opening)

    async def _sealed(
        self,
        answer: dict[str, Any],
        client: GuangdongClient,
        call: Call,
        wrong: Mapping[str, Mapping[str, Any] | None],
    ) -> Response:
        now_s = self._province.now_s(call.session)
        key = Sm4Key.generate() if _is_for_answer(wrong["sm4_wrong_key"]) else client.sm4
        is_stranger = _is_for_answer(wrong["sm2_wrong_key"])

        def sealing() -> dict[str, Any]:
            signer = Sm2Signer.generate() if is_stranger else self._province.keys.sm2
            return seal(answer, app_code=client.app_code, key=key, signer=signer, now_s=now_s)

        body = await to_thread.run_sync(sealing)
        return json_answer(body, answer_headers(client.paas_id, client.paas_token, now_s))

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


def _is_for_answer(args: Mapping[str, Any] | None) -> bool:
    return args is not None and args.get("side") == "answer"
