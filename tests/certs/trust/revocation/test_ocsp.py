"""Answers of responders: what they say, and which of them do not count (RFC 6960 §3.2)."""

import pytest

from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from certs.trust.revocation import ocsp
from certs.trust.revocation.model import Material, RevocationRules, Standing, Status
from tests.certs.builders import NOW
from tests.certs.trust.issuing import Party, issue
from tests.certs.trust.revocation.answers import (
    DAY,
    HOUR,
    RULES,
    SM3,
    Pair,
    a_delegate,
    a_pair,
    a_refusal,
    an_answer,
    answered,
)

PAIR = a_pair()
SM2_PAIR = a_pair(sm2=True)


def judged(
    material: Material, pair: Pair = PAIR, responders: tuple[Party, ...] = (), rules: RevocationRules = RULES
) -> Status:
    known = tuple(party.certificate for party in responders)
    return ocsp.judge(material, *pair.who, responders=known, at=NOW, rules=rules)


def refused(data: bytes, **changes) -> Reason:
    nonce = changes.pop("nonce", None)
    with pytest.raises(Fault) as raised:
        judged(answered(data, nonce=nonce), **changes)
    return raised.value.reason


@pytest.mark.spec("RFC 6960 §4.2.1")
@pytest.mark.parametrize("digest", ["sha1", "sha256", SM3])
@pytest.mark.parametrize("pair", [PAIR, SM2_PAIR], ids=["p256", "sm2"])
def test_an_answer_by_the_authority_counts_with_every_digest_of_its_name(pair, digest):
    status = judged(answered(an_answer(pair, digest=digest)), pair)

    assert (status.standing, status.this_update, status.next_update) == (Standing.GOOD, NOW - HOUR, NOW + HOUR)


@pytest.mark.spec("RFC 6960 §4.2.2.2")
@pytest.mark.parametrize("pair", [PAIR, SM2_PAIR], ids=["p256", "sm2"])
@pytest.mark.parametrize("named", ["by_key", "by_name"])
@pytest.mark.parametrize("no_check", [True, False])
def test_an_answer_by_a_delegate_of_the_authority_counts(pair, named, no_check):
    delegate = a_delegate(pair.ca, sm2=pair is SM2_PAIR, no_check=no_check)
    data = an_answer(pair, by=delegate, named=named, certificates=(delegate,))

    assert judged(answered(data), pair).standing is Standing.GOOD


def test_an_answer_by_a_responder_of_the_list_counts_without_its_certificate():
    responder = issue("Government responder", ca=False)
    data = an_answer(PAIR, by=responder, digest="sha256")

    assert judged(answered(data), responders=(responder,)).standing is Standing.GOOD
    assert refused(data) is Reason.REVOCATION_SIGNER


def test_a_responder_of_the_list_whose_certificate_has_run_out_does_not_count():
    responder = issue("Old government responder", ca=False, ends=NOW - 2 * HOUR)

    assert refused(an_answer(PAIR, by=responder), responders=(responder,)) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-04")
def test_sg_04_a_revocation_says_when_and_why():
    data = an_answer(PAIR, status="revoked", reason="keyCompromise", invalid_since=NOW - 20 * DAY)

    status = judged(answered(data))

    assert (status.standing, status.reason) == (Standing.REVOKED, "keyCompromise")
    assert (status.revoked_at, status.invalid_since) == (NOW - 10 * DAY, NOW - 20 * DAY)


@pytest.mark.attack("SG-04")
def test_sg_04_a_hold_is_told_apart_from_a_revocation():
    status = judged(answered(an_answer(PAIR, status="revoked", reason="certificateHold")))

    assert status.standing is Standing.ON_HOLD


@pytest.mark.attack("SG-04")
def test_sg_04_a_revocation_counts_however_old_its_answer_is():
    data = an_answer(PAIR, status="revoked", this_update=NOW - 9 * DAY, next_update=NOW - 8 * DAY)

    assert judged(answered(data)).standing is Standing.REVOKED


