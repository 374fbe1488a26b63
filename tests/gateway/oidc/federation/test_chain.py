"""Trust chains: the way up is found, verified at every step, and bounded."""

from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.federation.chain import MAX_FETCHES, TrustChain, resolve
from gateway.oidc.federation.statement import WELL_KNOWN, FederationError
from gateway.oidc.ports import Fetched
from tests.gateway.oidc.federation.net import ANCHOR, NOW, REGION, RP, Entity, Net, a_federation, a_relying_party

pytestmark = pytest.mark.spec("OpenID Federation 1.0 §10")


async def resolved(net: Net, anchor: Entity, entity_id: str = RP) -> TrustChain:
    return await resolve(entity_id, {anchor.id: anchor.pinned}, net, NOW)


async def test_a_chain_leads_over_the_region_to_the_anchor():
    net, anchor, _, _ = a_federation()

    chain = await resolved(net, anchor)

    assert chain.superiors == (REGION, ANCHOR)
    assert chain.metadata("openid_relying_party")["client_name"] == "A hotel of the federation"


async def test_an_entity_directly_below_the_anchor_needs_nobody_in_between():
    party = a_relying_party(hints=(ANCHOR,))
    net, anchor, _, _ = a_federation(party)
    anchor.vouch(party)

    chain = await resolved(net, anchor)

    assert chain.superiors == (ANCHOR,)


async def test_the_chain_ends_with_its_first_statement():
    net, anchor, region, party = a_federation()
    early = int(NOW.timestamp()) + 60
    region.vouch(party, exp=early)

    chain = await resolved(net, anchor)

    assert int(chain.expires_at.timestamp()) == early


async def test_an_anchor_that_is_not_pinned_is_none():
    net, _, _, _ = a_federation()
    other = Entity("https://other.example")

    with pytest.raises(FederationError):
        await resolve(RP, {other.id: other.pinned}, net, NOW)


async def test_an_anchor_with_other_keys_than_the_pinned_ones_is_refused():
    net, anchor, _, _ = a_federation()
    pinned = anchor.pinned
    anchor.key = SigningKey.generate(Algorithm.ES256, NOW)

    with pytest.raises(FederationError):
        await resolve(RP, {ANCHOR: pinned}, net, NOW)


async def test_a_superior_that_does_not_vouch_for_the_entitys_key_breaks_the_chain():
    net, anchor, region, party = a_federation()
    region.below[party.id]["jwks"] = Entity("https://else.example").jwks

    with pytest.raises(FederationError, match="cannot be verified"):
        await resolved(net, anchor)


async def test_a_region_whose_key_the_anchor_does_not_list_breaks_the_chain():
    net, anchor, region, _ = a_federation()
    anchor.below[region.id]["jwks"] = Entity("https://else.example").jwks

    with pytest.raises(FederationError, match="cannot be verified"):
        await resolved(net, anchor)


async def test_a_region_that_signs_below_with_another_key_than_the_vouched_one_is_refused():
    """The configuration may list two keys; only the one that the anchor vouches for counts."""
    net, anchor, region, party = a_federation()
    vouched, thief = region.key, SigningKey.generate(Algorithm.ES256, NOW)
    both = {"keys": [vouched.public_jwk(), thief.public_jwk()]}
    region.more["jwks"] = both
    configuration = region.configuration()
    region.key = thief
    statement = region.sign(party.id, jwks=party.jwks)
    region.key = vouched
    fetch_url = f"{REGION}/fetch?sub={RP.replace(':', '%3A').replace('/', '%2F')}"
    net.instead[REGION + WELL_KNOWN] = lambda: Fetched(200, configuration.encode(), "application/entity-statement+jwt")
    net.instead[fetch_url] = lambda: Fetched(200, statement.encode(), "application/entity-statement+jwt")

    with pytest.raises(FederationError, match="cannot be verified"):
        await resolved(net, anchor)

    assert fetch_url in net.asked


@pytest.mark.parametrize(
    ("claim", "value"),
    [("iss", "https://else.example"), ("sub", "https://else.example"), ("exp", int(NOW.timestamp()) - 61)],
)
async def test_a_statement_of_or_about_somebody_else_or_of_yesterday_is_refused(claim: str, value: Any):
    net, anchor, region, party = a_federation()
    region.below[party.id][claim] = value

    with pytest.raises(FederationError):
        await resolved(net, anchor)


async def test_a_statement_that_would_count_for_years_is_refused():
    net, anchor, region, party = a_federation()
    region.below[party.id]["exp"] = int(NOW.timestamp()) + 366 * 86_400

    with pytest.raises(FederationError):
        await resolved(net, anchor)


async def test_an_unknown_critical_member_is_refused():
    net, anchor, region, party = a_federation()
    region.vouch(party, crit=["new_rule"], new_rule=True)

    with pytest.raises(FederationError, match="not understood"):
        await resolved(net, anchor)


