"""Importing trust lists: all or nothing, dangerous changes by two operators, attempts to go back alarmed (G12)."""

from dataclasses import replace
from typing import Any

import pytest

from certs.trust.list_errors import ListRefusal
from gateway.admin import trust_import, trust_office
from gateway.admin.acts import ReasonError
from gateway.admin.trust_examination import RefusedDocumentError
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from mock_idps.authority import lists, root
from tests.authority import NOW, a_world
from tests.gateway.admin.fakes import an_act
from tests.gateway.admin.trust_world import ADA, BEN, GD, HK, MINUTE, Office, a_list, next_list, signed, signed_table

FIRST, SECOND_PLACE = a_list(HK), a_list(GD)


async def refusal_of(step: Any) -> str:
    with pytest.raises(TrustRefusedError) as refused:
        await step
    return refused.value.refusal


async def rule_of(step: Any) -> ListRefusal:
    with pytest.raises(RefusedDocumentError) as refused:
        await step
    return refused.value.error.reason


async def codes_of(office: Office, *tokens: bytes) -> list[str]:
    plan = await trust_import.dry_run(office.office, tokens, ADA)
    return [one["code"] for one in plan["documents"] if one["code"]]


async def test_a_first_list_is_dangerous_and_waits_for_a_second_operator(office: Office) -> None:
    token = signed(FIRST)

    found = await trust_import.propose(office.office, [token], await codes_of(office, token), ADA)

    assert found["result"] == "waiting"
    assert await office.sequences() == {}
    (waiting,) = await trust_import.waiting(office.office, BEN)
    assert (waiting["proposed_by"], waiting["lists"]) == ("ada", [f"{HK} 1"])
    assert (await office.actions())[-1] == "trust.proposed"


async def test_the_second_operator_states_the_same_code_and_the_lists_switch(office: Office) -> None:
    found = await office.bring_in(signed(FIRST), signed(SECOND_PLACE), signed_table())

    assert (found["result"], found["proposed_by"]) == ("accepted", "ada")
    assert await office.sequences() == {HK: 1, GD: 1, "equivalence": 1}
    assert office.files.mark().compare(await office.stores.trust_lists.heads()) == "agree"
    state = await office.office.state()
    assert set(state.lists) == {HK, GD}
    assert state.equivalence is not None
    assert not state.is_read_only


async def test_the_second_operator_reads_every_change_before_agreeing(office: Office) -> None:
    token = signed(FIRST)
    proposal = await trust_import.propose(office.office, [token], await codes_of(office, token), ADA)

    found = await trust_import.review(office.office, proposal["proposal"], BEN)

    assert (found["proposed_by"], found["documents"]) == ("ada", proposal["documents"])
    assert await refusal_of(trust_import.review(office.office, "none", BEN)) == TrustRefusal.UNKNOWN
    assert await office.sequences() == {}


async def test_a_change_without_danger_counts_at_once(office: Office) -> None:
    await office.bring_in(signed(FIRST))

    found = await trust_import.propose(office.office, [signed(next_list(FIRST))], (), ADA)

    assert found["result"] == "accepted"
    assert await office.sequences() == {HK: 2}
    assert (await office.actions())[-1] == "trust.accepted"


