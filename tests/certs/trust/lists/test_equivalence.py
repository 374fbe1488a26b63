"""What a signature of one place is worth in another: no row, no recognition."""

from datetime import UTC, datetime
from typing import Any

import pytest

from certs.keys.canonical import canonical
from certs.trust.equivalence import NO_TABLE, EquivalenceTable
from certs.trust.equivalence_document import read_table, write_table
from certs.trust.list_errors import ListError
from tests.certs.trust.lists.builders import NOW, a_row, a_table, table

PERIOD = {"status": "enacted", "start": "2012-08-01T00:00:00+08:00", "reference": ""}


def effect(found: EquivalenceTable, **changes: Any) -> str | None:
    asked = {"issuing": "HK", "relying": "GD", "scheme": "HK-GD", "signature_class": "R2", "purpose": "customs"}
    row = found.effect(**{**asked, "family": "RSA", "at": NOW, **changes})
    return None if row is None else row.row_id


def test_a_row_answers_its_own_question() -> None:
    assert effect(table(a_table())) == "hk-gd"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuing": "MO"},
        {"relying": "MO"},
        {"relying": "HK"},
        {"scheme": "HK"},
        {"signature_class": "R3"},
        {"signature_class": "R1"},
        {"family": "SM2"},
        {"at": datetime(2012, 7, 31, 15, 59, 59, tzinfo=UTC)},
    ],
)
def test_without_a_row_there_is_no_recognition(changes: dict[str, Any]) -> None:
    assert effect(table(a_table())) is not None
    assert effect(table(a_table()), **changes) is None


def test_recognition_has_a_direction() -> None:
    assert effect(table(a_table()), issuing="GD", relying="HK") is None


def test_where_no_table_was_accepted_nothing_is_recognised() -> None:
    assert effect(NO_TABLE) is None


def test_no_row_for_any_purpose_covers_what_the_law_excludes() -> None:
    assert effect(table(a_table()), purpose="excluded-by-law") is None


def test_a_purpose_with_a_row_of_its_own_is_answered_by_it_alone() -> None:
    own = a_row("hk-gd-customs", purposes=["customs"], periods=[{**PERIOD, "status": "suspended"}])
    found = table(a_table(rows=[a_row(), own]))

    assert effect(found) is None
    assert effect(found, purpose="tender") == "hk-gd"


@pytest.mark.parametrize("status", ["draft", "suspended", "repealed"])
def test_only_an_enacted_row_has_effect(status: str) -> None:
    assert effect(table(a_table(rows=[a_row(periods=[{**PERIOD, "status": status}])]))) is None


def test_a_row_has_effect_from_its_first_second_to_its_last() -> None:
    periods = [PERIOD, {"status": "suspended", "start": "2026-01-01T00:00:00+08:00", "reference": ""}]
    found = table(a_table(rows=[a_row(periods=periods)]))

    assert effect(found, at=datetime(2012, 7, 31, 16, tzinfo=UTC)) == "hk-gd"
    assert effect(found, at=datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)) == "hk-gd"
    assert effect(found, at=datetime(2025, 12, 31, 16, tzinfo=UTC)) is None


def test_a_table_is_written_and_read_back() -> None:
    rows = [a_row(conditions=["on a device"], periods=[{**PERIOD, "end": "2030-01-01T00:00:00+08:00"}])]
    payload = write_table(table(a_table(rows=rows)))

    again = read_table(payload)

    assert again.rows == table(a_table(rows=rows)).rows
    assert write_table(again) == payload


SPOILT: dict[str, dict[str, Any]] = {
    "another list": {"list_id": "hk"},
    "two rows of one name": {"rows": [a_row(), a_row(purposes=["customs"])]},
    "two rows for one question": {"rows": [a_row(), a_row("another", families=["SM2", "RSA"])]},
    "a foreign member": {"rows": [a_row(extra=1)]},
    "no purpose": {"rows": [a_row(purposes=[])]},
    "a purpose twice": {"rows": [a_row(purposes=["customs", "customs"])]},
    "a foreign purpose": {"rows": [a_row(purposes=["everything"])]},
    "a foreign family": {"rows": [a_row(families=["DSA"])]},
    "a family twice": {"rows": [a_row(families=["RSA", "RSA"])]},
    "no history": {"rows": [a_row(periods=[])]},
    "a history out of order": {"rows": [a_row(periods=[PERIOD, {**PERIOD, "start": "2011-01-01T00:00:00Z"}])]},
    "a period backwards": {"rows": [a_row(periods=[{**PERIOD, "end": "2011-01-01T00:00:00Z"}])]},
    "no legal reference": {"rows": [a_row(legal_reference="")]},
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_table_is_refused(name: str) -> None:
    with pytest.raises(ListError):
        read_table(canonical(a_table(**SPOILT[name])))
