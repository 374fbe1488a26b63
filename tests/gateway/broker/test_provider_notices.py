"""What is said of accounts that do not answer or are away by plan, and how sign-ins go on around them."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker import problems
from gateway.broker.answers import show
from gateway.broker.begin import begin, choose
from gateway.broker.finish import finish
from gateway.broker.identifier import find_number
from gateway.broker.model import ChooseProvider, GoUpstream, Outcome, ReturnToClient, Stage
from gateway.broker.parts import Broker
from gateway.broker.problems import ProblemError
from gateway.broker.provider_notices import NoticeKind, PlannedOutage, ProviderNotice, ProviderNotices
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, Prompt
from providers.base import Callback, UpstreamIdentity
from providers.breakers import BREAKER_OPEN
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import (
    NOW,
    Desk,
    a_consent,
    a_session,
    a_transaction,
    a_visit,
    an_identity,
)
from tests.gateway.broker.fakes import FakeProvider, FakeTransactions
from tests.gateway.oidc.fakes import a_request
from tests.mapping.resolve_builders import STAND_IN, a_binding

HOUR = timedelta(hours=1)
PLACES = ("hong_kong", "macao", "guangdong")
SILENT = ProviderNotice(NoticeKind.SILENT)


def an_outage(provider: str = "macao", start: timedelta = -HOUR, end: timedelta = HOUR) -> PlannedOutage:
    return PlannedOutage(provider, NOW + start, NOW + end)


@dataclass
class Place:
    """A broker with three providers."""

    notices: ProviderNotices = field(default_factory=ProviderNotices)
    desk: Desk = field(default_factory=Desk)
    client_providers: tuple[str, ...] = ()

    @property
    def broker(self) -> Broker:
        providers = {name: FakeProvider(name=name, identity=an_identity(provider=name)) for name in PLACES}
        return replace(self.desk.broker, providers=providers, notices_of_providers=self.notices)

    async def asked(self, **request: Any) -> Outcome:
        wanted = replace(a_request(scopes=("openid",)), **request)
        client = replace(self.desk.client, providers=self.client_providers)
        return await begin(self.broker, client, wanted, a_visit(session=None))


async def offered(place: Place) -> ChooseProvider:
    outcome = await place.asked()
    assert isinstance(outcome, ChooseProvider)
    return outcome


def silent(*names: str) -> ProviderNotices:
    return ProviderNotices(silent_here=lambda: frozenset(names))


def test_without_news_nothing_is_said() -> None:
    known = ProviderNotices()

    assert [known.of(name, NOW) for name in PLACES] == [None, None, None]


@pytest.mark.parametrize("known", [silent("macao"), ProviderNotices(silent_elsewhere=frozenset({"macao"}))])
def test_a_provider_that_this_worker_or_most_others_cannot_reach_does_not_answer(known: ProviderNotices) -> None:
    assert (known.of("macao", NOW), known.of("hong_kong", NOW)) == (SILENT, None)
    assert known.is_away("macao", NOW)


def test_a_plan_under_way_explains_a_silence_and_says_until_when() -> None:
    known = replace(silent("macao"), outages=(an_outage(),))

    assert known.of("macao", NOW) == ProviderNotice(NoticeKind.AWAY, NOW - HOUR, NOW + HOUR)


def test_a_silence_is_said_rather_than_a_plan_for_later() -> None:
    known = replace(silent("macao"), outages=(an_outage(start=HOUR, end=2 * HOUR),))

    assert known.of("macao", NOW) == SILENT


@pytest.mark.parametrize(("ahead", "kind"), [(HOUR, NoticeKind.SOON), (24 * HOUR, NoticeKind.SOON), (25 * HOUR, None)])
def test_a_plan_is_told_of_a_day_before(ahead: timedelta, kind: NoticeKind | None) -> None:
    known = ProviderNotices(outages=(an_outage(start=ahead, end=ahead + HOUR),))

    notice = known.of("macao", NOW)

    assert (notice.kind if notice else None) is kind
    assert not known.is_away("macao", NOW)


@pytest.mark.parametrize(("at", "is_away"), [(-HOUR, True), (HOUR - timedelta(seconds=1), True), (HOUR, False)])
def test_a_plan_counts_from_its_start_to_just_before_its_end(at: timedelta, is_away: bool) -> None:
    assert ProviderNotices(outages=(an_outage(),)).is_away("macao", NOW + at) is is_away


def test_plans_that_follow_one_another_are_told_as_one() -> None:
    plans = (an_outage(start=HOUR, end=3 * HOUR), an_outage(), an_outage("hong_kong", end=9 * HOUR))

    notice = ProviderNotices(outages=plans).of("macao", NOW)

    assert notice == ProviderNotice(NoticeKind.AWAY, NOW - HOUR, NOW + 3 * HOUR)


async def test_accounts_that_do_not_answer_stand_last_with_a_notice_and_can_still_be_chosen() -> None:
    place = Place(silent("hong_kong"))

    outcome = await offered(place)

    assert outcome.providers == ("macao", "guangdong", "hong_kong")
    assert outcome.notices == {"hong_kong": SILENT}
    assert not outcome.is_hopeless
    chosen = await choose(place.broker, place.desk.client, outcome.transaction, "hong_kong", a_visit(session=None))
    assert isinstance(chosen, GoUpstream)


async def test_an_account_that_will_be_away_keeps_its_place() -> None:
    outcome = await offered(Place(ProviderNotices(outages=(an_outage("hong_kong", HOUR, 2 * HOUR),))))

    assert outcome.providers == PLACES
    assert outcome.notices["hong_kong"].kind is NoticeKind.SOON


async def test_the_page_that_is_opened_again_shows_what_is_known_then() -> None:
    place = Place(silent("hong_kong"))
    transaction = (await offered(place)).transaction
    place.notices = ProviderNotices()

    outcome = await show(place.broker, place.desk.client, transaction, NOW)

    assert isinstance(outcome, ChooseProvider)
    assert (outcome.providers, outcome.notices) == (PLACES, {})


@pytest.mark.parametrize("known", [silent("macao"), ProviderNotices(outages=(an_outage(),))])
async def test_a_hint_to_an_account_that_is_away_shows_the_chooser(known: ProviderNotices) -> None:
    outcome = await Place(known).asked(idp_hint="macao")

    assert isinstance(outcome, ChooseProvider)
    assert outcome.providers[-1] == "macao"


async def test_a_hint_to_an_account_that_works_leads_there_whatever_others_do() -> None:
    outcome = await Place(silent("hong_kong", "guangdong")).asked(idp_hint="macao")

    assert isinstance(outcome, GoUpstream)


async def test_a_hint_to_the_only_account_of_a_client_ends_on_a_page_that_says_so() -> None:
    outcome = await Place(silent("macao"), client_providers=("macao",)).asked(idp_hint="macao")

    assert isinstance(outcome, ChooseProvider)
    assert (outcome.providers, outcome.is_hopeless) == (("macao",), True)


async def test_nothing_works_only_when_every_account_is_away() -> None:
    known = replace(silent("macao", "hong_kong"), outages=(an_outage("guangdong"),))

    assert (await offered(Place(known))).is_hopeless
    assert not (await offered(Place(replace(known, outages=())))).is_hopeless


async def test_prompt_none_is_answered_as_ever() -> None:
    with pytest.raises(OAuthError) as refusal:
        await Place(silent(*PLACES)).asked(prompts=frozenset({Prompt.NONE}), idp_hint="macao")

    assert refusal.value.code is ErrorCode.LOGIN_REQUIRED


async def test_a_session_goes_on_working_while_its_provider_is_away() -> None:
    place = Place(silent(*PLACES))
    place.desk.sign_ins.sessions[a_visit().session or b""] = a_session()
    place.desk.sign_ins.consents["person-1", "rp-a"] = a_consent()

    outcome = await begin(place.broker, place.desk.client, a_request(scopes=("openid",)), a_visit())

    assert isinstance(outcome, ReturnToClient)


async def test_a_register_that_is_left_alone_leaves_the_record_as_it_stands() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW - timedelta(days=2))
    desk.register.failure = ProviderError("guangdong", ProviderFailure.UNREACHABLE, BREAKER_OPEN)
    transaction = replace(a_transaction(), stage=Stage.RETURNED, request=a_request(scopes=("openid", "cn_id")))

    findings = await find_number(desk.broker, desk.client, transaction, NOW)

    assert findings.resolution is not None
    assert findings.resolution.number.value == STAND_IN.value


class LeftAlone(FakeProvider):
    """A provider whose breaker is open."""

    async def finish(self, callback: Callback) -> UpstreamIdentity:
        raise ProviderError(self.name, ProviderFailure.UNREACHABLE, BREAKER_OPEN)


async def test_whoever_comes_back_from_a_provider_that_is_left_alone_may_choose_another() -> None:
    desk = Desk(provider=LeftAlone())
    desk.transactions = FakeTransactions(replace(a_transaction(), stage=Stage.AWAY, person=None))

    with pytest.raises(ProblemError) as refusal:
        await finish(desk.broker, "hong_kong", "login-1", {}, a_visit(session=None))

    assert (refusal.value.problem, refusal.value.provider) == (problems.UPSTREAM_UNREACHABLE, "hong_kong")
    assert refusal.value.problem.oauth is ErrorCode.TEMPORARILY_UNAVAILABLE
    assert desk.transactions.by_id["transaction-1"].stage is Stage.CHOOSING