async def test_the_list_in_force_again_changes_nothing(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    before = await office.actions()

    found = await trust_import.propose(office.office, [signed(FIRST)], (), ADA)

    assert found == {"documents": [], "result": "nothing"}
    assert await office.actions() == before


async def test_a_dry_run_changes_nothing(office: Office) -> None:
    found = await trust_import.dry_run(office.office, [signed(FIRST)], ADA)

    assert found["documents"][0]["dangers"]
    assert found["impact"] == {"reports": 0, "changed": 0, "moves": {}}
    assert await office.sequences() == {}
    assert await office.actions() == []
    assert not office.files.high_water.exists()


async def test_a_dangerous_change_wants_its_code_and_a_reason(office: Office) -> None:
    token = signed(FIRST)
    codes = await codes_of(office, token)

    assert await refusal_of(trust_import.propose(office.office, [token], ["WRONG"], ADA)) == TrustRefusal.ACKNOWLEDGE
    with pytest.raises(ReasonError):
        await trust_import.propose(office.office, [token], codes, an_act(now=NOW, reason=""))

    assert await trust_import.waiting(office.office, BEN) == []


async def test_nobody_agrees_to_their_own_proposal_nor_without_the_code(office: Office) -> None:
    token = signed(FIRST)
    codes = await codes_of(office, token)
    proposal = (await trust_import.propose(office.office, [token], codes, ADA))["proposal"]

    assert await refusal_of(trust_import.acknowledge(office.office, proposal, codes, ADA)) == TrustRefusal.SAME_OPERATOR
    assert await refusal_of(trust_import.acknowledge(office.office, proposal, [], BEN)) == TrustRefusal.ACKNOWLEDGE
    assert await refusal_of(trust_import.acknowledge(office.office, "another", codes, BEN)) == TrustRefusal.UNKNOWN

    assert await office.sequences() == {}


async def test_a_proposal_is_over_after_a_week_or_when_it_is_withdrawn(office: Office) -> None:
    token = signed(FIRST)
    codes = await codes_of(office, token)
    proposal = (await trust_import.propose(office.office, [token], codes, ADA))["proposal"]
    late = an_act(operator="ben", now=NOW + trust_import.WAITS_FOR)

    assert await refusal_of(trust_import.acknowledge(office.office, proposal, codes, late)) == TrustRefusal.UNKNOWN
    assert await trust_import.withdraw(office.office, proposal, BEN)
    assert not await trust_import.withdraw(office.office, "another", BEN)
    assert await refusal_of(trust_import.acknowledge(office.office, proposal, codes, BEN)) == TrustRefusal.UNKNOWN


@pytest.mark.attack("TL-01")
async def test_tl_01_an_older_list_is_refused_alarmed_and_kept_as_evidence(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    await office.bring_in(signed(next_list(FIRST)))

    rule = await rule_of(trust_import.propose(office.office, [signed(FIRST)], (), ADA))

    assert rule is ListRefusal.ROLLBACK
    assert await office.sequences() == {HK: 2}
    assert await office.alarms() == [("trust_rollback", HK)]
    assert [one.sequence for one in await office.stores.trust_lists.evidence(HK)] == [2, 1]
    assert "trust.refused" in await office.actions()


@pytest.mark.attack("TL-04")
async def test_tl_04_another_content_under_one_sequence_is_refused_and_both_are_kept(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    other = a_list(operator={"en": "Somebody else"})

    rule = await rule_of(trust_import.propose(office.office, [signed(other)], (), ADA))

    assert rule is ListRefusal.EQUIVOCATION
    assert await office.alarms() == [("trust_equivocation", HK)]
    kept = await office.stores.trust_lists.evidence(HK)
    assert {document.sha256 for document in kept} == {lists.sha256(FIRST), lists.sha256(other)}


@pytest.mark.attack("TL-05")
async def test_tl_05_one_bad_list_of_an_import_keeps_the_good_one_out_too(office: Office) -> None:
    await office.bring_in(signed(FIRST), signed(SECOND_PLACE))
    good, bad = signed(next_list(FIRST)), signed(next_list(SECOND_PLACE), ("list-1",))

    rule = await rule_of(trust_import.propose(office.office, [good, bad], (), ADA))

    assert rule is ListRefusal.BELOW_THRESHOLD
    assert await office.sequences() == {HK: 1, GD: 1}


@pytest.mark.attack("TL-03")
async def test_tl_03_a_new_root_wants_two_operators_and_both_thresholds(office: Office) -> None:
    first = root.root(a_world())
    second = root.root(a_world(), version=2, previous=first)
    token = root.signed_root(a_world(), second)

    found = await office.bring_in(token)

    assert found["result"] == "accepted"
    assert (await office.office.state()).root.version == 2
    assert await office.sequences() == {"root": 2}
    skipping = root.signed_root(a_world(), root.root(a_world(), version=4, previous=second))
    assert await rule_of(trust_import.propose(office.office, [skipping], (), ADA)) is ListRefusal.ROOT_VERSION


async def test_a_list_counts_under_the_root_that_came_with_it(office: Office) -> None:
    holders = {**lists.HOLDERS, "list-4": "Sandbox Newcomer"}
    first = root.root(a_world())
    second = root.signed_root(a_world(), root.root(a_world(), version=2, previous=first, holders=holders))
    token = signed(FIRST, ("list-1", "list-4"))

    assert await rule_of(trust_import.propose(office.office, [token], (), ADA)) is ListRefusal.WRONG_SIGNER
    await office.bring_in(second, token)

    assert set((await office.office.state()).lists) == {HK}


async def test_a_theft_of_keys_brings_the_list_before_back_and_numbers_go_on_from_it(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    stolen = next_list(FIRST, by=90)
    await office.bring_in(signed(stolen, ("list-2", "list-3")))
    old = root.root(a_world())
    names = {"list-1": "Sandbox Transcriber", "list-4": "Sandbox Newcomer"}
    compromised = sorted(lists.kid(a_world(), name) for name in ("list-2", "list-3"))
    new = root.root(a_world(), version=2, previous=old, holders=names, compromised=compromised)
    token = lists.sign(a_world(), new, ("list-1", "list-2", "list-4"), typ=root.TYPE)
    await office.bring_in(token, by=replace(ADA, now=NOW + MINUTE), second=replace(BEN, now=NOW + MINUTE))

    state = await office.office.state()
    assert (state.lists[HK].sequence, state.reset) == (1, {HK})
    await office.bring_in(signed(next_list(FIRST), ("list-1", "list-4")), by=replace(ADA, now=NOW + 2 * MINUTE))

    assert (await office.sequences())[HK] == 2
    assert office.files.mark().compare(await office.stores.trust_lists.heads()) == "agree"
    assert (await office.office.state()).reset == frozenset()


@pytest.mark.parametrize("tokens", [[], [signed(FIRST)] * 17])
async def test_an_import_has_one_to_sixteen_documents(office: Office, tokens: list[bytes]) -> None:
    assert await refusal_of(trust_import.propose(office.office, tokens, (), ADA)) == TrustRefusal.DRAFT


async def test_one_list_comes_once_in_an_import(office: Office) -> None:
    both = [signed(FIRST), signed(FIRST)]

    assert await refusal_of(trust_import.propose(office.office, both, (), ADA)) == TrustRefusal.DRAFT


@pytest.mark.parametrize("name", ["root", "equivalence"])
async def test_no_list_takes_the_name_of_another_document(office: Office, name: str) -> None:
    token = signed(a_list() | {"list_id": name})

    assert await refusal_of(trust_import.propose(office.office, [token], (), ADA)) == TrustRefusal.DRAFT


@pytest.mark.parametrize("token", [b"", b"{}", b"\xff", b'{"payload":"","signatures":[]}'])
async def test_what_is_no_signed_document_is_refused_and_on_record(office: Office, token: bytes) -> None:
    await rule_of(trust_import.propose(office.office, [token], (), ADA))

    assert await office.actions() == ["trust.refused"]


async def test_operators_see_every_list_with_its_standing_and_each_list_whole(office: Office) -> None:
    await office.bring_in(signed(FIRST), signed_table())
    await office.bring_in(signed(next_list(FIRST)))

    rows = await trust_office.overview(office.office, NOW)
    shown = await trust_office.shown(office.office, HK, NOW)

    assert [(row["list"], row["sequence"], row["standing"]) for row in rows] == [
        ("equivalence", 1, "fresh"),
        (HK, 2, "fresh"),
    ]
    assert [one["sequence"] for one in shown["history"]] == [2, 1]
    assert shown["entries"]
    assert await refusal_of(trust_office.shown(office.office, "none", NOW)) == TrustRefusal.UNKNOWN
    old = await trust_office.shown(office.office, HK, NOW, sequence=1)
    assert (old["sequence"], old["standing"], old["entries"]) == (1, "history", [])
