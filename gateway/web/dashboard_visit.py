"""One look of a signed-in operator at one page: who, with which rights, which form; every refusal as a page (G20).

The rights, the pace and the words on record are those of the operator API: a page can do what its operation can do.
Without a session there is one answer to everything, the sign-in: nobody learns from it what exists.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.admin.acts import ReasonError
from gateway.admin.joint_acts import JointActError, Refusal
from gateway.admin.numbers import UnknownRecordError
from gateway.admin.operator_sessions import Signed
from gateway.admin.records import Role
from gateway.admin.rights import NEEDED, Denial, denial, may
from gateway.admin.switches import UnknownSwitchError
from gateway.oidc.ports import StoreUnavailableError
from gateway.web.context import correlation_id
from gateway.web.dashboard_problems import problem
from gateway.web.dashboard_render import Frame, NavigationLink, Sheet, answered
from gateway.web.errors import Endpoint
from gateway.web.forms import FormError, form_pairs, once, query_pairs
from gateway.web.identifiers import limited_body
from gateway.web.operator_call import Call, CallError, Desk
from gateway.web.operator_sign_in import (
    PACE,
    csrf_token,
    end_session,
    is_csrf_token,
    is_from_elsewhere,
    put_on_record,
    session_token,
    signed_in,
)

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "sign-out"
"""The purpose of the one form that every page has."""
BODY_BYTES: Final = 4 * 1024
_CSRF: Final = "csrf"
_PAGES: Final = (
    ("/", "Overview", Role.READER, True),
    ("/ends", "What ends", Role.READER, False),
    ("/keys", "Keys", Role.READER, True),
    ("/upstreams", "Providers", Role.READER, True),
    ("/joint-acts", "Two persons", Role.AUDITOR, False),
    ("/audit", "Audit", Role.AUDITOR, True),
)
"""Path, label, least role, and whether it knows of jurisdictions."""
JOINT_ACTS: Final[Mapping[Refusal, str]] = {
    Refusal.NEEDED: "a second person has to agree first",
    Refusal.TOO_MANY: "too many requests of yours wait already",
    Refusal.NOT_AGREEABLE: "this cannot be agreed to or ended by you: it is over, or it is your own request",
    Refusal.NOT_AGREED: "nobody has agreed to it yet",
    Refusal.NOT_USABLE: "this agreement cannot be used: it is over, used up, or somebody else's",
    Refusal.CHANGED: "what was agreed to is something else",
}


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    desk: Desk
    signed: Signed
    token: str = field(repr=False)
    now: datetime
    fields: Mapping[str, str]
    """What the query or the form says; none of it is believed yet."""

    @property
    def path(self) -> Mapping[str, str]:
        """The variable parts of the address."""
        return self.request.path_params

    def call(self, fields: Mapping[str, Any] | None = None) -> Call:
        """The same as a call of the operator API, so that pages and programs go through one door."""
        given = self.fields if fields is None else fields
        signed = self.signed
        return Call(
            signed.operator, self.now, correlation_id(self.request), given, self.path, signed.strength, signed.session
        )

    def csrf(self, purpose: str) -> str:
        """The token of one form on this page."""
        return csrf_token(self.desk, self.token, purpose)

    def may(self, role: Role, *, changes: bool = False) -> bool:
        """Whether the page may offer what takes this role; the act itself is judged again when it is asked for."""
        strength, two_factors = self.signed.strength, self.desk.door.needs_two_factors
        operator = self.signed.operator
        why = denial(operator, strength, role, is_routine=not changes, is_scoped=True, two_factors=two_factors)
        return why is None

    @property
    def sees_all(self) -> bool:
        """Whether nothing is kept from this operator because of where it belongs (AD-02)."""
        return not self.signed.operator.jurisdictions


Shown: TypeAlias = Callable[[Visit], Awaitable[Sheet | Response]]


@dataclass(frozen=True, slots=True)
class Sight:
    """One page, or one form of it: the row that the route is made of."""

    method: str
    path: str
    role: Role
    run: Shown
    is_scoped: bool = False
    """Whether it looks at the operator's jurisdictions itself; else it does not exist for those who have some."""
    is_routine: bool = False
    is_strong: bool = False
    purpose: str | Callable[[Visit], str] = ""
    """What the form's token is bound to; for POST."""
    back: Shown | None = None
    """The page that is shown again, with the reason, when the form is refused."""


