"""Damaged certificates: nothing with a changed byte is climbed, and nothing but a reason comes out."""

import random
from concurrent.futures import ThreadPoolExecutor

from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault
from certs.trust.parsed import parsed
from certs.trust.path import PathRules, find_path
from tests.certs.trust.issuing import Party, called, extension, issue, permitted
from tests.certs.trust.searching import ROOT
from tests.faults.weight import rounds

ISSUING = issue("Issuing", ROOT, further=(permitted(dns_name="good.example"),))
POLICIES = extension("certificate_policies", [{"policy_identifier": "1.2.3"}])
LEAF = issue("Signer", ISSUING, ca=False, further=(called(dns_name="www.good.example"), POLICIES))


def damaged(party: Party, seed: int) -> Certificate | None:
    """The certificate with one to three bytes changed; `None` if the gate already refuses it."""
    chance = random.Random(seed)  # noqa: S311 - damage that can be repeated
    der = bytearray(party.der)
    for _ in range(chance.randint(1, 3)):
        der[chance.randrange(len(der))] ^= chance.randint(1, 255)
    try:
        return read_certificate(bytes(der))
    except Fault:
        return None


def is_found(leaf: Certificate, issuer: Certificate, anchor: Certificate | None = None) -> bool:
    anchors = [anchor or ROOT.certificate]
    try:
        find_path(leaf, anchors=anchors, issuers=[issuer], hints=[], rules=PathRules())
    except Fault:
        return False
    return True


def test_a_damaged_leaf_has_no_path() -> None:
    leaves = [damaged(LEAF, seed) for seed in range(rounds(150, 20_000))]

    accepted = [leaf for leaf in leaves if leaf and leaf.der != LEAF.der and is_found(leaf, ISSUING.certificate)]

    assert accepted == []


def test_a_damaged_issuer_is_no_step_to_the_root() -> None:
    issuers = [damaged(ISSUING, seed) for seed in range(rounds(150, 20_000))]

    accepted = [one for one in issuers if one and one.der != ISSUING.der and is_found(LEAF.certificate, one)]

    assert accepted == []


def test_a_damaged_root_that_is_listed_all_the_same_gives_answers_and_nothing_else() -> None:
    root = issue("Narrow Root", further=(permitted(dns_name="good.example"), POLICIES))
    leaf = issue("Signer", root, ca=False, further=(called(dns_name="www.good.example"),)).certificate
    anchors = [damaged(root, seed) for seed in range(rounds(150, 20_000))]

    answers = {is_found(leaf, root.certificate, anchor) for anchor in anchors if anchor}

    assert answers <= {True, False}


def test_two_threads_never_share_what_the_library_reads_lazily() -> None:
    certificate = LEAF.certificate

    with ThreadPoolExecutor(max_workers=1) as other:
        theirs = other.submit(parsed, certificate).result()

    assert parsed(certificate) is parsed(certificate)
    assert theirs is not parsed(certificate)
