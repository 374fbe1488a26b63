"""What the end of a sign-in writes, and how it goes back to the relying party."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.broker import problems
from gateway.broker.answers import refuse, way_home
from gateway.broker.begin import begin
from gateway.broker.model import ReturnToClient, Stage
from gateway.broker.ports import Completion
from gateway.broker.problems import ProblemError
from gateway.broker.proceed import proceed
from gateway.broker.session_id import client_sid
from gateway.oidc.names import ErrorCode, ResponseMode
from tests.gateway.broker.builders import (
    ISSUER,
    Desk,
    a_consent,
    a_session,
    a_transaction,
    a_visit,
    an_enrolled_client,
)
from tests.gateway.broker.fakes import FakeTransactions
from tests.gateway.oidc.fakes import CALLBACK, a_request

KEY = b"a fictional key of thirty-two by"


async def signed_in(desk: Desk, **request: Any) -> tuple[ReturnToClient, Completion]:
    desk.sign_ins.sessions[a_visit().session or b""] = a_session()
    desk.sign_ins.consents["person-1", desk.client.client_id] = a_consent(desk.client.client_id)
    wanted = replace(a_request(scopes=("openid",), client_id=desk.client.client_id), **request)
    outcome = await begin(desk.broker, desk.client, wanted, a_visit())
    assert isinstance(outcome, ReturnToClient)
    return outcome, desk.sign_ins.completions[-1]


@pytest.mark.parametrize("mode", ResponseMode)
async def test_the_code_goes_back_in_the_way_that_was_asked_for(mode) -> None:
    outcome, _ = await signed_in(Desk(), response_mode=mode)

    response = outcome.response
    assert (response.client_id, response.redirect_uri, response.mode) == ("rp-a", CALLBACK, mode)
    assert response.parameters.keys() == {"code", "state", "iss"}
    assert (response.parameters["state"], response.parameters["iss"]) == ("a-state", ISSUER)


@pytest.mark.attack("PR-01")
async def test_pr_01_two_clients_of_one_session_cannot_compare_its_name() -> None:
    _, first = await signed_in(Desk())
    _, second = await signed_in(Desk(client=an_enrolled_client(client_id="rp-b")))

    assert first.grant.sid != second.grant.sid
    assert first.grant.sid == client_sid(KEY, "session-1", "rp-a")
    assert "session-1" not in {first.grant.sid, second.grant.sid}
    assert first.grant.session_id == second.grant.session_id == "session-1"


def test_the_name_of_a_session_is_a_golden_value_and_mixes_no_two_parts_up() -> None:
    assert len(client_sid(KEY, "session-1", "rp-a")) == 43
    assert client_sid(KEY, "a", "bc") != client_sid(KEY, "ab", "c")
    assert client_sid(KEY, "session-1", "rp-a") == "Dlpil28r23PKeda4DW6eVnkC_dP0YhyTAJu08UgMWL4"


async def test_what_a_token_may_be_is_kept_with_the_grant() -> None:
    api = "https://api.example.hk"

    _, completion = await signed_in(Desk(), resources=(api,), dpop_jkt="a-thumbprint", pushed=b"handle")

    assert (completion.grant.resources, completion.grant.dpop_jkt) == ((api,), "a-thumbprint")
    assert (completion.spends, completion.approves) == (b"handle", None)


@pytest.mark.attack("RO-02")
async def test_ro_02_a_request_that_was_spent_by_another_tab_ends_in_no_second_code() -> None:
    desk = Desk()
    desk.sign_ins.is_moved_on = True

    with pytest.raises(ProblemError) as refusal:
        await signed_in(desk, pushed=b"handle")

    assert refusal.value.problem is problems.FINISHED


async def test_a_new_session_has_its_own_name_for_the_client() -> None:
    desk = Desk()
    transaction = replace(a_transaction(), stage=Stage.RETURNED, request=a_request(scopes=("openid",)))
    desk.transactions = FakeTransactions(transaction)
    desk.sign_ins.consents["person-1", "rp-a"] = a_consent()

    await proceed(desk.broker, desk.client, transaction, a_visit().now, stored=True)

    completion = desk.sign_ins.completions[0]
    assert completion.new_session is not None
    assert completion.grant.session_id == completion.new_session.id
    assert completion.grant.sid == client_sid(KEY, completion.new_session.id, "rp-a")


@pytest.mark.attack("RO-02")
async def test_ro_02_a_refusal_spends_the_pushed_request_and_goes_back_in_its_own_way() -> None:
    request = a_request(scopes=("openid",), pushed=b"handle", response_mode=ResponseMode.JWT)
    transaction = replace(a_transaction(), stage=Stage.CONSENT, request=request)
    desk = Desk(transactions=FakeTransactions(transaction))

    outcome = await refuse(desk.broker, transaction, a_visit().now)

    assert isinstance(outcome, ReturnToClient)
    assert outcome.response.mode is ResponseMode.JWT
    assert outcome.response.parameters["error"] == "access_denied"
    assert desk.pushed.spent == [b"handle"]


def test_the_way_home_from_a_problem_is_an_error_in_the_clients_own_mode() -> None:
    request = a_request(response_mode=ResponseMode.FORM_POST)

    home = way_home(Desk().broker, replace(a_transaction(), request=request), ErrorCode.ACCESS_DENIED)

    assert home is not None
    assert (home.mode, home.redirect_uri) == (ResponseMode.FORM_POST, CALLBACK)
    assert home.parameters["error"] == "access_denied"
