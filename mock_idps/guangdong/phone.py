"""The QR way: a code on the screen, a decision on the phone, the answer in the browser that shows the code."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mock_idps.guangdong import pages
from mock_idps.guangdong.inputs import form_fields, query_fields
from mock_idps.guangdong.people import QR_CODE
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.signin import cancelled, finish, lapsed, own_sign_in
from mock_idps.guangdong.store import QR_MS, QrCode, SignIn, new_key

_DONE: Final = "请返回浏览器。 Please go back to the browser."


class PhonePages:
    """The endpoints of the QR way, on the screen and on the phone."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def new(self, request: Request) -> Response:
        """Make a fresh QR code for a sign-in."""
        ticket = query_fields(request).get("ticket", "")
        sign_in = own_sign_in(self._province, request, ticket)
        if sign_in is None:
            return lapsed()
        now_ms, c = self._province.now_ms(sign_in.session), new_key()
        self._province.store.qr_codes.put(c, QrCode(ticket, now_ms + QR_MS), now_ms)
        return RedirectResponse(f"/tif/sso/qr?c={c}", status_code=303)

    async def show(self, request: Request) -> Response:
        """Show the code until the phone has decided or a minute is over."""
        c = query_fields(request).get("c", "")
        qr_code = self._province.store.qr_codes.peek(c)
        sign_in = own_sign_in(self._province, request, qr_code.ticket) if qr_code else None
        if qr_code is None or sign_in is None:
            return lapsed()
        if not _is_decided(qr_code) and self._has_expired(c, qr_code, sign_in):
            return pages.qr_expired_page(qr_code.ticket)
        qr_code = self._heard(c, qr_code)
        if not _is_decided(qr_code):
            return pages.qr_page(c, f"{self._province.config.base_url}/phone?c={c}")
        return self._go_home(c, qr_code, sign_in)

    async def phone(self, request: Request) -> Response:
        """Show who asks, on the phone."""
        c = query_fields(request).get("c", "")
        sign_in = self._awaited(c)
        client = self._province.config.client(sign_in.client_id) if sign_in else None
        return pages.phone_page(c, client.name, self._province.account_holders) if client else lapsed()

    async def decide(self, request: Request) -> Response:
        """Take the person's decision; the first one stands."""
        fields = await form_fields(request)
        c, sign_in = fields.get("c", ""), self._awaited(fields.get("c", ""))
        client = self._province.config.client(sign_in.client_id) if sign_in else None
        qr_code = self._province.store.qr_codes.peek(c)
        if client is None or qr_code is None:
            return lapsed()
        if fields.get("decision") == "reject":
            self._keep(c, replace(qr_code, is_rejected=True))
            return pages.message_page("已拒绝 Rejected", _DONE)
        persona = self._province.account_holder(fields.get("person", "").strip())
        if persona is None or fields.get("decision") != "approve":
            return pages.phone_page(c, client.name, self._province.account_holders, unknown=persona is None)
        self._keep(c, replace(qr_code, persona=persona.id))
        return pages.message_page("已确认 Approved", _DONE)

    def _go_home(self, c: str, qr_code: QrCode, sign_in: SignIn) -> Response:
        self._province.store.qr_codes.drop(c)
        persona = self._province.account_holder(qr_code.persona or "")
        if persona is not None and not qr_code.is_rejected:
            return finish(self._province, qr_code.ticket, persona, QR_CODE)
        self._province.store.sign_ins.drop(qr_code.ticket)
        return cancelled(sign_in)

    def _awaited(self, c: str) -> SignIn | None:
        qr_code = self._province.store.qr_codes.peek(c)
        sign_in = self._province.store.sign_ins.peek(qr_code.ticket) if qr_code else None
        if qr_code is None or sign_in is None or _is_decided(qr_code):
            return None
        return sign_in if qr_code.expires_ms > self._province.now_ms(sign_in.session) else None

    def _heard(self, c: str, qr_code: QrCode) -> QrCode:
        """Add what a script said for the phone through the control plane."""
        approval = self._province.switchboard.approvals.pop(c, None)
        if approval is None or _is_decided(qr_code):
            return qr_code
        return replace(qr_code, persona=approval.persona, is_rejected=approval.rejected)

    def _has_expired(self, c: str, qr_code: QrCode, sign_in: SignIn) -> bool:
        if qr_code.expires_ms <= self._province.now_ms(sign_in.session):
            return True
        if self._province.take("qr_expired", Call("qr", sign_in.session, sign_in.client_id)) is None:
            return False
        self._keep(c, replace(qr_code, expires_ms=0))
        return True

    def _keep(self, c: str, qr_code: QrCode) -> None:
        self._province.store.qr_codes.put(c, qr_code, 0)


def _is_decided(qr_code: QrCode) -> bool:
    return qr_code.is_rejected or qr_code.persona is not None
