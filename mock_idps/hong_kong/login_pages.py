"""The pages of the sign-in: the QR on the browser's side, the simulated phone on the other, in three languages.

They work with links and forms alone; `person`, `approve`, `reject`, `open-phone`, `continue`, `cancel` and `refresh`
are ids that tests rely on.
"""

from collections.abc import Sequence
from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.texts import PURPOSES, TEXTS
from mock_idps.hong_kong.waiting import Login
from mock_idps.pages import page
from mock_idps.people.persona import Persona
from mock_idps.personas import Mandate

REFRESH_SECONDS: Final = 3

WAITING: Final = """
<p><strong>{{ service }}</strong> {{ t.asks }}</p>
{% if first %}<p><a id="open-phone" class="button" href="{{ phone }}">{{ t.open_phone }}</a></p>{% endif %}
<figure role="img" aria-label="{{ t.qr_label }}">{{ qr }}</figure>
<p>{{ t.scan }}</p>
{% if not first %}<p><a id="open-phone" class="button" href="{{ phone }}">{{ t.open_phone }}</a></p>{% endif %}
<p id="state" data-state="{{ word }}">{{ t.waiting }}{% if busy %} {{ t.busy }}{% endif %}</p>
<form method="get" action="/qr/continue"><input type="hidden" name="c" value="{{ c }}">
<button id="continue" class="main">{{ t.go_on }}</button></form>
<form method="post" action="/qr/cancel"><input type="hidden" name="c" value="{{ c }}">
<button id="cancel">{{ t.cancel }}</button></form>
"""
EXPIRED: Final = """
<p id="state" data-state="EXPIRED">{{ t.expired }}</p>
<p><a id="refresh" class="button" href="{{ again }}">{{ t.refresh }}</a></p>
<form method="post" action="/qr/cancel"><input type="hidden" name="c" value="{{ c }}">
<button id="cancel">{{ t.cancel }}</button></form>
"""
PHONE: Final = """
<p>{{ t.phone_asks }}</p>
<p><strong id="service">{{ service }}</strong></p>
<ul id="purposes">{% for purpose in purposes %}<li>{{ purpose }}</li>{% endfor %}</ul>
<p>{{ t.asked_from }} <span id="source">{{ source }}</span></p>
<p><strong>{{ t.warning }}</strong></p>
{% if problem %}<p id="problem" role="alert">{{ problem }}</p>{% endif %}
<form method="post" action="/qr"><input type="hidden" name="c" value="{{ c }}">
<label for="person">{{ t.person }}</label>
<input id="person" name="person" autocomplete="off" maxlength="64">
{% if acting %}<label for="organisation">{{ t.company }}</label>
<input id="organisation" name="organisation" autocomplete="off" maxlength="64">{% endif %}
<button id="approve" class="main" name="action" value="approve">{{ t.approve }}</button>
<button id="reject" name="action" value="reject">{{ t.reject }}</button></form>
<h2>{{ t.one_click }}</h2>
<form method="post" action="/qr"><input type="hidden" name="c" value="{{ c }}">
<input type="hidden" name="action" value="approve">
<ul class="people">{% for one in people %}<li>
<button id="person-{{ one.id }}" name="person" value="{{ one.id }}">{{ one.id }}</button>
<p class="note" lang="en">{{ one.note }}</p></li>{% endfor %}</ul></form>
{% if acting %}<h2>{{ t.for_company }}</h2>
<ul class="people">{% for one in acting %}<li>
<form method="post" action="/qr"><input type="hidden" name="c" value="{{ c }}">
<input type="hidden" name="action" value="approve"><input type="hidden" name="person" value="{{ one.persona }}">
<button id="person-{{ one.persona }}-for-{{ one.organisation }}" name="organisation" value="{{ one.organisation }}">
{{ one.persona }}, {{ one.organisation }}</button></form>
<p class="note" lang="en">{{ one.role }}</p></li>{% endfor %}</ul>{% endif %}
"""
DECIDED: Final = """
<p id="state">{{ said }}</p>
<p>{{ t.go_back }}</p>
<p><a id="continue" class="button" href="/qr/continue?c={{ c }}">{{ t.go_on }}</a></p>
"""
PROBLEM: Final = """
<p id="error" data-code="{{ code }}">{{ t.problem }} ({{ code }})</p>
"""
LOST: Final = """
<p id="state" data-state="LOST">{{ t.lost }}</p>
"""


def waiting_page(login: Login, base_url: str, *, busy: bool = False) -> HTMLResponse:
    """Show the QR, and how to go on without scanning."""
    lang = login.request.lang
    payload = f"{base_url}/qr?c={login.id}"
    return page(
        TEXTS[lang]["title"],
        WAITING,
        lang=lang,
        refresh=(REFRESH_SECONDS, f"/qr/continue?c={login.id}"),
        status=429 if busy else 200,
        t=TEXTS[lang],
        service=login.request.client.name,
        first=login.request.same_device,
        phone=f"/qr?c={login.id}",
        qr=Markup(segno.make(payload, error="m").svg_inline(scale=5)),  # noqa: S704 - drawn here from a hex id
        word="WAITING",
        busy=busy,
        c=login.id,
    )


def expired_page(login: Login) -> HTMLResponse:
    """Say that the QR has run out, and offer a fresh one."""
    texts = TEXTS[login.request.lang]
    again = f"{login.request.path}?{login.request.query}"
    return page(texts["title"], EXPIRED, lang=login.request.lang, t=texts, again=again, c=login.id)


def phone_page(
    login: Login, people: Sequence[Persona], acting: Sequence[Mandate], *, problem: bool = False
) -> HTMLResponse:
    """Show on the simulated phone who asks, for what and from where, before anybody approves (HK-08)."""
    lang = login.request.lang
    texts = TEXTS[lang]
    return page(
        texts["phone_title"],
        PHONE,
        lang=lang,
        status=400 if problem else 200,
        t=texts,
        service=login.request.client.name,
        purposes=[PURPOSES[lang][scope] for scope in _scopes(login)],
        source=login.request.source,
        problem=texts["unknown_person"] if problem else "",
        c=login.id,
        people=people,
        acting=acting,
    )


def _scopes(login: Login) -> list[str]:
    return [*login.request.scope.split(" "), *(login.request.corp_scope or "").split()]


def decided_page(login: Login, *, rejected: bool) -> HTMLResponse:
    """Confirm on the phone what was said."""
    texts = TEXTS[login.request.lang]
    said = texts["rejected"] if rejected else texts["approved"]
    return page(texts["phone_title"], DECIDED, lang=login.request.lang, t=texts, said=said, c=login.id)


def lost_page(login: Login) -> HTMLResponse:
    """Stay here although the login is decided (scenario `callback_lost`)."""
    texts = TEXTS[login.request.lang]
    return page(texts["title"], LOST, lang=login.request.lang, t=texts)


def problem_page(error: WireError, lang: str, *, status: int = 400) -> HTMLResponse:
    """Say that something is wrong, with the code and without quoting anything that was sent."""
    texts = TEXTS[lang]
    return page(texts["problem"], PROBLEM, lang=lang, status=status, t=texts, code=error.code)
