"""Acting for an organisation: the organisation is the subject, the person the actor, and the mandate bounds both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker import problems
from gateway.broker.answers import agree
from gateway.broker.begin import begin
from gateway.broker.finish import finish
from gateway.broker.model import AskConsent, ChooseProvider, Outcome, ReturnToClient, Stage
from gateway.broker.ports import Recognition
from gateway.broker.problems import ProblemError
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.pairwise import pairwise_sub
from providers.base import Mandate, MandateRole, Organisation, Register
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
from tests.gateway.oidc.fakes import a_request

KEY = b"a fictional key of thirty-two by"
COMPANY = Organisation(Register.BUSINESS_REGISTRATION, "00000018", "Fictional Trading Limited")
ENDS = NOW + timedelta(days=30)
MANDATE = Mandate(MandateRole.AGENT, ("tax",), ENDS)
SCOPES = ("openid", "profile", "organisation")


def a_desk(scopes: tuple[str, ...] = SCOPES, *, request: dict[str, Any] | None = None, **identity: Any) -> Desk:
    asked = a_request(scopes=scopes, **request or {})
    away = replace(a_transaction(), stage=Stage.AWAY, person=None, request=asked)
    who = {"organisation": COMPANY, "mandate": MANDATE} | identity
    desk = Desk(provider=FakeProvider(identity=an_identity(**who)), transactions=FakeTransactions(away))
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent(granted=SCOPES)
    return desk


async def come_back(desk: Desk) -> Outcome:
    return await finish(desk.broker, "hong_kong", "login-1", {}, a_visit(session=None))


def sub(subject_id: str) -> str:
    return pairwise_sub(KEY, "rp-a.example", subject_id)


async def test_the_organisation_is_the_subject_and_the_person_acts() -> None:
    desk = a_desk()

    assert isinstance(await come_back(desk), ReturnToClient)

    grant = desk.sign_ins.completions[0].grant
    assert (grant.sub, grant.actor_sub) == (sub("organisation-1"), sub("person-1"))
    assert grant.subject_id == "person-1"
    assert desk.sign_ins.organisations == ["organisation:hk.brn:00000018"]
    assert grant.claims["gba_organisation"] == {
        "register": "hk.brn",
        "identifier": "00000018",
        "name": "Fictional Trading Limited",
    }
    assert grant.claims["gba_mandate"] == {"role": "agent", "scope": ["tax"], "expires_at": int(ENDS.timestamp())}


async def test_a_mandate_without_bounds_names_none() -> None:
    desk = a_desk(mandate=Mandate(MandateRole.LEGAL_REPRESENTATIVE))

    await come_back(desk)

    assert desk.sign_ins.completions[0].grant.claims["gba_mandate"] == {"role": "legal_representative"}


async def test_whoever_does_not_ask_for_the_organisation_learns_nothing_of_it() -> None:
    desk = a_desk(("openid", "profile"))

    await come_back(desk)

    completion = desk.sign_ins.completions[0]
    assert (completion.grant.sub, completion.grant.actor_sub) == (sub("person-1"), None)
    assert desk.sign_ins.organisations == []
    assert completion.new_session is not None
    assert completion.new_session.person.organisation is None
    assert "gba_organisation" not in completion.grant.claims


@pytest.mark.attack("PR-04")
async def test_pr_04_an_organisation_that_is_withheld_makes_the_person_the_subject() -> None:
    desk = a_desk()
    desk.sign_ins.consents.clear()
    outcome = await come_back(desk)
    assert isinstance(outcome, AskConsent)

    await agree(desk.broker, desk.client, outcome.transaction, frozenset({"organisation"}), a_visit(session=None))

    grant = desk.sign_ins.completions[0].grant
    assert (grant.sub, grant.actor_sub) == (sub("person-1"), None)
    assert grant.claims.keys().isdisjoint({"gba_organisation", "gba_mandate"})


async def test_somebody_who_acts_for_nobody_is_told_that_there_is_nothing_to_pass_on() -> None:
    desk = a_desk(organisation=None, mandate=None)
    desk.sign_ins.consents.clear()

    outcome = await come_back(desk)

    assert isinstance(outcome, AskConsent)
    assert outcome.release.missing == {"organisation": "organisation.none"}


async def test_an_organisation_without_a_mandate_is_none() -> None:
    desk = a_desk(mandate=None)

    await come_back(desk)

    assert desk.sign_ins.completions[0].grant.actor_sub is None


async def test_an_organisation_that_was_switched_off_lets_nobody_in() -> None:
    desk = a_desk()
    desk.sign_ins.organisation_recognition = Recognition.BLOCKED

    with pytest.raises(ProblemError) as refusal:
        await come_back(desk)

    assert refusal.value.problem is problems.SWITCHED_OFF


@pytest.mark.parametrize("ends_at", [NOW, NOW - timedelta(days=1)])
async def test_a_mandate_that_has_ended_is_worth_nothing(ends_at) -> None:
    desk = a_desk(mandate=replace(MANDATE, ends_at=ends_at))

    with pytest.raises(OAuthError) as refusal:
        await come_back(desk)

    assert refusal.value.code is ErrorCode.ACCESS_DENIED
    assert refusal.value.description == "the mandate for the organisation has ended"
    assert desk.sign_ins.completions == []


async def test_a_mandate_that_ends_behind_the_consent_page_is_worth_nothing() -> None:
    desk = a_desk()
    desk.sign_ins.consents.clear()
    outcome = await come_back(desk)
    assert isinstance(outcome, AskConsent)

    with pytest.raises(OAuthError) as refusal:
        await agree(desk.broker, desk.client, outcome.transaction, frozenset(), a_visit(now=ENDS))

    assert refusal.value.code is ErrorCode.ACCESS_DENIED
    assert desk.transactions.by_id["transaction-1"].stage is Stage.FAILED


@pytest.mark.parametrize(
    ("person", "answers"),
    [
        ({}, False),
        ({"organisation": COMPANY, "mandate": replace(MANDATE, ends_at=NOW)}, False),
        ({"organisation": COMPANY, "mandate": MANDATE}, True),
    ],
)
async def test_a_session_answers_for_an_organisation_only_with_a_standing_mandate(person, answers) -> None:
    desk = a_desk()
    acting = a_person(organisation_subject_id="organisation-1" if person else None, **person)
    desk.sign_ins.sessions[a_visit().session or b""] = a_session(acting)

    outcome = await begin(desk.broker, desk.client, a_request(scopes=SCOPES), a_visit())

    assert isinstance(outcome, ReturnToClient if answers else ChooseProvider)


async def test_no_single_claim_brings_the_organisation_of_a_session() -> None:
    desk = a_desk()
    acting = a_person(organisation=COMPANY, mandate=MANDATE, organisation_subject_id="organisation-1")
    desk.sign_ins.sessions[a_visit().session or b""] = a_session(acting)
    client = replace(desk.client, scopes=(*desk.client.scopes, "organisation"))
    request = a_request(scopes=("openid",), claims={"userinfo": {"gba_organisation": None}})

    await begin(desk.broker, client, request, a_visit())

    grant = desk.sign_ins.completions[0].grant
    assert (grant.claims, grant.sub) == ({}, sub("person-1"))


async def test_the_organisation_may_be_the_one_who_is_meant() -> None:
    desk = a_desk(request={"expected_sub": sub("organisation-1")})

    assert isinstance(await come_back(desk), ReturnToClient)


async def test_a_person_who_leaves_out_the_organisation_that_is_meant_answers_for_nobody() -> None:
    desk = a_desk(request={"expected_sub": sub("organisation-1")})
    desk.sign_ins.consents.clear()
    outcome = await come_back(desk)
    assert isinstance(outcome, AskConsent)

    with pytest.raises(OAuthError) as refusal:
        await agree(desk.broker, desk.client, outcome.transaction, frozenset({"organisation"}), a_visit(session=None))

    assert refusal.value.code is ErrorCode.LOGIN_REQUIRED
    assert desk.sign_ins.completions == []


async def test_a_provider_is_asked_for_an_organisation_only_when_the_client_asks() -> None:
    desk = a_desk()

    for scopes in (SCOPES, ("openid",)):
        request = a_request(scopes=scopes, idp_hint="hong_kong")
        await begin(desk.broker, desk.client, request, a_visit(session=None))

    assert [login.organisation for login in desk.provider.started] == [True, False]
