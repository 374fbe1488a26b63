"""What one worker learns from others and from plans, and that every opening of a breaker is on record exactly once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.admin.operation_records import Instance, Outage
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.provider_notices import PlannedOutage, ProviderNotices
from gateway.oidc.ports import StoreUnavailableError
from gateway.upstream_watch import LIVING, put_on_record, refresh, silent_for_most
from providers.breakers import Breakers
from tests.gateway.admin.fake_outages import FakeOutages

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
OUTAGE = Outage("o-1", "macao", NOW, NOW + timedelta(hours=1), "case 17", "operator:ada")


def an_instance(state: str, kind: str = "gateway") -> Instance:
    return Instance("i", NOW, NOW, kind=kind, breakers={"macao": state, "hong_kong": "closed"})


class FakeInstances:
    def __init__(self, *instances: Instance) -> None:
        self.instances = instances
        self.since: list[datetime] = []

    async def beat(self, instance: Instance) -> datetime:
        raise NotImplementedError

    async def living(self, since: datetime) -> Sequence[Instance]:
        self.since.append(since)
        return self.instances

    async def gone(self, instance_id: str) -> None:
        raise NotImplementedError


class Log:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.is_down = False

    async def append(self, event: AuditEvent) -> None:
        if self.is_down:
            raise StoreUnavailableError
        self.events.append(event)


@pytest.mark.parametrize(
    ("states", "silent"),
    [
        ((), set()),
        (("open",), {"macao"}),
        (("open", "closed"), set()),
        (("open", "open", "closed"), {"macao"}),
        (("open", "half_open", "closed"), set()),
    ],
)
def test_only_what_most_workers_leave_alone_counts_for_all(states: tuple[str, ...], silent: set[str]) -> None:
    assert silent_for_most(an_instance(state) for state in states) == silent


def test_the_operators_listener_calls_nobody_and_has_no_vote() -> None:
    assert silent_for_most([an_instance("open"), an_instance("closed", kind="operators")]) == {"macao"}


async def test_plans_and_the_word_of_living_workers_are_taken_over() -> None:
    known, instances = ProviderNotices(), FakeInstances(an_instance("open"))

    await refresh(known, FakeOutages(OUTAGE), instances, NOW)

    assert known.outages == (PlannedOutage("macao", OUTAGE.starts_at, OUTAGE.ends_at),)
    assert known.silent_elsewhere == {"macao"}
    assert instances.since == [NOW - LIVING]


async def test_a_plan_that_was_withdrawn_and_a_provider_that_is_back_are_forgotten() -> None:
    known = ProviderNotices((PlannedOutage("macao", NOW, NOW + LIVING),), frozenset({"macao"}))

    await refresh(known, FakeOutages(), FakeInstances(an_instance("closed")), NOW)

    assert (known.outages, known.silent_elsewhere) == ((), frozenset())


async def test_each_opening_is_on_record_once_at_its_own_time_even_if_the_log_was_down() -> None:
    now = 0.0
    breakers, log = Breakers(("macao",), clock=lambda: now, chance=lambda: 0.5), Log()
    for _ in range(5):
        breakers.failed("macao", breakers.admit("macao") or 0, 0.0)
    now, log.is_down = 4.0, True

    with pytest.raises(StoreUnavailableError):
        await put_on_record(breakers, log, NOW)
    log.is_down = False
    await put_on_record(breakers, log, NOW)
    await put_on_record(breakers, log, NOW)

    (event,) = log.events
    assert (event.action, event.provider) == (AuditAction.BREAKER_OPENED, "macao")
    assert event.at == NOW - timedelta(seconds=4)


async def test_a_breaker_that_closes_again_is_on_record_as_well() -> None:
    now = 0.0
    breakers, log = Breakers(("macao",), clock=lambda: now, chance=lambda: 0.5), Log()
    for _ in range(5):
        breakers.failed("macao", breakers.admit("macao") or 0, 0.0)
    now = 5.0
    breakers.succeeded("macao", breakers.admit("macao") or 0)

    await put_on_record(breakers, log, NOW)

    assert [event.action for event in log.events] == [AuditAction.BREAKER_OPENED, AuditAction.BREAKER_CLOSED]
