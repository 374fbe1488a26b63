"""What an update changes, in words, and which changes need two persons."""

from typing import Any

import pytest

from certs.trust.list_dangers import Change, DangerCode
from certs.trust.list_diff import compare, compare_roots, diff
from tests.certs.trust.lists.builders import (
    ARC,
    DAY,
    EVERYTHING,
    HK,
    NOW,
    a_list,
    a_period,
    a_root,
    a_row,
    a_table,
    after,
    an_entry,
    listed,
    member,
    read,
    table,
)


def changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[Change, ...]:
    stored = read(a_list(entries=[an_entry(**old)]))
    return tuple(c for c in diff(stored, read(after(stored, entries=[an_entry(**new)]))) if c.subject)


def dangers(old: dict[str, Any], new: dict[str, Any]) -> list[DangerCode]:
    return [change.danger for change in changes(old, new) if change.danger]


RULES = an_entry()["rules"]
SUSPENDED = [a_period(), a_period("suspended", "2026-10-01T00:00:00+08:00")]
OCSP = {"ocsp": ["http://ocsp.sandbox.test/"], "crl": [], "responders": []}
WIDENING: dict[str, tuple[dict[str, Any], dict[str, Any], DangerCode]] = {
    "a root": ({}, {"anchors": [listed("Sandbox Root"), listed("Sandbox Root 2")]}, DangerCode.NEW_ANCHOR),
    "an issuer": ({}, {"issuers": [listed("Sandbox Issuer"), listed("Sandbox Issuer 2")]}, DangerCode.NEW_ISSUER),
    "a wider arc": ({}, {"policies": [{"oid": "2.16.344.8", "prefix": True}]}, DangerCode.WIDER_ARC),
    "an arc for a policy": (
        {"policies": [{"oid": ARC, "prefix": False}]},
        {"policies": [{"oid": ARC, "prefix": True}]},
        DangerCode.WIDER_ARC,
    ),
    "no arc": ({}, {"policies": []}, DangerCode.WIDER_ARC),
    "another arc besides": (
        {},
        {"policies": [{"oid": ARC, "prefix": True}, {"oid": "1.2.3.4", "prefix": False}]},
        DangerCode.WIDER_ARC,
    ),
    "a shorter type": (
        {},
        {"type_match": {"place": "subject.ou", "value": "Sandbox e-Cert"}},
        DangerCode.LOOSER_TYPE,
    ),
    "another place of the type": (
        {},
        {"type_match": {"place": "subject.cn", "value": "Sandbox e-Cert (Personal)"}},
        DangerCode.LOOSER_TYPE,
    ),
    "no type": ({}, {"type_match": None}, DangerCode.LOOSER_TYPE),
    "a suspension lifted": (
        {"recognition": SUSPENDED},
        {"recognition": [*SUSPENDED, a_period(start="2026-12-01T00:00:00+08:00")]},
        DangerCode.LIFTED,
    ),
    "a suspension that ends": (
        {"recognition": SUSPENDED},
        {"recognition": [SUSPENDED[0], {**SUSPENDED[1], "end": "2026-12-01T00:00:00+08:00"}]},
        DangerCode.LIFTED,
    ),
    "a longer recognition": (
        {"recognition": [a_period(end="2030-01-01T00:00:00+08:00")]},
        {"recognition": [a_period(end="2030-01-01T00:00:00+08:00"), a_period(start="2030-01-01T00:00:00+08:00")]},
        DangerCode.LONGER_RECOGNITION,
    ),
    "a longer issuer": (
        {"issuers": [listed("Sandbox Issuer", end="2030-01-01T00:00:00+08:00")]},
        {},
        DangerCode.LONGER_CERTIFICATE,
    ),
    "a smaller key": ({}, {"rules": {**RULES, "keys": [{"family": "RSA", "bits": 1024}]}}, DangerCode.WEAKER_KEYS),
    "another family of keys": (
        {},
        {"rules": {**RULES, "keys": [*RULES["keys"], {"family": "SM2", "bits": 256}]}},
        DangerCode.WEAKER_KEYS,
    ),
    "any curve": (
        {"rules": {"keys": [{"family": "EC", "bits": 256, "curves": ["P-256"]}]}},
        {"rules": {"keys": [{"family": "EC", "bits": 256}]}},
        DangerCode.WEAKER_KEYS,
    ),
    "any key": ({}, {"rules": {"key_usage": ["digital_signature"]}}, DangerCode.WEAKER_KEYS),
    "no key usage": ({}, {"rules": {"keys": RULES["keys"]}}, DangerCode.LOOSER_RULES),
    "no extended key usage": (
        {"rules": {**RULES, "extended_key_usage": ["1.2.3.4"]}},
        {},
        DangerCode.LOOSER_RULES,
    ),
    "another signer id": ({}, {"rules": {**RULES, "sm2_user_id": "sandbox"}}, DangerCode.LOOSER_RULES),
    "any policy of timestamps": ({"rules": {**RULES, "timestamp_policies": ["1.2.3.4"]}}, {}, DangerCode.LOOSER_RULES),
    "another policy of timestamps": (
        {"rules": {**RULES, "timestamp_policies": ["1.2.3.4"]}},
        {"rules": {**RULES, "timestamp_policies": ["1.2.3.4", "1.2.3.5"]}},
        DangerCode.LOOSER_RULES,
    ),
    "another host": ({}, {"revocation": {**OCSP, "crl": ["http://crl.sandbox.test/"]}}, DangerCode.NEW_SOURCE),
    "a responder": (
        {},
        {"revocation": {**OCSP, "responders": [listed("Sandbox Responder")["der"]]}},
        DangerCode.NEW_SOURCE,
    ),
    "older answers": ({}, {"revocation": {**OCSP, "freshness_seconds": 60}}, DangerCode.LOOSER_RULES),
    "a higher class": ({}, {"signature_class": "R3"}, DangerCode.HIGHER_CLASS),
    "a service": ({}, {"services": ["signature", "tsa"]}, DangerCode.NEW_SERVICE),
}