def endpoint(sight: Sight) -> Endpoint:
    """Settle who looks, then how often, then whether they may; then show it."""

    async def serve(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        try:
            signed, token = await signed_in(request, desk), session_token(request)
            if signed is None or token is None:
                return to_sign_in(request)
            visit = Visit(request, desk, signed, token, desk.clock(), {})
            return await _answer(visit, sight)
        except StoreUnavailableError:
            return problem(503)

    return serve


def to_sign_in(request: Request) -> Response:
    """Where everybody goes who is not signed in; a cookie that opens nothing is taken away."""
    response = RedirectResponse(SIGN_IN, 303)
    if session_token(request) is not None:
        end_session(request, response)
    return response


async def _answer(visit: Visit, sight: Sight) -> Response:
    refused = await _refused(visit, sight)
    if refused is not None:
        return refused
    try:
        visit = replace(visit, fields=await _fields(visit.request))
    except FormError as error:
        return problem(error.status, frame_of(visit))
    if sight.method == "POST" and (is_from_elsewhere(visit.request) or not _is_theirs(visit, sight.purpose)):
        await put_on_record(visit.request, visit.desk, visit.signed.operator.name, "csrf")
        return problem(403, frame_of(visit), because="the form is not one of this session; open the page again")
    return await _run(visit, sight)


def _is_theirs(visit: Visit, purpose: str | Callable[[Visit], str]) -> bool:
    """Whether the form that was sent is one that this session was given for exactly this."""
    bound = purpose if isinstance(purpose, str) else purpose(visit)
    return is_csrf_token(visit.desk, visit.token, bound, visit.fields.get(_CSRF, ""))


async def _refused(visit: Visit, sight: Sight) -> Response | None:
    """The pace and the rights, as at the operator API, and on record with the same words (AD-01)."""
    operator, desk = visit.signed.operator, visit.desk
    if not await desk.attempts.admit(PACE, operator.name, visit.now):
        await put_on_record(visit.request, desk, operator.name, "pace")
        return problem(429, frame_of(visit))
    why = denial(
        operator,
        visit.signed.strength,
        sight.role,
        is_routine=sight.is_routine,
        is_strong=sight.is_strong,
        is_scoped=sight.is_scoped,
        two_factors=desk.door.needs_two_factors,
    )
    if why is None:
        return None
    await put_on_record(visit.request, desk, operator.name, why.value)
    if why is Denial.PLACE:
        return problem(404, frame_of(visit))
    because = "it takes a one-time code or a certificate" if why is Denial.STRENGTH else "your role does not allow it"
    return problem(403, frame_of(visit), because=because)


async def _run(visit: Visit, sight: Sight) -> Response:
    try:
        return drawn(await sight.run(visit), visit)
    except CallError as error:
        status, because = error.status, error.description
    except (UnknownRecordError, UnknownSwitchError):
        status, because = 404, ""
    except ReasonError as error:
        status, because = 400, str(error)
    except JointActError as error:
        status, because = 409, JOINT_ACTS[error.refusal]
    if sight.back is None or status == 404:  # noqa: PLR2004 - what is not there has no page to go back to
        return problem(status, frame_of(visit), because=because)
    again = await sight.back(replace(visit, fields={}))
    shown = replace(again, wrong=because) if isinstance(again, Sheet) else again
    return drawn(shown, visit, status=status)


def drawn(shown: Sheet | Response, visit: Visit, *, status: int = 200) -> Response:
    """A page in its frame; what is a response already stays as it is."""
    return answered(shown, frame_of(visit), status=status) if isinstance(shown, Sheet) else shown


def frame_of(visit: Visit) -> Frame | None:
    """What stands around the page: the pages that this operator has, and when the session ends."""
    operator, session = visit.signed.operator, visit.signed.session
    if session is None:
        return None
    path = visit.request.url.path
    return Frame(
        name=operator.name,
        role=operator.role.value,
        places=operator.jurisdictions,
        strength=visit.signed.strength.value,
        idle_end=session.ends_at,
        latest_end=session.latest_end,
        links=tuple(
            NavigationLink(at, label, at == path or (at != "/" and path.startswith(f"{at}/")))
            for at, label, role, is_scoped in _PAGES
            if may(operator, NEEDED[role]) and (is_scoped or visit.sees_all)
        ),
        csrf=visit.csrf(SIGN_OUT),
        now=visit.now,
        issuer=visit.desk.issuer,
        version=visit.desk.ending.meters.version,
        realm=visit.desk.realm.value,
    )


async def _fields(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return once(query_pairs(request))
    await limited_body(request, BODY_BYTES)
    return once(await form_pairs(request))
