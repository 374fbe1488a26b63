"""Alerts are settled with an outcome; providers, region codes and people are switched off and on, with a reason."""

import pytest

from gateway.admin import alerts, subjects, switches
from gateway.admin.acts import ReasonError
from gateway.admin.records import SwitchKind
from gateway.admin.switches import UnknownSwitchError
from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from tests.gateway.admin.fakes import (
    NOW,
    PERMIT,
    FakeAlerts,
    FakeHeld,
    FakeKnown,
    FakeNumbers,
    FakePeople,
    FakeSwitches,
    a_binding,
    a_number,
    a_record,
    an_act,
    an_alert,
)

PROVIDER, REGION = SwitchKind.PROVIDER, SwitchKind.REGION
PLACES = {"hong_kong", "macao"}


async def test_alerts_are_listed_with_the_masked_permit_and_standing_of_their_record() -> None:
    registry = FakeAlerts(an_alert(), an_alert("a-2", kind=AlertKind.CAPACITY, about="bucket-1"))

    rows = await alerts.page(registry, FakeNumbers(a_record()), open_only=True, after=None, limit=10)

    assert [(row["id"], row["permit"], row["standing"]) for row in rows] == [
        ("a-1", "H******78", "active"),
        ("a-2", None, None),
    ]


async def test_settled_alerts_are_shown_only_when_all_are_asked_for() -> None:
    registry = FakeAlerts(an_alert(settled_at=NOW, settled_by="ada", outcome="fine"), an_alert("a-2"))

    some = await alerts.page(registry, FakeNumbers(), open_only=True, after=None, limit=10)
    every = await alerts.page(registry, FakeNumbers(), open_only=False, after=None, limit=10)

    assert [row["id"] for row in some] == ["a-2"]
    assert [row["id"] for row in every] == ["a-1", "a-2"]


async def test_an_alert_is_settled_once() -> None:
    registry = FakeAlerts(an_alert())

    assert await alerts.settle(registry, "a-1", " mother and child, released ", an_act(reason=""))
    assert not await alerts.settle(registry, "a-1", "again", an_act(reason=""))
    assert registry.alerts["a-1"].outcome == "mother and child, released"
    assert registry.actions == [AuditAction.ALERT_SETTLED]


async def test_an_outcome_holds_no_document_number() -> None:
    with pytest.raises(ReasonError):
        await alerts.settle(FakeAlerts(an_alert()), "a-1", "belongs to H12345678", an_act())


async def test_a_dry_run_finds_the_alert_behind_many_pages_and_settles_nothing() -> None:
    registry = FakeAlerts(*(an_alert(f"a-{place}") for place in range(alerts.PAGE + 1)))

    assert await alerts.settle(registry, f"a-{alerts.PAGE}", "fine", an_act(), dry_run=True)
    assert not await alerts.settle(registry, "a-none", "fine", an_act(), dry_run=True)
    assert registry.events == []


async def test_open_alerts_are_counted() -> None:
    assert await alerts.open_count(FakeAlerts(an_alert(), an_alert("a-2", settled_at=NOW))) == 1


@pytest.mark.attack("AL-09")
async def test_al_09_a_provider_is_switched_off_once_with_operator_and_reason_on_record() -> None:
    registry = FakeSwitches()

    assert await switches.turn_off(registry, PROVIDER, "macao", PLACES, an_act())
    assert not await switches.turn_off(registry, PROVIDER, "macao", PLACES, an_act())

    shown = await switches.everything(registry)
    assert [(one["name"], one["actor"], one["reason"]) for one in shown] == [("macao", "operator:ada", "case 2026/17")]
    assert registry.actions == [AuditAction.SWITCHED_OFF]


