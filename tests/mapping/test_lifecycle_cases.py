"""The published lives of records: each step's known facts, its decision, and how the record stands afterwards."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Binding, Evidence, Known, Policy
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change
from mapping.surrogate import allocate_from_key
from mapping.vocabulary import Realm
from tests.mapping.model import Table, proved

VECTORS = Path(__file__).parents[1] / "vectors" / "lifecycle-cases.json"
META, *CASES = json.loads(VECTORS.read_text(encoding="utf-8"))
AS_OF = date.fromisoformat(META["input"]["as_of"])
KEY = bytes.fromhex(META["input"]["test_key_hex"])

Json = dict[str, Any]


class KeyedTable(Table):
    """Chooses as the published test allocator does, so that numbers can be written into the file."""

    def __init__(self) -> None:
        super().__init__(self._keyed)

    def _keyed(self, decision: Allocate, evidence: Evidence) -> Iterator[MainlandIdentifier]:
        permit, birthdate, sex = proved(evidence)
        yield allocate_from_key(KEY, permit, birthdate, sex, block=decision.block, taken=self.given)


def evidence_of(step: Json) -> Evidence:
    offered = {
        name: MainlandIdentifier.parse(step[name], AS_OF) for name in ("residence_permit", "citizen") if name in step
    }
    permits = {name: TravelPermit.parse(step[name]) for name in ("permit", "previous_permit") if name in step}
    words = ("sex", "residence_permit_verified", "same_person", "vouched", "purpose")
    plain = {name: step[name] for name in words if name in step}
    birthdate = date.fromisoformat(step["birthdate"]) if "birthdate" in step else None
    return Evidence(birthdate=birthdate, assurance=step.get("loa", 2), **offered, **permits, **plain)


def policy_of(step: Json) -> Policy:
    given = step.get("policy", {})
    return Policy(Realm(given.get("realm", "sandbox")), given.get("surrogates_allowed", True))


def told(binding: Binding | None) -> Json | None:
    if binding is None:
        return None
    return {
        "permit": binding.permit.number11 or binding.permit.canonical,
        "birthdate": binding.birthdate.isoformat(),
        "sex": binding.sex.value,
        "number": binding.number.value,
        "replaces": list(binding.replaces),
    }


def known_facts(known: Known) -> Json:
    return {
        "binding": told(known.binding),
        "previous": told(known.previous),
        "number_holder": known.number_holder,
        "standing": known.standing.value,
        "is_holder": known.is_holder,
        "previous_standing": known.previous_standing.value,
    }


def live_through(table: Table, step: Json) -> Json:
    """Carry one step out and tell what came of it."""
    try:
        if step["do"] != "sign_in":
            table.happen(TravelPermit.parse(step["permit"]), Change(step["do"]))
            return {"standing": table.rows[step["permit"]].standing.value}
        decision, binding = table.sign_in(evidence_of(step), policy_of(step), step["account"])
    except MappingError as error:
        return {"error": error.code}
    result = {"decision": type(decision).__name__.lower()}
    if hasattr(decision, "change"):
        result["change"] = decision.change.value
    number = getattr(decision, "number", None) if binding is None else binding.number
    assert number is not None
    result |= {"kind": number.kind.value, "number": number.value}
    return result if binding is None else {**result, "replaces": list(binding.replaces)}


@pytest.mark.spec("mapping specification §10.4")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_record_lives_as_published(case: Json) -> None:
    table = KeyedTable()

    for step, expected in zip(case["input"], case["expect"]["steps"], strict=True):
        if step["do"] == "sign_in":
            assert known_facts(table.known(evidence_of(step), step["account"])) == step["known"]
        assert live_through(table, step) == expected


def test_the_file_says_what_every_field_means() -> None:
    steps = [step for case in CASES for step in case["input"]]
    results = [result for case in CASES for result in case["expect"]["steps"]]
    fields = {name for record in (*steps, *results) for name in record}
    inner = {name for step in steps for name in (*step.get("known", {}), *step.get("policy", {}))}

    assert fields | inner <= set(META["input"])
    assert len(CASES) >= 40
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["why"] for case in CASES)


def test_everything_that_can_become_of_a_record_is_in_the_file() -> None:
    results = [result for case in CASES for result in case["expect"]["steps"]]

    changes = {result["change"] for result in results if "change" in result}
    assert changes == {"bound", "superseded", "reissued", "moved", "corrected"}
    assert {result["decision"] for result in results if "decision" in result} == {
        "keep",
        "renew",
        "read",
        "bind",
        "allocate",
    }
    assert {"binding.frozen", "binding.closed", "binding.conflict"} <= {result.get("error") for result in results}


def test_everybody_in_the_file_is_fictional() -> None:
    text = VECTORS.read_text(encoding="utf-8")
    births = {step["birthdate"][:4] for case in CASES for step in case["input"] if "birthdate" in step}

    assert births <= {str(year) for year in range(1900, 1910)}
    assert "81007" not in text
