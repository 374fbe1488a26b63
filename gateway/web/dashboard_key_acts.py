"""Acting on keys from a page: first what would happen, with every guard; then, for that version of the set only, doing.

Two forms, two tokens. The second is bound to the set's version, the key and the reason that were looked at, so what is
confirmed is what was read (guard 7); a set that has changed meanwhile is refused, and so is the same form twice.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from certs.keys.rotation.guards import GuardError, GuardNumber
from gateway.admin import key_office, key_work
from gateway.admin.acts import Act
from gateway.admin.key_words import described_done, described_guard
from gateway.admin.key_work import AlreadyRunningError, AskedError, Done, KeyOffice, Order, UnknownKeySetError
from gateway.admin.records import Role
from gateway.web.context import correlation_id
from gateway.web.dashboard_keys import VERBS, name_of, preview_purpose, show_set
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit, drawn
from gateway.web.operator_call import TEXT_LIMIT, CallError, malformed, not_found

_GIVEN: Final = ("kid", "reason", "since", "joint_act")
_FORM: Final = frozenset({*_GIVEN, "csrf", "version", "ask"})
_VERSION_DIGITS: Final = 9
_CHANGED: Final = CallError(409, "already_running", "somebody else is changing the set; nothing was changed")


@dataclass(frozen=True, slots=True)
class Given:
    """What the form says, read strictly."""

    kid: str | None
    since: datetime
    """From when on a compromised key must be doubted."""
    texts: Mapping[str, str]
    """The same as it goes into the second form."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One verb on one set as it was at one version."""

    name: str
    verb: str
    given: Given
    version: int

    def purpose(self, *, is_asked: bool) -> str:
        """What the second form's token is bound to."""
        return _bound(self.verb, self.name, str(self.version), list(self.given.texts.values()), is_asked=is_asked)


@dataclass(frozen=True, slots=True)
class PreviewSheet(Sheet):
    """What a verb would do, and the form that does it; or the guards that are closed."""

    template = "key_act.html"
    key_set: str
    verb: str
    sentence: str
    given: Mapping[str, str]
    version: int
    outcome: Mapping[str, Any] | None
    """None where guards are closed."""
    guards: Sequence[Mapping[str, Any]]
    may_ask: bool
    """Whether the agreement of a second person would open the guard that is closed."""
    csrf: str = field(repr=False)
    now: datetime


Verb = Callable[[KeyOffice, str, Order, Given], Awaitable[Done]]


async def preview(verb: str, visit: Visit) -> Sheet:
    """Try it out without changing anything."""
    name, given = name_of(visit), _given(visit)
    _, keys = await key_work.current(visit.desk.keys, name)
    wish = Wish(name, verb, given, keys.version)
    order = Order(_act(visit), dry_run=True, expected=keys.version, joint_act=given.texts["joint_act"] or None)
    order.act.require_reason()
    try:
        done = await _carried_out(visit, wish, order)
    except GuardError as error:
        return _closed(visit, wish, error)
    return _preview(visit, wish, described_done(done))


async def confirm(verb: str, visit: Visit) -> Response:
    """Do what was looked at, if nothing has changed since."""
    wish = Wish(name_of(visit), verb, _given(visit), _version(visit))
    is_asked = visit.fields.get("ask") == "yes"
    joint_act = wish.given.texts["joint_act"] or None
    order = Order(_act(visit), expected=wish.version, joint_act=joint_act, ask=is_asked)
    order.act.require_reason()
    try:
        await _carried_out(visit, wish, order)
    except AskedError:
        return RedirectResponse("/joint-acts?done=asked", 303)
    except GuardError as error:
        return drawn(_closed(visit, wish, error, was_confirmed=True), visit, status=409)
    return RedirectResponse(f"/keys/{wish.name}?done={verb}", 303)


async def _carried_out(visit: Visit, wish: Wish, order: Order) -> Done:
    try:
        return await _RUN[wish.verb](visit.desk.keys, wish.name, order, wish.given)
    except AlreadyRunningError:
        raise _CHANGED from None
    except UnknownKeySetError:
        raise not_found() from None


async def _publish(office: KeyOffice, name: str, order: Order, given: Given) -> Done:
    return await key_office.publish(office, name, order, given.kid)


async def _hold(office: KeyOffice, name: str, order: Order, given: Given) -> Done:
    return await key_office.hold(office, name, order, given.kid)


