"""How often somebody may ask: no more than the number, whoever comes side by side, and nobody for somebody else."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.provider import BackChannelCall
from gateway.web.limits import Pace, Refusals, SignInPace, seconds
from tests.world import NOW, a_client

ISSUER = "https://id.example.hk"
MINUTE = timedelta(minutes=1)


class Rates:
    """Limits in memory, without windows: enough to see who was counted under which name."""

    def __init__(self) -> None:
        self.counted: dict[str, int] = {}

    async def admit(self, client_id: str, per_minute: int, now: datetime) -> timedelta | None:
        self.counted[client_id] = self.counted.get(client_id, 0) + 1
        return timedelta(seconds=20) if self.counted[client_id] > per_minute else None


def a_call(path: str = "/token") -> BackChannelCall:
    return BackChannelCall(pairs=(), method="POST", url=f"{ISSUER}{path}", now=NOW, correlation_id="c")


# ------------------------------------------------------------------------------------------------- clients
@pytest.mark.attack("DS-01")
async def test_ds_01_a_client_that_asks_too_often_is_told_when_to_come_back() -> None:
    pace = Pace(Rates(), ISSUER, 3, 3)
    for _ in range(3):
        await pace(a_client(), a_call())

    with pytest.raises(OAuthError) as refusal:
        await pace(a_client(), a_call())

    assert refusal.value.code is ErrorCode.TEMPORARILY_UNAVAILABLE
    assert refusal.value.retry_after == timedelta(seconds=20)


@pytest.mark.attack("TN-03")
async def test_tn_03_one_clients_haste_is_not_anothers(  # the sign-in of another goes on
) -> None:
    pace = Pace(Rates(), ISSUER, 1, 1)
    await pace(a_client("hasty"), a_call())
    with pytest.raises(OAuthError):
        await pace(a_client("hasty"), a_call())

    await pace(a_client("calm"), a_call())


async def test_a_client_may_have_a_number_of_its_own() -> None:
    pace = Pace(Rates(), ISSUER, 1, 1)
    client = replace(a_client(), requests_per_minute=2)

    await pace(client, a_call())
    await pace(client, a_call())

    with pytest.raises(OAuthError):
        await pace(client, a_call())


@pytest.mark.attack("RO-07")
async def test_ro_07_pushed_requests_have_a_limit_of_their_own() -> None:
    pace = Pace(Rates(), ISSUER, 100, 2)
    for _ in range(2):
        await pace(a_client(), a_call("/par"))

    with pytest.raises(OAuthError):
        await pace(a_client(), a_call("/par"))

    await pace(a_client(), a_call())


@pytest.mark.parametrize(("wait", "told"), [(timedelta(0), "1"), (timedelta(seconds=1.2), "2"), (MINUTE, "60")])
def test_the_wait_is_told_in_whole_seconds_and_never_too_short(wait: timedelta, told: str) -> None:
    assert seconds(wait) == told


# ------------------------------------------------------------------------------------------- bad credentials
async def guess(refusals: Refusals, evaluated: list[str], source: str = "192.0.2.1", now: datetime = NOW) -> bool:
    """One request with bad credentials; false when it was not even looked at."""
    try:
        count = await refusals.enter(source, now)
    except OAuthError:
        return False
    evaluated.append(source)
    await asyncio.sleep(0)  # the database is asked
    refusals.leave(source, count, refused=True)
    return True


@pytest.mark.attack("DS-03")
async def test_ds_03_of_two_hundred_guesses_at_once_only_the_documented_number_is_looked_at() -> None:
    refusals, evaluated = Refusals(60), []

    await asyncio.gather(*(guess(refusals, evaluated) for _ in range(200)))

    assert len(evaluated) == 60


@pytest.mark.attack("DS-03")
async def test_ds_03_a_minute_later_an_address_may_try_again() -> None:
    refusals, evaluated = Refusals(2), []
    await asyncio.gather(*(guess(refusals, evaluated) for _ in range(5)))

    assert await guess(refusals, evaluated, now=NOW + MINUTE)


async def test_good_requests_wait_for_each_other_and_are_never_refused() -> None:
    refusals, answered = Refusals(3), []

    async def good() -> None:
        count = await refusals.enter("192.0.2.1", NOW)
        await asyncio.sleep(0)
        answered.append(1)
        refusals.leave("192.0.2.1", count, refused=False)

    await asyncio.gather(*(good() for _ in range(50)))

    assert len(answered) == 50


@pytest.mark.attack("DS-02")
async def test_ds_02_what_one_address_does_wrong_does_not_lock_another_out() -> None:
    refusals, evaluated = Refusals(2), []
    await asyncio.gather(*(guess(refusals, evaluated) for _ in range(5)))

    assert await guess(refusals, evaluated, source="192.0.2.2")


@pytest.mark.attack("DS-08")
async def test_ds_08_a_crowd_of_addresses_does_not_fill_the_memory() -> None:
    refusals, evaluated = Refusals(1, memory=100), []
    for number in range(1000):
        await guess(refusals, evaluated, source=f"host-{number}")

    assert len(refusals._counts) == 100
    assert not await guess(refusals, evaluated, source="host-999")


async def test_an_address_that_does_nothing_wrong_leaves_no_trace() -> None:
    refusals = Refusals(5)
    count = await refusals.enter("192.0.2.1", NOW)

    refusals.leave("192.0.2.1", count, refused=False)

    assert not refusals._counts


# ------------------------------------------------------------------------------------------------- sign-ins
@pytest.mark.attack("DS-02")
def test_ds_02_sign_ins_are_counted_by_relying_party_and_address_together() -> None:
    pace = SignInPace(2)
    for _ in range(2):
        pace.count("shop", "192.0.2.1", NOW)

    with pytest.raises(OAuthError) as refusal:
        pace.count("shop", "192.0.2.1", NOW)

    assert refusal.value.retry_after == MINUTE
    pace.count("shop", "192.0.2.2", NOW)
    pace.count("hotel", "192.0.2.1", NOW)
    pace.count("shop", "192.0.2.1", NOW + MINUTE)


@pytest.mark.attack("DS-08")
def test_ds_08_sign_ins_of_a_crowd_do_not_fill_the_memory() -> None:
    pace = SignInPace(1, memory=100)

    for number in range(1000):
        pace.count("shop", f"host-{number}", NOW)

    assert len(pace._counts) == 100
    with pytest.raises(OAuthError):
        pace.count("shop", "host-999", NOW)
