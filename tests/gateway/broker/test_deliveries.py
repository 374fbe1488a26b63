"""Logout tokens and pings are delivered side by side, tried again with patience, and given up on record."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from certs.keys import jose
from gateway.audit import AuditAction
from gateway.broker.deliveries import AT_ONCE, LEASE, deliver
from gateway.oidc.model import Client
from gateway.oidc.ports import Delivery, DeliveryKind, Fetched
from tests.gateway.broker.builders import NOW, an_op
from tests.gateway.broker.fake_decoupled import FakeDeliveries, FakeReceivers
from tests.gateway.oidc.fakes import a_client

LOGOUT_URI = "https://rp-a.example/signed-out"
PING_URI = "https://rp-a.example/ping"


def a_told_client(**spoilt: Any) -> Client:
    uris = {"backchannel_logout_uri": LOGOUT_URI, "backchannel_client_notification_endpoint": PING_URI}
    return a_client(**uris | spoilt)


def a_logout(**spoilt: Any) -> Delivery:
    content = {"sub": "pairwise-sub", "sid": "a-sid"}
    return replace(Delivery("delivery-1", DeliveryKind.LOGOUT, "rp-a", content, NOW), **spoilt)


def a_ping(**spoilt: Any) -> Delivery:
    content = {"auth_req_id": "an-auth-req-id", "token": "a-notification-token"}
    return replace(Delivery("delivery-2", DeliveryKind.PING, "rp-a", content, NOW), **spoilt)


class Post:
    def __init__(self, *deliveries: Delivery, client: Client | None = None, **answers: int | None) -> None:
        self.store, self.receivers = FakeDeliveries(*deliveries), FakeReceivers()
        self.receivers.answers.update(answers)
        self.op = an_op(client or a_told_client(), fetch=self.receivers)

    async def round(self, now: datetime = NOW) -> int:
        return await deliver(self.store, self.op, now)


@pytest.mark.spec("Back-Channel Logout 1.0 §2.5")
async def test_a_logout_token_is_posted_as_a_form() -> None:
    post = Post(a_logout())

    assert await post.round() == 1

    url, content, headers = post.receivers.calls[0]
    assert (url, headers["Content-Type"]) == (LOGOUT_URI, "application/x-www-form-urlencoded")
    assert jose.claimed_text(parse_qs(content.decode())["logout_token"][0], "jti") == "delivery-1"
    assert post.store.taken == ["delivery-1"]
    assert post.store.events[0].action is AuditAction.LOGOUT_DELIVERED
    assert post.store.leases == [(LEASE, AT_ONCE)]


@pytest.mark.spec("CIBA §10.2")
async def test_a_ping_names_the_request_and_shows_the_clients_own_token() -> None:
    post = Post(a_ping())

    await post.round()

    url, content, headers = post.receivers.calls[0]
    assert (url, json.loads(content)) == (PING_URI, {"auth_req_id": "an-auth-req-id"})
    assert headers["Authorization"] == "Bearer a-notification-token"
    assert post.store.events[0].action is AuditAction.PING_DELIVERED


@pytest.mark.parametrize("status", [200, 204])
async def test_either_kind_of_success_counts(status) -> None:
    post = Post(a_logout(), **{LOGOUT_URI: status})

    await post.round()

    assert post.store.taken == ["delivery-1"]


@pytest.mark.attack("LO-05")
@pytest.mark.parametrize("status", [None, 202, 302, 404, 500, 503])
async def test_lo_05_whatever_is_no_answer_is_tried_again(status) -> None:
    post = Post(a_logout(), **{LOGOUT_URI: status})

    assert await post.round() == 0

    assert post.store.later == {"delivery-1": NOW + timedelta(minutes=1)}
    assert (post.store.taken, post.store.dead) == ([], [])


@pytest.mark.attack("LO-05")
@pytest.mark.parametrize(("tries", "wait"), [(0, 1), (1, 5), (2, 30), (3, 120), (4, 360), (9, 360)])
async def test_lo_05_patience_grows_with_every_failure(tries, wait) -> None:
    post = Post(a_logout(tries=tries), **{LOGOUT_URI: None})

    await post.round()

    assert post.store.later["delivery-1"] == NOW + timedelta(minutes=wait)


@pytest.mark.attack("LO-05")
async def test_lo_05_after_a_day_a_delivery_is_given_up_on_record() -> None:
    post = Post(a_logout(tries=9), **{LOGOUT_URI: 500})

    assert await post.round(NOW + timedelta(hours=23)) == 0
    assert post.store.later["delivery-1"] == NOW + timedelta(hours=24)
    post.store.waiting = [a_logout(tries=10)]
    assert await post.round(NOW + timedelta(hours=24)) == 1

    assert post.store.dead == ["delivery-1"]
    event = post.store.events[0]
    assert event.action is AuditAction.LOGOUT_GIVEN_UP
    assert event.details == {"tries": "11", "reason": "http_500"}


async def test_nobody_is_pinged_for_longer_than_a_request_lives() -> None:
    post = Post(a_ping(tries=3), **{PING_URI: None})

    await post.round(NOW + timedelta(minutes=5))

    assert post.store.dead == ["delivery-2"]
    assert post.store.events[0].action is AuditAction.PING_GIVEN_UP


@pytest.mark.spec("Back-Channel Logout 1.0 §2.8")
async def test_a_token_that_is_refused_is_not_sent_again() -> None:
    post = Post(a_logout(), **{LOGOUT_URI: 400})

    assert await post.round() == 1

    assert post.store.events[0].details == {"tries": "1", "reason": "refused"}


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        (a_told_client(client_id="rp-b"), "client_gone"),
        (a_told_client(disabled_at=NOW), "client_gone"),
        (a_told_client(backchannel_logout_uri=None), "no_endpoint"),
    ],
)
async def test_whoever_cannot_be_told_any_more_is_given_up_at_once(client, reason) -> None:
    post = Post(a_logout(), client=client)

    assert await post.round() == 1

    assert post.store.events[0].details["reason"] == reason
    assert post.receivers.calls == []


@pytest.mark.attack("LO-05")
async def test_lo_05_a_dead_relying_party_holds_no_other_up() -> None:
    everybody_is_called = asyncio.Barrier(3)

    class Together(FakeReceivers):
        async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
            await everybody_is_called.wait()  # one after the other, this would never end
            return await super().post(url, content, headers)

    post = Post(a_logout(), a_logout(id="delivery-3"), a_ping(), **{PING_URI: None})
    receivers = Together()
    receivers.answers = post.receivers.answers
    post.op = replace(post.op, fetch=receivers)

    assert await post.round() == 2
    assert post.store.taken == ["delivery-1", "delivery-3"]


async def test_a_fault_in_one_delivery_is_told_after_the_others_are_done() -> None:
    post = Post(a_ping(content={}), a_logout())

    with pytest.raises(KeyError):
        await post.round()

    assert post.store.taken == ["delivery-1"]


async def test_no_record_of_a_delivery_holds_what_was_in_it() -> None:
    post = Post(a_ping(), a_logout())

    await post.round()

    told = repr(post.store.events) + repr(a_ping()) + repr(a_logout())
    for secret in ("a-notification-token", "an-auth-req-id", "pairwise-sub", "a-sid"):
        assert secret not in told