def test_of_several_answers_about_one_certificate_the_worst_counts():
    data = an_answer(PAIR, status="revoked", times=2)

    assert judged(answered(data)).standing is Standing.REVOKED


def test_unknown_is_not_good():
    status = judged(answered(an_answer(PAIR, status="unknown")))

    assert (status.standing, status.tried) == (Standing.UNKNOWN, (Reason.REVOCATION_UNKNOWN,))


@pytest.mark.attack("SG-05")
def test_sg_05_an_unsigned_answer_does_not_count():
    assert refused(an_answer(PAIR, signature=b"")) is Reason.REVOCATION_SIGNATURE


@pytest.mark.attack("SG-05")
def test_sg_05_a_changed_answer_does_not_count():
    good = an_answer(PAIR, status="unknown")
    serial = PAIR.leaf.certificate.serial.to_bytes(2, "big")

    assert refused(good.replace(serial, b"\x11\x11", 1)) is Reason.REVOCATION_SIGNATURE


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("named", ["by_key", "by_name"])
def test_sg_05_an_answer_by_somebody_else_does_not_count(named):
    stranger = issue("Stranger")

    assert refused(an_answer(PAIR, by=stranger, certificates=(stranger,), named=named)) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-05")
def test_sg_05_somebody_with_the_authoritys_name_and_another_key_does_not_count():
    double = issue("Revoking CA", key=issue("Double").key)

    assert refused(an_answer(PAIR, by=double, named="by_name")) is Reason.REVOCATION_SIGNATURE


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("pair", [PAIR, SM2_PAIR], ids=["p256", "sm2"])
@pytest.mark.parametrize(
    "spoilt",
    [
        {"purposes": ["server_auth"]},
        {"purposes": ["any_extended_key_usage"]},
        {"ends": NOW - 2 * HOUR},
        {"starts": NOW + HOUR},
        {"usage": {"key_encipherment"}},
        {"unknown_critical": True},
    ],
    ids=["another purpose", "any purpose", "expired", "not yet valid", "another usage", "not understood"],
)
def test_sg_05_a_delegate_that_is_not_one_does_not_count(pair, spoilt):
    delegate = a_delegate(pair.ca, sm2=pair is SM2_PAIR, **spoilt)

    assert refused(an_answer(pair, by=delegate, certificates=(delegate,)), pair=pair) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-05")
def test_sg_05_a_delegate_of_another_authority_with_the_same_name_does_not_count():
    double = issue("Revoking CA", key=issue("Double").key)
    delegate = a_delegate(double)

    assert refused(an_answer(PAIR, by=delegate, certificates=(delegate,))) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-05")
def test_sg_05_a_delegate_that_expired_since_cannot_date_its_answers_back():
    delegate = a_delegate(PAIR.ca, label="Late responder", ends=NOW - HOUR)
    data = an_answer(
        PAIR, by=delegate, certificates=(delegate,), produced_at=NOW - 2 * HOUR, this_update=NOW - 2 * HOUR
    )

    assert refused(data) is Reason.REVOCATION_SIGNER


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("digest", ["sha1", "sha256", SM3])
def test_sg_05_an_answer_about_another_certificate_does_not_count(digest):
    other = issue("Another CA")

    assert refused(an_answer(PAIR, serial=4711, digest=digest)) is Reason.REVOCATION_OTHER_CERTIFICATE
    assert refused(an_answer(PAIR, about=other, digest=digest)) is Reason.REVOCATION_OTHER_CERTIFICATE


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("moments", [{"this_update": NOW + HOUR}, {"produced_at": NOW + HOUR}], ids=str)
def test_sg_05_an_answer_from_the_future_does_not_count(moments):
    assert refused(an_answer(PAIR, next_update=NOW + DAY, **moments)) is Reason.REVOCATION_FUTURE


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize(
    ("this_update", "next_update"), [(NOW - DAY, NOW - HOUR), (NOW - 2 * DAY, None)], ids=["stated", "a day"]
)
def test_sg_05_an_answer_past_its_next_update_does_not_count(this_update, next_update):
    data = an_answer(PAIR, this_update=this_update, next_update=next_update)

    assert refused(data) is Reason.REVOCATION_STALE


