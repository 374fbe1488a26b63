"""Signing with the simulated iAM Smart+: one trip of one browser, for one person and one document."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from certs.signatures.formats.provider_result import read_result
from certs.trust.arithmetic import verify
from mapping.documents import HongKongIdentityCard, TravelPermit
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.identification import anonymous_code, card_hash, identification_code
from tests.providers.hong_kong.builders import BASE
from tests.providers.hong_kong.signing_world import (
    BROKEN,
    DOCUMENT,
    ELIGIBLE,
    PATH,
    REFUSED,
    SIGNATORY,
    Signing,
    an_order,
)
from tests.providers.hong_kong.world import link, ticket


@pytest.fixture
def world() -> Signing:
    return Signing()


async def test_a_person_signs_and_the_signature_holds_for_the_document(world: Signing) -> None:
    outcome = await world.sign()

    (signed,) = read_result(outcome.profile, outcome.digest, outcome.result)
    assert [finding for finding in signed.findings if finding.reason] == []
    assert signed.certificate is not None
    assert signed.algorithm is not None
    verify(signed.certificate.key, signed.algorithm, DOCUMENT, signed.signature)


async def test_the_service_is_told_what_became_of_the_result(world: Signing) -> None:
    outcome = await world.sign()

    await world.signer.acknowledge(outcome, accepted=True)

    assert [order.acknowledged for order in world.app.state.simulation.signings._items.values()] == ["SR001"]
    with pytest.raises(ProviderError, match="D70006"):
        await world.signer.acknowledge(outcome, accepted=False)


async def test_the_phone_shows_the_same_code_as_our_page_with_document_and_department(world: Signing) -> None:
    start = await world.signer.begin_signing(an_order(), await world.who())

    async with world.net.browser() as browser, world.net.browser() as phone:
        qr = await browser.get(start.url)
        asked = await phone.get(link(qr.text, "open-phone"))
        await phone.post(f"{BASE}/qr", data={"c": ticket(asked.text), "person": SIGNATORY, "action": "approve"})
        home = await browser.get(f"{BASE}/qr/continue", params={"c": ticket(qr.text)})

    assert f'id="identification-code">{start.identification_code}<' in asked.text
    for shown in ('id="document">Lease.pdf<', 'id="service">Housing<', 'id="department">Sandbox Department<'):
        assert shown in asked.text
    assert (await world.signer.finish_signing(world.returned(home.headers["location"], start))).result["cert"]


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("sign_cancel", ProviderFailure.CANCELLED, "D70000"),
        ("sign_reject", REFUSED, "D70001"),
        ("sign_failed", REFUSED, "D70002"),
        ("sign_timeout", ProviderFailure.EXPIRED, "D70003"),
        ("not_plus", ELIGIBLE, "D70004"),
        ("hkic_mismatch", ELIGIBLE, "D70005"),
        ("user_cancel", ProviderFailure.CANCELLED, "D70000"),
        ("sign_duplicated", BROKEN, "D20011"),
        ("sign_business", ProviderFailure.MALFORMED_CALLBACK, "business_id"),
        ("sign_result_failed", REFUSED, "D70002"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    world: Signing, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    who = await world.who()
    await world.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await world.sign_as(who)

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.parametrize("scenario", ["sign_wrong_hash", "sign_other_document"])
@pytest.mark.attack("SG-09")
async def test_sg_09_a_signature_over_another_document_is_passed_on_and_does_not_hold(
    world: Signing, scenario: str
) -> None:
    await world.arm(scenario)

    outcome = await world.sign()

    (signed,) = read_result(outcome.profile, outcome.digest, outcome.result)
    if signed.certificate is None:
        assert [finding.code for finding in signed.findings if finding.reason] == ["PROVIDER-HASH"]
        return
    assert signed.algorithm is not None
    with pytest.raises(Exception, match=r"."):
        verify(signed.certificate.key, signed.algorithm, DOCUMENT, signed.signature)


async def test_another_persons_certificate_comes_through_for_the_validation_to_judge(world: Signing) -> None:
    await world.arm("sign_wrong_certificate", persona="wong-ka-yan")

    assert (await world.sign()).result["cert"] != (await Signing().sign()).result["cert"]


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"cert": None}, "missing:cert"),
        ({"signature": "not base64!"}, "field:signature"),
        ({"hashCode": "A" * 200}, "field:hashCode"),
        ({"sigAlgo": "SHA256withRSA"}, "field:sigAlgo"),
        ({"cert": "A" * 20_000}, "field:cert"),
    ],
)
async def test_a_result_of_another_shape_is_refused(world: Signing, args: dict[str, Any], detail: str) -> None:
    await world.arm("sign_weird", **args)

    assert await world.refusal() == (BROKEN, detail)


@pytest.mark.parametrize(
    ("args", "detail"),
    [({"ticketID": None}, "missing:ticketID"), ({"businessID": "somebody-elses-order"}, "business_id")],
)
async def test_a_ticket_of_another_shape_or_order_is_refused(world: Signing, args: dict[str, Any], detail: str) -> None:
    who = await world.who()
    await world.arm("sign_ticket", **args)

    with pytest.raises(ProviderError) as refused:
        await world.signer.begin_signing(an_order(), who)

    assert (refused.value.failure, refused.value.detail) == (BROKEN, detail)


@pytest.mark.attack("SG-09")
async def test_sg_09_somebody_else_cannot_sign_on_their_own_phone(world: Signing) -> None:
    owner = replace(await world.who(), documents=(HongKongIdentityCard.parse("A123456(3)"),))
    start = await world.signer.begin_signing(an_order(), owner)

    with pytest.raises(ProviderError, match="D70005"):
        await world.signer.finish_signing(await world.come_back_signed(start))


async def test_a_person_without_iam_smart_plus_cannot_sign(world: Signing) -> None:
    assert await world.refusal("chan-siu-ming") == (ELIGIBLE, "D70004")


@pytest.mark.attack("SG-09")
async def test_sg_09_an_account_that_is_not_the_expected_one_is_refused_although_the_card_agrees(
    world: Signing,
) -> None:
    start = await world.signer.begin_signing(an_order(), await world.who())
    other = replace(start, kept={**start.kept, "open_id": "x" * 44})

    with pytest.raises(ProviderError, match="other_person"):
        await world.signer.finish_signing(await world.come_back_signed(other))


async def test_a_person_whose_card_is_not_known_is_not_sent_anywhere(world: Signing) -> None:
    who = replace(await world.who(), documents=(TravelPermit.parse("H01234567"),))
    asked = world.net.count(f"{PATH}/initiateRequest")

    with pytest.raises(ProviderError, match="card"):
        await world.signer.begin_signing(an_order(), who)

    assert world.net.count(f"{PATH}/initiateRequest") == asked


@pytest.mark.parametrize("change", [{"digest_algorithm": "sm3"}, {"provider": "macao"}])
async def test_an_order_for_another_digest_or_place_is_refused(world: Signing, change: dict[str, str]) -> None:
    who = await world.who()
    who = replace(who, provider=change.pop("provider", who.provider))

    with pytest.raises(ProviderError) as refused:
        await world.signer.begin_signing(an_order(**change), who)

    assert refused.value.failure is ELIGIBLE


def test_the_codes_and_the_card_hash_are_those_of_the_published_vectors() -> None:
    card = HongKongIdentityCard.parse("A123456(3)")
    digest = hashlib.sha256(b"GBA gateway test document").digest()
    person = hashlib.sha256(b"liR14TestOpenIdForVectors0000000000000000000").digest()

    assert base64.b64encode(card_hash(card)) == b"rDcExehSzsiEp2laLaJqrtaX2ua9sdaugwaY5ONmYwk="
    assert identification_code(digest, person) == "5601"
    assert anonymous_code(digest, card, "3f5c0e8b7a0145d0b6c2a19d4e77c001") == "2374"
