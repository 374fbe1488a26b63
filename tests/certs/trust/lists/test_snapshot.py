"""One validation reads one snapshot of all lists, finds its entries there, and prints its numbers."""

import json
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest

from certs.keys.canonical import canonical
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.equivalence import NO_TABLE
from certs.trust.errors import RefusalCode, Refused
from certs.trust.freshness import ListState, judge_freshness
from certs.trust.impact import impact
from certs.trust.list_document import read_list
from certs.trust.snapshot import TrustSnapshot
from mock_idps.authority import lists as sandbox
from mock_idps.authority.listed import LISTS
from tests.authority import NOW as WORLD_NOW
from tests.authority import a_world
from tests.certs.trust.lists.builders import (
    DAY,
    NOW,
    a_list,
    a_row,
    a_table,
    after,
    an_entry,
    authority,
    listed,
    read,
    table,
)

HK = read(a_list())
GD = read(a_list(list_id="hk-gd-gd", issuing_jurisdiction="GD", entries=[an_entry("gd-personal")]))
TABLE = table(a_table(rows=[a_row(), a_row("mo", scheme="MO-GD", issuing="MO")]))
BOTH = TrustSnapshot((HK, GD), TABLE)


def the_sandbox() -> TrustSnapshot:
    world = a_world()
    return TrustSnapshot(tuple(read_list(sandbox.encode(sandbox.trust_list(world, name))) for name in LISTS))


def issued(kind: str) -> tuple[Certificate, tuple[Certificate, ...]]:
    found = a_world().issue(kind, "Sandbox Person")
    return read_certificate(found.der), tuple(read_certificate(der) for der in found.chain)


def met(snapshot: TrustSnapshot, leaf: Certificate, *hints: Certificate) -> set[str]:
    return {trust_list.list_id for trust_list, _ in snapshot.candidates(leaf, hints)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("hk-personal-mr", {"hk", "hk-gd-hk"}),
        ("gd-sign", {"gd", "hk-gd-gd", "mo-gd-gd"}),
        ("mo-qualified", {"mo", "mo-gd-mo"}),
    ],
)
def test_a_certificate_meets_the_entries_of_its_issuer(kind: str, expected: set[str]) -> None:
    leaf, _ = issued(kind)

    assert met(the_sandbox(), leaf) == expected


def test_entries_come_in_the_order_of_lists_and_entries() -> None:
    snapshot = the_sandbox()
    leaf, hints = issued("hk-personal-mr")

    found = snapshot.candidates(leaf, hints)

    names = [trust_list.list_id for trust_list, _ in found]
    assert names == sorted(names)
    assert found == the_sandbox().candidates(leaf, tuple(reversed(hints)))


def test_a_certificate_of_nobody_meets_no_entry() -> None:
    assert BOTH.candidates(read_certificate(authority("Sandbox Stranger"))) == ()


def test_a_name_with_another_key_identifier_meets_no_entry() -> None:
    root = read_certificate(authority("Sandbox Root"))

    assert len(BOTH.entries_for(root.subject_der, root.subject_key_id)) == 2
    assert len(BOTH.entries_for(root.subject_der, None)) == 2
    assert BOTH.entries_for(root.subject_der, b"another") == ()


def test_a_leaf_under_an_issuer_that_no_list_names_meets_the_entry_of_the_root_above() -> None:
    world = a_world()
    below = world.subordinate("Sandbox Unlisted Issuer", world.authority("hk-root-2"))
    leaf = read_certificate(world.issue("hk-personal-mr", "Sandbox Person", issuer=below).der)
    hint = read_certificate(below.der)

    assert met(the_sandbox(), leaf) == set()
    assert "hk-gd-hk" in met(the_sandbox(), leaf, hint)


def test_hints_that_the_leaf_does_not_reach_add_nothing() -> None:
    leaf, _ = issued("mo-qualified")
    _, foreign = issued("gd-sign")

    assert met(the_sandbox(), leaf, *foreign) == met(the_sandbox(), leaf)


@pytest.mark.attack("TL-05")
def test_tl_05_a_snapshot_never_changes_and_a_new_list_makes_a_new_one() -> None:
    newer = TrustSnapshot((read(after(HK)), GD), TABLE)

    with pytest.raises(FrozenInstanceError):
        BOTH.lists = ()  # type: ignore[misc]

    assert [one.sequence for one in BOTH.lists] == [7, 7]
    assert [one.sequence for one in newer.lists] == [7, 8]


@pytest.mark.attack("TL-05")
def test_tl_05_every_list_is_named_with_its_number_and_state() -> None:
    found = BOTH.identity(NOW)

    assert [(one["id"], one["sequence"], one["state"]) for one in found["lists"]] == [
        ("hk-gd-gd", 7, "fresh"),
        ("hk-gd-hk", 7, "fresh"),
    ]
    assert found["lists"][1]["sha256"] == HK.sha256
    assert found["equivalence"]["sequence"] == 3
    assert canonical(found)


def test_a_list_does_not_stand_twice_in_a_snapshot() -> None:
    with pytest.raises(ValueError, match="twice"):
        TrustSnapshot((HK, read(after(HK))))


def test_without_a_table_nothing_is_recognised_and_none_is_named() -> None:
    snapshot = TrustSnapshot((HK,))

    assert snapshot.equivalence is NO_TABLE
    assert snapshot.identity(NOW)["equivalence"] is None


