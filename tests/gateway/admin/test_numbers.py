"""Records in operators' hands: frozen, released, closed, looked at; masked, and on record."""

import contextlib
from datetime import date

import pytest

from gateway.admin import numbers
from gateway.admin.acts import ReasonError
from gateway.admin.numbers import Cause, UnknownRecordError
from gateway.admin.records import Bucket
from gateway.audit import AuditAction
from gateway.config import ConfigurationError
from mapping.errors import MappingError
from mapping.lifecycle import Standing
from mapping.vocabulary import Sex
from tests.gateway.admin.fakes import BORN, OTHER, PERMIT, FakeAudit, FakeNumbers, a_number, a_record, an_act


def a_bucket(given: int, sex: Sex = Sex.MALE) -> Bucket:
    return Bucket("810050", date(1954, 1, 1), sex, given)


async def test_freezing_changes_the_standing_and_leaves_an_event_with_the_reason() -> None:
    registry = FakeNumbers(a_record())

    changed = await numbers.freeze(registry, PERMIT, an_act())

    assert (changed["was"], changed["standing"]) == ("active", "frozen")
    assert registry.actions == [AuditAction.IDENTIFIER_FROZEN]
    assert registry.events[0].details == {"operator": "ada", "record": "r-1", "reason": "case 2026/17"}
    assert registry.lines[0].actor == "operator:ada"


async def test_a_record_may_be_named_by_its_id_as_alerts_do() -> None:
    registry = FakeNumbers(a_record(standing=Standing.FROZEN))

    changed = await numbers.release(registry, "r-1", an_act())

    assert changed["standing"] == "active"
    assert registry.actions == [AuditAction.IDENTIFIER_RELEASED]


@pytest.mark.parametrize("cause", Cause)
async def test_closing_writes_one_of_two_words_and_not_the_operators_own(cause: Cause) -> None:
    registry = FakeNumbers(a_record())

    changed = await numbers.close(registry, PERMIT, cause, an_act(reason="something else"))

    assert changed["standing"] == "closed"
    assert registry.lines[0].evidence == cause.value
    assert registry.actions == [AuditAction.IDENTIFIER_CLOSED]


@pytest.mark.parametrize("standing", [Standing.CLOSED, Standing.RETIRED])
async def test_what_is_final_stays_so(standing: Standing) -> None:
    registry = FakeNumbers(a_record(standing=standing))

    for change in (numbers.freeze, numbers.release):
        with pytest.raises(MappingError):
            await change(registry, PERMIT, an_act())
    assert registry.events == []


async def test_what_is_not_frozen_cannot_be_released() -> None:
    with pytest.raises(MappingError):
        await numbers.release(FakeNumbers(a_record()), PERMIT, an_act())


async def test_a_dry_run_says_what_would_be_and_changes_nothing() -> None:
    registry = FakeNumbers(a_record())

    changed = await numbers.freeze(registry, PERMIT, an_act(), dry_run=True)

    assert (changed["standing"], changed["dry_run"]) == ("frozen", True)
    assert registry.records["r-1"].standing is Standing.ACTIVE
    assert registry.events == []


async def test_a_dry_run_refuses_what_the_real_one_would_refuse() -> None:
    with pytest.raises(MappingError):
        await numbers.release(FakeNumbers(a_record()), PERMIT, an_act(), dry_run=True)


@pytest.mark.parametrize("target", [OTHER, "r-9"])
async def test_an_unknown_permit_or_id_has_no_record(target: object) -> None:
    with pytest.raises(UnknownRecordError):
        await numbers.freeze(FakeNumbers(a_record()), target, an_act())  # type: ignore[arg-type]


async def test_freezing_without_a_reason_is_refused() -> None:
    with pytest.raises(ReasonError):
        await numbers.freeze(FakeNumbers(a_record()), PERMIT, an_act(reason=""))


async def test_the_history_and_the_record_are_masked() -> None:
    registry = FakeNumbers(a_record())
    await numbers.freeze(registry, PERMIT, an_act())

    shown = await numbers.history(registry, FakeAudit(), PERMIT, an_act())

    assert shown["record"]["permit"] == "H******78"
    assert shown["history"][0]["what"] == "frozen"
    for secret in (PERMIT.canonical, a_number().value, BORN.isoformat(), BORN.strftime("%Y%m%d")):
        assert secret not in str(shown)


@pytest.mark.parametrize("known", [True, False])
async def test_whoever_looks_is_on_record_also_when_there_is_nothing(known: bool) -> None:
    log, registry = FakeAudit(), FakeNumbers(*[a_record()] * known)

    with contextlib.nullcontext() if known else pytest.raises(UnknownRecordError):
        await numbers.history(registry, log, PERMIT, an_act())

    (event,) = log.events
    assert event.action is AuditAction.RECORD_READ
    assert (event.details["what"], event.details["record"]) == ("history", a_record().binding_id if known else "none")
    assert PERMIT.canonical not in str(event)


def test_a_crowded_day_is_shown_and_a_lonely_one_is_not() -> None:
    assert numbers.described_bucket(a_bucket(10))["birthdate"] == "1954-01-01"
    assert numbers.described_bucket(a_bucket(9))["birthdate"] == "1954-**-**"


@pytest.mark.spec("mapping specification 11.5")
@pytest.mark.parametrize(("given", "is_filling"), [(298, False), (299, True), (498, True)])
async def test_a_day_over_sixty_percent_calls_for_attention(given: int, is_filling: bool) -> None:
    shown = await numbers.capacity(FakeNumbers(buckets=[a_bucket(given)]), 10)

    assert shown["filling"] is is_filling
    assert shown["buckets"][0]["capacity"] == 498


async def test_capacity_of_an_empty_gateway_is_fine() -> None:
    assert await numbers.capacity(FakeNumbers(), 10) == {"filling": False, "buckets": []}


@pytest.mark.spec("mapping specification 10.5")
def test_sound_blocks_let_the_gateway_start() -> None:
    numbers.require_sound_blocks()


@pytest.mark.spec("mapping specification 10.5")
def test_a_collision_of_the_reserved_blocks_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "reserved_block_problems", lambda: ("region 810050 is assigned",))

    with pytest.raises(ConfigurationError, match="810050"):
        numbers.require_sound_blocks()
