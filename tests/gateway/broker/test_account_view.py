from dataclasses import replace
from datetime import timedelta

from gateway.broker.account import signed_in
from gateway.broker.account_view import ConsentView, ReceiverView, account_of
from gateway.broker.own_client import OWN_CLIENT_ID, own_client
from mapping.lifecycle import Standing
from tests.gateway.broker.builders import (
    COOKIE,
    ISSUER,
    NOW,
    Desk,
    a_consent,
    a_person,
    a_session,
    a_visit,
    an_enrolled_client,
)
from tests.gateway.oidc.fakes import FakeClients
from tests.mapping.resolve_builders import a_binding

CLIENT = an_enrolled_client(jurisdiction="macao")


def a_desk() -> Desk:
    desk = Desk(clients=FakeClients(CLIENT, replace(CLIENT, client_id="rp-b", client_name="B"), own_client(ISSUER)))
    desk.numbers.put(a_binding(), "person-1", checked_at=NOW)
    return desk


async def test_the_record_is_shown_masked() -> None:
    account = await account_of(a_desk().broker, a_session(), NOW)

    record = account.record
    assert record is not None
    assert (record.permit, record.kind.value, record.standing) == ("H******18", "surrogate", Standing.ACTIVE)
    assert record.number == "8" + "*" * 16 + record.number[-1]
    assert "H00000018" not in repr(account)
    assert "虛構人" not in repr(account)


async def test_an_account_without_a_record_has_none() -> None:
    account = await account_of(Desk().broker, a_session(), NOW)

    assert (account.record, account.receivers, account.consents) == (None, (), ())
    assert account.accounts == ("hong_kong",)


async def test_a_frozen_record_says_so() -> None:
    desk = a_desk()
    desk.numbers.put(a_binding(), "person-1", standing=Standing.FROZEN)

    account = await account_of(desk.broker, a_session(), NOW)

    assert account.record is not None
    assert account.record.standing is Standing.FROZEN


async def test_the_own_account_comes_first_and_each_once() -> None:
    desk = a_desk()
    desk.people.shared = ["guangdong", "hong_kong"]

    account = await account_of(desk.broker, a_session(), NOW)

    assert (account.provider, account.accounts) == ("hong_kong", ("hong_kong", "guangdong"))


async def test_receivers_are_named_newest_first_and_unknown_ones_left_out() -> None:
    desk = a_desk()
    earlier = NOW - timedelta(days=2)
    desk.people.given = {"rp-a": earlier, "rp-b": NOW, "gone": NOW}

    account = await account_of(desk.broker, a_session(), NOW)

    assert account.receivers == (
        ReceiverView("rp-b", "B", "macao", NOW),
        ReceiverView("rp-a", CLIENT.client_name, "macao", earlier),
    )


async def test_a_receiver_that_was_switched_off_is_still_shown() -> None:
    desk = a_desk()
    desk.clients = FakeClients(replace(CLIENT, disabled_at=NOW))
    desk.people.given = {"rp-a": NOW}

    account = await account_of(desk.broker, a_session(), NOW)

    assert [receiver.client_id for receiver in account.receivers] == ["rp-a"]


async def test_consents_are_shown_with_what_was_left_out_but_not_the_gateways_own() -> None:
    desk = a_desk()
    desk.people.decided = [a_consent(withheld=("profile",)), a_consent(OWN_CLIENT_ID), a_consent("gone")]

    account = await account_of(desk.broker, a_session(), NOW)

    assert account.consents == (
        ConsentView(
            client_id="rp-a",
            client_name=CLIENT.client_name,
            jurisdiction="macao",
            purpose="accommodation",
            granted=("openid", "cn_id", "cn_doc"),
            withheld=("profile",),
            given_at=NOW - timedelta(days=1),
        ),
    )


async def test_the_page_knows_whether_acts_need_another_sign_in() -> None:
    stale = a_session(a_person(authenticated_at=NOW - timedelta(hours=1)))

    fresh_account = await account_of(a_desk().broker, a_session(), NOW)
    stale_account = await account_of(a_desk().broker, stale, NOW)

    assert (fresh_account.is_fresh, stale_account.is_fresh) == (True, False)


async def test_a_session_opens_only_in_its_own_browser() -> None:
    desk = a_desk()
    desk.sign_ins.sessions[COOKIE] = a_session()

    own = await signed_in(desk.broker, a_visit())
    others = await signed_in(desk.broker, a_visit(browser=b"another browser"))

    assert (own, others) == (a_session(), None)
    assert await signed_in(desk.broker, a_visit(session=None)) is None
