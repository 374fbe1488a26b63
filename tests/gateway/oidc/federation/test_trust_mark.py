"""Trust marks: they count only if the anchor lets their issuer give them, and only to whom they were given."""

from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.federation.chain import TrustChain, resolve
from gateway.oidc.federation.trust_mark import MAX_MARKS, MarkJudge
from tests.gateway.oidc.federation.net import ANCHOR, NOW, REGION, RP, Entity, Net, a_federation

pytestmark = pytest.mark.spec("OpenID Federation 1.0 §7")
MEMBER = "https://anchor.example/marks/member"


async def judged(net: Net, anchor: Entity) -> frozenset[str]:
    anchors = {ANCHOR: anchor.pinned}
    chain: TrustChain = await resolve(RP, anchors, net, NOW)
    return await MarkJudge(anchors, net).held(chain, NOW)


def marked(**members: Any) -> tuple[Net, Entity, Entity, Entity]:
    net, anchor, region, party = a_federation()
    anchor.more["trust_mark_issuers"] = {MEMBER: [REGION]}
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": region.mark(RP, MEMBER, **members)}]
    return net, anchor, region, party


async def test_a_mark_of_the_regions_authority_counts():
    net, anchor, _, _ = marked()

    assert await judged(net, anchor) == {MEMBER}


async def test_a_mark_of_the_anchor_itself_counts():
    net, anchor, _, party = marked()
    anchor.more["trust_mark_issuers"] = {MEMBER: [ANCHOR]}
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": anchor.mark(RP, MEMBER)}]

    assert await judged(net, anchor) == {MEMBER}


async def test_a_mark_of_an_issuer_elsewhere_counts_once_its_own_chain_is_verified():
    net, anchor, _, party = marked()
    issuer = Entity("https://marks.example", (ANCHOR,))
    anchor.vouch(issuer)
    anchor.more["trust_mark_issuers"] = {MEMBER: [issuer.id]}
    net.entities[issuer.id] = issuer
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": issuer.mark(RP, MEMBER)}]

    assert await judged(net, anchor) == {MEMBER}


async def test_an_issuer_that_the_anchor_does_not_name_gives_nothing():
    net, anchor, _, _ = marked()
    anchor.more["trust_mark_issuers"] = {MEMBER: ["https://else.example"]}

    assert await judged(net, anchor) == frozenset()


@pytest.mark.parametrize(
    "members",
    [
        {"sub": "https://else.example"},
        {"trust_mark_type": "https://anchor.example/marks/other"},
        {"exp": int(NOW.timestamp()) - 61},
        {"iat": None},
    ],
)
async def test_a_mark_of_somebody_else_of_another_type_or_of_yesterday_is_none(members: dict[str, Any]):
    net, anchor, region, party = a_federation()
    anchor.more["trust_mark_issuers"] = {MEMBER: [REGION]}
    given = {"trust_mark_type": MEMBER, "iat": int(NOW.timestamp()), **members}
    sub = given.pop("sub", RP)
    token = region.sign(sub, "trust-mark+jwt", **given)
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": token}]

    assert await judged(net, anchor) == frozenset()


async def test_a_mark_signed_with_another_key_is_none():
    net, anchor, region, party = marked()
    thief = Entity(REGION, key=SigningKey.generate(Algorithm.ES256, NOW))
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": thief.mark(RP, MEMBER)}]

    assert await judged(net, anchor) == frozenset()
    assert region.key is not thief.key


async def test_only_so_many_marks_are_looked_at():
    net, anchor, region, party = marked()
    good = {"trust_mark_type": MEMBER, "trust_mark": region.mark(RP, MEMBER)}
    party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": "junk"}] * MAX_MARKS + [good]

    assert await judged(net, anchor) == frozenset()
