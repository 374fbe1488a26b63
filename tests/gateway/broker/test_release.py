from dataclasses import replace

import pytest

from gateway.broker.answers import agree
from gateway.broker.begin import begin
from gateway.broker.consent import remembered
from gateway.broker.identifier import Findings
from gateway.broker.model import AskConsent, Outcome, ReturnToClient, Stage
from gateway.broker.own_client import own_client
from gateway.broker.release import release_of
from mapping.documents import TravelPermit
from mapping.lifecycle import Standing
from tests.gateway.broker.builders import (
    ISSUER,
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
from tests.mapping.resolve_builders import NON_CHINESE, PERMIT, a_binding, number

REQUEST = a_request(scopes=("openid", "cn_id", "cn_doc"))


def a_desk(**changes) -> Desk:
    """Somebody with a recorded number and a session."""
    desk = Desk(**changes)
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    desk.sign_ins.sessions[a_visit().session or b""] = a_session()
    return desk


async def asked(desk: Desk, **request) -> Outcome:
    return await begin(desk.broker, desk.client, replace(REQUEST, **request), a_visit())


async def test_the_store_is_told_when_a_recorded_number_goes_out() -> None:
    desk = a_desk()
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()

    outcome = await asked(desk)

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.completions[0].releases_number


@pytest.mark.parametrize(
    "consent",
    [
        a_consent(granted=("openid", "cn_doc"), withheld=("cn_id",)),
        a_consent(granted=("openid",), withheld=("cn_doc", "cn_id")),
    ],
)
async def test_a_number_that_is_withheld_is_not_counted_as_released(consent) -> None:
    desk = a_desk()
    desk.sign_ins.consents["person-1", "rp-a"] = consent

    await asked(desk)

    assert not desk.sign_ins.completions[0].releases_number


async def test_a_sign_in_that_asks_for_the_document_alone_releases_no_number() -> None:
    desk = a_desk()
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()

    await asked(desk, scopes=("openid", "cn_doc"))

    assert not desk.sign_ins.completions[0].releases_number


async def test_a_number_that_the_provider_vouches_for_is_released_and_not_on_record() -> None:
    desk = Desk()
    desk.sign_ins.sessions[a_visit().session or b""] = a_session(a_person(citizen=number("440305")))
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()

    await asked(desk)

    assert "gba_cn_id" in desk.sign_ins.completions[0].grant.claims
    assert not desk.sign_ins.completions[0].releases_number


@pytest.mark.parametrize(("withheld", "released"), [(frozenset(), True), (frozenset({"cn_id"}), False)])
async def test_what_is_left_out_on_the_page_decides(withheld, released) -> None:
    desk = a_desk()
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=REQUEST)
    desk.transactions = FakeTransactions(transaction)

    await agree(desk.broker, desk.client, transaction, withheld, a_visit())

    assert desk.sign_ins.completions[0].releases_number is released


async def test_a_record_that_was_frozen_behind_the_consent_page_releases_nothing() -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(), "person-1", standing=Standing.FROZEN)
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=REQUEST)
    desk.transactions = FakeTransactions(transaction)

    await agree(desk.broker, desk.client, transaction, frozenset(), a_visit())

    completion = desk.sign_ins.completions[0]
    assert (completion.grant.scopes, completion.releases_number) == (("openid",), False)


@pytest.mark.parametrize(
    ("permit", "codes", "expected"),
    [
        (PERMIT, {}, "516"),
        (PERMIT, {"permit_cn": "HRP"}, "HRP"),
        (PERMIT, {"permit_noncn": "HRP-N"}, "516"),
        (NON_CHINESE, {"permit_cn": "HRP", "permit_noncn": "HRP-N"}, "HRP-N"),
    ],
)
def test_the_document_goes_out_under_the_relying_partys_own_code(permit, codes, expected) -> None:
    client = an_enrolled_client(document_codes=codes)

    release = release_of(REQUEST, client, a_person(), Findings(permit=permit), NOW)

    assert release.claims["cn_doc"]["gba_doc"]["type"] == expected
    assert release.claims["cn_doc"]["gba_doc"]["number9"] == permit.canonical


def test_a_document_that_may_not_go_out_is_missing_for_the_same_reason_as_the_number() -> None:
    release = release_of(REQUEST, an_enrolled_client(), a_person(), Findings(reason="binding.frozen"), NOW)

    assert release.missing == {"cn_id": "binding.frozen", "cn_doc": "binding.frozen"}


def test_the_renewal_count_goes_out_with_the_document() -> None:
    findings = Findings(permit=TravelPermit(PERMIT.canonical, "02"))

    release = release_of(REQUEST, an_enrolled_client(), a_person(), findings, NOW)

    assert release.claims["cn_doc"]["gba_doc"]["number11"] == "H0000001802"


async def test_the_gateways_own_sign_in_asks_for_no_consent() -> None:
    client = own_client(ISSUER)
    desk = a_desk(client=client)

    outcome = await asked(desk, client_id=client.client_id, redirect_uri=client.redirect_uris[0], scopes=("openid",))

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.completions[0].consent is None


async def test_any_other_relying_party_asks_even_for_openid_alone() -> None:
    outcome = await asked(a_desk(), scopes=("openid",))

    assert isinstance(outcome, AskConsent)


def test_even_the_gateway_would_have_to_ask_before_anything_personal_is_released() -> None:
    release = release_of(REQUEST, own_client(ISSUER), a_person(), Findings(permit=PERMIT), NOW)

    assert not remembered(None, own_client(ISSUER), release)
