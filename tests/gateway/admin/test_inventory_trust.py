"""Trust lists, their root and their authorities in the list of everything that ends (TL-02)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.keys.canonical import canonical
from certs.trust.high_water import Comparison
from certs.trust.list_document import read_list
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import TrustList
from gateway.admin.inventory import Care, Item, Kind, Severity, in_order
from gateway.admin.inventory_trust import of_trust
from gateway.signatures.records import TrustDocument
from gateway.signatures.trust_state import TrustState
from tests.certs.trust.lists.builders import HK, NOW, a_list, a_period, a_root, an_entry

SECOND = timedelta(seconds=1)


def a_state(*entries: dict[str, Any], unproved: tuple[str, ...] = ()) -> TrustState:
    found = read_list(canonical(a_list(entries=list(entries or (an_entry(),)))))
    marks: Any = None  # nothing here looks at the high-water file
    return TrustState(
        root=a_root(),
        lists={HK: found},
        equivalence=None,
        snapshot=TrustSnapshot((found,), None),
        documents={HK: TrustDocument(HK, found.sequence, found.sha256, b"", NOW)},
        mark=marks,
        comparison=next(iter(Comparison)),
        unproved=unproved,
    )


def the_list(state: TrustState) -> TrustList:
    return state.lists[HK]


def items(state: TrustState, now: datetime) -> dict[Kind, list[Item]]:
    found: dict[Kind, list[Item]] = {}
    for item in in_order(of_trust(state, now), now):
        found.setdefault(item.kind, []).append(item)
    return found


@pytest.mark.attack("F-CRT-01")
def test_a_list_is_due_from_its_next_update_on_and_over_when_it_expires() -> None:
    state = a_state()
    found = the_list(state)

    def severity(now: datetime) -> Severity:
        return items(state, now)[Kind.TRUST_LIST][0].severity

    assert severity(found.next_update - SECOND) is Severity.FINE
    assert severity(found.next_update) in {Severity.DUE, Severity.SOON, Severity.URGENT}
    assert severity(found.expires - SECOND) is Severity.URGENT
    assert severity(found.expires) is Severity.EXPIRED


def test_the_root_its_keys_and_the_recognised_authorities_are_on_the_list() -> None:
    state = a_state()

    found = items(state, NOW)

    assert [one.not_after for one in found[Kind.ROOT]] == [state.root.expires]
    assert {one.id for one in found[Kind.PEER_KEY]} == {f"root-key:{kid}" for kid in state.root.keys}
    assert found[Kind.TRUST_ENTRY]
    assert all(one.issuer and one.fingerprint for one in found[Kind.TRUST_ENTRY])


def test_a_holder_of_a_key_of_the_root_is_not_named() -> None:
    assert not any("Chan" in str(item) for item in of_trust(a_state(), NOW))


def test_an_authority_that_is_recognised_no_more_is_not_listed() -> None:
    withdrawn = an_entry(recognition=[a_period("withdrawn")])

    assert Kind.TRUST_ENTRY not in items(a_state(withdrawn), NOW)


def test_an_authoritys_certificate_that_is_long_over_is_there_for_old_signatures_and_asks_for_nobody() -> None:
    state = a_state()
    (first, *_) = items(state, NOW)[Kind.TRUST_ENTRY]
    assert first.not_after is not None

    just_over = items(state, first.not_after)[Kind.TRUST_ENTRY]
    long_over = items(state, first.not_after + timedelta(days=30))[Kind.TRUST_ENTRY]

    assert next(one for one in just_over if one.id == first.id).severity is Severity.EXPIRED
    history = next(one for one in long_over if one.id == first.id)
    assert (history.state, history.care, history.severity) == ("history", Care.NONE, Severity.FINE)


def test_a_list_that_nobody_has_signed_is_told_of() -> None:
    (unproved,) = [one for one in of_trust(a_state(unproved=("hk-gd-gd",)), NOW) if one.id == "trust-list:hk-gd-gd"]

    assert (unproved.state, unproved.severity) == ("unproved", Severity.EXPIRED)
