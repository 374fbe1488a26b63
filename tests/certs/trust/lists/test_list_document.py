"""A trust list is read strictly and whole, and written back the same."""

import base64
from typing import Any

import pytest

from certs.keys.canonical import canonical
from certs.trust.list_document import MAX_ENTRIES, read_list, to_payload
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_header import MAX_PAYLOAD
from certs.trust.trust_list import RecognitionStatus, TypePlace
from mock_idps.authority import lists as sandbox
from mock_idps.authority.listed import LISTS
from tests.authority import a_world
from tests.certs.trust.lists.builders import a_list, a_period, an_entry, authority, listed, read


def refusal(document: Any) -> ListError:
    with pytest.raises(ListError) as caught:
        read_list(canonical(document))
    return caught.value


def test_a_list_is_read_into_values() -> None:
    found = read(a_list())

    (entry,) = found.entries
    assert (found.list_id, found.sequence, found.scheme) == ("hk-gd-hk", 7, "HK-GD")
    assert entry.anchors[0].der == authority("Sandbox Root")
    assert entry.type_match is not None
    assert entry.type_match.place is TypePlace.SUBJECT_OU
    assert entry.recognition[0].status is RecognitionStatus.GRANTED
    assert entry.recognition[0].start.isoformat() == "2015-07-10T16:00:00+00:00"
    assert entry.recognition[0].end is None


def test_what_is_written_reads_equal_and_is_written_the_same_again() -> None:
    entry = an_entry(
        type_match={"place": "extension", "value": "Personal", "oid": "1.2.3.4.5"},
        issuers=[listed("Sandbox Issuer", start="2015-01-01T00:00:00+08:00", end="2031-01-01T00:00:00+08:00")],
        rules={
            "sm2_user_id": "sandbox",
            "timestamp_policies": ["1.2.3"],
            "keys": [{"family": "EC", "bits": 256, "curves": ["P-256"]}],
        },
        recognition=[a_period(end="2020-01-01T00:00:00+08:00"), a_period("withdrawn", "2020-01-01T00:00:00+08:00")],
        revocation={"ocsp": [], "crl": ["http://crl.sandbox.test/1"], "responders": [], "freshness_seconds": 60},
        reliance_limit="none",
        notes="fictional",
    )
    payload = to_payload(read(a_list(entries=[entry])))

    again = read_list(payload)

    assert again.entries == read(a_list(entries=[entry])).entries
    assert to_payload(again) == payload


