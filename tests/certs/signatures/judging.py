"""Judges samples of the sandbox's world by the engine alone: no gateway, no network, one snapshot of all lists."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from certs.signatures.built_in_policies import BUILT_IN
from certs.signatures.checks import CheckStatus
from certs.signatures.evaluate import SignerVerdict, Verdict, evaluate
from certs.signatures.evidence import Evidence, Question, Receipt
from certs.signatures.policy import Policies
from certs.signatures.reading import read_signers
from certs.signatures.request import read_request
from certs.trust.equivalence_document import read_table
from certs.trust.list_document import read_list
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from certs.trust.snapshot import TrustSnapshot
from mock_idps.authority import answers, cms, equivalence, listed, lists
from mock_idps.authority.certificate import Issued
from mock_idps.authority.world import World
from tests.authority import NOW, a_world

CONTENT = b"The parties agree to what stands above. (simulation)"
POLICIES = Policies.of(*BUILT_IN)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def documents(world: World, **changed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every list's document; a keyword (dashes written as underscores) replaces members of one."""
    return {
        name: dict(lists.trust_list(world, name)) | dict(changed.get(name.replace("-", "_"), {}))
        for name in listed.LISTS
    }


def snapshot_of(documents: Mapping[str, Mapping[str, Any]], table: Mapping[str, Any]) -> TrustSnapshot:
    return TrustSnapshot(
        tuple(read_list(lists.encode(one)) for one in documents.values()), read_table(lists.encode(table))
    )


@cache
def snapshot() -> TrustSnapshot:
    """The sandbox's lists as they stand."""
    world = a_world()
    return snapshot_of(documents(world), equivalence.equivalence(world))


def good_news(world: World, *certificates: Issued, at: datetime = NOW) -> tuple[Material, ...]:
    """What the responders say of certificates now: their standing in the world's registry."""
    return tuple(
        Material(MaterialKind.OCSP, answers.ocsp(world, certificate, at=at), MaterialSource.STAPLED)
        for certificate in certificates
    )


def branch(certificate: Issued) -> tuple[Issued, ...]:
    """A certificate and its issuers, without the root."""
    found = []
    while certificate.issuer is not None and certificate.issuer is not certificate:
        found.append(certificate)
        certificate = certificate.issuer
    return tuple(found)


def detached(certificate: Issued, content: bytes = CONTENT, **signing: Any) -> dict[str, Any]:
    """A request about a detached message of one signer."""
    signing.setdefault("signing_time", NOW)
    message = cms.sign(cms.Message(content=content), cms.Signer(certificate=certificate, **signing))
    return {"format": "cms-detached", "signature": text(message), "content": {"bytes": text(CONTENT)}}


@dataclass(frozen=True, slots=True)
class Bench:
    """One world with everything that a verdict needs; each keyword of `judge` spoils or adds one thing."""

    world: World = field(default_factory=a_world)
    trust: TrustSnapshot = field(default_factory=snapshot)

    def judge(
        self,
        members: Mapping[str, Any],
        *,
        relying: str = "GD",
        purpose: str = "contract",
        policy: str = "gba-default",
        at: datetime = NOW,
        material: Iterable[Material] = (),
        seen: datetime | None = None,
    ) -> Verdict:
        evidence = self.evidence(members, relying=relying, purpose=purpose, at=at, material=material, seen=seen)
        return evaluate(evidence, POLICIES.find(policy), self.trust)

    def evidence(
        self,
        members: Mapping[str, Any],
        *,
        relying: str = "GD",
        purpose: str = "contract",
        at: datetime = NOW,
        material: Iterable[Material] = (),
        seen: datetime | None = None,
    ) -> Evidence:
        request = read_request({**members, "relying_jurisdiction": relying, "purpose": purpose})
        form, signers = read_signers(request, self.trust.sm2_user_ids)
        added = tuple(material)
        signers = tuple(replace(signer, material=(*signer.material, *added)) for signer in signers)
        receipts = () if seen is None else tuple(Receipt(one.signature_sha256, seen) for one in signers)
        question = Question(request.relying_jurisdiction, purpose, at, request.expect)
        return Evidence(form, "0" * 64, len(request.signature), question, signers, receipts)

    def signer(self, certificate: Issued, members: Mapping[str, Any] | None = None, **how: Any) -> SignerVerdict:
        """Judge one signer's message with good answers for its branch, unless told otherwise."""
        how.setdefault("material", good_news(self.world, *branch(certificate), at=how.get("at", NOW)))
        verdict = self.judge(members or detached(certificate), **how)
        assert len(verdict.signers) == 1
        return verdict.signers[0]


def failures(signer: SignerVerdict) -> dict[str, str]:
    """The failed checks, code to reason; what was not done because of them is left out."""
    return {
        check.code.value: check.reason.value
        for check in signer.checks
        if check.status is CheckStatus.FAILED and check.reason is not None
    }


def warnings(signer: SignerVerdict) -> dict[str, str]:
    """The checks that the policy only warns about."""
    return {
        check.code.value: check.reason.value
        for check in signer.checks
        if check.status is CheckStatus.WARNING and check.reason is not None
    }


def said(signer: SignerVerdict) -> tuple[str, str | None, str, bool]:
    """The verdict in short: indication, sub-indication, recognition, accepted."""
    sub = signer.technical.sub_indication
    return (
        signer.technical.indication.value,
        None if sub is None else sub.value,
        signer.effect.verdict.value,
        signer.accept,
    )
