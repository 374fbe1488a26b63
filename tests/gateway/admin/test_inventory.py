"""Everything that ends: how near the end is, to the second, and what is said of each kind of thing."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.rules import Publication, Rules
from gateway.admin import inventory_certificates, inventory_keys, inventory_trust, inventory_upkeep
from gateway.admin.inventory import Care, Item, Kind, Severity, counts, due, find, in_order, judged
from gateway.admin.inventory_certificates import CertificateFile, RegisteredKeys
from gateway.admin.inventory_keys import PeerKeys
from gateway.admin.inventory_trust import KeptList
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup
from tests.certs import pki

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = Rules(
    publication=Publication.JWKS,
    publish_lead=timedelta(hours=25),
    overlap=timedelta(hours=12),
    settle=timedelta(hours=1),
    active_life=timedelta(days=90),
)


def an_item(*, life: timedelta | None = timedelta(days=365), end: datetime = MIDNIGHT, **changes: Any) -> Item:
    values: dict[str, Any] = {
        "id": "certificate:server:1",
        "name": "id.example.hk",
        "kind": Kind.TLS_CERTIFICATE,
        "where": "server.tls_certificate",
        "not_before": None if life is None else end - life,
        "not_after": end,
    }
    return Item(**(values | changes))


def a_key(state: KeyState, **changes: Any) -> KeyRecord:
    return KeyRecord("kid-of-a-key", "ES256", state, MIDNIGHT, MIDNIGHT, **changes)


@pytest.mark.attack("F-CRT-01")
@pytest.mark.parametrize(
    ("left", "before", "after"),
    [
        (timedelta(days=365) / 3, Severity.FINE, Severity.DUE),
        (timedelta(days=7), Severity.DUE, Severity.SOON),
        (timedelta(days=1), Severity.SOON, Severity.URGENT),
        (timedelta(0), Severity.URGENT, Severity.EXPIRED),
    ],
)
def test_f_crt_01_each_warning_begins_at_its_very_second(left: timedelta, before: Severity, after: Severity) -> None:
    turn = MIDNIGHT - left

    seen = [judged(an_item(), turn + step).severity for step in (-SECOND, timedelta(0), SECOND)]

    assert seen == [before, after, after]


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_a_thing_whose_beginning_is_unknown_warns_at_30_7_and_1_days() -> None:
    item = an_item(life=None)

    seen = {days: judged(item, MIDNIGHT - timedelta(days=days)).severity for days in (31, 30, 7, 1)}

    assert seen == {31: Severity.FINE, 30: Severity.DUE, 7: Severity.SOON, 1: Severity.URGENT}


def test_what_lives_for_a_day_is_not_urgent_all_day_long() -> None:
    item = an_item(life=timedelta(days=1))

    assert judged(item, MIDNIGHT - timedelta(hours=12)).severity is Severity.FINE
    assert judged(item, MIDNIGHT - timedelta(hours=3)).severity is Severity.SOON
    assert judged(item, MIDNIGHT - timedelta(minutes=30)).severity is Severity.URGENT


def test_an_authority_of_twenty_years_warns_ninety_days_before_its_end() -> None:
    item = judged(an_item(life=timedelta(days=7300), kind=Kind.AUTHORITY), MIDNIGHT - timedelta(days=1000))

    assert item.severity is Severity.FINE
    assert item.renew_by == MIDNIGHT - timedelta(days=90)


def test_what_is_made_anew_by_itself_is_told_of_only_once_it_is_over() -> None:
    item = an_item(care=Care.WATCH)

    assert judged(item, MIDNIGHT - SECOND).severity is Severity.FINE
    assert judged(item, MIDNIGHT).severity is Severity.EXPIRED


def test_what_ends_as_it_should_is_never_told_of() -> None:
    assert judged(an_item(care=Care.NONE), MIDNIGHT + SECOND).severity is Severity.FINE


def test_the_earliest_end_comes_first_and_what_has_none_last() -> None:
    endless = an_item(id="c", not_after=None)
    later = an_item(id="b", end=MIDNIGHT + SECOND)

    found = in_order([endless, later, an_item(id="a")], MIDNIGHT)

    assert [one.id for one in found] == ["a", "b", "c"]
    assert find(found, "b") == found[1]
    assert find(found, "d") is None
    assert counts(found)[Severity.EXPIRED] == 1


def test_due_is_what_has_two_thirds_behind_it_or_ends_within_a_span() -> None:
    now = MIDNIGHT - timedelta(days=200)
    items = in_order([an_item(id="a"), an_item(id="b", life=timedelta(days=4000))], now)

    assert [one.id for one in due(items, now)] == ["b"]
    assert [one.id for one in due(items, now, timedelta(days=200))] == ["a", "b"]
    assert not due(items, now, timedelta(days=199))


def test_an_active_key_is_due_when_the_next_one_should_take_over() -> None:
    keys = KeySetRecord("id-token-es256", 1, (a_key(KeyState.ACTIVE, activated_at=MIDNIGHT),))

    (item,) = inventory_keys.of_key_sets({keys.name: keys}, {keys.name: RULES})

    assert item.kind is Kind.SIGNING_KEY
    assert item.not_after == MIDNIGHT + timedelta(days=90)
    assert item.renew_by == MIDNIGHT + timedelta(days=75)


def test_a_key_that_only_verifies_ends_as_it_should_and_the_set_says_that_nothing_signs() -> None:
    keys = KeySetRecord("id-token-es256", 1, (a_key(KeyState.RETIRING, retiring_at=MIDNIGHT),))

    retiring, empty = in_order(inventory_keys.of_key_sets({keys.name: keys}, {keys.name: RULES}), MIDNIGHT)

    assert (retiring.not_after, retiring.care) == (MIDNIGHT + RULES.overlap, Care.NONE)
    assert (empty.state, empty.severity) == ("none active", Severity.EXPIRED)


def test_keys_that_are_gone_are_not_listed() -> None:
    keys = KeySetRecord("s", 1, (a_key(KeyState.DESTROYED),))

    assert [one.state for one in inventory_keys.of_key_sets({"s": keys}, {})] == ["none active"]


def test_a_set_towards_a_partner_holds_credentials() -> None:
    partner = Rules(Publication.PARTNER, *(timedelta(hours=1),) * 3, timedelta(days=90))
    keys = KeySetRecord("macao-client-secret", 1, (a_key(KeyState.ACTIVE),))

    (item,) = inventory_keys.of_key_sets({keys.name: keys}, {keys.name: partner})

    assert item.kind is Kind.CREDENTIAL


def test_a_pinned_key_ends_when_it_says_so() -> None:
    pinned = ({"kid": "k1", "kty": "EC", "exp": int(MIDNIGHT.timestamp())}, {"raw": "04ab"}, {"kid": "k", "exp": True})

    found = list(inventory_keys.of_peers((PeerKeys("federation.trust_anchors", "https://anchor.example", pinned),)))

    assert [one.not_after for one in found] == [MIDNIGHT, None, None]
    assert len({one.id for one in found}) == len(pinned)


def test_a_change_of_sealing_keys_that_is_under_way_is_said() -> None:
    items = list(inventory_keys.of_sealing({"sealing": ("2", "1"), "index": ("1",)}))

    assert [one.name for one in items if one.note] == ["sealing 2", "sealing 1"]


def test_every_certificate_of_a_file_is_listed_with_its_issuer_and_fingerprint() -> None:
    authority = pki.an_authority()
    file = CertificateFile("server.tls_client_ca", Kind.AUTHORITY, pki.pem_of(authority))

    (item,) = inventory_certificates.of_files([file])

    assert item.name == "Authority 1000"
    assert item.not_after == authority.not_valid_after_utc
    assert (item.fingerprint or "").startswith("sha256:")


def test_a_certificate_that_is_no_authoritys_is_a_pinned_one() -> None:
    own = x509.load_der_x509_certificate(pki.a_self_signed_certificate()).public_bytes(Encoding.PEM)

    (item,) = inventory_certificates.of_files([CertificateFile("outbound.ca_bundle", Kind.AUTHORITY, own)])

    assert item.kind is Kind.PEER_CERTIFICATE


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_of_no_use_is_told_of(content: bytes | None) -> None:
    (item,) = inventory_certificates.of_files([CertificateFile("outbound.ca_bundle", Kind.AUTHORITY, content)])

    assert (item.state, item.severity) == ("unusable", Severity.EXPIRED)
    assert item.note


def test_certificates_among_a_clients_keys_are_listed_and_nonsense_there_is_passed_over() -> None:
    good = base64.b64encode(pki.a_client_certificate()).decode()
    jwks = {"keys": [{"kty": "EC", "x5c": [good]}, {"x5c": ["!", 7]}, {"x5c": "no list"}, "no key"]}

    found = list(inventory_certificates.of_clients([RegisteredKeys("rp-1", jwks), RegisteredKeys("rp-2", {})]))

    assert [one.name for one in found] == ["rp-1"]


def test_a_revocation_list_asks_for_somebody_only_when_it_cannot_be_renewed() -> None:
    end = MIDNIGHT - SECOND
    kept = [
        KeptList("http://ca/1.crl", "k", end - timedelta(days=1), end),
        KeptList("http://ca/2.crl", "k", end - timedelta(days=1), end, "REVOCATION_UNREACHABLE"),
    ]

    found = in_order(inventory_trust.of_revocation(kept, MIDNIGHT), MIDNIGHT)

    assert {one.name: one.severity for one in found} == {
        "http://ca/1.crl": Severity.FINE,
        "http://ca/2.crl": Severity.EXPIRED,
    }


def test_a_backup_that_is_too_old_or_was_never_made_is_told_of() -> None:
    last = LastBackup("b-1", MIDNIGHT, "00" * 32, is_verified=True)
    item = inventory_upkeep.of_backup(last, timedelta(hours=26))

    assert judged(item, MIDNIGHT + timedelta(hours=26) - SECOND).severity is Severity.FINE
    assert judged(item, MIDNIGHT + timedelta(hours=26)).severity is Severity.EXPIRED
    assert inventory_upkeep.of_backup(None, timedelta(hours=26)).severity is Severity.EXPIRED


def test_a_checkpoint_may_be_old_as_long_as_it_covers_everything() -> None:
    later = MIDNIGHT + timedelta(days=3)
    (complete,) = inventory_upkeep.of_audit(AuditStanding(7, 0, 7, MIDNIGHT))
    (behind,) = inventory_upkeep.of_audit(AuditStanding(8, 0, 7, MIDNIGHT))
    (none_yet,) = inventory_upkeep.of_audit(AuditStanding(8, 0))

    seen = [judged(one, later).severity for one in (complete, behind, none_yet)]

    assert seen == [Severity.FINE, Severity.EXPIRED, Severity.EXPIRED]
    assert not list(inventory_upkeep.of_audit(AuditStanding(0, 0)))
