"""The lists of the NIST suite: nothing that is revoked is taken for good, and what cannot be used is known by name."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from asn1crypto import crl

from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.path_builder import folded
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource, RevocationRules, Standing
from certs.trust.revocation.standing import status_of
from tests.certs.trust.pkits import CASES, MOMENT, Case, path_of, revocation_lists, was_valid

NOT_USED = {
    "the list spells the issuer's name with other bytes": {"4.3.3", "4.3.4", "4.3.5", "4.3.10", "4.3.11"},
    "the list is signed with another key of the same authority": {
        *("4.4.19", "4.5.1", "4.5.4", "4.5.6", "4.6.15", "4.6.17", "4.9.6", "4.11.7", "4.12.7", "4.12.9", "4.13.19"),
    },
    "the distribution point is named relative to the issuer": {"4.14.4", "4.14.7"},
    "the list covers some reasons only": {"4.14.18", "4.14.19"},
    "the list is indirect": {"4.14.22", "4.14.24", "4.14.25", "4.14.28", "4.14.29", "4.14.30", "4.14.33"},
    "a hold is lifted by a delta list": {"4.15.5"},
}
"""Valid in the suite, and not known to be good here: nobody is taken for good by mistake, some are not by caution."""
NOT_SEEN = {"4.15.4"}
"""Revoked by a delta list only, while the complete list is current and says good (RFC 5280 §5.2.4 leaves deltas open)."""


@cache
def materials() -> dict[object, tuple[Material, ...]]:
    """The suite's lists by the name of their issuer."""
    by_issuer: dict[object, tuple[Material, ...]] = {}
    for der in revocation_lists():
        name = folded(crl.CertificateList.load(der)["tbs_cert_list"]["issuer"].dump())
        by_issuer[name] = (*by_issuer.get(name, ()), Material(MaterialKind.CRL, der, MaterialSource.STAPLED))
    return by_issuer


def is_good(certificate: Certificate, issuer: Certificate) -> bool:
    lists = materials().get(folded(certificate.issuer_der), ())
    status = status_of(certificate, issuer, lists, at=MOMENT, responders=(), rules=RevocationRules())
    return status.standing is Standing.GOOD


def stands(case: Case) -> bool | None:
    """Whether every certificate of the path is good; `None` where there is no path to ask about."""
    try:
        path = path_of(case)
    except Fault:
        return None
    if not was_valid(path):
        return None
    return all(is_good(certificate, issuer) for certificate, issuer in pairwise(path.certificates))


@pytest.mark.spec("RFC 5280 §6.3")
def test_no_certificate_that_the_suite_calls_revoked_or_unknown_is_taken_for_good() -> None:
    accepted = {case.section for case in CASES if not case.valid and stands(case)}

    assert accepted <= NOT_SEEN


@pytest.mark.spec("RFC 5280 §6.3")
def test_a_good_certificate_is_known_to_be_good_except_where_a_list_is_not_used() -> None:
    unknown = {case.section for case in CASES if case.valid and stands(case) is False}

    assert unknown <= set().union(*NOT_USED.values())


@pytest.mark.parametrize("section", sorted(NOT_SEEN.union(*NOT_USED.values())))
def test_an_allowance_is_explained_to_readers(section: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "pkits.md").read_text()

    assert f"{section}," in page or f"{section} " in page
