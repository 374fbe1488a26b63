"""fapi-ciba-id1-test-plan, ping mode: the client is told that there is something to fetch."""

import json

import pytest
import pytest_asyncio

from tests.conformance.counter import Counter, a_counter, notification_uri
from tests.conformance.suite import Suite
from tests.conformance.wire import query_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("CIBA Core 1.0 §10.2")]
PATH = "/ping/counter"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def waiting(suite: Suite) -> Counter:
    return await a_counter(
        suite,
        "pinged",
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint=notification_uri("counter"),
    )


@pytest.fixture
def counter(waiting: Counter) -> Counter:
    """What earlier modules left waiting is over, and nothing was posted yet."""
    waiting.suite.world.clock.advance(minutes=6)
    waiting.suite.documents.posted.clear()
    waiting.suite.documents.statuses.clear()
    return waiting


async def pinged(counter: Counter) -> list[tuple[str, str | None, dict[str, str]]]:
    """What was posted: where, with which authorization, and what."""
    await counter.suite.world.chores.deliver()
    return [
        (path, headers.get("authorization"), json.loads(body)) for path, headers, body in counter.suite.documents.posted
    ]


async def test_fapi_ciba_id1(counter: Counter) -> None:
    started = await counter.ask(client_notification_token="secret-of-this-request-0001")
    await counter.pending(started)
    assert await pinged(counter) == []

    await counter.decide("approve")

    expected = (PATH, "Bearer secret-of-this-request-0001", {"auth_req_id": started["auth_req_id"]})
    assert await pinged(counter) == [expected]
    (_, headers, _) = counter.suite.documents.posted[0]
    assert headers["content-type"] == "application/json"
    assert (await counter.tokens(started))["access_token"]


async def test_fapi_ciba_id1_user_rejects_authentication(counter: Counter) -> None:
    started = await counter.ask()

    await counter.decide("deny")

    assert [posted[2] for posted in await pinged(counter)] == [{"auth_req_id": started["auth_req_id"]}]
    assert (await counter.poll(started)).json()["error"] == "access_denied"


@pytest.mark.parametrize("token", [None, "not a bearer token", "t" * 1025])
async def test_a_client_that_is_pinged_must_say_with_which_token(counter: Counter, token: str | None) -> None:
    await counter.refused(client_notification_token=token)


@pytest.mark.parametrize("status", [200, 204, 401, 403])
async def test_fapi_ciba_id1_ping_notification_endpoint_returns(counter: Counter, status: int) -> None:
    # …-ping-notification-endpoint-returns-a-body, …-ping-notification-endpoint-returns-401,
    # …-ping-notification-endpoint-returns-403,
    # …-ping-notification-endpoint-returns-401-and-require-server-does-not-retry
    counter.suite.documents.statuses[PATH] = status
    started = await counter.ask()

    await counter.decide("approve")
    assert len(await pinged(counter)) == 1
    counter.suite.world.clock.advance(minutes=1)

    assert len(await pinged(counter)) == 1
    assert (await counter.tokens(started))["access_token"]


async def test_fapi_ciba_id1_ping_notification_endpoint_returns_redirect_request(counter: Counter) -> None:
    counter.suite.documents.statuses[PATH] = 301
    started = await counter.ask()

    await counter.decide("approve")
    await pinged(counter)

    assert {path for path, _, _ in counter.suite.documents.posted} == {PATH}
    assert "/elsewhere" not in counter.suite.documents.got
    assert (await counter.tokens(started))["access_token"]


async def test_what_a_browser_sees_never_holds_the_handle(counter: Counter) -> None:
    started = await counter.ask()
    browser = await counter.known()

    await browser.open("https://gate.example/approvals")

    assert started["auth_req_id"] not in browser.last.text
    assert not query_of(str(browser.last.url))
