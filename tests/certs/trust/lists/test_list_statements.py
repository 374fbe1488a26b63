"""A root follows a root one step at a time, and a rebase is a statement of the root's holders."""

from dataclasses import replace
from typing import Any

import pytest

from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_root import Root, RootKey, write_root
from certs.trust.list_signers import sign
from certs.trust.list_signing import DocumentKind
from certs.trust.list_statements import Rebase, pin_root, verify_rebase, verify_root_update, write_rebase
from tests.certs.trust.lists.builders import DAY, HK, NOW, a_root, key, member

FIRST = a_root()
OLD = ("chan", "wong-384")


def following(root: Root, *keys: RootKey, **changes: Any) -> Root:
    chain = {"version": root.version + 1, "previous_sha256": root.sha256}
    return a_root(*keys, **{**chain, **changes})


def token(root: Root, *names: str, kind: DocumentKind = DocumentKind.ROOT) -> bytes:
    return sign(write_root(root), [key(name) for name in names], kind=kind)


def refusal(current: Root, offered: bytes) -> ListRefusal:
    with pytest.raises(ListError) as caught:
        verify_root_update(current, offered, NOW)
    return caught.value.reason


def test_the_first_root_is_signed_by_its_own_threshold() -> None:
    assert pin_root(token(FIRST, *OLD), NOW) == FIRST


def test_a_first_root_that_one_person_signed_is_refused() -> None:
    with pytest.raises(ListError) as caught:
        pin_root(token(FIRST, "chan"), NOW)

    assert caught.value.reason is ListRefusal.BELOW_THRESHOLD


NEW = (member("ho", "Ho"), member("lam", "Lam"), member("chan", "Chan"))
SECOND = following(FIRST, *NEW)


def test_a_root_is_followed_by_one_that_old_and_new_holders_signed() -> None:
    assert verify_root_update(FIRST, token(SECOND, "chan", "wong-384", "ho"), NOW) == SECOND


@pytest.mark.attack("TL-03")
@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("ho", "lam"), ListRefusal.WRONG_SIGNER),
        (("chan", "ho"), ListRefusal.WRONG_SIGNER),
        (("wong-384", "lei-ed25519"), ListRefusal.WRONG_SIGNER),
        (("chan",), ListRefusal.BELOW_THRESHOLD),
    ],
    ids=["new only", "one old", "old only", "one"],
)
def test_tl_03_a_root_without_either_threshold_is_refused(names: tuple[str, ...], reason: ListRefusal) -> None:
    assert refusal(FIRST, token(SECOND, *names)) is reason


def test_no_version_is_skipped_or_repeated() -> None:
    third = replace(SECOND, version=3)

    assert refusal(FIRST, token(third, *OLD, "ho")) is ListRefusal.ROOT_VERSION
    assert refusal(FIRST, token(FIRST, *OLD)) is ListRefusal.ROOT_VERSION


def test_a_root_follows_the_root_in_force_and_no_other() -> None:
    assert refusal(FIRST, token(replace(SECOND, previous_sha256="0" * 64), *OLD, "ho")) is ListRefusal.ROOT_CHAIN


def test_a_root_from_the_future_is_refused() -> None:
    future = following(FIRST, *NEW, issued=NOW + DAY)

    assert refusal(FIRST, token(future, *OLD, "ho")) is ListRefusal.ISSUED_IN_FUTURE


def test_an_expired_root_can_still_be_followed() -> None:
    expired = a_root(expires=NOW - DAY)
    second = following(expired, *NEW)

    assert verify_root_update(expired, token(second, *OLD, "ho"), NOW) == second


def test_a_root_is_not_followed_by_an_expired_one() -> None:
    assert refusal(FIRST, token(following(FIRST, *NEW, expires=NOW), *OLD, "ho")) is ListRefusal.ROOT_EXPIRED


def test_a_compromised_key_stays_compromised() -> None:
    first = a_root(compromised=frozenset({key("thief").kid}))
    second = following(first)

    assert refusal(first, token(second, *OLD)) is ListRefusal.HISTORY_REWRITTEN


def test_another_kind_of_document_is_no_root() -> None:
    assert refusal(FIRST, token(SECOND, *OLD, "ho", kind=DocumentKind.LIST)) is ListRefusal.MALFORMED


REBASE = Rebase(HK, "0" * 64, "1" * 64, "the office moved", NOW)


def a_rebase(rebase: Rebase, *names: str, kind: DocumentKind = DocumentKind.REBASE) -> bytes:
    return sign(write_rebase(rebase), [key(name) for name in names or OLD], kind=kind)


def test_a_rebase_is_read_when_the_roots_holders_signed_it() -> None:
    first = replace(REBASE, previous_sha256=None)

    assert verify_rebase(a_rebase(REBASE), FIRST, NOW) == REBASE
    assert verify_rebase(a_rebase(first), FIRST, NOW) == first


def test_a_rebase_needs_the_threshold_of_the_root_itself() -> None:
    root = a_root(member("chan", "Chan"), member("wong-384", "Wong"), member("clerk", "Clerk", (HK,)))

    for names, reason in (
        (("chan",), ListRefusal.BELOW_THRESHOLD),
        (("chan", "clerk"), ListRefusal.KEY_OF_ANOTHER_LIST),
        (("chan", "stranger"), ListRefusal.WRONG_SIGNER),
    ):
        with pytest.raises(ListError) as caught:
            verify_rebase(a_rebase(REBASE, *names), root, NOW)
        assert caught.value.reason is reason


def test_a_rebase_from_the_future_is_refused() -> None:
    with pytest.raises(ListError) as caught:
        verify_rebase(a_rebase(replace(REBASE, issued=NOW + DAY)), FIRST, NOW)

    assert caught.value.reason is ListRefusal.ISSUED_IN_FUTURE