async def test_another_kind_of_token_in_the_place_of_a_statement_is_refused():
    net, anchor, _, party = a_federation()
    token = party.sign(RP, "JWT", jwks=party.jwks, authority_hints=[REGION])
    net.instead[RP + WELL_KNOWN] = lambda: Fetched(200, token.encode(), "application/entity-statement+jwt")

    with pytest.raises(FederationError):
        await resolved(net, anchor)


@pytest.mark.parametrize(
    "answer",
    [Fetched(404, b"", ""), Fetched(200, b"x", "text/html"), Fetched(200, b"\xff", "application/entity-statement+jwt")],
)
async def test_an_answer_that_is_no_statement_is_refused(answer: Fetched):
    net, anchor, _, _ = a_federation()
    net.instead[RP + WELL_KNOWN] = lambda: answer

    with pytest.raises(FederationError):
        await resolved(net, anchor)


async def test_a_loop_of_superiors_ends():
    net, anchor, region, party = a_federation()
    region.hints = (RP,)
    party.vouch(region)

    with pytest.raises(FederationError):
        await resolved(net, anchor)

    assert len(net.asked) <= MAX_FETCHES


@pytest.mark.attack("DS-01")
async def test_ds_01_a_maze_of_superiors_costs_a_bounded_number_of_calls():
    net, anchor, _, party = a_federation()
    party.hints = tuple(f"https://m{number}.example" for number in range(4))
    for number in range(4):
        below = [Entity(f"https://m{number}-{each}.example", ("https://nowhere.example",)) for each in range(4)]
        middle = Entity(f"https://m{number}.example", tuple(each.id for each in below))
        middle.vouch(party)
        for each in below:
            each.vouch(middle)
        net.entities |= {each.id: each for each in (middle, *below)}

    with pytest.raises(FederationError):
        await resolved(net, anchor)

    assert len(net.asked) <= MAX_FETCHES


async def test_the_shorter_way_wins():
    party = a_relying_party(hints=(REGION, ANCHOR))
    net, anchor, _, _ = a_federation(party)
    anchor.vouch(party)

    chain = await resolved(net, anchor)

    assert chain.superiors == (ANCHOR,)


@pytest.mark.spec("OpenID Federation 1.0 §6.2.1")
async def test_a_path_longer_than_the_anchor_allows_is_refused():
    net, anchor, region, _ = a_federation()
    anchor.vouch(region, constraints={"max_path_length": 0})

    with pytest.raises(FederationError, match="length"):
        await resolved(net, anchor)


@pytest.mark.spec("OpenID Federation 1.0 §6.2.2")
@pytest.mark.parametrize(
    ("naming", "is_allowed"),
    [
        ({"permitted": ["rp.example", "region.example"]}, True),
        ({"permitted": [".example"]}, True),
        ({"permitted": ["region.example"]}, False),
        ({"excluded": ["rp.example"]}, False),
        ({"excluded": [".rp.example"]}, True),
        ({"permitted": "rp.example"}, False),
        ({"permitted": [7]}, False),
    ],
)
async def test_names_below_an_authority_are_within_its_constraints(naming: dict[str, Any], is_allowed: bool):
    net, anchor, region, _ = a_federation()
    anchor.vouch(region, constraints={"naming_constraints": naming})

    if is_allowed:
        assert (await resolved(net, anchor)).superiors == (REGION, ANCHOR)
    else:
        with pytest.raises(FederationError):
            await resolved(net, anchor)


@pytest.mark.spec("OpenID Federation 1.0 §6.2.3")
async def test_a_role_that_a_superior_does_not_allow_is_none():
    net, anchor, region, _ = a_federation()
    anchor.vouch(region, constraints={"allowed_entity_types": ["openid_provider"]})

    chain = await resolved(net, anchor)

    with pytest.raises(FederationError, match="role"):
        chain.metadata("openid_relying_party")


@pytest.mark.spec("OpenID Federation 1.0 §3.1.3")
async def test_the_immediate_superiors_metadata_takes_the_place_of_the_entitys_own():
    net, anchor, region, party = a_federation()
    region.vouch(party, metadata={"openid_relying_party": {"client_name": "As the authority has it"}})

    chain = await resolved(net, anchor)

    assert chain.metadata("openid_relying_party")["client_name"] == "As the authority has it"


@pytest.mark.attack("SF-04")
@pytest.mark.parametrize(
    "entity_id",
    [
        "http://rp.example",
        "https://user@rp.example",
        "https://rp.example/?x=1",
        "https://rp.example#a",
        "ftp://rp.example",
        "https://127.1/",
    ],
)
async def test_sf_04_what_is_no_entity_identifier_is_never_called(entity_id: str):
    net, anchor, _, _ = a_federation()

    with pytest.raises(FederationError):
        await resolved(net, anchor, entity_id)

    assert net.asked == []
