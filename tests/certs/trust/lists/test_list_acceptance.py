"""What may follow the list in force, and what is refused, each rule by its own code."""

from datetime import timedelta
from typing import Any

import pytest

from certs.trust.list_acceptance import MAX_STEP, Acknowledgement, check_update, surviving
from certs.trust.list_diff import Document, compare
from certs.trust.list_errors import Equivocation, ListError, ListRefusal
from certs.trust.list_statements import Rebase
from tests.certs.trust.lists.builders import (
    DAY,
    HK,
    NOW,
    a_list,
    a_root,
    a_table,
    after,
    an_entry,
    both,
    key,
    member,
    read,
    signed,
    table,
    times,
)

IN_FORCE = read(a_list())
TOMORROW = NOW + DAY


def refusal(stored: Document | None, new: Document, **options: Any) -> ListError:
    with pytest.raises(ListError) as caught:
        check_update(stored, new, **{"now": TOMORROW, "acknowledged": both(compare(stored, new)), **options})
    return caught.value


def test_the_next_list_of_the_chain_is_accepted() -> None:
    found = check_update(IN_FORCE, read(after(IN_FORCE)), now=TOMORROW)

    assert not found.is_nothing
    assert not found.dangers


def test_the_list_in_force_again_is_nothing() -> None:
    found = check_update(IN_FORCE, read(a_list()), now=TOMORROW)

    assert found.is_nothing
    assert found.changes == ()


@pytest.mark.attack("TL-01")
@pytest.mark.parametrize("back", [1, 6])
def test_tl_01_an_older_list_is_refused(back: int) -> None:
    older = read(a_list(sequence=IN_FORCE.sequence - back))

    assert refusal(IN_FORCE, older).reason is ListRefusal.ROLLBACK


@pytest.mark.attack("TL-01")
def test_tl_01_a_higher_number_with_an_older_time_is_refused() -> None:
    backdated = read(after(IN_FORCE, **times(IN_FORCE.issued - DAY)))

    assert refusal(IN_FORCE, backdated).reason is ListRefusal.ISSUED_EARLIER


@pytest.mark.attack("TL-04")
@pytest.mark.parametrize("swapped", [False, True])
def test_tl_04_two_lists_with_one_number_are_told_in_either_order(swapped: bool) -> None:
    first, second = IN_FORCE, read(a_list(operator={"en": "Another Office"}))
    if swapped:
        first, second = second, first

    error = refusal(first, second)

    assert error.reason is ListRefusal.EQUIVOCATION
    assert error.evidence == Equivocation(HK, 7, first.sha256, second.sha256)


def test_a_list_that_follows_another_one_is_a_fork() -> None:
    forked = read(after(IN_FORCE, previous_sha256="0" * 64))

    assert refusal(IN_FORCE, forked).reason is ListRefusal.FORK
    assert refusal(IN_FORCE, read(after(IN_FORCE, previous_sha256=None))).reason is ListRefusal.FORK


def test_a_number_does_not_leap() -> None:
    furthest = read(after(IN_FORCE, sequence=IN_FORCE.sequence + MAX_STEP))
    further = read(after(IN_FORCE, sequence=IN_FORCE.sequence + MAX_STEP + 1))

    assert not check_update(IN_FORCE, furthest, now=TOMORROW).is_nothing
    assert refusal(IN_FORCE, further).reason is ListRefusal.FAST_FORWARD


def test_a_list_from_the_future_is_refused() -> None:
    new = read(after(IN_FORCE))

    assert refusal(IN_FORCE, new, now=new.issued - timedelta(seconds=121)).reason is ListRefusal.ISSUED_IN_FUTURE
    assert check_update(IN_FORCE, new, now=new.issued - timedelta(seconds=120))


@pytest.mark.attack("TL-02")
def test_tl_02_an_expired_list_is_refused() -> None:
    new = read(after(IN_FORCE))

    assert refusal(IN_FORCE, new, now=new.expires).reason is ListRefusal.EXPIRED


@pytest.mark.parametrize(
    "changes",
    [{"list_id": "hk-gd-gd"}, {"scheme": "HK"}, {"issuing_jurisdiction": "GD"}],
    ids=["id", "scheme", "place"],
)
def test_a_list_does_not_become_another(changes: dict[str, Any]) -> None:
    assert refusal(IN_FORCE, read(after(IN_FORCE, **changes))).reason is ListRefusal.ANOTHER_LIST


