"""Whether a session answers, a provider is asked anew, or the request is refused at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker import problems
from gateway.broker.begin import begin, choose
from gateway.broker.finish import finish
from gateway.broker.model import ChooseProvider, GoUpstream, Outcome, ReturnToClient, Stage
from gateway.broker.problems import ProblemError
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, Prompt, ResponseMode
from providers.base import Assurance
from providers.errors import ProviderError, ProviderFailure
from tests.gateway.broker.builders import (
    NOW,
    Desk,
    a_consent,
    a_person,
    a_session,
    a_transaction,
    a_visit,
    an_identity,
)
from tests.gateway.broker.fakes import FakeProvider, FakeTransactions
from tests.gateway.oidc.fakes import CALLBACK, a_request

LEVELS = tuple(level.acr for level in Assurance)
REQUEST = a_request(scopes=("openid",))


def essential(*values: str) -> dict[str, Any]:
    return {"id_token": {"acr": {"essential": True, "values": list(values)}}}


def a_desk(level: Assurance = Assurance.THREE, *, highest: Assurance = Assurance.THREE, **person: Any) -> Desk:
    """Somebody with a session and a standing consent."""
    desk = Desk(provider=FakeProvider(highest_assurance=highest, identity=an_identity(assurance=level)))
    desk.sign_ins.sessions[a_visit().session or b""] = a_session(a_person(assurance=level, **person))
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()
    return desk


async def asked(desk: Desk, *, session: bool = True, **request: Any) -> Outcome:
    visit = a_visit() if session else a_visit(session=None)
    return await begin(desk.broker, desk.client, replace(REQUEST, **request), visit)


async def refusal_of(desk: Desk, *, session: bool = True, **request: Any) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await asked(desk, session=session, **request)
    assert desk.sign_ins.completions == []
    return refusal.value


@pytest.mark.attack("PR-10")
@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize("reached", Assurance)
@pytest.mark.parametrize("wished", Assurance)
async def test_pr_10_a_wished_level_never_breaks_a_sign_in_and_never_raises_what_is_reported(reached, wished) -> None:
    desk = a_desk(reached, highest=reached)

    outcome = await come_back(desk, acr_values=(wished.acr,))

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.completions[0].grant.acr == reached.acr


@pytest.mark.attack("PR-10")
@pytest.mark.spec("OpenID Connect Core §5.5.1.1")
@pytest.mark.parametrize("reached", Assurance)
@pytest.mark.parametrize("demanded", Assurance)
async def test_pr_10_a_demanded_level_is_reached_or_the_sign_in_fails(reached, demanded) -> None:
    desk = a_desk(reached, highest=Assurance.FOUR)

    if reached < demanded:
        with pytest.raises(OAuthError) as refusal:
            await come_back(desk, claims=essential(demanded.acr))

        assert refusal.value.code is ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS
        assert desk.sign_ins.completions == []
        return
    outcome = await come_back(desk, claims=essential(demanded.acr))

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.completions[0].grant.acr == demanded.acr  # one of the demanded values, and true


async def come_back(desk: Desk, **request: Any) -> Outcome:
    """The person signs in at the provider, whatever session there was."""
    away = replace(a_transaction(), stage=Stage.AWAY, person=None, request=replace(REQUEST, **request))
    desk.transactions = FakeTransactions(away)
    return await finish(desk.broker, "hong_kong", "login-1", {}, a_visit(session=None))


@pytest.mark.parametrize("values", [("urn:gba:loa:4",), ("urn:somebody:else",), ("urn:gba:loa:4", "1")])
async def test_a_demand_that_no_account_can_meet_is_refused_before_anybody_is_asked(values) -> None:
    error = await refusal_of(a_desk(), session=False, claims=essential(*values))

    assert error.code is ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS
    assert error.reply_to is not None
    assert error.reply_to.redirect_uri == CALLBACK


@pytest.mark.attack("TN-05")
@pytest.mark.parametrize("how", [{"acr_values": (LEVELS[2],)}, {"claims": essential(LEVELS[2])}])
async def test_tn_05_a_session_below_the_wish_is_raised_by_a_fresh_proof_at_the_provider(how) -> None:
    desk = a_desk(Assurance.TWO)

    outcome = await asked(desk, **how)

    assert isinstance(outcome, ChooseProvider)
    assert isinstance(await choose(desk.broker, desk.client, outcome.transaction, "hong_kong", a_visit()), GoUpstream)
    assert (desk.provider.started[0].assurance, desk.provider.started[0].fresh) == (Assurance.THREE, True)


async def test_a_sign_in_without_a_session_is_not_made_fresh_by_its_level() -> None:
    desk = a_desk()

    await asked(desk, session=False, acr_values=(LEVELS[2],), idp_hint="hong_kong")

    assert not desk.provider.started[0].fresh


async def test_a_wish_that_no_account_reaches_is_answered_by_the_session_there_is() -> None:
    desk = a_desk(Assurance.TWO, highest=Assurance.TWO)

    assert isinstance(await asked(desk, acr_values=(LEVELS[2],)), ReturnToClient)
    assert desk.sign_ins.completions[0].grant.acr == LEVELS[1]


async def test_a_silent_request_with_a_wish_above_the_session_gets_the_level_there_is() -> None:
    desk = a_desk(Assurance.TWO)

    assert isinstance(await asked(desk, prompts=frozenset({Prompt.NONE}), acr_values=(LEVELS[2],)), ReturnToClient)
    assert desk.sign_ins.completions[0].grant.acr == LEVELS[1]


async def test_a_silent_request_with_a_demand_above_the_session_needs_the_person() -> None:
    desk = a_desk(Assurance.TWO)

    error = await refusal_of(desk, prompts=frozenset({Prompt.NONE}), claims=essential(LEVELS[2]))

    assert error.code is ErrorCode.LOGIN_REQUIRED


async def test_an_account_that_cannot_reach_the_demand_is_neither_hinted_nor_chosen() -> None:
    desk = a_desk(highest=Assurance.TWO)
    high = FakeProvider(name="macao", highest_assurance=Assurance.FOUR)
    broker = replace(desk.broker, providers={"hong_kong": desk.provider, "macao": high})

    outcome = await begin(
        broker,
        desk.client,
        replace(REQUEST, idp_hint="hong_kong", claims=essential(LEVELS[2])),
        a_visit(session=None),
    )

    assert isinstance(outcome, ChooseProvider)
    assert outcome.providers == ("macao",)
    with pytest.raises(ProblemError) as refusal:
        await choose(broker, desk.client, outcome.transaction, "hong_kong", a_visit())
    assert refusal.value.problem is problems.PROVIDER_UNKNOWN


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize(("max_age", "answers"), [(0, False), (1, False), (59, False), (60, True), (3600, True)])
async def test_a_session_answers_only_if_its_proof_is_young_enough(max_age, answers) -> None:
    outcome = await asked(a_desk(), max_age=max_age)  # proven a minute ago

    assert isinstance(outcome, ReturnToClient) is answers


async def test_no_session_is_young_enough_for_a_max_age_of_nothing() -> None:
    outcome = await asked(a_desk(authenticated_at=NOW), max_age=0)

    assert isinstance(outcome, ChooseProvider)


@pytest.mark.parametrize("how", [{"prompts": frozenset({Prompt.LOGIN})}, {"max_age": 1}, {"max_age": 0}])
async def test_a_fresh_sign_in_travels_upstream(how) -> None:
    desk = a_desk()

    await asked(desk, session=False, idp_hint="hong_kong", **how)

    assert desk.provider.started[0].fresh


@pytest.mark.parametrize(
    ("how", "ago", "is_refused"),
    [
        ({"prompts": frozenset({Prompt.LOGIN})}, 11, True),
        ({"prompts": frozenset({Prompt.LOGIN})}, 9, False),
        ({"max_age": 0}, 3600, True),
        ({"max_age": 60}, 71, True),
        ({"max_age": 60}, 60, False),
        ({"max_age": 2_147_483_647}, 60, False),
        ({}, 86_400, False),
    ],
)
async def test_a_provider_that_answers_with_an_old_sign_in_is_not_believed(how, ago, is_refused) -> None:
    desk = a_desk()
    desk.provider.identity = an_identity(authenticated_at=NOW - timedelta(seconds=ago))

    if not is_refused:
        assert isinstance(await come_back(desk, **how), ReturnToClient)
        return
    with pytest.raises(OAuthError) as refusal:
        await come_back(desk, **how)

    assert refusal.value.code is ErrorCode.LOGIN_REQUIRED
    assert desk.transactions.by_id["transaction-1"].stage is Stage.FAILED
    assert desk.transactions.by_id["transaction-1"].person is None


@pytest.mark.attack("RO-02")
@pytest.mark.parametrize(
    ("how", "session", "code"),
    [
        ({"prompts": frozenset({Prompt.NONE})}, False, ErrorCode.LOGIN_REQUIRED),
        ({"prompts": frozenset({Prompt.NONE}), "scopes": ("openid", "profile")}, True, ErrorCode.CONSENT_REQUIRED),
        ({"claims": essential(LEVELS[3])}, True, ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS),
    ],
)
async def test_ro_02_an_error_that_goes_to_the_client_spends_the_pushed_request(how, session, code) -> None:
    desk = a_desk()

    error = await refusal_of(desk, session=session, pushed=b"handle", response_mode=ResponseMode.FORM_POST, **how)

    assert error.code is code
    assert desk.pushed.spent == [b"handle"]
    assert error.reply_to is not None
    assert (error.reply_to.client_id, error.reply_to.response_mode) == ("rp-a", ResponseMode.FORM_POST)


async def test_another_persons_session_does_not_answer_for_the_one_who_is_meant() -> None:
    desk = a_desk()

    assert isinstance(await asked(desk, expected_sub="somebody else's"), ChooseProvider)
    error = await refusal_of(desk, expected_sub="somebody else's", prompts=frozenset({Prompt.NONE}))
    assert error.code is ErrorCode.LOGIN_REQUIRED


@pytest.mark.spec("OpenID Connect Core §3.1.2.2")
async def test_whoever_signs_in_instead_of_the_one_who_is_meant_gets_nothing() -> None:
    desk = a_desk()

    with pytest.raises(OAuthError) as refusal:
        await come_back(desk, expected_sub="somebody else's")

    assert (refusal.value.code, refusal.value.description) == (ErrorCode.LOGIN_REQUIRED, "another person signed in")
    assert desk.sign_ins.completions == []


@pytest.mark.parametrize("hint", ["hong_kong", None])
async def test_a_provider_that_cannot_be_begun_with_leaves_the_person_at_the_chooser(hint) -> None:
    desk = a_desk()
    desk.provider.failure = ProviderError("hong_kong", ProviderFailure.UNREACHABLE, "timeout")

    with pytest.raises(ProblemError) as refusal:
        await go_upstream(desk, hint)

    assert (refusal.value.problem, refusal.value.provider) == (problems.UPSTREAM_UNREACHABLE, "hong_kong")
    assert refusal.value.transaction is not None
    assert desk.transactions.by_id[refusal.value.transaction.id].stage is Stage.CHOOSING
    assert desk.audit.events[-1].details["failure"] == "unreachable"


async def go_upstream(desk: Desk, hint: str | None) -> None:
    """Straight to the provider that is hinted at, or by way of the chooser."""
    outcome = await asked(desk, session=False, idp_hint=hint)
    assert isinstance(outcome, ChooseProvider)
    await choose(desk.broker, desk.client, outcome.transaction, "hong_kong", a_visit(session=None))