def test_an_answer_past_its_next_update_counts_by_the_grace_and_says_so():
    data = an_answer(PAIR, this_update=NOW - DAY, next_update=NOW - HOUR)

    assert judged(answered(data), rules=RevocationRules(grace=7_200)).grace is True
    assert judged(answered(an_answer(PAIR)), rules=RevocationRules(grace=7_200)).grace is False


@pytest.mark.spec("RFC 9654 §2.1")
@pytest.mark.attack("SG-05")
def test_sg_05_another_nonce_than_ours_does_not_count_but_none_does():
    assert refused(an_answer(PAIR, nonce=b"theirs"), nonce=b"ours") is Reason.REVOCATION_NONCE
    assert judged(answered(an_answer(PAIR, nonce=b"ours"), nonce=b"ours")).standing is Standing.GOOD
    assert judged(answered(an_answer(PAIR), nonce=b"ours")).standing is Standing.GOOD
    assert judged(answered(an_answer(PAIR, nonce=b"theirs"))).standing is Standing.GOOD


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize(
    "status", ["try_later", "unauthorized", "internal_error", "malformed_request", "sign_required"]
)
def test_sg_05_a_responder_that_does_not_answer_has_said_nothing(status):
    assert refused(a_refusal(status)) is Reason.REVOCATION_NOT_SUCCESSFUL


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize(
    "junk", [b"", b"<html><body>Welcome</body></html>", b"\x30\x80", b"\x30\x03\x0a\x01", b"\x00" * 99]
)
def test_sg_05_something_else_than_an_answer_does_not_count(junk):
    assert refused(junk) is Reason.REVOCATION_MALFORMED


@pytest.mark.attack("SG-05")
def test_sg_05_ten_megabytes_are_not_read():
    assert refused(b"\x30" * 10_000_000) is Reason.REVOCATION_TOO_LARGE


def test_bytes_behind_an_answer_are_refused():
    assert refused(an_answer(PAIR) + b"\x00") is Reason.REVOCATION_MALFORMED


def test_a_critical_extension_that_nobody_here_understands_is_refused():
    assert refused(an_answer(PAIR, unknown_critical=True)) is Reason.REVOCATION_SCOPE


def test_too_many_answers_or_certificates_at_once_are_refused():
    assert refused(an_answer(PAIR, certificates=(PAIR.ca,) * 9)) is Reason.REVOCATION_TOO_LARGE
    assert refused(an_answer(PAIR, times=257)) is Reason.REVOCATION_TOO_LARGE


@pytest.mark.spec("RFC 6960 §4.4.4")
def test_silence_about_an_expired_certificate_counts_only_as_far_as_the_archive_goes():
    leaf = issue("Expired signer", PAIR.ca, ca=False, ends=NOW - 2 * DAY)
    expired = Pair(PAIR.ca, leaf)

    assert refused(an_answer(expired), pair=expired) is Reason.REVOCATION_SCOPE
    assert refused(an_answer(expired, archive_cutoff=NOW - DAY), pair=expired) is Reason.REVOCATION_SCOPE
    assert judged(answered(an_answer(expired, archive_cutoff=NOW - 9 * DAY)), expired).standing is Standing.GOOD
    assert judged(answered(an_answer(expired, status="revoked")), expired).standing is Standing.REVOKED


def test_damaged_answers_are_never_good_and_never_raise_anything_else():
    data = an_answer(PAIR, status="unknown")

    for place in range(0, len(data), 3):
        damaged = data[:place] + bytes([data[place] ^ 0x21]) + data[place + 1 :]
        try:
            status = judged(answered(damaged))
        except Fault:
            continue
        assert status.standing is Standing.UNKNOWN
