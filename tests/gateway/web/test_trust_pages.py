"""The trust-list browser: the sandbox's lists as values, in words, with their history and freshness."""

from datetime import timedelta

from gateway.web.trust_pages import TrustListPage, TrustPage, trust_list_page, trust_page
from tests.authority import NOW
from tests.certs.signatures.judging import snapshot
from tests.gateway.web.page_samples import outline
from tests.gateway.web.signature_samples import NO_TRUST


def the_page() -> TrustPage:
    return trust_page(snapshot(), NOW)


def the_list(list_id: str) -> TrustListPage:
    found = trust_list_page(snapshot(), list_id, NOW)
    assert found is not None
    return found


def test_every_list_is_there_with_its_places_and_its_age() -> None:
    lists = {one.list_id: one for one in the_page().lists}

    assert list(lists) == ["gd", "hk", "hk-gd-gd", "hk-gd-hk", "mo", "mo-gd-gd", "mo-gd-mo"]
    assert (lists["hk-gd-hk"].issuing, lists["hk-gd-hk"].relying) == ("hong_kong", ("guangdong",))
    assert (lists["mo"].is_home, lists["mo-gd-mo"].is_home) == (True, False)
    assert {one.state for one in lists.values()} == {"fresh"}


def test_an_old_list_is_called_due_and_then_out_of_date() -> None:
    one = snapshot().lists[0]

    states = [trust_page(snapshot(), now).lists[0].state for now in (one.next_update, one.expires)]

    assert states == ["due", "stale"]


def test_recognition_is_shown_with_its_direction() -> None:
    pairs = {(row.issuing, row.relying) for row in the_page().rows}

    assert ("hong_kong", "guangdong") in pairs
    assert ("hong_kong", "macao") not in pairs
    assert "From Hong Kong in Guangdong" in outline(the_page()).text


def test_an_ended_recognition_shows_its_history_newest_first() -> None:
    entry = {one.entry_id: one for one in the_list("hk-gd-hk").entries}["hk-personal-old"]

    assert entry.status == "expired"
    assert [(one.status, one.start, one.end) for one in entry.history] == [
        ("expired", "2016-01-01", None),
        ("granted", "2012-08-01", "2016-01-01"),
    ]
    assert "Recognised from 2012-08-01 until 2016-01-01" in outline(the_list("hk-gd-hk")).text


def test_a_moment_before_all_history_has_no_status() -> None:
    long_ago = trust_list_page(snapshot(), "hk-gd-hk", NOW - timedelta(days=365 * 30))

    assert long_ago is not None
    assert {entry.status for entry in long_ago.entries} == {"none"}


def test_a_list_that_does_not_exist_has_no_page() -> None:
    assert trust_list_page(snapshot(), "xx", NOW) is None


def test_without_rules_the_page_says_that_nothing_is_recognised() -> None:
    assert outline(NO_TRUST).by_id("no-rows")
