"""The sandbox's root, lists and table, which another maker's code signs, go all the way through ours."""

import pytest

from certs.trust.list_acceptance import check_update
from certs.trust.list_diff import compare
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_signing import verify_list, verify_table
from certs.trust.list_statements import pin_root
from mock_idps.authority import equivalence, lists, root
from mock_idps.authority.listed import LISTS
from tests.authority import NOW, a_world
from tests.certs.trust.lists.builders import both


def test_root_lists_and_table_of_the_sandbox_are_verified_and_accepted() -> None:
    world = a_world()
    pinned = pin_root(root.signed_root(world), NOW)

    for list_id in LISTS:
        found = verify_list(lists.signed_list(world, list_id), pinned, NOW)
        assert check_update(None, found, now=NOW, acknowledged=both(compare(None, found))).dangers
    assert verify_table(equivalence.signed_equivalence(world), pinned, NOW).rows


@pytest.mark.attack("TL-03")
def test_tl_03_one_signature_of_the_sandbox_is_too_few() -> None:
    world = a_world()
    pinned = pin_root(root.signed_root(world), NOW)
    token = lists.sign(world, lists.trust_list(world, "hk"), ("list-1",))

    with pytest.raises(ListError) as caught:
        verify_list(token, pinned, NOW)

    assert caught.value.reason is ListRefusal.BELOW_THRESHOLD
