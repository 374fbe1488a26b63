"""The government gateway in front of `/ebus`: who calls, sealed in, sealed out (sections 4.5, 6.D).

Until the caller is known, refusals go out unsealed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from mock_idps.guangdong.answers import general_fault, json_answer, refusal
from mock_idps.guangdong.config import GuangdongClient
from mock_idps.guangdong.envelope import EnvelopeError, open_sealed, seal
from mock_idps.guangdong.inputs import TooLargeError, query_fields, read_body
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.sm import Sm2Signer, Sm4Key
from mock_idps.guangdong.tif import TifError, TifHeaders, answer_headers, check
from mock_idps.switchboard import session_of


class Business(Protocol):
    """What an endpoint does with an opened request."""

    async def __call__(self, payload: Mapping[str, Any], call: Call) -> dict[str, Any] | Response:
        """Give the answer to seal, or a response that goes out as it is."""


class Ebus:
    """One gateway for every endpoint behind it."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def answer(self, request: Request, endpoint: str, business: Business) -> Response:
        """Admit the caller, open what came (a GET has only its query), and seal what the business says."""
        headers = TifHeaders.read(request.headers)
        client = self._province.config.caller(headers.paas_id)
        call = Call(endpoint, session_of(request), client.client_id if client else None)
        fault = await general_fault(self._province, call)
        if fault is not None:
            return fault
        try:
            caller, token = self._admit(headers, client, call)
            wrong = {name: self._province.take(name, call) for name in ("sm4_wrong_key", "sm2_wrong_key")}
            payload = await self._opened(request, caller, call, wrong)
        except (TifError, EnvelopeError) as error:
            self._province.record(call, errcode=error.errcode)
            return json_answer(refusal(error.errcode))
        answer = await business(payload, call)
        if isinstance(answer, Response):
            return answer
        self._province.record(call, errcode=answer["errcode"])
        signed = answer_headers(caller.paas_id, token, self._province.now_s(call.session))
        return json_answer(await self._sealed(answer, caller, call, wrong), signed)

    def _admit(self, headers: TifHeaders, client: GuangdongClient | None, call: Call) -> tuple[GuangdongClient, str]:
        """Give the application and the token that it used, with which its answer is signed too."""
        for scenario, errcode in (("tif_bad", "46001"), ("tif_skew", "46002"), ("tif_replay", "46003")):
            if self._province.take(scenario, call) is not None:
                raise TifError(errcode)
        if client is None:
            raise TifError("46001")
        token = self._province.client_keys.token_of(client, headers)
        check(headers, token, self._province.nonces, self._province.now_s(call.session))
        return client, token

    async def _opened(
        self, request: Request, client: GuangdongClient, call: Call, wrong: Mapping[str, Mapping[str, Any] | None]
    ) -> dict[str, Any]:
        for scenario, errcode in (("sm4_wrong_key", "46010"), ("sm2_wrong_key", "46011")):
            if wrong[scenario] is not None and not _is_for_answer(wrong[scenario]):
                raise EnvelopeError(errcode)
        if request.method == "GET":
            return dict(query_fields(request))
        try:
            body = await read_body(request)
        except TooLargeError as error:
            raise EnvelopeError("46011") from error
        opening = partial(self._open, body, client, self._province.now_s(call.session))
        return await to_thread.run_sync(opening)

    def _open(self, body: bytes, client: GuangdongClient, now_s: int) -> dict[str, Any]:
        """Try the keys that are accepted of this application; nearly always there is one."""
        keys = self._province.client_keys
        fault = EnvelopeError("46010")
        for key in keys.sm4_keys_of(client):
            try:
                payload = open_sealed(
                    body, app_code=client.app_code, key=key, verifier=keys.verifier_of(client), now_s=now_s
                )
            except EnvelopeError as error:
                fault = error
            else:
                keys.sm4_used(client, key)
                return payload
        raise fault

    async def _sealed(
        self,
        answer: dict[str, Any],
        client: GuangdongClient,
        call: Call,
        wrong: Mapping[str, Mapping[str, Any] | None],
    ) -> dict[str, Any]:
        now_s = self._province.now_s(call.session)
        ours = self._province.client_keys.sm4_keys_of(client)[0]
        key = Sm4Key.generate() if _is_for_answer(wrong["sm4_wrong_key"]) else ours
        is_stranger = _is_for_answer(wrong["sm2_wrong_key"])

        def sealing() -> dict[str, Any]:
            signer = Sm2Signer.generate() if is_stranger else self._province.keys.sm2
            return seal(answer, app_code=client.app_code, key=key, signer=signer, now_s=now_s)

        return await to_thread.run_sync(sealing)


def _is_for_answer(args: Mapping[str, Any] | None) -> bool:
    return args is not None and args.get("side") == "answer"
