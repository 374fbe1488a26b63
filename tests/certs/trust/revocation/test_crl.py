"""Revocation lists: what they say, what they cover, and how long they may be (RFC 5280 §5 and §6.3)."""

import tracemalloc

import pytest

from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from certs.trust.revocation import crl
from certs.trust.revocation.model import RevocationRules, Standing, Status
from tests.certs.builders import NOW
from tests.certs.trust.issuing import PRINTABLE_STRING, Party, a_key, a_name, issue
from tests.certs.trust.revocation.answers import (
    CRL_URL,
    DAY,
    HOUR,
    RULES,
    Entry,
    Pair,
    a_list,
    a_long_list,
    a_pair,
    at_list,
    listed,
)
from tests.faults.weight import rounds

PAIR = a_pair()
SM2_PAIR = a_pair(sm2=True)
LOCATED = a_pair(located=True)
SERIAL = PAIR.leaf.certificate.serial
OTHER_PART = "http://crl.ca.example.hk/part-2.crl"


def judged(data: bytes, pair: Pair = PAIR, rules: RevocationRules = RULES) -> Status:
    return crl.judge(listed(data), *pair.who, at=NOW, rules=rules)


def refused(data: bytes, **changes) -> Reason:
    with pytest.raises(Fault) as raised:
        judged(data, **changes)
    return raised.value.reason


@pytest.mark.spec("RFC 5280 §6.3.3")
@pytest.mark.parametrize("pair", [PAIR, SM2_PAIR], ids=["p256", "sm2"])
def test_a_certificate_that_is_not_on_its_authoritys_list_is_good(pair):
    status = judged(a_list(pair.ca, Entry(4711)), pair)

    assert (status.standing, status.this_update, status.next_update) == (Standing.GOOD, NOW - HOUR, NOW + DAY)


def test_a_list_counts_for_a_certificate_that_names_no_list():
    assert judged(a_list(PAIR.ca)).standing is Standing.GOOD


@pytest.mark.attack("SG-04")
@pytest.mark.parametrize("pair", [PAIR, SM2_PAIR], ids=["p256", "sm2"])
def test_sg_04_a_certificate_on_the_list_is_revoked_with_date_and_reason(pair):
    entry = Entry(pair.leaf.certificate.serial, "keyCompromise", invalid_since=NOW - 20 * DAY)

    status = judged(a_list(pair.ca, Entry(1), entry, Entry(2)), pair)

    assert (status.standing, status.reason) == (Standing.REVOKED, "keyCompromise")
    assert (status.revoked_at, status.invalid_since) == (NOW - 10 * DAY, NOW - 20 * DAY)


@pytest.mark.attack("SG-04")
def test_sg_04_an_authority_on_its_issuers_list_is_revoked():
    root = issue("Revoking root")
    pair = Pair(root, issue("Issuing CA under the root", root))

    assert judged(a_list(root, Entry(pair.leaf.certificate.serial)), pair).standing is Standing.REVOKED


@pytest.mark.attack("SG-04")
def test_sg_04_a_hold_and_its_release_are_told_apart():
    held = judged(a_list(PAIR.ca, Entry(SERIAL, "certificateHold")))
    released = judged(a_list(PAIR.ca, Entry(SERIAL, "removeFromCRL", NOW - DAY)))

    assert (held.standing, held.revoked_at) == (Standing.ON_HOLD, NOW - 10 * DAY)
    assert (released.standing, released.released_at, released.revoked_at) == (Standing.GOOD, NOW - DAY, None)


@pytest.mark.attack("SG-04")
@pytest.mark.parametrize("turned", [False, True])
def test_sg_04_of_several_entries_the_worst_counts(turned):
    entries = [Entry(SERIAL, "removeFromCRL"), Entry(SERIAL, "certificateHold"), Entry(SERIAL, "keyCompromise")]
    pairs = [entries[:2], entries[1:], entries[::2]]

    found = [judged(a_list(PAIR.ca, *(reversed(pair) if turned else pair))).standing for pair in pairs]

    assert found == [Standing.ON_HOLD, Standing.REVOKED, Standing.REVOKED]


