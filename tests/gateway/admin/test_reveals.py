"""Tracing a number back: never alone, never often, never late, never twice, and never off the record (MP-03)."""

import pytest

from gateway.admin import reveals
from gateway.admin.acts import ReasonError
from gateway.admin.reveals import DAILY_LIMIT, OPEN_FOR, USABLE_FOR, Refusal, RevealRefusedError
from gateway.audit import AuditAction
from mapping.lifecycle import Standing
from tests.gateway.admin.fakes import DAY, MINUTE, NOW, PERMIT, FakeAudit, FakeReveals, a_number, a_record, an_act

pytestmark = pytest.mark.attack("MP-03")

ADA, BEN = an_act(), an_act(operator="ben", reason="")


async def asked(registry: FakeReveals, log: FakeAudit) -> str:
    return str((await reveals.ask(registry, log, a_number(), ADA))["id"])


async def refusal(step: object) -> Refusal:
    with pytest.raises(RevealRefusedError) as refused:
        await step  # type: ignore[misc]
    return refused.value.refusal


async def test_mp_03_two_operators_trace_a_number_back_and_every_step_has_its_purpose_on_record() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()

    reveal_id = await asked(registry, log)
    approved = await reveals.approve(registry, log, reveal_id, BEN)
    used = await reveals.use(registry, log, reveal_id, an_act(reason=""))

    assert (approved["approved_by"], approved["number"]) == ("ben", a_number().masked)
    assert (used["permit"], used["is_current"]) == (PERMIT.number11, True)
    assert registry.actions == [AuditAction.REVEAL_ASKED, AuditAction.REVEAL_APPROVED, AuditAction.REVEAL_USED]
    assert registry.events[0].details["reason"] == "case 2026/17"
    assert [event.details["purpose"] for event in registry.events[1:]] == ["case 2026/17"] * 2
    for secret in (PERMIT.canonical, a_number().value):
        assert secret not in str([event.details for event in registry.events])


async def test_mp_03_nobody_approves_their_own_request() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)

    assert await refusal(reveals.approve(registry, log, reveal_id, ADA)) is Refusal.NOT_APPROVABLE
    assert await refusal(reveals.use(registry, log, reveal_id, ADA)) is Refusal.NOT_USABLE
    assert log.actions == [AuditAction.REVEAL_REFUSED] * 2


async def test_mp_03_an_unapproved_request_gives_nothing() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()

    assert await refusal(reveals.use(registry, log, await asked(registry, log), ADA)) is Refusal.NOT_USABLE


async def test_mp_03_the_approver_cannot_use_it() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)

    assert await refusal(reveals.use(registry, log, reveal_id, BEN)) is Refusal.NOT_USABLE


async def test_mp_03_a_request_is_used_once() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)
    await reveals.use(registry, log, reveal_id, ADA)

    assert await refusal(reveals.use(registry, log, reveal_id, ADA)) is Refusal.NOT_USABLE


async def test_mp_03_an_approved_request_ends_after_fifteen_minutes() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)

    late = an_act(now=NOW + USABLE_FOR)

    assert USABLE_FOR == 15 * MINUTE
    assert await refusal(reveals.use(registry, log, reveal_id, late)) is Refusal.NOT_USABLE


async def test_mp_03_a_request_that_waited_a_day_is_over() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)

    late = an_act(operator="ben", now=NOW + OPEN_FOR)

    assert await refusal(reveals.approve(registry, log, reveal_id, late)) is Refusal.NOT_APPROVABLE


async def test_mp_03_the_sixth_request_of_a_day_is_refused_and_the_next_day_begins_anew() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    for _ in range(DAILY_LIMIT):
        await asked(registry, log)

    assert await refusal(reveals.ask(registry, log, a_number(), ADA)) is Refusal.TOO_MANY
    assert len(registry.reveals) == DAILY_LIMIT
    assert await reveals.ask(registry, log, a_number(), an_act(operator="ben"))
    assert await reveals.ask(registry, log, a_number(), an_act(now=NOW + DAY))


async def test_mp_03_requests_that_slipped_past_the_limit_together_cannot_be_used() -> None:
    registry, log = FakeReveals(a_record()), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)
    for place in range(DAILY_LIMIT):
        registry.reveals[f"slipped-{place}"] = registry.reveals[reveal_id]

    assert await refusal(reveals.use(registry, log, reveal_id, ADA)) is Refusal.TOO_MANY


@pytest.mark.parametrize("purpose", [""])
async def test_mp_03_without_a_purpose_nothing_is_asked(purpose: str) -> None:
    registry = FakeReveals(a_record())

    with pytest.raises(ReasonError):
        await reveals.ask(registry, FakeAudit(), a_number(), an_act(reason=purpose))
    assert registry.reveals == {}


async def test_mp_03_an_unknown_request_and_an_unknown_number_look_alike() -> None:
    registry, log = FakeReveals(), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)

    assert await refusal(reveals.use(registry, log, reveal_id, ADA)) is Refusal.NOT_USABLE
    assert await refusal(reveals.use(registry, log, "never-asked", ADA)) is Refusal.NOT_USABLE
    assert await refusal(reveals.approve(registry, log, "never-asked", BEN)) is Refusal.NOT_APPROVABLE
    assert "never-asked" not in str(log.events)


async def test_a_closed_record_is_traced_with_its_standing() -> None:
    registry, log = FakeReveals(a_record(standing=Standing.CLOSED)), FakeAudit()
    reveal_id = await asked(registry, log)
    await reveals.approve(registry, log, reveal_id, BEN)

    assert (await reveals.use(registry, log, reveal_id, ADA))["standing"] == "closed"