def test_every_list_of_the_sandbox_is_read_and_written_back() -> None:
    world = a_world()

    for list_id in LISTS:
        found = read_list(sandbox.encode(sandbox.trust_list(world, list_id)))

        assert read_list(to_payload(found)).entries == found.entries


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "a foreign member": (a_list(extra=1), ""),
    "no sequence": ({name: value for name, value in a_list().items() if name != "sequence"}, "sequence"),
    "a sequence of nought": (a_list(sequence=0), "sequence"),
    "a sequence that is true": (a_list(sequence=True), "sequence"),
    "another format": (a_list(version=2), "version"),
    "a foreign list id": (a_list(list_id="../x"), "list_id"),
    "a foreign scheme": (a_list(scheme="EU"), "scheme"),
    "a foreign place": (a_list(issuing_jurisdiction="XX"), "issuing_jurisdiction"),
    "a time without offset": (a_list(issued="2026-11-01T00:00:00"), "issued"),
    "a time with a fraction": (a_list(issued="2026-11-01T00:00:00.5Z"), "issued"),
    "a day that does not exist": (a_list(issued="2026-02-30T00:00:00Z"), "issued"),
    "times out of order": (a_list(next_update="2026-01-01T00:00:00Z"), "next_update"),
    "a digest in capitals": (a_list(previous_sha256="A" * 64), "previous_sha256"),
    "no operator": (a_list(operator={}), "operator"),
    "one person in two": (
        a_list(
            sources=[
                {
                    "url": "https://sandbox.test",
                    "retrieved_at": "2026-11-01T00:00:00Z",
                    "sha256": "0" * 64,
                    "transcriber": "Chan",
                    "checker": "Chan",
                }
            ]
        ),
        "sources[0]",
    ),
    "two entries of one name": (a_list(entries=[an_entry(), an_entry()]), "entries"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_header_is_refused_with_the_path_to_the_fault(name: str) -> None:
    document, where = SPOILT[name]

    error = refusal(document)

    assert error.reason is ListRefusal.SCHEMA
    assert error.where == where


SPOILT_ENTRY: dict[str, tuple[dict[str, Any], str]] = {
    "no anchor": ({"anchors": []}, "anchors"),
    "no issuer": ({"issuers": []}, "issuers"),
    "an anchor twice": ({"anchors": [listed("Sandbox Root")] * 2}, "anchors"),
    "an anchor that is none": ({"anchors": [{"der": base64.b64encode(b"\x30\x00").decode()}]}, "anchors[0].der"),
    "base64 with spaces": ({"anchors": [{"der": "MAA= "}]}, "anchors[0].der"),
    "an anchor of 20 KB": ({"anchors": [{"der": base64.b64encode(bytes(20_000)).decode()}]}, "anchors[0].der"),
    "a period backwards": (
        {"issuers": [listed("Sandbox Issuer", start="2020-01-01T00:00:00Z", end="2019-01-01T00:00:00Z")]},
        "issuers[0]",
    ),
    "a malformed arc": ({"policies": [{"oid": "2.16.344.08", "prefix": True}]}, "policies[0].oid"),
    "an arc of a whole country": ({"policies": [{"oid": "2.16.344", "prefix": True}]}, "policies[0]"),
    "an extension without its name": ({"type_match": {"place": "extension", "value": "x"}}, "type_match"),
    "a place with an extension's name": (
        {"type_match": {"place": "subject.cn", "value": "x", "oid": "1.2.3"}},
        "type_match",
    ),
    "a text that turns around": ({"certificate_type": "e-Cert \u202e lanosreP"}, "certificate_type"),
    "a text with NUL": ({"certificate_type": "e-Cert\0"}, "certificate_type"),
    "no history": ({"recognition": []}, "recognition"),
    "a history out of order": (
        {"recognition": [a_period(start="2020-01-01T00:00:00Z"), a_period(start="2019-01-01T00:00:00Z")]},
        "recognition",
    ),
    "a period of no length": ({"recognition": [a_period(end="2015-07-11T00:00:00+08:00")]}, "recognition[0]"),
    "a foreign status": ({"recognition": [a_period("blessed")]}, "recognition[0].status"),
    "a foreign key usage": ({"rules": {"key_usage": ["digitalSignature"]}}, "rules.key_usage[0]"),
    "a foreign family": ({"rules": {"keys": [{"family": "DSA", "bits": 1}]}}, "rules.keys[0].family"),
    "curves of an RSA key": (
        {"rules": {"keys": [{"family": "RSA", "bits": 2048, "curves": ["P-256"]}]}},
        "rules.keys[0]",
    ),
    "a file as an address": (
        {"revocation": {"ocsp": ["file:///etc/x"], "crl": [], "responders": []}},
        "revocation.ocsp[0]",
    ),
    "an address with a name": (
        {"revocation": {"ocsp": [], "crl": ["http://a@b.test/"], "responders": []}},
        "revocation.crl[0]",
    ),
    "no service": ({"services": []}, "services"),
    "a foreign service": ({"services": ["everything"]}, "services[0]"),
    "a foreign class": ({"signature_class": "R9"}, "signature_class"),
}


@pytest.mark.parametrize("name", SPOILT_ENTRY)
def test_a_spoilt_entry_is_refused_with_the_path_to_the_fault(name: str) -> None:
    changes, where = SPOILT_ENTRY[name]

    error = refusal(a_list(entries=[an_entry(**changes)]))

    assert error.reason is ListRefusal.SCHEMA
    assert error.where == f"entries[0].{where}"


def test_an_anchor_with_name_constraints_is_an_error_of_the_list() -> None:
    der = base64.b64encode(authority("Sandbox Constrained Root", constrained=True)).decode()

    error = refusal(a_list(entries=[an_entry(anchors=[{"der": der}])]))

    assert error.detail == "an anchor has name constraints"


@pytest.mark.attack("TL-06")
def test_tl_06_a_huge_list_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ListError) as caught:
        read_list(b"[" * (MAX_PAYLOAD + 1))

    assert caught.value.reason is ListRefusal.TOO_LARGE


@pytest.mark.attack("TL-06")
@pytest.mark.parametrize(
    "payload", [b'{"a":' * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b"", b"[]", b'{"a":1,"a":2}', b"\xff"]
)
def test_tl_06_deep_nesting_and_what_is_not_one_object_are_refused(payload: bytes) -> None:
    with pytest.raises(ListError) as caught:
        read_list(payload)

    assert caught.value.reason is ListRefusal.MALFORMED


@pytest.mark.attack("TL-06")
def test_tl_06_more_entries_than_any_list_has_are_refused_unread() -> None:
    error = refusal(a_list(entries=[None] * (MAX_ENTRIES + 1)))

    assert error.where == "entries"
