"""What an entry demands beyond its type, each rule broken alone, and the ends of the time in which its certificates count."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.signatures.answers import Answers
from certs.signatures.chain import Match
from certs.signatures.checks import CheckCode
from certs.signatures.effect import speaks_for
from certs.signatures.evaluate import SignerVerdict
from certs.signatures.recognition import check_entry
from certs.signatures.signed import Format
from certs.signatures.standing_checks import When, judge_path
from certs.trust.certificate import Certificate
from certs.trust.path import TrustedPath
from certs.trust.reasons import Reason
from certs.trust.revocation.model import RevocationRules
from certs.trust.trust_list import ExtraRules, Jurisdiction, KeyRule, TypeMatch, TypePlace
from tests.authority import NOW
from tests.certs.signatures.judging import POLICIES, Bench

SECOND = timedelta(seconds=1)
POLICY = POLICIES.find("gba-default")


def recognised(kind: str = "hk-personal-mr") -> SignerVerdict:
    bench = Bench()
    signer = bench.signer(bench.world.issue(kind))
    assert signer.effect.recognised
    return signer


def match_of(signer: SignerVerdict, **entry: Any) -> Match:
    assert signer.chosen is not None
    match = signer.chosen.match
    return replace(match, entry=replace(match.entry, **entry))


def leaf_of(signer: SignerVerdict, **changes: Any) -> Certificate:
    assert signer.leaf is not None
    return replace(signer.leaf, **changes)


def found(match: Match, leaf: Certificate, at: datetime = NOW, form: Format = Format.CMS_DETACHED) -> dict[str, str]:
    findings = check_entry(match, leaf, at, form).findings
    return {code.value: reason.value for code, reason in findings if reason is not None}


@pytest.mark.parametrize(
    ("rules", "fits"),
    [
        (ExtraRules(), True),
        (ExtraRules(key_usage=("digital_signature",)), True),
        (ExtraRules(key_usage=("digital_signature", "crl_sign")), False),
        (ExtraRules(extended_key_usage=("1.3.6.1.5.5.7.3.36",)), False),
        (ExtraRules(keys=(KeyRule("RSA", 2048),)), True),
        (ExtraRules(keys=(KeyRule("RSA", 3072),)), False),
        (ExtraRules(keys=(KeyRule("EC", 256), KeyRule("RSA", 2048))), True),
        (ExtraRules(keys=(KeyRule("SM2", 256),)), False),
    ],
)
def test_each_rule_of_an_entry_must_be_met(rules: ExtraRules, *, fits: bool) -> None:
    signer = recognised()

    assert found(match_of(signer, rules=rules), leaf_of(signer)) == ({} if fits else {"MR-RULES": "mr-rules"})


@pytest.mark.parametrize(("curves", "fits"), [(("P-256",), True), (("P-384",), False), ((), True)])
def test_an_entry_may_name_the_curves_that_count(curves: tuple[str, ...], *, fits: bool) -> None:
    signer = recognised()
    leaf = leaf_of(signer, key=replace(leaf_of(signer).key, family="EC", bits=256, curve="P-256"))
    match = match_of(signer, rules=ExtraRules(keys=(KeyRule("EC", 256, curves),)))

    assert found(match, leaf) == ({} if fits else {"MR-RULES": "mr-rules"})


@pytest.mark.parametrize(
    ("place", "fits", "elsewhere"),
    [
        (
            TypePlace.SUBJECT_CN,
            {"names": (("CN", "Type"),)},
            {"names": (("OU", "Type"),), "issuer_names": (("CN", "Type"),)},
        ),
        (TypePlace.SUBJECT_OU, {"names": (("OU", "Type"),)}, {"names": (("CN", "Type"), ("O", "Type"))}),
        (TypePlace.ISSUER_CN, {"issuer_names": (("CN", "Type"),)}, {"names": (("CN", "Type"),), "issuer_names": ()}),
        (TypePlace.POLICY_NOTICE, {"policy_notices": ("Type",)}, {"policy_notices": (), "names": (("CN", "Type"),)}),
        (
            TypePlace.EXTENSION,
            {"extensions": (("2.999.1", False, b"\x0c\x04Type"),)},
            {"extensions": (("2.999.2", False, b"\x0c\x04Type"),)},
        ),
    ],
)
def test_the_name_of_a_type_counts_only_where_the_entry_looks_for_it(
    place: TypePlace, fits: dict[str, Any], elsewhere: dict[str, Any]
) -> None:
    signer = recognised()
    match = match_of(signer, type_match=TypeMatch(place, "Type", "2.999.1" if place is TypePlace.EXTENSION else None))

    assert found(match, leaf_of(signer, **fits)) == {}
    assert found(match, leaf_of(signer, **elsewhere)) == {"MR-TYPE": "mr-type"}


@pytest.mark.parametrize("name", ["type", "Type ", "Туре", "Type\u200b", "Ｔype", "Type 2", "My Type"])
def test_a_name_that_only_looks_like_the_type_is_another_one(name: str) -> None:
    signer = recognised()
    match = match_of(signer, type_match=TypeMatch(TypePlace.SUBJECT_OU, "Type"))

    assert found(match, leaf_of(signer, names=(("OU", name),))) == {"MR-TYPE": "mr-type"}


@pytest.mark.parametrize("value", [b"\x13\x04Type", b"\x0c\x05Type", b"\x0c\x04Type\x00", b"", b"\x0c\x80Type\x00\x00"])
def test_a_type_in_an_extension_is_one_whole_text_in_utf_8(value: bytes) -> None:
    signer = recognised()
    match = match_of(signer, type_match=TypeMatch(TypePlace.EXTENSION, "Type", "2.999.1"))

    leaf = leaf_of(signer, extensions=(("2.999.1", False, value),))

    assert found(match, leaf) == {"MR-TYPE": "mr-type"}


@pytest.mark.attack("SG-15")
@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + SECOND, None, False),
        (None, NOW + SECOND, True),
        (None, NOW, False),
    ],
)
def test_sg_15_roots_and_issuers_count_from_their_start_until_before_their_end(
    start: datetime | None, end: datetime | None, *, counts: bool
) -> None:
    signer = recognised()
    entry = match_of(signer).entry
    roots = tuple(replace(one, start=start, end=end) for one in entry.anchors)
    issuers = tuple(replace(one, start=start, end=end) for one in entry.issuers)

    by_root = found(match_of(signer, anchors=roots), leaf_of(signer))
    by_issuer = found(match_of(signer, issuers=issuers), leaf_of(signer))

    assert by_root == ({} if counts else {"MR-ROOT": "mr-root"})
    assert by_issuer == ({} if counts else {"MR-ISSUER": "mr-issuer-period"})


def test_an_issuer_that_an_entry_names_is_no_root_of_it() -> None:
    signer = recognised()
    entry = match_of(signer).entry

    swapped = match_of(signer, anchors=entry.issuers, issuers=(*entry.issuers, *entry.anchors))

    assert found(swapped, leaf_of(signer)) == {"MR-ROOT": "mr-root"}


@pytest.mark.parametrize(
    ("services", "form", "fits"),
    [
        (("signature",), Format.CMS_DETACHED, True),
        (("provider:iamsmart",), Format.PROVIDER_RESULT, True),
        (("provider:iamsmart",), Format.CMS_DETACHED, False),
        (("provider:iamsmart",), Format.RAW_DIGEST, False),
        (("tsa", "ocsp"), Format.PROVIDER_RESULT, False),
    ],
)
def test_an_entry_speaks_for_its_services_only(services: tuple[str, ...], form: Format, *, fits: bool) -> None:
    signer = recognised()

    said = found(match_of(signer, services=services), leaf_of(signer), form=form)

    assert said == ({} if fits else {"MR-SERVICE": "mr-service"})


def test_a_time_that_no_period_covers_is_outside() -> None:
    signer = recognised()
    first = min(period.start for period in match_of(signer).entry.recognition)

    assert found(match_of(signer), leaf_of(signer), first - SECOND)["MR-PERIOD"] == "mr-period"


@pytest.mark.parametrize(
    ("issuing", "scheme", "relying", "speaks"),
    [
        ("HK", "HK", "HK", True),
        ("HK", "HK-GD", "HK", False),
        ("HK", "HK-GD", "GD", True),
        ("HK", "HK-GD", "MO", False),
        ("GD", "HK-GD", "HK", True),
        ("HK", "HK", "GD", False),
    ],
)
def test_a_list_speaks_where_its_arrangement_holds(issuing: str, scheme: str, relying: str, *, speaks: bool) -> None:
    one = replace(match_of(recognised()).trust_list, issuing_jurisdiction=Jurisdiction(issuing), scheme=scheme)

    assert speaks_for(one, Jurisdiction(relying)) is speaks


@pytest.mark.attack("SG-03")
@pytest.mark.parametrize(("early", "reason"), [(False, Reason.ISSUER_EXPIRED), (True, Reason.ISSUER_NOT_YET_VALID)])
def test_sg_03_every_certificate_above_the_signers_must_be_valid_too(*, early: bool, reason: Reason) -> None:
    path = recognised().path
    assert path is not None
    change: dict[str, Any] = {"not_before": NOW + SECOND} if early else {"not_after": NOW - SECOND}
    for place in range(1, len(path.certificates)):
        above = list(path.certificates)
        above[place] = replace(above[place], **change)

        found = judge_path(TrustedPath(tuple(above)), Answers((), RevocationRules()), When(NOW, None, None), POLICY)

        assert reason in {check.reason for check in found.checks if check.code is CheckCode.CHAIN_VALIDITY}
