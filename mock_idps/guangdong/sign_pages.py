"""The page on which a person signs for an application: title, number to compare, account, decision (section 6.D)."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mock_idps.guangdong.inputs import form_fields, query_fields
from mock_idps.guangdong.people import display_name, subject_key
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.sign import SIGNED
from mock_idps.guangdong.signin import lapsed
from mock_idps.guangdong.store import Signature
from mock_idps.pages import page
from mock_idps.personas import Persona

CANCELLED, REJECTED = "CANCELLED", "REJECTED"
_DECISIONS: Final = {"cancel": CANCELLED, "reject": REJECTED}
_PLAYED: Final = {"hash_cancel": CANCELLED, "hash_reject": REJECTED}
_PAGE: Final = """
<p>应用 Application: <strong id="client">{{ client }}</strong></p>
<dl><dt>文件 Document</dt><dd id="title">{{ title }}</dd>
<dt>核对码 Number to compare</dt><dd><strong id="check-code">{{ code }}</strong></dd></dl>
<p><strong>仅当应用显示相同号码时才签署。 Sign only if the application shows the same number.</strong></p>
{% if foreign %}<p role="alert" id="error">该文件不属于此账号。 This document waits for another account.</p>{% endif %}
<form method="post" action="/tif/sign"><input type="hidden" name="id" value="{{ id }}">
<label for="person">账号 Account</label>
<input id="person" name="person" maxlength="64" autocomplete="off">
<button class="main" id="sign" name="decision" value="sign">签署 Sign</button>
<button id="reject" name="decision" value="reject">拒绝 Refuse</button>
<button id="cancel" name="decision" value="cancel">取消 Cancel</button></form>
<h2>模拟账号 Accounts of the simulation</h2>
<ul class="people">{% for one in people %}<li><form method="post" action="/tif/sign">
<input type="hidden" name="id" value="{{ id }}"><input type="hidden" name="decision" value="sign">
<button id="as-{{ one.id }}" name="person" value="{{ one.id }}">{{ one.name }}</button></form></li>
{% endfor %}</ul>
"""


class SignPages:
    """The endpoints for the person."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def show(self, request: Request) -> Response:
        """Show what waits to be signed, or sign at once for an account that approves by itself."""
        fields = query_fields(request)
        sign_id, signature = fields.get("id", ""), self._awaited(fields.get("id", ""))
        if signature is None:
            return lapsed()
        call = Call("sign/page", signature.session, signature.client_id)
        for scenario, status in _PLAYED.items():
            if self._province.take(scenario, call) is not None:
                return self._go_home(sign_id, replace(signature, status=status))
        wished = fields.get("auto") or self._province.switchboard.auto_approve(signature.session)
        person = self._province.account_holder(wished or "")
        return self._page(sign_id, signature) if person is None else self._sign(sign_id, signature, person)

    async def decide(self, request: Request) -> Response:
        """Take the person's decision; the first one stands."""
        fields = await form_fields(request)
        sign_id, signature = fields.get("id", ""), self._awaited(fields.get("id", ""))
        if signature is None:
            return lapsed()
        decision = fields.get("decision", "")
        if decision in _DECISIONS:
            return self._go_home(sign_id, replace(signature, status=_DECISIONS[decision]))
        person = self._province.account_holder(fields.get("person", "").strip())
        if person is None:
            return self._page(sign_id, signature, is_foreign=True)
        return self._sign(sign_id, signature, person)

    def _sign(self, sign_id: str, signature: Signature, person: Persona) -> Response:
        if subject_key(person) != signature.useridcode:
            return self._page(sign_id, signature, is_foreign=True)
        return self._go_home(sign_id, replace(signature, status=SIGNED, persona=person.id))

    def _awaited(self, sign_id: str) -> Signature | None:
        signature = self._province.store.signatures.peek(sign_id)
        if signature is None or signature.status != "WAITING":
            return None
        return signature if signature.expires_ms > self._province.now_ms(signature.session) else None

    def _go_home(self, sign_id: str, signature: Signature) -> Response:
        self._province.store.signatures.put(sign_id, signature, 0)
        call = Call("sign/page", signature.session, signature.client_id, signature.persona)
        is_other = self._province.take("hash_other_id", call) is not None
        query = urlencode({"sign_id": "0" * 32 if is_other else sign_id})
        joint = "&" if "?" in signature.notify_url else "?"
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return RedirectResponse(f"{signature.notify_url}{joint}{query}", status_code=302, headers=headers)

    def _page(self, sign_id: str, signature: Signature, *, is_foreign: bool = False) -> Response:
        client = self._province.config.client(signature.client_id)
        people = [{"id": one.id, "name": display_name(one)} for one in self._province.account_holders]
        return page(
            "电子签名（模拟） Signing (simulated)",
            _PAGE,
            lang="zh-Hans-CN",
            status=403 if is_foreign else 200,
            client="" if client is None else client.name,
            title=signature.title,
            code=signature.check_code,
            foreign=is_foreign,
            people=people,
            id=sign_id,
        )