@pytest.mark.attack("SG-06")
def test_sg_06_an_expired_list_does_not_count_except_for_what_is_revoked_on_it():
    old = {"this_update": NOW - 9 * DAY, "next_update": NOW - DAY}

    assert refused(a_list(PAIR.ca, **old)) is Reason.REVOCATION_STALE
    assert refused(a_list(PAIR.ca, this_update=NOW - 2 * DAY, next_update=None)) is Reason.REVOCATION_STALE
    assert refused(a_list(PAIR.ca, Entry(SERIAL, "certificateHold"), **old)) is Reason.REVOCATION_STALE
    assert judged(a_list(PAIR.ca, **old), rules=RevocationRules(grace=2 * 86_400)).grace is True
    assert judged(a_list(PAIR.ca, Entry(SERIAL), **old)).standing is Standing.REVOKED


@pytest.mark.attack("SG-06")
def test_sg_06_a_list_from_the_future_does_not_count():
    assert refused(a_list(PAIR.ca, this_update=NOW + HOUR)) is Reason.REVOCATION_FUTURE


@pytest.mark.attack("SG-06")
def test_sg_06_a_list_by_somebody_else_does_not_count():
    stranger = issue("Stranger")
    double = issue("Revoking CA", key=a_key("Double"))

    assert refused(a_list(stranger)) is Reason.REVOCATION_OTHER_CERTIFICATE
    assert refused(a_list(double)) is Reason.REVOCATION_SIGNATURE
    assert refused(a_list(PAIR.ca, signed_by=stranger)) is Reason.REVOCATION_SIGNATURE


def test_an_authority_that_may_not_sign_lists_has_none():
    ca = issue("CA without lists", usage={"key_cert_sign"})
    pair = Pair(ca, issue("Signer", ca, ca=False))

    assert refused(a_list(ca), pair=pair) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-06")
@pytest.mark.spec("RFC 5280 §5.2.5")
@pytest.mark.parametrize(
    "changes",
    [
        {"partition": {"only_contains_ca_certs": True}},
        {"partition": {"only_contains_attribute_certs": True}},
        {"partition": {"indirect_crl": True}},
        {"partition": {"only_some_reasons": {"key_compromise"}}},
        {"point": OTHER_PART},
    ],
    ids=["authorities", "attributes", "indirect", "some reasons", "another part"],
)
def test_sg_06_a_part_that_does_not_cover_the_certificate_says_nothing(changes):
    assert refused(a_list(LOCATED.ca, **changes), pair=LOCATED) is Reason.REVOCATION_SCOPE


def test_a_part_for_people_does_not_cover_an_authority():
    root = issue("Revoking root")
    pair = Pair(root, issue("Issuing CA under the root", root))

    assert refused(a_list(root, partition={"only_contains_user_certs": True}), pair=pair) is Reason.REVOCATION_SCOPE


def test_a_part_that_covers_the_certificate_counts():
    for changes in ({"point": CRL_URL}, {"partition": {"only_contains_user_certs": True}, "point": CRL_URL}):
        assert judged(a_list(LOCATED.ca, **changes), LOCATED).standing is Standing.GOOD


def test_a_part_says_nothing_about_a_certificate_that_names_no_part():
    assert refused(a_list(PAIR.ca, point=CRL_URL)) is Reason.REVOCATION_SCOPE


def test_one_of_several_parts_that_a_certificate_names_is_enough():
    pair = Pair(PAIR.ca, issue("Signer of two parts", PAIR.ca, ca=False, further=(at_list(CRL_URL, OTHER_PART),)))

    assert judged(a_list(PAIR.ca, point=OTHER_PART), pair).standing is Standing.GOOD


@pytest.mark.attack("SG-06")
def test_sg_06_a_delta_without_its_base_says_nothing():
    assert refused(a_list(PAIR.ca, Entry(SERIAL, "removeFromCRL"), delta=True)) is Reason.REVOCATION_DELTA


