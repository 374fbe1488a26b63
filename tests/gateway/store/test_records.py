"""People, sign-ins, sessions, bindings, grants and clients survive being written, sealed and read, whole."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.broker.model import Stage
from gateway.store import protocol_records, records
from gateway.store.fields import Fields, RecordError
from mapping.documents import TravelPermit
from mapping.evidence import Binding
from mapping.vocabulary import Sex
from providers.base import PersonName
from tests.contracts.stores.builders import (
    BIRTHDATE,
    FRONT,
    NOW,
    PERMIT,
    SECOND,
    a_client,
    a_grant,
    a_number,
    a_person,
    a_request,
    a_session,
    a_transaction,
)

BINDING = Binding(PERMIT, BIRTHDATE, Sex.MALE, a_number(), NOW, ("810050190506070011",), 4)


def through_json(record: Any) -> Fields:
    return Fields(json.loads(json.dumps(record)))


@pytest.mark.parametrize(
    "person",
    [
        a_person("s"),
        a_person("s", permit=TravelPermit.parse("MA1234567"), residence_permit=None, citizen=a_number()),
        a_person("s", name=PersonName(), birthdate=None, sex=None, permit=None, residence_permit=None, amr=()),
    ],
)
def test_a_person_comes_back_whole(person: Any) -> None:
    read = records.read_person(through_json(records.write_person(person)))

    assert read == person
    assert read.permit is None or read.permit.issue_count == person.permit.issue_count


def test_a_request_comes_back_whole() -> None:
    plain = replace(a_request(), state=None, nonce=None, prompts=frozenset(), max_age=None, login_hint="hint")

    for request in (a_request(), plain):
        assert records.read_request(through_json(records.write_request(request))) == request


def test_a_transaction_comes_back_whole() -> None:
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person("s"), kept={"a": "b"}, login_id="l")

    fields = through_json(records.write_transaction(transaction))

    assert (
        records.read_transaction("transaction-1", "consent", FRONT, "l", transaction.expires_at, fields) == transaction
    )


def test_a_session_comes_back_whole() -> None:
    session = a_session("s", seen_at=NOW + SECOND)

    fields = through_json(records.write_session(session))

    assert records.read_session(session.cookie_hash, session.seen_at, fields) == session


def test_a_binding_comes_back_whole() -> None:
    assert records.read_binding(4, through_json(records.write_binding(BINDING))) == BINDING


def test_a_grant_comes_back_whole() -> None:
    grant = a_grant("s")

    assert protocol_records.read_grant(grant.id, through_json(protocol_records.write_grant(grant))) == grant


def test_a_client_comes_back_whole() -> None:
    client = a_client(jwks={"keys": []})

    record = protocol_records.write_client(client)

    assert protocol_records.read_client("rp-a", record, client.client_secret_hash, NOW, None) == client


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("permit", None),
        ("permit", {"canonical": "H1", "issue_count": None}),
        ("permit", {"canonical": "H12345678", "issue_count": "1"}),
        ("permit", {"canonical": "H12345678", "issue_count": None, "more": 1}),
        ("number", "810000190506070010"),
        ("number", None),
        ("sex", "X"),
        ("issued_at", "2026-03-02T09:30:00"),
        ("replaces", [None]),
        ("surplus", 1),
    ],
)
def test_a_binding_that_was_tampered_with_is_refused(member: str, value: Any) -> None:
    record = records.write_binding(BINDING) | {member: value}

    with pytest.raises(RecordError):
        records.read_binding(1, through_json(record))


@pytest.mark.parametrize(("member", "value"), [("assurance", 9), ("citizen", "1"), ("name", None), ("amr", "pop")])
def test_a_person_who_was_tampered_with_is_refused(member: str, value: Any) -> None:
    record = records.write_person(a_person("s")) | {member: value}

    with pytest.raises(RecordError):
        records.read_person(through_json(record))


def test_a_transaction_at_an_unknown_stage_is_refused() -> None:
    fields = through_json(records.write_transaction(a_transaction()))

    with pytest.raises(RecordError):
        records.read_transaction("t", "elsewhere", FRONT, None, NOW, fields)


def test_a_session_whose_browser_is_no_hash_is_refused() -> None:
    record = records.write_session(a_session("s")) | {"browser": "not hexadecimal"}

    with pytest.raises(RecordError):
        records.read_session(b"c", NOW, through_json(record))


@pytest.mark.parametrize("record", ["", "{", "[]", "{}"])
def test_a_client_that_is_no_record_is_refused(record: str) -> None:
    with pytest.raises(RecordError):
        protocol_records.read_client("rp-a", record, None, None, None)
