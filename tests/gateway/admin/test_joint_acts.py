"""Acts of two persons: every way around the second one is refused, and stands in the audit."""

from typing import Any

import pytest

from gateway.admin import joint_acts
from gateway.admin.acts import Act, ReasonError
from gateway.admin.joint_acts import MOST_WAITING, OPEN_FOR, JointActError, Refusal
from gateway.admin.operation_records import JointAct, JointActKind
from gateway.audit import AuditAction
from tests.gateway.admin.fake_accounts import FakeJointActs
from tests.gateway.admin.fakes import NOW, an_act

KIND = JointActKind.KEY_DESTROY
SUBJECT = {"key_set": "id-token-es256", "kid": "kid-1"}


def by(operator: str, **changes: Any) -> Act:
    return an_act(operator=operator, **changes)


async def asked(acts: FakeJointActs, **changes: Any) -> JointAct:
    return await joint_acts.ask(acts, KIND, SUBJECT, by("ada", **changes))


async def refusal(step: Any) -> Refusal:
    with pytest.raises(JointActError) as refused:
        await step
    return refused.value.refusal


@pytest.mark.attack("AD-05")
async def test_ad_05_one_asks_another_agrees_and_the_first_does_it_once() -> None:
    acts = FakeJointActs()
    act = await asked(acts)

    agreed = await joint_acts.agree(acts, act.id, by("ben"))
    await joint_acts.take(acts, act.id, KIND, SUBJECT, by("ada"))

    assert (agreed.agreed_by, agreed.agreed_at) == ("ben", NOW)
    assert await refusal(joint_acts.take(acts, act.id, KIND, SUBJECT, by("ada"))) is Refusal.NOT_USABLE
    assert acts.actions == [
        AuditAction.JOINT_ACT_ASKED,
        AuditAction.JOINT_ACT_AGREED,
        AuditAction.JOINT_ACT_TAKEN,
        AuditAction.JOINT_ACT_REFUSED,
    ]
    assert acts.events[2].details["agreed_by"] == "ben"


@pytest.mark.attack("AD-05")
@pytest.mark.parametrize("name", ["ada", "Ada", "ADA"])
async def test_ad_05_nobody_agrees_with_themselves_in_whatever_spelling(name: str) -> None:
    acts = FakeJointActs()
    act = await asked(acts)

    assert await refusal(joint_acts.agree(acts, act.id, by(name))) is Refusal.NOT_AGREEABLE
    assert await refusal(joint_acts.take(acts, act.id, KIND, SUBJECT, by("ada"))) is Refusal.NOT_AGREED
    assert acts.actions[1:] == [AuditAction.JOINT_ACT_REFUSED] * 2


@pytest.mark.attack("AD-05")
async def test_ad_05_what_was_changed_after_the_agreement_was_never_agreed_to() -> None:
    acts = FakeJointActs()
    act = await asked(acts)
    await joint_acts.agree(acts, act.id, by("ben"))
    others: list[tuple[JointActKind, dict[str, Any]]] = [
        (KIND, {**SUBJECT, "kid": "kid-2"}),
        (KIND, {**SUBJECT, "more": "words"}),
        (KIND, {"key_set": "id-token-es256"}),
        (JointActKind.EARLY_RETIRE, SUBJECT),
    ]

    for kind, subject in others:
        assert await refusal(joint_acts.take(acts, act.id, kind, subject, by("ada"))) is Refusal.CHANGED

    await joint_acts.take(acts, act.id, KIND, dict(reversed(SUBJECT.items())), by("ada"))


@pytest.mark.attack("AD-05")
async def test_ad_05_an_agreement_ends_with_its_request() -> None:
    acts = FakeJointActs()
    act = await asked(acts)

    assert await refusal(joint_acts.agree(acts, act.id, by("ben", now=NOW + OPEN_FOR))) is Refusal.NOT_AGREEABLE
    await joint_acts.agree(acts, act.id, by("ben"))
    late = by("ada", now=NOW + OPEN_FOR)
    assert await refusal(joint_acts.take(acts, act.id, KIND, SUBJECT, late)) is Refusal.NOT_USABLE


