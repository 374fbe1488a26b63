"""Revocation material for every path that a verdict will walk: the one step of a validation that may wait.

A signer whose certificate meets no entry causes no call: hostile input cannot make the gateway ask anybody. Only
addresses of the entry that speaks for the certificate are asked, never one that stands in a certificate.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certs.signatures.chain import Chain, chain_of, readable
from certs.signatures.evidence import SignerEvidence
from certs.trust.fetch import BUDGET_SECONDS, Budget, Fetcher
from certs.trust.revocation.cache import RevocationCache
from certs.trust.revocation.gather import gather
from certs.trust.revocation.model import RevocationRules
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import Entry, RevocationSources


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a collection works with."""

    cache: RevocationCache
    fetcher: Fetcher | None
    """Without one nobody is asked: only what is stapled or cached counts."""
    seconds: float = BUDGET_SECONDS
    """What one validation may spend on the network."""


async def with_material(
    signers: Sequence[SignerEvidence], trust: TrustSnapshot, rules: RevocationRules, now: datetime, around: Surroundings
) -> tuple[SignerEvidence, ...]:
    """Complete each signer with what is needed to judge its path and those of its timestamps."""
    budget = Budget(around.seconds)
    return tuple([await _complete(signer, trust, rules, now, _Desk(around, budget)) for signer in signers])


@dataclass(frozen=True, slots=True)
class _Desk:
    around: Surroundings
    budget: Budget


async def _complete(
    signer: SignerEvidence, trust: TrustSnapshot, rules: RevocationRules, now: datetime, desk: _Desk
) -> SignerEvidence:
    chains = _chains(signer, trust)
    wanted = [
        gather(
            certificate,
            issuer,
            stapled=signer.material,
            sources=_sources(chain),
            cache=desk.around.cache,
            fetcher=desk.around.fetcher,
            now=now,
            rules=rules,
            budget=desk.budget,
            sm2_user_id=_user_id(chain),
        )
        for chain in chains
        if chain.path is not None
        for certificate, issuer in zip(chain.path.certificates, chain.path.certificates[1:], strict=False)
    ]
    found = [material for materials in await asyncio.gather(*wanted) for material in materials]
    known = {one.der: one for one in (*signer.material, *found)}
    return replace(signer, material=tuple(known.values()))


def _chains(signer: SignerEvidence, trust: TrustSnapshot) -> list[Chain]:
    subjects = [(signer.certificate, signer.hints)]
    subjects += [(stamp.certificate, stamp.hints) for stamp in signer.timestamps if stamp.reason is None]
    chains = []
    for der, hints in subjects:
        leaf = None if der is None else readable(der)
        if leaf is not None:
            passed = [hint for hint in map(readable, hints) if hint is not None]
            chains.append(chain_of(leaf, passed, trust))
    return chains


def _speaking(chain: Chain) -> Entry | None:
    """The entry whose branch this is; one that only shares a root is asked nothing."""
    return next((match.entry for match in chain.matches if match.names_issuer_and_root), None) or next(
        (match.entry for match in chain.matches if match.names_root), None
    )


def _sources(chain: Chain) -> RevocationSources:
    entry = _speaking(chain)
    return RevocationSources() if entry is None else entry.revocation


def _user_id(chain: Chain) -> bytes | None:
    entry = _speaking(chain)
    return None if entry is None else entry.rules.sm2_user_id
