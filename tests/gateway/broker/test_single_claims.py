"""Claims that are asked for one by one, offline access, and what is remembered of a decision about them."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.broker.answers import agree
from gateway.broker.begin import begin
from gateway.broker.consent import decided, remembered
from gateway.broker.identifier import Findings
from gateway.broker.model import AskConsent, Outcome, Release, ReturnToClient, Stage
from gateway.broker.release import release_of
from tests.gateway.broker.builders import (
    NOW,
    Desk,
    a_consent,
    a_person,
    a_session,
    a_transaction,
    a_visit,
    an_enrolled_client,
)
from tests.gateway.broker.fakes import FakeTransactions
from tests.gateway.oidc.fakes import a_request
from tests.mapping.resolve_builders import BORN, a_binding

VERIFIED = {
    "verified_claims": {
        "verification": {"trust_framework": None},
        "claims": {"name": None, "birthdate": None},
    }
}


def wanting(*scopes: str, id_token: Any = None, **userinfo: Any) -> Any:
    return a_request(scopes=("openid", *scopes), claims={"userinfo": userinfo, "id_token": id_token or {}})


def release(request: Any, **person: Any) -> Release:
    return release_of(request, an_enrolled_client(), a_person(**person), Findings(), NOW)


async def asked(desk: Desk, request: Any) -> Outcome:
    desk.sign_ins.sessions[a_visit().session or b""] = a_session()
    return await begin(desk.broker, desk.client, request, a_visit())


def test_each_single_claim_is_an_entry_of_its_own() -> None:
    found = release(wanting(birthdate=None, name={"essential": True}))

    assert found.scopes == ("openid", "claim:birthdate", "claim:name")
    assert found.claims["claim:birthdate"] == {"birthdate": BORN.isoformat()}


def test_a_claim_that_a_scope_holds_is_asked_for_once() -> None:
    assert release(wanting("profile", birthdate=None)).scopes == ("openid", "profile")


def test_a_claim_without_a_value_or_with_another_one_than_is_wanted_is_left_out() -> None:
    request = wanting(birthdate=None, gender={"value": "male"}, name={"values": ["虛構人", "x"]})

    assert release(request, birthdate=None).scopes == ("openid", "claim:name")


async def test_the_grant_knows_where_each_single_claim_is_wanted() -> None:
    desk = Desk()
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent(granted=("openid", "claim:birthdate", "claim:name"))

    outcome = await asked(desk, wanting(id_token={"name": None, "gender": None}, birthdate=None))

    assert isinstance(outcome, AskConsent)  # gender is new
    transaction = replace(outcome.transaction, request=wanting(id_token={"name": None}, birthdate=None))
    desk.transactions = FakeTransactions(transaction)
    await agree(desk.broker, desk.client, transaction, frozenset(), a_visit())
    grant = desk.sign_ins.completions[0].grant
    assert grant.scopes == ("openid",)
    assert (grant.id_token_claims, grant.userinfo_claims) == (("name",), ("birthdate",))
    assert grant.claims.keys() == {"name", "birthdate"}


@pytest.mark.attack("PR-04")
async def test_pr_04_a_single_claim_that_is_withheld_is_nowhere_in_the_grant() -> None:
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=wanting(birthdate=None, name=None))
    desk = Desk(transactions=FakeTransactions(transaction))

    await agree(desk.broker, desk.client, transaction, frozenset({"claim:birthdate"}), a_visit())

    completion = desk.sign_ins.completions[0]
    assert completion.grant.claims.keys() == {"name"}
    assert completion.grant.userinfo_claims == ("name",)
    assert completion.consent is not None
    assert (completion.consent.granted, completion.consent.withheld) == (("openid", "claim:name"), ("claim:birthdate",))


async def test_a_number_can_be_asked_for_by_itself_and_is_counted_as_released() -> None:
    desk = Desk()
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent(granted=("openid", "claim:gba_cn_id"))

    outcome = await asked(desk, wanting(gba_cn_id=None))

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.completions[0].releases_number
    assert desk.sign_ins.completions[0].grant.userinfo_claims == ("gba_cn_id",)


@pytest.mark.spec("OpenID Connect Core §11")
async def test_staying_connected_is_a_question_of_its_own() -> None:
    desk = Desk()
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent(granted=("openid",))

    outcome = await asked(desk, a_request(scopes=("openid", "offline_access")))

    assert isinstance(outcome, AskConsent)
    assert outcome.release.scopes == ("openid", "offline_access")
    await agree(desk.broker, desk.client, outcome.transaction, frozenset({"offline_access"}), a_visit())
    assert not desk.sign_ins.completions[0].grant.is_offline


async def test_staying_connected_goes_with_the_grant_when_it_is_agreed_to() -> None:
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=a_request(scopes=("openid", "offline_access")))
    desk = Desk(transactions=FakeTransactions(transaction))

    await agree(desk.broker, desk.client, transaction, frozenset(), a_visit())

    assert desk.sign_ins.completions[0].grant.is_offline


@pytest.mark.spec("OIDC4IDA 1.0 §5.1")
def test_what_a_region_vouched_for_is_one_entry_with_its_framework() -> None:
    found = release(wanting(**VERIFIED))

    claim = found.claims["claim:verified_claims"]["verified_claims"]
    assert claim == {
        "verification": {"trust_framework": "hk_iam_smart"},
        "claims": {"name": "虛構人", "birthdate": BORN.isoformat()},
    }


def test_nobody_vouches_for_an_account_of_no_region() -> None:
    assert release(wanting(**VERIFIED), provider="some_openid_connect").scopes == ("openid",)


@pytest.mark.attack("PR-03")
def test_pr_03_what_is_new_inside_verified_claims_is_asked_anew() -> None:
    client, person = an_enrolled_client(), a_person()
    narrow = {"verified_claims": {**VERIFIED["verified_claims"], "claims": {"name": None}}}
    consent = decided(person, client, release(wanting(**narrow)), frozenset(), NOW)

    assert consent.granted == ("openid", "claim:verified_claims", "claim:name")
    assert remembered(consent, client, release(wanting(**narrow)))
    assert not remembered(consent, client, release(wanting(**VERIFIED)))


def test_verified_claims_that_were_withheld_stay_withheld() -> None:
    client, person = an_enrolled_client(), a_person()

    consent = decided(person, client, release(wanting(**VERIFIED)), frozenset({"claim:verified_claims"}), NOW)

    assert (consent.granted, consent.withheld) == (("openid",), ("claim:verified_claims",))
    assert remembered(consent, client, release(wanting(**VERIFIED)))