@pytest.mark.parametrize("name", WIDENING)
def test_what_widens_recognition_is_dangerous(name: str) -> None:
    old, new, danger = WIDENING[name]

    assert set(dangers(old, new)) == {danger}


HARMLESS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "a narrower arc": ({}, {"policies": [{"oid": f"{ARC}.2018.1.1", "prefix": False}]}),
    "a type where there was none": ({"type_match": None}, {}),
    "an end": ({}, {"recognition": [a_period(end="2030-01-01T00:00:00+08:00")]}),
    "a suspension": ({}, {"recognition": SUSPENDED}),
    "an issuer that ends": ({}, {"issuers": [listed("Sandbox Issuer", end="2030-01-01T00:00:00+08:00")]}),
    "a larger key": ({}, {"rules": {**RULES, "keys": [{"family": "RSA", "bits": 3072}]}}),
    "a usage more": ({}, {"rules": {**RULES, "key_usage": ["digital_signature", "non_repudiation"]}}),
    "a policy of timestamps": ({}, {"rules": {**RULES, "timestamp_policies": ["1.2.3.4"]}}),
    "another path of a host": ({}, {"revocation": {**OCSP, "crl": ["http://ocsp.sandbox.test/crl"]}}),
    "a source less": ({}, {"revocation": {**OCSP, "ocsp": []}}),
    "a lower class": ({}, {"signature_class": "R1"}),
    "another note": ({}, {"notes": "moved house"}),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_narrows_recognition_is_told_and_not_dangerous(name: str) -> None:
    old, new = HARMLESS[name]

    assert dangers(old, new) == []
    assert bool(changes(old, new)) == (old != new)


def test_a_change_is_told_in_names_and_dates() -> None:
    end = [listed("Sandbox Issuer", end="2030-01-01T00:00:00+08:00")]

    (change,) = changes({}, {"issuers": end})

    assert change.subject == "hk-personal"
    assert change.words.startswith("Sandbox e-Cert (Personal) of Sandbox Post: Sandbox Issuer (")
    assert change.words.endswith(
        "stops being accepted for signatures after 2030-01-01 00:00:00 +0800 (before: further notice)."
    )


def test_every_change_is_one_sentence() -> None:
    for old, new, _ in WIDENING.values():
        for change in changes(old, new):
            assert change.words.endswith(".")
            assert "\n" not in change.words