async def test_what_is_off_is_switched_on_again_and_what_is_on_is_not() -> None:
    registry = FakeSwitches()
    await switches.turn_off(registry, REGION, "810050", (), an_act())

    assert await switches.turn_on(registry, REGION, "810050", (), an_act())
    assert not await switches.turn_on(registry, REGION, "810050", (), an_act())
    assert registry.actions == [AuditAction.SWITCHED_OFF, AuditAction.SWITCHED_ON]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(PROVIDER, "macau"), (PROVIDER, "810050"), (REGION, "810000"), (REGION, "macao"), (REGION, ""), (REGION, "8100")],
)
async def test_a_misspelt_name_is_refused_instead_of_switched_off_without_effect(kind: SwitchKind, name: str) -> None:
    for turn in (switches.turn_off, switches.turn_on):
        with pytest.raises(UnknownSwitchError):
            await turn(FakeSwitches(), kind, name, PLACES, an_act())


async def test_a_dry_run_of_a_switch_says_whether_it_would_turn() -> None:
    registry = FakeSwitches()

    assert await switches.turn_off(registry, PROVIDER, "macao", PLACES, an_act(), dry_run=True)
    assert not await switches.turn_on(registry, PROVIDER, "macao", PLACES, an_act(), dry_run=True)
    assert registry.off == {}


async def test_a_switch_wants_a_reason() -> None:
    with pytest.raises(ReasonError):
        await switches.turn_off(FakeSwitches(), PROVIDER, "macao", PLACES, an_act(reason=""))


@pytest.mark.attack("AL-08")
async def test_al_08_a_person_is_blocked_and_let_in_again_with_a_reason_on_record() -> None:
    people = FakePeople()

    assert await subjects.block(people, "s-1", an_act())
    assert await subjects.unblock(people, "s-1", an_act())
    assert not await subjects.unblock(people, "s-1", an_act())

    assert people.actions == [AuditAction.SUBJECT_BLOCKED, AuditAction.SUBJECT_UNBLOCKED]
    assert {event.subject_id for event in people.events} == {"s-1"}


async def test_nobody_is_blocked_without_a_reason_or_under_an_unknown_id() -> None:
    people = FakePeople()

    with pytest.raises(ReasonError):
        await subjects.block(people, "s-1", an_act(reason=""))
    assert not await subjects.block(people, "s-9", an_act())
    assert people.events == []


@pytest.mark.attack("AL-02")
async def test_al_02_an_account_is_untied_with_a_reason_and_never_by_a_dry_run() -> None:
    people = FakePeople()

    assert await subjects.untie(people, FakeKnown(FakeHeld("r-1", a_binding())), "s-1", an_act(), dry_run=True)
    assert not await subjects.untie(people, FakeKnown(), "s-1", an_act(), dry_run=True)
    assert people.events == []
    with pytest.raises(ReasonError):
        await subjects.untie(people, FakeKnown(), "s-1", an_act(reason=""))
    assert await subjects.untie(people, FakeKnown(), "s-1", an_act())
    assert people.actions == [AuditAction.IDENTIFIER_UNTIED]


@pytest.mark.parametrize(
    ("state", "can_block", "can_unblock"), [("active", True, False), ("blocked", True, True), (None, False, False)]
)
async def test_a_dry_run_blocks_nobody(state: str | None, can_block: bool, can_unblock: bool) -> None:
    people = FakePeople(state)

    assert await subjects.block(people, "s-1", an_act(), dry_run=True) is can_block
    assert await subjects.unblock(people, "s-1", an_act(), dry_run=True) is can_unblock
    assert people.states == {"s-1": state}


async def test_a_person_is_shown_by_id_with_masked_numbers() -> None:
    people, known = FakePeople(), FakeKnown(FakeHeld("r-1", a_binding()))

    shown = await subjects.show(people, people, known, people, "s-1", an_act())

    assert shown is not None
    assert (shown["state"], shown["providers"]) == ("active", ["hong_kong", "macao"])
    assert (shown["permit"], list(shown["receivers"])) == ("H******78", ["shop"])
    for secret in (PERMIT.canonical, a_number().value):
        assert secret not in str(shown)


async def test_a_person_without_a_record_is_shown_and_an_unknown_one_is_not() -> None:
    people = FakePeople()

    shown = await subjects.show(people, people, FakeKnown(), people, "s-1", an_act())

    assert shown is not None
    assert shown["record"] is None
    assert await subjects.show(people, people, FakeKnown(), people, "s-9", an_act()) is None
