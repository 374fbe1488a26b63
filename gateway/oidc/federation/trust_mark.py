"""Trust marks: an authority's word that an entity fulfils a set of rules (OpenID Federation 1.0 §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certs.keys import JoseError
from certs.keys.jose import Expectation, VerificationKeys, claimed, verify
from gateway.oidc.federation.chain import TrustChain, resolve
from gateway.oidc.federation.statement import FederationError
from gateway.oidc.names import SIGNING_ALGORITHMS
from gateway.oidc.ports import Fetch

MARK_TYPE: Final = "trust-mark+jwt"
MAX_MARKS: Final = 8
"""Marks of one entity that are looked at."""


@dataclass(frozen=True, slots=True)
class MarkJudge:
    """What is needed to judge marks: the anchors, who may issue which mark is the chain's anchor's word."""

    anchors: Mapping[str, VerificationKeys]
    fetch: Fetch

    async def held(self, chain: TrustChain, now: datetime) -> frozenset[str]:
        """The types of the valid marks in an entity's configuration; what is not valid is as if it were not there."""
        types = set[str]()
        for entry in chain.configuration.trust_marks[:MAX_MARKS]:
            mark_type, token = entry.get("trust_mark_type"), entry.get("trust_mark")
            if isinstance(mark_type, str) and isinstance(token, str):
                try:
                    await self._check(chain, mark_type, token, now)
                except FederationError:
                    continue
                types.add(mark_type)
        return frozenset(types)

    async def _check(self, chain: TrustChain, mark_type: str, token: str, now: datetime) -> None:
        issuer = _issuer(token)
        if issuer not in chain.anchor.trust_mark_issuers.get(mark_type, ()):
            raise FederationError("the trust anchor does not let this issuer give this mark")
        keys = await self._keys(chain, issuer, now)
        expected = Expectation(
            algorithms=frozenset(SIGNING_ALGORITHMS),
            typ=frozenset({MARK_TYPE}),
            issuer=issuer,
            audience=None,
            required=frozenset({"iss", "sub", "iat", "trust_mark_type"}),
        )
        try:
            claims = verify(token, keys, expected, now=now)
        except JoseError:
            raise FederationError("a trust mark cannot be verified") from None
        if claims["sub"] != chain.configuration.sub or claims["trust_mark_type"] != mark_type:
            raise FederationError("a trust mark is somebody else's")

    async def _keys(self, chain: TrustChain, issuer: str, now: datetime) -> VerificationKeys:
        """The issuer's keys as its own superiors vouch for them; those of an anchor are pinned."""
        pinned = self.anchors.get(issuer)
        if pinned is not None:
            return pinned
        # The statement about an issuer that stands in this chain has been verified already.
        for statement in chain.subordinates:
            if statement.sub == issuer:
                return statement.keys
        return (await resolve(issuer, self.anchors, self.fetch, now)).subordinates[0].keys


def _issuer(token: str) -> str:
    try:
        issuer: Any = claimed(token).get("iss")
    except JoseError:
        raise FederationError("a trust mark is malformed") from None
    if not isinstance(issuer, str):
        raise FederationError("a trust mark is malformed")
    return issuer