def test_a_new_entry_is_dangerous_with_everything_that_it_brings() -> None:
    stored = read(a_list())

    found = compare(stored, read(after(stored, entries=[an_entry(), an_entry("hk-bank")])))

    assert {change.subject for change in found.dangers} == {"hk-bank"}
    assert {change.danger for change in found.dangers} == {DangerCode.NEW_ANCHOR, DangerCode.NEW_ISSUER}


def test_an_entry_that_is_gone_is_told() -> None:
    stored = read(a_list())

    assert Change("hk-personal", "The entry is gone.") in diff(stored, read(after(stored, entries=[])))


def test_how_long_a_list_is_believed_is_told() -> None:
    stored = read(a_list())

    (change,) = diff(stored, read(after(stored)))

    assert change.words.startswith("hk-gd-hk is believed until 2026-11-12")


PERIOD = a_row()["periods"][0]
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], DangerCode | None]] = {
    "another purpose": ({"purposes": ["customs"]}, {"purposes": ["customs", "tender"]}, DangerCode.WIDER_ROW),
    "a purpose less": ({"purposes": ["customs", "tender"]}, {"purposes": ["customs"]}, None),
    "another family": ({}, {"families": ["RSA", "SM2"]}, DangerCode.WIDER_ROW),
    "a higher effect": ({}, {"effect_class": "R3"}, DangerCode.HIGHER_CLASS),
    "a lower effect": ({}, {"effect_class": "R1"}, None),
    "a condition less": ({"conditions": ["on a device"]}, {}, DangerCode.LOOSER_RULES),
    "a condition more": ({}, {"conditions": ["on a device"]}, None),
    "another reference": ({}, {"legal_reference": "Sandbox arrangement, article 2"}, None),
    "an end": ({}, {"periods": [{**PERIOD, "end": "2030-01-01T00:00:00+08:00"}]}, None),
    "enacted": (
        {"periods": [{**PERIOD, "status": "draft"}]},
        {"periods": [{**PERIOD, "status": "draft"}, {**PERIOD, "start": "2026-12-01T00:00:00+08:00"}]},
        DangerCode.LIFTED,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_changes_of_a_row_are_told(name: str) -> None:
    old, new, danger = ROWS[name]
    stored = table(a_table(rows=[a_row(**old)]))

    found = [change for change in diff(stored, table(after(stored, rows=[a_row(**new)]))) if change.subject]

    assert [change.danger for change in found] == [danger]


def test_a_new_row_is_dangerous_and_a_missing_one_is_told() -> None:
    stored = table(a_table())

    found = compare(stored, table(after(stored, rows=[a_row("mo-gd", scheme="MO-GD", issuing="MO")])))

    assert [(change.subject, change.danger) for change in found.changes if change.subject] == [
        ("mo-gd", DangerCode.NEW_ROW),
        ("hk-gd", None),
    ]


def test_who_may_sign_is_told_when_the_root_changes() -> None:
    old = a_root()
    keys = (member("chan", "Chan"), member("wong-384", "Wong", end=NOW + DAY), member("new", "Ho"))

    found = compare_roots(old, a_root(*keys))

    assert [change.danger for change in found.dangers] == [DangerCode.NEW_SIGNER, DangerCode.NEW_SIGNER]
    assert any("Lei does not sign any more" in change.words for change in found.changes)


def test_a_lower_threshold_is_dangerous() -> None:
    members = tuple(member(name, name, EVERYTHING) for name in ("chan", "wong-384", "lei-ed25519"))
    old = a_root(*members, thresholds={"root": 3, "equivalence": 2, HK: 2})

    found = compare_roots(old, a_root(*members, thresholds={"root": 2, "equivalence": 2}))

    assert [change.danger for change in found.dangers] == [DangerCode.LOWER_THRESHOLD]
    assert any(change.words == "hk-gd-hk cannot be signed any more." for change in found.changes)


def test_a_code_depends_on_both_lists() -> None:
    stored, other = read(a_list()), read(a_list(sequence=6))
    new = read(after(stored, entries=[an_entry(signature_class="R3")]))

    codes = {compare(stored, new).code, compare(other, new).code, compare(None, new).code}

    assert len(codes) == 3
    assert all(len(code) == 19 and code.count("-") == 3 for code in codes)