def test_user_ids_of_sm2_are_found_by_their_issuer() -> None:
    snapshot = TrustSnapshot((read(a_list(entries=[an_entry(rules={"sm2_user_id": "sandbox"})])),))
    issuer = read_certificate(authority("Sandbox Issuer"))

    assert snapshot.sm2_user_ids == {issuer.subject_der: b"sandbox"}
    assert BOTH.sm2_user_ids == {}


@pytest.mark.attack("TL-02")
@pytest.mark.parametrize(
    ("days", "state", "warning"),
    [
        (0, ListState.FRESH, None),
        (4.9, ListState.FRESH, None),
        (5, ListState.FRESH, 50),
        (7, ListState.DUE, 50),
        (8, ListState.DUE, 80),
        (9.999, ListState.DUE, 80),
        (10, ListState.STALE, 100),
        (400, ListState.STALE, 100),
    ],
)
def test_tl_02_a_list_ages_with_warnings_until_it_is_stale(days: float, state: ListState, warning: int | None) -> None:
    found = judge_freshness(HK, HK.issued + days * DAY)

    assert (found.state, found.warning) == (state, warning)


def test_f_tlst_02_a_source_that_is_away_is_warned_of_until_nothing_is_recognised_and_a_refresh_ends_it() -> None:
    window = HK.expires - HK.issued
    renewed = read(after(HK))

    told = [judge_freshness(HK, HK.issued + window * part / 100) for part in (50, 80, 101)]

    assert [(one.warning, one.state is ListState.STALE) for one in told] == [(50, False), (80, False), (100, True)]
    assert judge_freshness(renewed, renewed.issued).warning is None


@pytest.mark.attack("TL-02")
def test_tl_02_only_a_grace_of_the_policy_lets_an_expired_list_count_and_says_so() -> None:
    lenient = TrustSnapshot((HK,), TABLE, grace=timedelta(hours=24))

    assert BOTH.is_stale(HK, HK.expires)
    assert BOTH.is_stale(TABLE, TABLE.expires)
    assert not BOTH.is_stale(HK, HK.expires - timedelta(seconds=1))
    assert lenient.state(HK, HK.expires) is ListState.GRACE
    assert lenient.is_stale(HK, HK.expires + timedelta(hours=24))
    assert lenient.identity(HK.expires)["lists"][0]["state"] == "grace"


def test_a_slice_keeps_every_lists_identity_and_only_the_entries_asked_for() -> None:
    slice_ = json.loads(canonical(BOTH.slice([("hk-gd-hk", "hk-personal")])))

    again = TrustSnapshot.from_slice(slice_)

    assert again.identity(NOW) == BOTH.identity(NOW)
    assert [len(one.entries) for one in again.lists] == [0, 1]
    assert again.lists[1].entries == HK.entries
    assert [row.row_id for row in again.equivalence.rows] == ["hk-gd"]


def test_a_slice_of_a_slice_is_the_same() -> None:
    wanted = [("hk-gd-hk", "hk-personal"), ("hk-gd-gd", "gd-personal")]
    once = BOTH.slice(wanted)

    assert canonical(TrustSnapshot.from_slice(once).slice(wanted)) == canonical(once)


def test_a_slice_without_a_table_has_none() -> None:
    snapshot = TrustSnapshot((HK,), grace=timedelta(hours=1))

    again = TrustSnapshot.from_slice(snapshot.slice([]))

    assert again.equivalence is NO_TABLE
    assert again.grace == timedelta(hours=1)


def _spoilt(**changes: Any) -> dict[str, Any]:
    return {**BOTH.slice([("hk-gd-hk", "hk-personal")]), **changes}


@pytest.mark.parametrize(
    "members",
    [
        None,
        [],
        {},
        _spoilt(extra=1),
        _spoilt(lists=None),
        _spoilt(grace_seconds=-1),
        _spoilt(lists=_spoilt()["lists"] * 2),
    ],
    ids=["nothing", "a list", "empty", "a foreign member", "no lists", "a grace backwards", "a list twice"],
)
def test_a_spoilt_slice_is_refused(members: Any) -> None:
    with pytest.raises(Refused) as caught:
        TrustSnapshot.from_slice(members)

    assert caught.value.code is RefusalCode.FORMAT


def test_the_impact_of_an_update_is_counted_by_what_would_change() -> None:
    newer = TrustSnapshot((read(after(HK, entries=[an_entry("hk-personal", issuers=[listed("Sandbox Issuer 2")])])),))
    reports = iter(["Sandbox Issuer", "Sandbox Issuer 2", "Sandbox Stranger", "Sandbox Issuer"])

    def judge(snapshot: TrustSnapshot, name: str) -> str:
        issuer = read_certificate(authority(name))
        return "recognised" if snapshot.entries_for(issuer.subject_der, issuer.subject_key_id) else "not-listed"

    found = impact(TrustSnapshot((HK,)), newer, judge, reports)

    assert (found.reports, found.changed) == (4, 3)
    assert found.changes == {("not-listed", "recognised"): 1, ("recognised", "not-listed"): 2}


@pytest.mark.attack("TL-02")
def test_tl_02_the_sandboxs_lists_are_fresh_at_its_moment() -> None:
    snapshot = the_sandbox()

    assert {snapshot.state(one, WORLD_NOW) for one in snapshot.lists} == {ListState.FRESH}
