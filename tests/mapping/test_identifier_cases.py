"""Every published case of the mapping specification, run against the code: the whole file, nothing skipped.

Errors are compared exactly, otherwise every listed result key; `detail` is advisory. The runners below only
translate between the vocabulary of the file and the interface of the package.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mapping import conceal, dates, identifier, surrogate
from mapping.documents import (
    HongKongBusinessIdentifier,
    HongKongIdentityCard,
    MacaoIdentityCard,
    SocialInsuranceNumber,
    TravelPermit,
    UnifiedSocialCreditCode,
    classify,
    zone_check_digit,
)
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.names import compare_han, compare_latin
from mapping.normalise import normalise
from mapping.resolve import decide
from mapping.vocabulary import Realm, Sex

VECTORS = Path(__file__).parents[1] / "vectors" / "identifier-cases.json"
META, *CASES = json.loads(VECTORS.read_text(encoding="utf-8"))
AS_OF = date.fromisoformat(META["input"]["as_of"])
KEY = bytes.fromhex(META["input"]["test_key_hex"])
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
REALMS = {"sandbox": Realm.SANDBOX, "prod": Realm.PRODUCTION}
SHORT = {realm: short for short, realm in REALMS.items()}

Result = dict[str, Any]


def run_normalise(given: Any) -> Result:
    result = normalise(given)
    return {"value": result.value, "flags": list(result.flags)}


def run_identifier(given: Any) -> Result:
    number = MainlandIdentifier.parse(given, AS_OF)
    return {
        "kind": number.kind,
        "number": number.value,
        "birthdate": number.birthdate.isoformat(),
        "sex": number.sex,
        "territory": number.territory,
        "holder_class": number.holder_class,
        "realm": SHORT.get(number.realm),
        "country_numeric": number.country_numeric,
    }


def run_permit(given: Any) -> Result:
    count = given["issue_count"] if isinstance(given, dict) else None
    permit = TravelPermit.parse(given["number"] if isinstance(given, dict) else given, count)
    return {
        "kind": permit.kind,
        "holder_class": permit.holder_class,
        "canonical": permit.canonical,
        "territory": permit.territory,
        "issue_count": permit.issue_count,
        "display": permit.masked,
    }


def run_hkid(given: Any) -> Result:
    card = HongKongIdentityCard.parse(given)
    return {"kind": card.kind, "canonical": card.canonical, "display": card.printed}


def run_bir(given: Any) -> Result:
    card = MacaoIdentityCard.parse(given)
    return {"kind": card.kind, "canonical": card.canonical, "display": card.printed, "check": card.check}


def run_uscc(given: Any) -> Result:
    code = UnifiedSocialCreditCode.parse(given)
    return {"kind": code.kind, "canonical": code.canonical}


def run_ubi(given: Any) -> Result:
    number = HongKongBusinessIdentifier.parse(given)
    return {"kind": number.kind, "canonical": number.canonical, "dummy": number.is_dummy}


def run_insurance(given: Any) -> Result:
    number = SocialInsuranceNumber.parse(given)
    return {
        "kind": number.kind,
        "canonical": number.canonical,
        "territory": number.territory,
        "permit": number.permit.canonical if number.permit else None,
    }


def run_insurance_from_permit(given: Any) -> Result:
    return {"value": SocialInsuranceNumber.from_permit(TravelPermit.parse(given)).canonical}


CANONICAL: dict[str, Callable[[Any], str]] = {
    "permit": lambda text: TravelPermit.parse(text).canonical,
    "hkid": lambda text: HongKongIdentityCard.parse(text).canonical,
}


def index_of(kind: str, text: str) -> str:
    return conceal.blind_index(KEY, kind, CANONICAL[kind](text))


def run_allocate(given: Any) -> Result:
    permit = TravelPermit.parse(given["permit"])
    block = surrogate.block_for(permit, REALMS[given.get("realm", "sandbox")])
    birthdate, sex = date.fromisoformat(given["birthdate"]), Sex(given["sex"])
    taken = given.get("taken", ())
    number = surrogate.allocate_from_key(KEY, permit, birthdate, sex, block=block, taken=taken)
    return {"number": number.value}


class Table:
    """The smallest store that can carry decisions out: permits are unique, numbers are unique."""

    def __init__(self) -> None:
        self.records: dict[str, Binding] = {}
        self.numbers: set[str] = set()

    def known(self, evidence: Evidence) -> Known:
        offered = evidence.residence_permit
        holders = [key for key, record in self.records.items() if record.number == offered]
        return Known(
            binding=self.find(evidence.permit),
            previous=self.find(evidence.previous_permit),
            number_holder=holders[0] if holders else None,
        )

    def find(self, permit: TravelPermit | None) -> Binding | None:
        return None if permit is None else self.records.get(permit.canonical)

    def carry_out(self, decision: Decision, evidence: Evidence) -> Binding:
        match decision:
            case Keep(binding):
                return binding
            case Bind(number, replaces, previous):
                return self.write(evidence, number, replaces, previous)
            case Allocate(block, replaces, previous):
                permit, birthdate, sex = evidence.permit, evidence.birthdate, Sex(evidence.sex)
                number = surrogate.allocate_from_key(
                    KEY,
                    permit,
                    birthdate,
                    sex,
                    block=block,
                    taken=self.numbers,
                )
                return self.write(evidence, number, replaces, previous)
            case Renew(binding, permit):
                self.records[permit.canonical] = replace(binding, permit=permit)
                return binding
            case Read():
                raise AssertionError("no case of the file reads a number without storing it")

    def write(
        self,
        evidence: Evidence,
        number: MainlandIdentifier,
        replaces: tuple[str, ...],
        previous: TravelPermit | None,
    ) -> Binding:
        if previous is not None:
            self.records.pop(previous.canonical, None)
        record = Binding(
            permit=evidence.permit,
            birthdate=evidence.birthdate,
            sex=Sex(evidence.sex),
            number=number,
            issued_at=NOW,
            replaces=replaces,
        )
        self.numbers.add(number.value)
        self.records[evidence.permit.canonical] = record
        return record


def evidence_of(given: dict[str, Any]) -> Evidence:
    def parsed(name: str, parse: Callable[[str], Any]) -> Any:
        return parse(given[name]) if name in given else None

    return Evidence(
        permit=parsed("permit", TravelPermit.parse),
        declared_type=given.get("declared_type"),
        birthdate=parsed("birthdate", date.fromisoformat),
        sex=given.get("sex"),
        assurance=given["loa"],
        residence_permit=parsed("residence_permit", lambda text: MainlandIdentifier.parse(text, AS_OF)),
        residence_permit_verified=given.get("residence_permit_verified", False),
        previous_permit=parsed("previous_permit", TravelPermit.parse),
        same_person=given.get("link_evidence") == "same_person",
        purpose=given.get("purpose"),
    )


def run_resolve(given: list[dict[str, Any]]) -> Result:
    table = Table()
    return {"steps": [run_step(table, step) for step in given]}


def run_step(table: Table, given: dict[str, Any]) -> Result:
    try:
        evidence = evidence_of(given)
        decision = decide(evidence, table.known(evidence), Policy())
    except MappingError as error:
        return {"error": error.code}
    record = table.carry_out(decision, evidence)
    return {"kind": record.number.kind, "number": record.number.value, "replaces": list(record.replaces)}


RUNNERS: dict[str, Callable[[Any], Result]] = {
    "normalise": run_normalise,
    "cn18.validate": run_identifier,
    "cn18.suggest": lambda given: {"suggestion": identifier.suggest(given, AS_OF)},
    "cn15.upgrade": lambda given: {"value": identifier.upgrade(given)},
    "permit.parse": run_permit,
    "permit.suggest": lambda given: {"suggestion": TravelPermit.suggest(given)},
    "classify": lambda given: {"candidates": list(classify(given))},
    "hkid.validate": run_hkid,
    "bir.validate": run_bir,
    "uscc.validate": run_uscc,
    "hk_ubi.validate": run_ubi,
    "ssn.validate": run_insurance,
    "ssn.from_permit": run_insurance_from_permit,
    "icao.check": lambda given: {"value": zone_check_digit(given)},
    "mask": lambda given: {"value": conceal.mask(given["kind"], given["canonical"])},
    "blind_index.equal": lambda given: {
        "equal": index_of(given["kind"], given["a"]) == index_of(given["kind"], given["b"]),
    },
    "blind_index.value": lambda given: {"index": index_of(given["kind"], given["value"])},
    "surrogate.allocate": run_allocate,
    "date.parse": lambda given: {
        "value": dates.parse(given["value"], given.get("format"), AS_OF).isoformat(),
    },
    "name.han": lambda given: {"result": compare_han(given["a"], given["b"])},
    "name.latin": lambda given: {"result": compare_latin(given["a"], given["b"])},
    "resolve": run_resolve,
}


def run(case: dict[str, Any]) -> Result:
    try:
        return RUNNERS[case["kind"]](case["input"])
    except MappingError as error:
        return {"error": error.code}


@pytest.mark.spec("mapping specification §12")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_published_case_gives_the_published_result(case: dict[str, Any]) -> None:
    result = run(case)

    if "error" in case["expect"]:
        assert result == {"error": case["expect"]["error"]}
    else:
        assert {key: result.get(key) for key in case["expect"]} == case["expect"]


def test_the_file_holds_182_cases_and_every_kind_of_them_is_run() -> None:
    kinds = {case["kind"] for case in CASES}

    assert len(CASES) == 182
    assert kinds == set(RUNNERS)
