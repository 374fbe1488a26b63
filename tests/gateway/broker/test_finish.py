from dataclasses import replace

import pytest

from gateway.audit import AuditAction
from gateway.broker import problems
from gateway.broker.finish import finish
from gateway.broker.model import Outcome, ReturnToClient, Stage
from gateway.broker.ports import Anchor, Recognition
from gateway.broker.problems import ProblemError
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard
from tests.gateway.broker.builders import Desk, a_consent, a_transaction, a_visit, an_identity
from tests.gateway.broker.fakes import FakeProvider, FakeTransactions
from tests.gateway.oidc.fakes import a_request
from tests.mapping.resolve_builders import BORN, HONG_KONG_NUMBER, STAND_IN


def a_desk(scopes: tuple[str, ...] = ("openid",), **identity: object) -> Desk:
    away = replace(a_transaction(), stage=Stage.AWAY, person=None, request=a_request(scopes=scopes))
    desk = Desk(provider=FakeProvider(identity=an_identity(**identity)), transactions=FakeTransactions(away))
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()
    return desk


async def come_back(desk: Desk) -> Outcome:
    return await finish(desk.broker, "hong_kong", "login-1", {}, a_visit(session=None))


@pytest.mark.parametrize(
    ("card", "home_card"),
    [
        (HongKongIdentityCard.parse("A123456(3)"), "hkid:A1234563"),
        (MacaoIdentityCard.parse("12345678"), "bir:12345678"),
    ],
)
async def test_the_home_card_and_the_birth_date_anchor_the_account(card, home_card) -> None:
    desk = a_desk(documents=(card,))

    outcome = await come_back(desk)

    assert isinstance(outcome, ReturnToClient)
    assert desk.sign_ins.anchors == [Anchor(BORN, home_card)]


async def test_an_account_without_a_card_is_anchored_by_what_there_is() -> None:
    desk = a_desk(birthdate=None)

    await come_back(desk)

    assert desk.sign_ins.anchors == [Anchor(None, None)]


def test_an_anchor_does_not_print_the_person() -> None:
    assert "1904" not in repr(Anchor(BORN, "hkid:A1234563"))
    assert "A1234563" not in repr(Anchor(BORN, "hkid:A1234563"))


@pytest.mark.attack("AL-08")
async def test_al_08_a_blocked_person_does_not_come_in() -> None:
    desk = a_desk()
    desk.sign_ins.recognition = Recognition.BLOCKED

    with pytest.raises(ProblemError) as refusal:
        await come_back(desk)

    assert (refusal.value.problem, refusal.value.reason) == (problems.SWITCHED_OFF, "blocked")
    assert desk.sign_ins.completions == []


@pytest.mark.attack("AL-05")
async def test_al_05_another_person_under_a_known_subject_gets_a_conflict_and_nobodys_account() -> None:
    desk = a_desk()
    desk.sign_ins.recognition = Recognition.SOMEONE_ELSE

    with pytest.raises(ProblemError) as refusal:
        await come_back(desk)

    assert refusal.value.problem == problems.ACCOUNT_CHANGED
    assert (refusal.value.problem.code, refusal.value.problem.status) == ("GBA-2010", 403)
    assert refusal.value.problem in problems.REFUSALS
    assert desk.sign_ins.completions == []


async def test_a_provider_that_vouches_for_a_reserved_number_is_reported_and_the_number_goes_nowhere() -> None:
    desk = a_desk(("openid", "cn_id"), documents=(STAND_IN,))

    outcome = await come_back(desk)

    assert isinstance(outcome, ReturnToClient)
    assert desk.numbers.reserved == [STAND_IN]
    assert desk.numbers.events[0].details["reason"] == "surrogate.input_forbidden"
    assert desk.numbers.events[0].action is AuditAction.IDENTIFIER_REFUSED
    assert desk.sign_ins.completions[0].grant.scopes == ("openid",)
    assert not desk.sign_ins.completions[0].releases_number


async def test_a_genuine_residence_number_of_the_provider_is_read_and_not_reported() -> None:
    desk = a_desk(("openid", "cn_id"), documents=(HONG_KONG_NUMBER,))

    await come_back(desk)

    completion = desk.sign_ins.completions[0]
    assert desk.numbers.reserved == []
    assert completion.grant.claims["gba_cn_id"]["value"] == HONG_KONG_NUMBER.value
    assert not completion.releases_number  # it is not on record, so there is nothing to tell later
