"""Going back to an earlier list: the old content counts again, under a higher sequence, and no history is lost."""

import json

import pytest

from certs.trust.list_document import read_list, to_payload
from certs.trust.trust_list import RecognitionStatus, TrustList
from gateway.admin import trust_office
from gateway.admin.trust_rollback import put_back
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from mock_idps.authority import lists
from tests.authority import NOW, a_world
from tests.gateway.admin.trust_world import ADA, HK, Office, a_list, next_list, signed

FIRST = a_list(HK)
ENTRY = FIRST["entries"][0]


def withdrawn_since() -> dict[str, object]:
    """A list that withdraws the first entry."""
    period = {"status": "withdrawn", "start": FIRST["issued"], "reason": "by mistake", "reference": ""}
    entries = [{**ENTRY, "recognition": [*ENTRY["recognition"], period]}, *FIRST["entries"][1:]]
    return next_list(FIRST, entries=entries)


def with_one_more() -> dict[str, object]:
    """A list with an entry that the first one does not have."""
    return next_list(FIRST, entries=[*FIRST["entries"], {**ENTRY, "entry_id": "added-by-mistake"}])


def drafted(current: dict[str, object]) -> TrustList:
    return read_list(put_back(lists.encode(current), lists.encode(FIRST), ADA))


def test_what_was_withdrawn_since_is_recognised_again_and_the_withdrawal_stays_on_record() -> None:
    draft = drafted(withdrawn_since())

    assert draft.sequence == 3
    statuses = [period.status for period in draft.entries[0].recognition]
    assert statuses[-2:] == [RecognitionStatus.WITHDRAWN, RecognitionStatus.GRANTED]
    now = draft.entries[0].status_at(NOW)
    assert now is not None
    assert now.status is RecognitionStatus.GRANTED


def test_what_was_added_since_is_not_taken_out_but_withdrawn() -> None:
    draft = drafted(with_one_more())

    now = draft.entries[-1].status_at(NOW)
    assert draft.entries[-1].entry_id == "added-by-mistake"
    assert now is not None
    assert now.status is RecognitionStatus.WITHDRAWN


def test_a_certificate_that_came_since_ends_now() -> None:
    newcomer = {"der": FIRST["entries"][0]["anchors"][0]["der"]}
    entries = [{**ENTRY, "issuers": [*ENTRY["issuers"], newcomer]}, *FIRST["entries"][1:]]

    draft = drafted(next_list(FIRST, entries=entries))

    assert [issuer.end == NOW for issuer in draft.entries[0].issuers] == [False, True]


def test_where_nothing_changed_nothing_is_said_again() -> None:
    draft = drafted(next_list(FIRST))

    assert json.loads(to_payload(draft))["entries"] == json.loads(to_payload(read_list(lists.encode(FIRST))))["entries"]


@pytest.mark.parametrize("old", [next_list(FIRST), a_list("hk")])
def test_one_goes_back_to_an_earlier_list_of_the_same_name_only(old: dict[str, object]) -> None:
    with pytest.raises(TrustRefusedError) as refused:
        put_back(lists.encode(FIRST), lists.encode(old), ADA)

    assert refused.value.refusal == TrustRefusal.DRAFT


@pytest.mark.attack("TL-01")
async def test_tl_01_a_rollback_is_signed_and_imported_like_any_list(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    await office.bring_in(signed(withdrawn_since()))

    draft = await trust_office.rollback(office.office, HK, 1, ADA)
    await office.bring_in(lists.sign_payload(a_world(), draft))

    state = await office.office.state()
    found = state.lists[HK].entries[0].status_at(NOW)
    assert (await office.sequences(), found is not None and found.status) == ({HK: 3}, RecognitionStatus.GRANTED)


@pytest.mark.parametrize(("list_id", "sequence"), [(HK, 2), (HK, 9), ("none", 1)])
async def test_there_is_no_way_back_to_what_is_not_earlier(office: Office, list_id: str, sequence: int) -> None:
    await office.bring_in(signed(FIRST))
    await office.bring_in(signed(next_list(FIRST)))

    with pytest.raises(TrustRefusedError) as refused:
        await trust_office.rollback(office.office, list_id, sequence, ADA)

    assert refused.value.refusal == TrustRefusal.UNKNOWN
