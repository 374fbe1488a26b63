"""What several pieces of material say together: pure, never raising, with the reasons of what did not count."""

import pytest
from asn1crypto import x509

from certs.trust.reasons import Reason
from certs.trust.revocation.memory import Memory
from certs.trust.revocation.model import MaterialKind, MaterialSource, RevocationRules, Standing
from certs.trust.revocation.points import list_addresses, responder_addresses
from certs.trust.revocation.standing import is_known, status_of, this_updates
from tests.certs.builders import NOW
from tests.certs.trust.issuing import extension, issue
from tests.certs.trust.revocation.answers import (
    CRL_URL,
    DAY,
    HOUR,
    OCSP_URL,
    RULES,
    Entry,
    Pair,
    a_list,
    a_pair,
    a_refusal,
    an_answer,
    answered,
    listed,
)

PAIR = a_pair()
SERIAL = PAIR.leaf.certificate.serial
NOTHING = answered(b"", failure=Reason.REVOCATION_UNREACHABLE, source=MaterialSource.FETCHED)


def standing(*materials, rules=RULES, pair=PAIR, **changes):
    return status_of(*pair.who, materials, at=NOW, responders=(), rules=rules, **changes)


def test_without_material_nothing_is_known():
    status = standing()

    assert (status.standing, status.tried) == (Standing.UNKNOWN, (Reason.REVOCATION_NONE,))
    assert not is_known(status)


def test_everything_that_did_not_count_is_named_once_in_order():
    status = standing(answered(a_refusal("try_later")), NOTHING, listed(b"<html>"), NOTHING)

    assert status.standing is Standing.UNKNOWN
    assert status.tried == (
        Reason.REVOCATION_NOT_SUCCESSFUL,
        Reason.REVOCATION_UNREACHABLE,
        Reason.REVOCATION_MALFORMED,
    )


def test_a_list_answers_where_a_responder_does_not_know():
    status = standing(answered(an_answer(PAIR, status="unknown")), listed(a_list(PAIR.ca)))

    assert (status.standing, status.kind, status.tried) == (
        Standing.GOOD,
        MaterialKind.CRL,
        (Reason.REVOCATION_UNKNOWN,),
    )


@pytest.mark.attack("SG-04")
def test_sg_04_a_revocation_wins_over_newer_good_news():
    revoked = listed(a_list(PAIR.ca, Entry(SERIAL), this_update=NOW - DAY))

    for materials in ((revoked, answered(an_answer(PAIR))), (answered(an_answer(PAIR)), revoked)):
        assert standing(*materials).standing is Standing.REVOKED


@pytest.mark.attack("SG-04")
def test_sg_04_a_hold_that_was_lifted_is_printed_with_both_dates():
    held = listed(a_list(PAIR.ca, Entry(SERIAL, "certificateHold"), this_update=NOW - DAY))

    status = standing(held, answered(an_answer(PAIR)))

    assert (status.standing, status.reason) == (Standing.GOOD, "certificateHold")
    assert (status.revoked_at, status.released_at) == (NOW - 10 * DAY, NOW - HOUR)


@pytest.mark.attack("SG-04")
def test_sg_04_a_newer_hold_wins_over_older_good_news():
    held = listed(a_list(PAIR.ca, Entry(SERIAL, "certificateHold")))
    good = answered(an_answer(PAIR, this_update=NOW - 2 * HOUR))

    assert standing(good, held).standing is Standing.ON_HOLD


def test_an_answer_that_counts_by_the_grace_yields_to_one_that_counts_by_itself():
    rules = RevocationRules(grace=86_400)
    late = answered(an_answer(PAIR, this_update=NOW - 3 * HOUR, next_update=NOW - 2 * HOUR))
    older = listed(a_list(PAIR.ca, this_update=NOW - 9 * HOUR))

    assert standing(late, older, rules=rules).kind is MaterialKind.CRL
    assert standing(late, rules=rules).grace is True
    assert not is_known(standing(late, rules=rules))


def test_of_equal_answers_the_first_source_is_named():
    first = answered(an_answer(PAIR), source=MaterialSource.CACHE)

    assert standing(first, answered(first.der)).source is MaterialSource.CACHE


def test_the_material_and_its_algorithm_are_named():
    status = standing(answered(an_answer(PAIR)))

    assert len(status.material) == 64
    assert status.algorithm is not None
    assert status.algorithm.name == "ECDSA"


def test_another_signer_id_than_the_entrys_is_not_tried():
    pair = a_pair(sm2=True)
    material = answered(an_answer(pair))

    assert standing(material, pair=pair).standing is Standing.GOOD
    assert standing(material, pair=pair, sm2_user_id=b"another").tried == (Reason.REVOCATION_SIGNATURE,)


def test_the_moments_of_archived_material_can_be_read():
    materials = (answered(an_answer(PAIR)), listed(a_list(PAIR.ca, this_update=NOW - DAY)), NOTHING, listed(b"junk"))

    assert this_updates(materials) == (NOW - DAY, NOW - HOUR)


def test_addresses_in_a_certificate_are_hints():
    leaf = a_pair(located=True).leaf.certificate

    assert (responder_addresses(leaf), list_addresses(leaf)) == ((OCSP_URL,), (CRL_URL,))
    assert (responder_addresses(PAIR.leaf.certificate), list_addresses(PAIR.leaf.certificate)) == ((), ())


def test_a_part_may_be_named_by_a_directory_name():
    name = PAIR.ca.name
    points = extension("crl_distribution_points", [{"distribution_point": _full_name(name)}])
    pair = Pair(PAIR.ca, issue("Signer of a directory", PAIR.ca, ca=False, further=(points,)))
    covering = a_list(PAIR.ca, partition={"distribution_point": _full_name(name)})

    assert list_addresses(pair.leaf.certificate) == ()
    assert standing(listed(covering), pair=pair).standing is Standing.GOOD
    assert standing(listed(covering)).tried == (Reason.REVOCATION_SCOPE,)


def test_a_memory_forgets_what_was_used_longest_ago():
    made = []
    memory = Memory[str, str](3)

    for key in ("a", "b", "a", "c", "d", "b", "a"):
        memory.get(key, lambda key=key: made.append(key) or key)
    memory.get("heavy", lambda: made.append("heavy") or "heavy", 4)
    memory.get("heavy", lambda: made.append("heavy") or "heavy", 4)

    assert made == ["a", "b", "c", "d", "b", "a", "heavy", "heavy"]


def _full_name(name):
    general = x509.GeneralName(name="directory_name", value=name)
    return x509.DistributionPointName(name="full_name", value=[general])
