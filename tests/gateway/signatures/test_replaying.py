"""A bundle in a stranger's hands may say anything: it is judged, or refused, and never breaks the gateway."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certs.keys.canonical import canonical
from certs.keys.strict_json import parse_object
from certs.signatures.bundle import bundle_of
from certs.signatures.report import Audience, Producer
from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.replaying import Change, replay_bundle
from gateway.signatures.service import Caller, ValidationService
from tests.certs.signatures.judging import POLICIES, Bench, branch, detached, good_news

Spoil = Callable[[dict[str, Any]], None]


def a_bundle() -> dict[str, Any]:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    evidence = bench.evidence(
        detached(certificate), material=good_news(bench.world, *branch(certificate)), seen=bench.world.now
    )
    return parse_object(canonical(bundle_of(evidence, POLICIES.find("gba-default"), bench.trust)))


def replayed(members: dict[str, Any]) -> dict[str, Any]:
    parts = SimpleNamespace(
        policies=POLICIES, producer=Producer("gateway", "test"), audience=lambda _: Audience(names=True, key=bytes(32))
    )
    service = cast("ValidationService", parts)
    return replay_bundle(service, members, Caller("client", sees_names=True), Change()).report


def outcome(members: dict[str, Any]) -> RefusalCode | bool:
    """Whether it is accepted, or why it is refused."""
    try:
        return bool(replayed(members)["overall"]["accept"])
    except Refused as refused:
        return refused.code


def test_a_bundle_as_it_was_made_is_judged() -> None:
    assert replayed(a_bundle())["overall"]["accept"] is True


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda members: members["policy"].update(time={"skew": 2**53 - 1}),
        lambda members: members["policy"].update(revocation={"grace": 2**53 - 1}),
        lambda members: members["evidence"]["question"].update(validation_time="2026-11-02T04:00:00"),
        lambda members: members["evidence"]["question"].update(validation_time="0001-01-01T00:00:00+00:00"),
        lambda members: members["evidence"]["question"]["expect"].update(policy_oid=[]),
        lambda members: members["evidence"]["receipts"][0].update(first_seen="2026-11-02T04:00:00"),
        lambda members: members["evidence"]["signers"][0].update(claimed_time="2026-11-02T04:00:00"),
        lambda members: members["evidence"]["signers"][0].update(findings=[["FORMAT", None, {}]]),
        lambda members: members["evidence"]["signers"][0].update(findings=[[[], None, ""]]),
        lambda members: members["evidence"]["signers"][0].update(changes=[{"a": 1}], level={}),
        lambda members: members["evidence"]["signers"][0]["algorithm"].update(digest=[]),
        lambda members: members["evidence"]["signers"][0]["algorithm"].update(salt_length="x"),
        lambda members: members["evidence"].update(signers=members["evidence"]["signers"] * 2),
        lambda members: members["trust"]["lists"][0].update(expires="soon"),
    ],
)
def test_sg_14_a_bundle_that_says_something_absurd_is_judged_or_refused_and_nothing_else(spoil: Spoil) -> None:
    members = a_bundle()
    spoil(members)

    assert outcome(members) in {RefusalCode.FORMAT, RefusalCode.POLICY, True, False}