@pytest.mark.attack("AD-05")
async def test_ad_05_only_whoever_asked_does_it() -> None:
    acts = FakeJointActs()
    act = await asked(acts)
    await joint_acts.agree(acts, act.id, by("ben"))

    for name in ("ben", "cyd"):
        assert await refusal(joint_acts.take(acts, act.id, KIND, SUBJECT, by(name))) is Refusal.NOT_USABLE
    assert await refusal(joint_acts.agree(acts, act.id, by("cyd"))) is Refusal.NOT_AGREEABLE


async def test_without_a_request_nothing_is_done_and_a_made_up_id_is_not_put_on_record() -> None:
    acts = FakeJointActs()

    assert await refusal(joint_acts.require(acts, None, KIND, SUBJECT, by("ada"))) is Refusal.NEEDED
    assert await refusal(joint_acts.require(acts, "hostile id", KIND, SUBJECT, by("ada"))) is Refusal.NOT_USABLE
    assert await refusal(joint_acts.agree(acts, "hostile id", by("ada"))) is Refusal.NOT_AGREEABLE
    assert await refusal(joint_acts.refuse(acts, "hostile id", by("ada"))) is Refusal.NOT_AGREEABLE
    assert "hostile id" not in str(acts.events)


async def test_a_dry_run_leaves_the_agreement_unused() -> None:
    acts = FakeJointActs()
    act = await asked(acts)
    await joint_acts.agree(acts, act.id, by("ben"))

    await joint_acts.require(acts, act.id, KIND, SUBJECT, by("ada"), dry_run=True)
    await joint_acts.require(acts, act.id, KIND, SUBJECT, by("ada"))

    assert await refusal(joint_acts.require(acts, act.id, KIND, SUBJECT, by("ada"))) is Refusal.NOT_USABLE


async def test_what_was_refused_or_taken_back_is_over() -> None:
    acts = FakeJointActs()
    first, second = await asked(acts), await asked(acts)

    over = await joint_acts.refuse(acts, first.id, by("ben"))
    await joint_acts.refuse(acts, second.id, by("ada"))

    assert joint_acts.state(over, NOW) == "over"
    assert await refusal(joint_acts.agree(acts, first.id, by("ben"))) is Refusal.NOT_AGREEABLE
    assert await refusal(joint_acts.refuse(acts, first.id, by("ben"))) is Refusal.NOT_AGREEABLE
    assert await acts.waiting(NOW) == []


async def test_one_person_cannot_bury_the_others_under_requests() -> None:
    acts = FakeJointActs()
    for _ in range(MOST_WAITING):
        await asked(acts)

    assert await refusal(asked(acts)) is Refusal.TOO_MANY
    await joint_acts.ask(acts, KIND, SUBJECT, by("ben"))


async def test_a_request_needs_a_reason_and_a_subject_that_can_be_read() -> None:
    acts = FakeJointActs()

    with pytest.raises(ReasonError):
        await joint_acts.ask(acts, KIND, SUBJECT, by("ada", reason=""))
    with pytest.raises(ValueError, match="too long"):
        await joint_acts.ask(acts, KIND, {"kid": "x" * 10_000}, by("ada"))
    with pytest.raises(ValueError, match="Out of range"):
        await joint_acts.ask(acts, KIND, {"kid": float("nan")}, by("ada"))

    assert acts.events == []


async def test_a_second_person_reads_all_that_they_agree_to() -> None:
    act = await asked(FakeJointActs())

    shown = joint_acts.described(act, NOW)

    assert (shown["subject"], shown["state"], shown["asked_by"]) == (SUBJECT, "asked", "ada")
    assert shown["digest"] == joint_acts.digest(KIND, SUBJECT)
    assert joint_acts.described(act, NOW + OPEN_FOR)["state"] == "expired"


@pytest.mark.attack("AD-05")
@pytest.mark.parametrize("who", [{"operator": "cyd"}, {"operator": "ben"}, {"operator": "ada", "now": NOW + OPEN_FOR}])
async def test_ad_05_a_dry_run_is_refused_as_the_act_would_be(who: dict[str, Any]) -> None:
    acts = FakeJointActs()
    act = await asked(acts)
    await joint_acts.agree(acts, act.id, by("ben"))

    tried = joint_acts.require(acts, act.id, KIND, SUBJECT, by(**who), dry_run=True)

    assert await refusal(tried) is Refusal.NOT_USABLE