async def _activate(office: KeyOffice, name: str, order: Order, given: Given) -> Done:
    return await key_office.activate(office, name, order, given.kid)


async def _abort(office: KeyOffice, name: str, order: Order, _: Given) -> Done:
    return await key_office.abort(office, name, order)


async def _retire(office: KeyOffice, name: str, order: Order, given: Given) -> Done:
    return await key_office.retire(office, name, order, given.kid)


async def _compromise(office: KeyOffice, name: str, order: Order, given: Given) -> Done:
    if given.kid is None:
        raise malformed("name the key that somebody else may have")
    return await key_office.compromise(office, name, given.kid, given.since, order)


_RUN: Final[Mapping[str, Verb]] = {
    "publish": _publish,
    "hold": _hold,
    "activate": _activate,
    "abort": _abort,
    "retire": _retire,
    "compromise": _compromise,
}


def _given(visit: Visit) -> Given:
    if not visit.fields.keys() <= _FORM or any(len(value) > TEXT_LIMIT for value in visit.fields.values()):
        raise malformed("the form is not one of this page")
    texts = {name: visit.fields.get(name, "").strip() for name in _GIVEN}
    since = _since(texts["since"], visit.now)
    written = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Given(texts["kid"] or None, since, {**texts, "since": written})


def _since(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text) if text else now
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise malformed("since must be a time with its offset, such as 2026-11-25T01:00+08:00")
    return found


def _version(visit: Visit) -> int:
    text = visit.fields.get("version", "")
    if not (0 < len(text) <= _VERSION_DIGITS and text.isascii() and text.isdigit()):
        raise malformed("the form is not one of this page")
    return int(text)


def _act(visit: Visit) -> Act:
    return Act(visit.signed.operator.name, visit.now, visit.fields.get("reason", ""), correlation_id(visit.request))


def _of_preview(verb: str, visit: Visit) -> str:
    return preview_purpose(visit.path["key_set"], verb)


def _of_confirm(verb: str, visit: Visit) -> str:
    """Binds the second form to all that was read before it was sent."""
    fields = visit.fields
    read = [fields.get(one, "").strip() for one in _GIVEN]
    return _bound(verb, visit.path["key_set"], fields.get("version", ""), read, is_asked=fields.get("ask") == "yes")


def _bound(verb: str, name: str, version: str, read: Sequence[str], *, is_asked: bool) -> str:
    return json.dumps(["confirm", verb, name, version, *read, is_asked])


def _preview(
    visit: Visit,
    wish: Wish,
    outcome: Mapping[str, Any] | None,
    guards: Sequence[Mapping[str, Any]] = (),
    *,
    may_ask: bool = False,
    wrong: str = "",
) -> PreviewSheet:
    return PreviewSheet(
        key_set=wish.name,
        verb=wish.verb,
        sentence=VERBS[wish.verb][0],
        given=wish.given.texts,
        version=wish.version,
        outcome=outcome,
        guards=guards,
        may_ask=may_ask,
        csrf=visit.csrf(wish.purpose(is_asked=may_ask)),
        now=visit.now,
        wrong=wrong,
    )


def _closed(visit: Visit, wish: Wish, error: GuardError, *, was_confirmed: bool = False) -> PreviewSheet:
    """The guards that are closed, with their numbers; a second person can open the one about a key's last use."""
    guards = [described_guard(one) for one in error.guards]
    may_ask = visit.sees_all and not was_confirmed and {one.number for one in error.guards} == {GuardNumber.UNUSED}
    wrong = "A guard is closed; nothing was changed." if was_confirmed else ""
    return _preview(visit, wish, None, guards, may_ask=may_ask, wrong=wrong)


def _sights(verb: str) -> tuple[Sight, Sight]:
    path = f"/keys/{{key_set}}/{verb}"
    look, do = partial(preview, verb), partial(confirm, verb)
    first, second = partial(_of_preview, verb), partial(_of_confirm, verb)
    return (
        Sight("POST", path, Role.CUSTODIAN, look, is_scoped=True, purpose=first, back=show_set),
        Sight("POST", f"{path}/confirm", Role.CUSTODIAN, do, is_scoped=True, purpose=second, back=show_set),
    )


SIGHTS: Final = tuple(sight for verb in VERBS for sight in _sights(verb))
