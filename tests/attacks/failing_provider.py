"""A provider that misbehaves for one tester's session: what the person sees, what is left, and who is not disturbed.

The same expectations hold for all three dialects, so they are written once: a page of ours that names the account, a
way to the other accounts, a way home with an OAuth error, one audit event, no new row, and a neighbour who signs in.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from gateway.broker.problems import CATALOGUE
from gateway.cli.robot import Page
from providers.calls import Calls
from tests.attacks.watch import WatchedWorld, leaves_nothing, refusals
from tests.world import AT, Asked, Browser, asking

PLACES: Final = ("hong_kong", "macao", "guangdong")
NAMES: Final = {
    "hong_kong": "iAM Smart",
    "macao": "Macao One Account",
    "guangdong": "Guangdong Unified Identity Authentication Platform",
}
NEIGHBOURS: Final = {"hong_kong": "cheung-mei-fong", "macao": "jose-da-luz", "guangdong": "wong-ka-yan"}
NEVER_MS: Final = 60_000
"""A delay that no deadline of the gateway waits for; the simulated call is given up, so nobody waits so long."""
DEADLINE: Final = 1.0

CANCELLED, REFUSED, UNREACHABLE, BROKEN = "GBA-2001", "GBA-2002", "GBA-2003", "GBA-2004"
LAPSED, NOT_ELIGIBLE, MISCONFIGURED = "GBA-2005", "GBA-2006", "GBA-2007"
OAUTH: Final = {
    CANCELLED: "access_denied",
    REFUSED: "access_denied",
    LAPSED: "access_denied",
    NOT_ELIGIBLE: "access_denied",
    UNREACHABLE: "temporarily_unavailable",
    BROKEN: "temporarily_unavailable",
    MISCONFIGURED: "temporarily_unavailable",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario of a mock's table and what must come of it; ``detail`` is the operator's word in the audit log."""

    scenario: str
    code: str
    detail: str
    endpoint: str | None = None
    args: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        parts = [self.scenario, self.endpoint or "", "-".join(f"{k}={v}"[:24] for k, v in (self.args or {}).items())]
        return "-".join(part for part in parts if part)

    @property
    def entry(self) -> dict[str, Any]:
        """What the control plane is told besides the scenario's name."""
        match = {"endpoint": self.endpoint} if self.endpoint else {}
        return {"match": match, "args": dict(self.args or {})}


@dataclass(frozen=True, slots=True)
class Victim:
    """A browser with a tester's session, on its way."""

    browser: Browser
    asked: Asked
    session: str


def a_victim(world: WatchedWorld, scope: str = "openid profile cn_id cn_doc") -> Victim:
    """A browser that no other test shares a session with."""
    session = f"t-{secrets.token_hex(6)}"
    return Victim(world.browser(session), asking(scope=scope), session)


async def provider_answer(victim: Victim, place: str, person: str) -> Page:
    """Sign in at the provider, up to the page at which the browser comes to rest."""
    page = await victim.browser.to_provider(victim.asked, place)
    if page.url.startswith(AT.issuer) or victim.browser.caught:
        return page
    return await victim.browser.prove(page, person)


async def approved(victim: Victim, person: str = "chan-siu-ming") -> Page:
    """The page of iAM Smart on which nothing but *continue* is left to press."""
    page = await victim.browser.to_provider(victim.asked, "hong_kong")
    phone = await victim.browser.follow(page, "open-phone")
    await victim.browser.press(phone, "approve", person=person)
    return page


async def assert_case(world: WatchedWorld, place: str, person: str, case: Case) -> None:
    """Play a case in a session of its own and look at everything that must hold."""
    victim = a_victim(world)
    await world.arm(place, case.scenario, session=victim.session, **case.entry)
    told = len(await refusals(world))

    async with leaves_nothing(world, but={"transactions": 1}):
        page = await provider_answer(victim, place, person)

    assert_problem_page(victim, page, place, case.code)
    events = [(one["action"], one["provider"], one["details"]["detail"]) for one in (await refusals(world))[told:]]
    assert events == [("sign_in.failed", place, case.detail)], events
    await assert_ways_on(victim, page, place)
    await assert_undisturbed(world, place)


def assert_problem_page(victim: Victim, page: Page, place: str, code: str) -> None:
    """The page says what happened to which account, and leads home with the right OAuth error."""
    browser, asked = victim.browser, victim.asked
    status = next(problem.status for problem in CATALOGUE if problem.code == code)
    assert browser.caught is None
    assert (page.texts.get("problem-code"), page.status) == (code, status), browser.last.text
    assert NAMES[place] in page.texts["problem"].partition("What happened")[0]
    others = {f"provider-{name.replace('_', '-')}" for name in PLACES if name != place}
    assert {button for button in page.buttons if button.startswith("provider-")} == others
    home = urlsplit(page.links["way-home"])
    assert f"{home.scheme}://{home.netloc}{home.path}" == asked.redirect_uri
    answer = parse_qs(home.query)
    assert (answer["error"], answer["state"], answer["iss"]) == ([OAUTH[code]], [asked.state], [AT.issuer])
    assert "code" not in answer
    if status == 503:
        assert "retry-after" in browser.last.headers


async def assert_ways_on(victim: Victim, page: Page, place: str) -> None:
    """Going on leads to the chooser of the same sign-in; another account leads to its provider."""
    again = await victim.browser.follow(page, "again")
    other = "macao" if place != "macao" else "hong_kong"
    there = await victim.browser.press(page, f"provider-{other.replace('_', '-')}")
    assert f"provider-{place.replace('_', '-')}" in again.buttons
    assert there.url.startswith(getattr(AT, other))


async def assert_undisturbed(world: WatchedWorld, place: str) -> None:
    """Somebody without the tester's session signs in at the same provider meanwhile."""
    claims = await world.signed_in(place, NEIGHBOURS[place], scope="openid profile")
    assert claims["sub"]


async def assert_signs_in(
    world: WatchedWorld, place: str, person: str, scenario: str, **entry: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The scenario is survived: the claims of the ID token, and those of userinfo."""
    victim = a_victim(world)
    await world.arm(place, scenario, session=victim.session, **entry)
    return await _tokens(world, victim, place, person)


async def _tokens(
    world: WatchedWorld, victim: Victim, place: str, person: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = await victim.browser.sign_in(victim.asked, place, person)
    response = await world.token(victim.asked, answer["code"])
    assert response.status_code == 200, response.text
    tokens = response.json()
    return await world.claims(victim.asked, tokens), (await world.userinfo(tokens["access_token"])).json()


async def assert_lost_way(world: WatchedWorld, place: str, person: str, scenario: str, **entry: Any) -> None:
    """A callback that names no sign-in of this browser ends on a local page, and the sign-in itself waits on."""
    victim = a_victim(world)
    await world.arm(place, scenario, session=victim.session, times=1, **entry)
    told = len(await refusals(world))

    async with leaves_nothing(world, but={"transactions": 1}):
        page = await provider_answer(victim, place, person)

    assert (page.status, page.texts["problem-code"]) == (400, "GBA-1002")
    assert "way-home" not in page.links
    assert [event["details"]["at"] for event in (await refusals(world))[told:]] == ["callback"]
    await assert_undisturbed(world, place)


def shorten_deadline(world: WatchedWorld, seconds: float = DEADLINE) -> Calls:
    """Give up slow providers sooner, so that nobody waits for the real deadline."""
    provider = world.gateway.inner.state.web.broker.providers["macao"]
    calls: Calls = provider._calls
    calls._total = seconds
    return calls
