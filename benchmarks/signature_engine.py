"""The engine as the gateway's service calls it, step by step and in memory: no store, no network, nothing signed.

The sandbox's world gives certificates, lists and revocation answers; each request is judged from its members to the
report that a caller gets.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from certs.signatures.built_in_policies import BUILT_IN, DEFAULT_POLICY
from certs.signatures.evaluate import evaluate
from certs.signatures.evidence import Evidence, Question
from certs.signatures.policy import Policies, ValidationPolicy
from certs.signatures.reading import read_signers
from certs.signatures.report import Audience, Producer, in_depth, report_of
from certs.signatures.request import ValidationRequest, read_request
from certs.trust import names
from certs.trust.certificate import read_certificate
from certs.trust.equivalence_document import read_table
from certs.trust.keys import read_public_key
from certs.trust.list_document import read_list
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from certs.trust.snapshot import TrustSnapshot
from mock_idps.authority import answers, cms, equivalence, listed, lists, results
from mock_idps.authority.certificate import Issued
from mock_idps.authority.world import World

NOW: Final = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
CONTENT: Final = b"The parties agree to what stands above. (simulation)"
ASKED: Final = {"relying_jurisdiction": "GD", "purpose": "contract"}
_AUDIENCE: Final = Audience(names=False, key=b"a key of the benchmark, 32 bytes")
_PRODUCER: Final = Producer("benchmark", "0")


class NotAcceptedError(Exception):
    """A sample that should be good was not: its figure would be that of another road through the program."""


def text(data: bytes) -> str:
    """Standard base64, as requests carry bytes."""
    return base64.b64encode(data).decode()


def snapshot_of(world: World) -> TrustSnapshot:
    """Every list of the sandbox and the table, as one snapshot."""
    documents = (lists.trust_list(world, name) for name in listed.LISTS)
    table = read_table(lists.encode(equivalence.equivalence(world)))
    return TrustSnapshot(tuple(read_list(lists.encode(one)) for one in documents), table)


@dataclass(slots=True)
class Engine:
    """One world with its lists and answers; two equal snapshots, so that what is remembered can be emptied."""

    world: World = field(default_factory=lambda: World.make(NOW))
    policy: ValidationPolicy = field(default_factory=lambda: Policies.of(*BUILT_IN).find(DEFAULT_POLICY))
    _snapshots: list[TrustSnapshot] = field(init=False)
    _answers: dict[str, Material] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._snapshots = [snapshot_of(self.world), snapshot_of(self.world)]

    @property
    def trust(self) -> TrustSnapshot:
        """The lists in force."""
        return self._snapshots[0]

    def forget(self) -> None:
        """Begin as with a certificate that was never seen: the other snapshot is in force, and nothing is parsed."""
        self._snapshots.reverse()
        for remembered in (read_certificate, read_public_key, names.display, names.attributes):
            remembered.cache_clear()

    def news(self, certificate: Issued) -> tuple[Material, ...]:
        """Good answers about a certificate and those above it, as the cache holds them."""
        return tuple(self._answer(one) for one in _branch(certificate))

    def _answer(self, certificate: Issued) -> Material:
        known = self._answers.get(certificate.sha256)
        if known is None:
            answer = answers.ocsp(self.world, certificate, at=NOW)
            known = self._answers[certificate.sha256] = Material(MaterialKind.OCSP, answer, MaterialSource.CACHE)
        return known

    def judge(self, members: Mapping[str, Any], news: tuple[Material, ...]) -> dict[str, Any]:
        """From the members of a request to the report that the caller gets."""
        return self.report(read_request(members), news)

    def report(self, request: ValidationRequest, news: tuple[Material, ...]) -> dict[str, Any]:
        """The same from a request that was read."""
        form, signers = read_signers(request, self.trust.sm2_user_ids)
        evidence = Evidence(
            input_format=form,
            input_sha256=hashlib.sha256(request.signature).hexdigest(),
            input_size=len(request.signature),
            question=Question(request.relying_jurisdiction, request.purpose, NOW, request.expect),
            signers=tuple(replace(signer, material=(*signer.material, *news)) for signer in signers),
        )
        verdict = evaluate(evidence, self.policy, self.trust)
        report = report_of(
            verdict, evidence, self.policy, self.trust, report_id="b", producer=_PRODUCER, audience=_AUDIENCE
        )
        return in_depth(report, request.depth)

    def accepted(self, members: Mapping[str, Any], news: tuple[Material, ...]) -> None:
        """Judge a good sample, and stop where it is not found good."""
        report = self.judge(members, news)
        if report["overall"]["indication"] != "TOTAL-PASSED":
            raise NotAcceptedError(str(report["overall"]))


def raw_digest(certificate: Issued) -> dict[str, Any]:
    """A bare signature over a digest; the issuing certificate is on the list, so that it need not come along."""
    members = results.raw(certificate, CONTENT)
    members.pop("chain")
    return members | ASKED


def iam_smart(world: World) -> tuple[Issued, dict[str, Any]]:
    """A result of Hong Kong's signing service."""
    signer = results.signer_for("hong_kong", "chan-siu-ming", world=world)
    value = hashlib.sha256(CONTENT).digest()
    members = {
        "format": "provider-result",
        "provider": "iamsmart",
        "result": results.iam_smart(signer, value, algorithm="NONEwithRSA"),
        "content": {"digest": {"alg": "sha256", "value": text(value)}},
        "relying_jurisdiction": "HK",
        "purpose": "contract",
    }
    return signer.certificate, members


def detached(certificate: Issued) -> dict[str, Any]:
    """A detached message of one signer (CMS)."""
    message = cms.sign(cms.Message(content=CONTENT), cms.Signer(certificate=certificate, signing_time=NOW))
    return {"format": "cms-detached", "signature": text(message), "content": {"bytes": text(CONTENT)}} | ASKED


def _branch(certificate: Issued) -> tuple[Issued, ...]:
    """A certificate and its issuers, without the root."""
    found = []
    while certificate.issuer is not None and certificate.issuer is not certificate:
        found.append(certificate)
        certificate = certificate.issuer
    return tuple(found)
