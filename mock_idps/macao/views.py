"""The pages of the sign-in: plain forms with stable ids, readable without script, everything escaped."""

from typing import Any, Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from mock_idps.macao import entities, soft_token
from mock_idps.macao.call import Call
from mock_idps.macao.claims import display_name
from mock_idps.macao.logins import Login, Screen
from mock_idps.macao.texts import LOCALES, TEXTS
from mock_idps.pages import page

RELOAD_SECONDS: Final = 5

_SIGNIN: Final = """
<p>{{ text.asks }}: <strong id="client">{{ client }}</strong></p>
{% if problem %}<p role="alert" id="problem" data-code="{{ problem }}">{{ text[problem] }}</p>{% endif %}
<form method="post" action="/{{ locale }}/login">
<input type="hidden" name="ticket" value="{{ ticket }}">
<label for="person">{{ text.person }}</label>
<input id="person" name="person" value="{{ named }}" autocomplete="username" autocapitalize="none" required>
<label for="password">{{ text.password }}</label>
<input id="password" name="password" type="password" value="sandbox" autocomplete="off" required>
<label for="otp">{{ text.otp }}</label>
<input id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" maxlength="6">
{% if asks_entity %}<label for="entityCode">{{ text.entity }}</label>
<input id="entityCode" name="entityCode" autocomplete="off" maxlength="16">{% endif %}
<button id="sign-in" class="main">{{ text.sign_in }}</button></form>
<form method="post" action="/{{ locale }}/cancel"><input type="hidden" name="ticket" value="{{ ticket }}">
<button id="cancel">{{ text.cancel }}</button></form>
<p><a id="use-qr" href="/{{ locale }}/qr?ticket={{ ticket }}">{{ text.use_qr }}</a></p>
<h2>{{ text.people }}</h2>
<ul class="people">{% for person in people %}<li>
<form method="post" action="/{{ locale }}/login"><input type="hidden" name="ticket" value="{{ ticket }}">
<input type="hidden" name="person" value="{{ person.id }}"><input type="hidden" name="password" value="sandbox">
{% if gives_token and person.code %}<input type="hidden" name="otp" value="{{ person.code }}">{% endif %}
<button id="as-{{ person.id }}">{{ person.name }} ({{ person.id }})</button></form>
<p class="note">{{ person.note }}{% if person.code %}
{{ text.simulated_token }}: <code id="token-{{ person.id }}">{{ person.code }}</code>{% endif %}</p></li>
{% endfor %}</ul>
{% if asks_entity %}<h2>{{ text.entities }}</h2>
<ul class="people">{% for one in staff %}<li>
<form method="post" action="/{{ locale }}/login"><input type="hidden" name="ticket" value="{{ ticket }}">
<input type="hidden" name="person" value="{{ one.person }}"><input type="hidden" name="password" value="sandbox">
<input type="hidden" name="entityCode" value="{{ one.code }}">
{% if gives_token and one.otp %}<input type="hidden" name="otp" value="{{ one.otp }}">{% endif %}
<button id="as-{{ one.person }}-for-{{ one.id }}">{{ one.person }}, {{ one.name }} ({{ one.code }})</button></form>
<p class="note">{{ one.note }}</p></li>{% endfor %}</ul>{% endif %}
"""
_SCREEN: Final = """
<style>.code { max-width: 20rem; }</style>
<p>{{ text.asks }}: <strong id="client">{{ client }}</strong></p>
<p id="status" data-status="{{ state }}" role="status">{{ text[word] }}</p>
{% if state == "WAITING" %}<div class="code" role="img" aria-label="{{ text.qr_title }}">{{ picture }}</div>
<p><a id="open-phone" target="_blank" rel="noopener" href="{{ payload }}">{{ text.open_phone }}</a></p>{% endif %}
{% if state == "EXPIRED" %}<p>
<a id="renew" href="/{{ locale }}/qr?ticket={{ ticket }}&amp;renew=1">{{ text.renew }}</a></p>
{% endif %}
<form method="get" action="/{{ locale }}/qr"><input type="hidden" name="ticket" value="{{ ticket }}">
<button id="continue" class="main">{{ text.continue }}</button></form>
<form method="post" action="/{{ locale }}/cancel"><input type="hidden" name="ticket" value="{{ ticket }}">
<button id="cancel">{{ text.cancel }}</button></form>
"""
_PHONE: Final = """
<p>{{ text.phone_asks }}: <strong id="client">{{ client }}</strong></p>
{% if problem %}<p role="alert" id="problem" data-code="{{ problem }}">{{ text[problem] }}</p>{% endif %}
<form method="post" action="{{ action }}"><input type="hidden" name="phone" value="{{ token }}">
<label for="person">{{ text.person }}</label>
<input id="person" name="person" value="{{ named }}" list="people" autocapitalize="none">
<datalist id="people">{% for person in people %}
<option value="{{ person.id }}">{{ person.name }}</option>{% endfor %}</datalist>
<button id="approve" class="main" name="decision" value="approve">{{ text.approve }}</button>
<button id="reject" name="decision" value="reject">{{ text.reject }}</button></form>
<h2>{{ text.approve_as }}</h2>
<ul class="people">{% for person in people %}<li>
<form method="post" action="{{ action }}"><input type="hidden" name="phone" value="{{ token }}">
<input type="hidden" name="person" value="{{ person.id }}">
<button id="approve-{{ person.id }}" name="decision" value="approve">{{ person.name }} ({{ person.id }})</button></form>
<p class="note">{{ person.note }}</p></li>{% endfor %}</ul>
"""
_DONE: Final = """<p id="done">{{ text.phone_done }}</p>"""
_WORDS: Final = {"WAITING": "waiting", "SCANNED": "scanned", "EXPIRED": "expired"}