def test_critical_extensions_that_nobody_here_understands_are_refused():
    assert refused(a_list(PAIR.ca, unknown_critical=True)) is Reason.REVOCATION_SCOPE
    assert refused(a_list(PAIR.ca, Entry(SERIAL, unknown_critical=True))) is Reason.REVOCATION_SCOPE


@pytest.mark.spec("RFC 5280 §5.3")
def test_one_entry_that_is_not_understood_spoils_the_list_for_everybody():
    assert refused(a_list(PAIR.ca, Entry(4711), Entry(4712, unknown_critical=True))) is Reason.REVOCATION_SCOPE
    assert judged(a_list(PAIR.ca, Entry(0x0101FF04))).standing is Standing.GOOD


@pytest.mark.spec("RFC 5280 §7.1")
def test_a_name_in_another_spelling_is_the_same_name():
    ca = issue("Revoking CA", key=PAIR.ca.key)
    written = Party(a_name("REVOKING  ca", tag=PRINTABLE_STRING), ca.key, ca.der, ca.key_id)

    assert judged(a_list(written, Entry(SERIAL))).standing is Standing.REVOKED


def test_a_doubled_extension_is_refused():
    assert refused(a_list(PAIR.ca, doubled=True)) is Reason.REVOCATION_MALFORMED


def test_silence_about_an_expired_certificate_counts_only_where_the_list_remembers():
    pair = Pair(PAIR.ca, issue("Expired signer", PAIR.ca, ca=False, ends=NOW - 2 * DAY))

    assert refused(a_list(PAIR.ca), pair=pair) is Reason.REVOCATION_SCOPE
    assert refused(a_list(PAIR.ca, expired_since=NOW - DAY), pair=pair) is Reason.REVOCATION_SCOPE
    assert judged(a_list(PAIR.ca, expired_since=NOW - 9 * DAY), pair).standing is Standing.GOOD


@pytest.mark.attack("SG-06")
@pytest.mark.parametrize(
    "junk", [b"", b"<html></html>", b"\x1f\x8b\x08\x00 gzip", b"\x30\x80\x00", b"\x30\x03\x30\x01\x00"]
)
def test_sg_06_something_else_than_a_list_does_not_count(junk):
    assert refused(junk) is Reason.REVOCATION_MALFORMED


@pytest.mark.attack("SG-06")
def test_sg_06_two_hundred_megabytes_are_not_read():
    assert refused(bytes(crl.MAX_LIST + 1)) is Reason.REVOCATION_TOO_LARGE


@pytest.mark.attack("SG-06")
def test_sg_06_a_long_list_is_read_once_in_bounded_memory():
    """A million entries are longer than 20 MB; the heavy run takes as many as fit."""
    count = rounds(50_000, 880_000)
    data = a_long_list(PAIR.ca, count)
    assert len(data) <= crl.MAX_LIST
    tracemalloc.start()

    good = judged(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    last = issue("Last of the list", PAIR.ca, ca=False, serial=0x40000000 + count - 1)

    assert good.standing is Standing.GOOD
    assert peak < 5 * len(data) + 1_000_000
    assert judged(data, Pair(PAIR.ca, last)).standing is Standing.REVOKED


def test_a_serial_number_that_only_looks_like_being_on_the_list_is_good():
    hidden = b"\x02\x02" + SERIAL.to_bytes(2, "big")
    data = a_list(PAIR.ca, Entry(int.from_bytes(b"\x10" + hidden + b"\x10", "big")))

    assert hidden in data
    assert judged(data).standing is Standing.GOOD


def test_damaged_lists_are_never_good_and_never_raise_anything_else():
    data = a_list(PAIR.ca, Entry(SERIAL))

    for place in range(0, len(data), 2):
        damaged = data[:place] + bytes([data[place] ^ 0x21]) + data[place + 1 :]
        try:
            status = judged(damaged)
        except Fault:
            continue
        assert status.standing is Standing.REVOKED


def test_a_lists_number_and_time_can_be_read_alone():
    assert crl.number_of(a_list(PAIR.ca, number=300)) == 300
    assert crl.number_of(a_list(PAIR.ca, number=None)) is None
    assert crl.this_update(a_list(PAIR.ca)) == NOW - HOUR