def test_a_list_is_not_followed_by_a_table() -> None:
    assert refusal(IN_FORCE, table(a_table(sequence=8))).reason is ListRefusal.ANOTHER_LIST


def a_rebase(stored: Document | None, new: Document, **changes: Any) -> Rebase:
    previous = None if stored is None else stored.sha256
    values = {"list_id": new.list_id, "previous_sha256": previous, "sha256": new.sha256, "reason": "moved"}
    return Rebase(**{**values, "issued": NOW, **changes})


def test_a_rebase_lets_one_list_follow_another_chain_and_leap() -> None:
    new = read(after(IN_FORCE, previous_sha256="0" * 64, sequence=5_000))

    assert check_update(IN_FORCE, new, now=TOMORROW, rebase=a_rebase(IN_FORCE, new))


@pytest.mark.parametrize(
    "changes", [{"list_id": "other"}, {"previous_sha256": "1" * 64}, {"previous_sha256": None}, {"sha256": "1" * 64}]
)
def test_a_rebase_is_good_for_two_lists_and_no_other(changes: dict[str, Any]) -> None:
    new = read(after(IN_FORCE, previous_sha256="0" * 64))

    error = refusal(IN_FORCE, new, rebase=a_rebase(IN_FORCE, new, **changes))

    assert error.reason is ListRefusal.REBASE_REFUSED


def test_a_rebase_does_not_lead_back() -> None:
    older = read(a_list(sequence=6))

    assert refusal(IN_FORCE, older, rebase=a_rebase(IN_FORCE, older)).reason is ListRefusal.ROLLBACK


WIDER = read(after(IN_FORCE, entries=[an_entry(policies=[{"oid": "2.16.344.8", "prefix": True}])]))
CODE = compare(IN_FORCE, WIDER).code


def test_a_dangerous_change_is_accepted_with_two_persons_words() -> None:
    found = check_update(IN_FORCE, WIDER, now=TOMORROW, acknowledged=both(compare(IN_FORCE, WIDER)))

    assert found.dangers


@pytest.mark.parametrize(
    "acknowledged",
    [
        (),
        (Acknowledgement(CODE, "Chan"),),
        (Acknowledgement(CODE, "Chan"), Acknowledgement(CODE, "Chan")),
        (Acknowledgement(CODE, "Chan"), Acknowledgement("AAAA-AAAA-AAAA-AAAA", "Wong")),
        (Acknowledgement(CODE, "Chan"), Acknowledgement(CODE, "")),
    ],
    ids=["nobody", "one", "one twice", "another code", "nobody by name"],
)
def test_a_dangerous_change_is_refused_without_two_different_persons(acknowledged: Any) -> None:
    assert refusal(IN_FORCE, WIDER, acknowledged=acknowledged).reason is ListRefusal.NOT_ACKNOWLEDGED


def test_an_acknowledgement_is_good_for_one_update_only() -> None:
    other = read(after(IN_FORCE, entries=[an_entry(policies=[{"oid": "2.16.344.8.1", "prefix": True}])]))

    error = refusal(IN_FORCE, other, acknowledged=both(compare(IN_FORCE, WIDER)))

    assert error.reason is ListRefusal.NOT_ACKNOWLEDGED


def test_the_first_list_makes_anchors_and_needs_two_persons() -> None:
    assert refusal(None, IN_FORCE, now=NOW, acknowledged=()).reason is ListRefusal.NOT_ACKNOWLEDGED
    assert check_update(None, IN_FORCE, now=NOW, acknowledged=both(compare(None, IN_FORCE))).dangers


def test_what_only_a_stolen_key_signed_never_happened() -> None:
    honest = signed(a_list())
    mixed = signed(a_list(sequence=8), "chan", "thief")
    stolen = signed(a_list(sequence=9_999), "thief", "thief-384")
    keys = (member("chan", "Chan"), member("wong-384", "Wong"), member("lei-ed25519", "Lei"))
    root = a_root(*keys, compromised=frozenset({key("thief").kid, key("thief-384").kid}))

    assert surviving([honest, stolen], root) == honest
    assert surviving([honest, mixed, stolen], root) == mixed
    assert surviving([stolen], root) is None
    assert surviving([honest, stolen], a_root()) == stolen


def test_the_same_two_lists_have_the_same_code() -> None:
    assert compare(read(a_list()), read(dict(reversed(WIDER.payload.items())))).code == CODE