def signin_page(call: Call, login: Login, *, problem: str = "", named: str = "") -> Response:
    """Show the form; a developer finds every account of the simulation below it."""
    frame = _frame(call, login.asked.client_id)
    tokens = {person["id"]: person["code"] for person in frame["people"]}
    return page(
        TEXTS[call.locale]["title"],
        _SIGNIN,
        lang=LOCALES[call.locale],
        status=403 if problem else 200,
        **frame,
        asks_entity=entities.SCOPE in login.asked.scope,
        staff=[one | {"otp": tokens[one["person"]]} for one in entities.entities_of(call)],
        ticket=login.ticket,
        problem=problem,
        named=named,
        gives_token=login.asked.acr >= 2,
    )


def screen_page(call: Call, login: Login, screen: Screen) -> Response:
    """Show the code for the phone and what has become of it; the page reloads itself."""
    picture = segno.make(screen.payload, error="l").svg_inline(omitsize=True) if screen.status == "WAITING" else ""
    return page(
        TEXTS[call.locale]["qr_title"],
        _SCREEN,
        lang=LOCALES[call.locale],
        refresh=None if screen.status == "EXPIRED" else (RELOAD_SECONDS, f"/{call.locale}/qr?ticket={login.ticket}"),
        **_frame(call, login.asked.client_id),
        ticket=login.ticket,
        state=screen.status,
        word=_WORDS[screen.status],
        payload=screen.payload,
        picture=Markup(picture),  # noqa: S704 - drawn by the QR library from our own address
    )


def phone_page(
    call: Call,
    *,
    client_id: str,
    action: str,
    token: str,
    title: str = "phone_title",
    problem: str = "",
    named: str = "",
) -> Response:
    """Show what the phone asks its owner."""
    return page(
        TEXTS[call.locale][title],
        _PHONE,
        lang=LOCALES[call.locale],
        status=403 if problem else 200,
        **_frame(call, client_id),
        action=action,
        token=token,
        problem=problem,
        named=named,
    )


def phone_done_page(call: Call) -> Response:
    """Send the person back to the other device."""
    text = TEXTS[call.locale]
    return page(text["phone_title"], _DONE, lang=LOCALES[call.locale], text=text)


def _frame(call: Call, client_id: str) -> dict[str, Any]:
    client = call.account.config.client(client_id)
    return {
        "text": TEXTS[call.locale],
        "locale": call.locale,
        "client": client_id if client is None else client.name,
        "people": [
            {
                "id": person.id,
                "name": display_name(person, call.locale),
                "note": person.note,
                "code": _token_of(call, person.otp_secret, person.mo_level),
            }
            for person in call.account.people
        ],
    }


def _token_of(call: Call, secret: str | None, level: int | None) -> str:
    """Give the code that the person's simulated soft token shows; without the second level there is none."""
    return soft_token.code_at(secret, call.now_ms) if secret is not None and (level or 1) >= 2 else ""
