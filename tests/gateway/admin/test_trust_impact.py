"""What an import would change for the reports of 90 days, counted before anything is imported (specification 4.3)."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certs.trust.list_document import read_list
from certs.trust.trust_list import Entry, TrustList
from gateway.admin import trust_import
from gateway.admin.trust_impact import judge
from gateway.signatures.records import RecognitionFacts, StoredReport
from mock_idps.authority import lists
from tests.authority import NOW
from tests.gateway.admin.trust_world import ADA, HK, Office, a_list, next_list, signed

FIRST = a_list(HK)
LIST = read_list(lists.encode(FIRST))
ENTRY = LIST.entries[0]


def facts(entry: Entry = ENTRY, **changes: Any) -> RecognitionFacts:
    found = RecognitionFacts(
        HK,
        1,
        entry.entry_id,
        "recognised",
        "ab" * 32,
        issuer_sha256=hashlib.sha256(entry.issuers[0].der).hexdigest(),
        policy_oids=tuple(f"{rule.oid}.2018.1.1" if rule.prefix else rule.oid for rule in entry.policies),
        at=NOW,
    )
    return replace(found, **changes)


def under(found: RecognitionFacts, trust_list: TrustList = LIST) -> str:
    return judge({trust_list.list_id: trust_list}, found)


def test_a_signature_is_judged_by_the_entry_that_it_was_judged_by() -> None:
    assert under(facts()) == "recognised"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"entry_id": "no-more"}, "not-listed"),
        ({"issuer_sha256": "0" * 64}, "not-listed"),
        ({"policy_oids": ("1.2.3",)}, "policy-oid-missing"),
        ({"type_names": ("Another type",)}, "type-mismatch"),
        ({"at": NOW - timedelta(days=40_000)}, "outside-recognition-period"),
        ({"at": None}, "outside-recognition-period"),
    ],
)
def test_each_broken_check_has_its_own_word(changes: dict[str, Any], expected: str) -> None:
    assert under(facts(**changes)) == expected


def test_a_signature_that_no_entry_knew_is_looked_for_under_its_issuer() -> None:
    assert under(facts(list_id="", entry_id="")) in {"recognised", "policy-oid-missing"}


async def test_a_dry_run_counts_the_reports_that_would_come_out_otherwise(office: Office) -> None:
    await office.bring_in(signed(FIRST))
    for number, age in enumerate((1, 89, 91)):
        produced = NOW - timedelta(days=age)
        report = StoredReport(f"r{number}", "rp-a", produced, NOW + timedelta(days=1), "jws", (facts(), facts()))
        await office.stores.reports.save(report, b"")
    entry = FIRST["entries"][0]
    period = {"status": "suspended", "start": FIRST["issued"], "reason": "an inquiry", "reference": ""}
    entries = [{**entry, "recognition": [*entry["recognition"], period]}, *FIRST["entries"][1:]]

    found = await trust_import.dry_run(office.office, [signed(next_list(FIRST, entries=entries))], ADA)

    assert found["impact"] == {"reports": 2, "changed": 2, "moves": {"recognised -> suspended": 4}}
