"""Signing out: whose session a hint is about, and which frames the farewell page loads."""

from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.broker import sign_out
from gateway.broker.ports import EndedSession
from gateway.broker.session_id import client_sid
from gateway.oidc.logout import LogoutRequest
from gateway.oidc.pairwise import pairwise_sub
from tests.gateway.broker.builders import ISSUER, NOW, Desk, a_session, a_visit, an_enrolled_client
from tests.gateway.oidc.fakes import FakeClients

KEY = b"a fictional key of thirty-two by"
OWN_SID = client_sid(KEY, "session-1", "rp-a")
OWN_SUB = pairwise_sub(KEY, "rp-a.example", "person-1")


def a_hint(**spoilt: Any) -> LogoutRequest:
    return LogoutRequest(**{"client": an_enrolled_client(), "sub": OWN_SUB, "sid": OWN_SID} | spoilt)


@pytest.mark.attack("LO-02")
@pytest.mark.parametrize(
    "hint",
    [
        a_hint(),
        a_hint(sub="the organisation that the person acted for"),
        a_hint(sid="that of an older session"),
        a_hint(sid=None),
    ],
)
async def test_lo_02_a_hint_of_this_session_or_this_person_needs_no_question(hint) -> None:
    assert await sign_out.is_of(Desk().broker, hint, a_session())


@pytest.mark.attack("LO-02")
@pytest.mark.parametrize(
    "hint",
    [
        LogoutRequest(),
        LogoutRequest(an_enrolled_client()),
        a_hint(sub="somebody else", sid="another session"),
        a_hint(sub="somebody else", sid=None),
        a_hint(client=an_enrolled_client(client_id="rp-b", sector="rp-b.example")),
        a_hint(sid="session-1", sub="somebody else"),
    ],
)
async def test_lo_02_without_such_a_hint_the_person_is_asked(hint) -> None:
    assert not await sign_out.is_of(Desk().broker, hint, a_session())


@pytest.mark.attack("RT-06")
async def test_rt_06_the_session_of_this_browser_ends_on_record() -> None:
    desk = Desk()
    desk.sign_ins.sessions[a_visit().session or b""] = a_session()

    ended = await sign_out.end(desk.broker, a_visit(), "rp-a")

    assert ended is not None
    assert ended.session == a_session()
    assert desk.sign_ins.sessions == {}
    event = desk.sign_ins.ended[0]
    assert (event.action, event.client_id, event.at) == (AuditAction.SIGNED_OUT, "rp-a", NOW)


async def test_without_a_session_nothing_ends() -> None:
    desk = Desk()

    assert await sign_out.end(desk.broker, a_visit(session=None)) is None
    assert await sign_out.end(desk.broker, a_visit()) is None


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
async def test_each_client_is_told_by_its_own_frame_with_its_own_name_of_the_session() -> None:
    front = {"frontchannel_logout_uri": "https://rp-a.example/out?x=1"}
    clients = FakeClients(
        an_enrolled_client(**front),
        an_enrolled_client(client_id="rp-b"),
        an_enrolled_client(client_id="rp-off", disabled_at=NOW, **front),
    )
    ended = EndedSession(a_session(), {"rp-a": "a-sid", "rp-b": "b-sid", "rp-off": "c-sid", "rp-gone": "d-sid"})

    found = await sign_out.front_channel(Desk(clients=clients).broker, ended)

    assert ISSUER == "https://id.example.hk"
    assert found == ("https://rp-a.example/out?x=1&iss=https%3A%2F%2Fid.example.hk&sid=a-sid",)
