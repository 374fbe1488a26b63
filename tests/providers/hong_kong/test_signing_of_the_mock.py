"""What the simulated iAM Smart+ itself holds to when something is signed: tickets, tokens, fields."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from certs.signatures.formats.provider_result import read_result
from mapping.documents import HongKongIdentityCard
from mock_idps.hong_kong.signing_order import TICKET_LIFETIME_MS
from providers.errors import ProviderError
from providers.hong_kong.identification import card_hash
from tests.authority import NOW
from tests.providers.hong_kong.signing_world import (
    DOCUMENT,
    ORDER_ID,
    PATH,
    SIGNATORY,
    Signing,
    an_order,
)
from tests.providers.hong_kong.world import CALLBACK


@pytest.fixture
def world() -> Signing:
    return Signing()


async def test_a_ticket_serves_one_signature_in_its_time(world: Signing) -> None:
    start = await world.signer.begin_signing(an_order(), await world.who())
    late = await world.signer.begin_signing(an_order(order_id="order-of-a-late-person"), await world.who())
    await world.come_back_signed(start)
    async with world.net.browser() as browser:
        again = await browser.get(f"{start.url}&auto={SIGNATORY}")
    world.clock.now = datetime.fromtimestamp(NOW.timestamp() + TICKET_LIFETIME_MS / 1000, UTC)

    async with world.net.browser() as browser:
        lapsed = await browser.get(f"{late.url}&auto={SIGNATORY}")

    assert [page.status_code for page in (again, lapsed)] == [400, 400]


async def test_a_token_of_a_signature_reads_no_profile_and_one_of_a_sign_in_no_result(world: Signing) -> None:
    channel = world.signer._back_channel
    login = await channel.ask("/api/v1/auth/getToken", await _code(world), repeatable=False)
    start = await world.signer.begin_signing(an_order(), await world.who())
    callback = await world.come_back_signed(start)
    fields = {"accessToken": login["accessToken"], "openID": login["openID"], "businessID": ORDER_ID}

    with pytest.raises(ProviderError, match="D20012"):
        await channel.ask(f"{PATH}/getResult", fields, repeatable=True)

    token = await channel.ask(
        "/api/v1/auth/getToken",
        {"code": callback.parameters["code"], "grantType": "authorization_code"},
        repeatable=False,
    )
    asked = {"accessToken": token["accessToken"], "openID": token["openID"], "profileFields": ["idNo"]}
    with pytest.raises(ProviderError, match="D20012"):
        await channel.ask("/api/v1/profiles", asked, repeatable=True)


async def _code(world: Signing) -> dict[str, str]:
    callback = await world.come_back()
    return {"code": callback.parameters["code"], "grantType": "authorization_code"}


async def test_the_pdf_variant_answers_with_a_message_to_embed(world: Signing) -> None:
    who, channel = await world.who(), world.signer._back_channel
    card = next(one for one in who.documents if isinstance(one, HongKongIdentityCard))
    digest = base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()
    fields = {
        "businessID": ORDER_ID,
        "source": "PC_Browser",
        "redirectURI": CALLBACK,
        "state": ORDER_ID,
        "docDigest": digest,
        "HKICHash": base64.b64encode(card_hash(card)).decode(),
        "department": "Sandbox Department",
        "serviceName": "Housing",
        "documentName": "Lease.pdf",
        "stepupAuthMethod": '{"and":["FR","NFC"]}',
    }
    issued = await channel.ask("/api/v1/anonymous/pdfsigning/initiateRequest", fields, repeatable=False)
    start = await world.signer.begin_signing(an_order(order_id="order-of-another-kind"), who)
    page = start.url.replace("order-of-another-kind", ORDER_ID)
    old = dict(parse_qsl(urlsplit(page).query))["ticketID"]
    callback = await world.come_back_signed(replace(start, url=page.replace(old, issued["ticketID"])))
    token = await channel.ask(
        "/api/v1/auth/getToken",
        {"code": callback.parameters["code"], "grantType": "authorization_code"},
        repeatable=False,
    )
    asked = {"accessToken": token["accessToken"], "openID": token["openID"], "businessID": ORDER_ID}

    result = await channel.ask("/api/v1/anonymous/pdfsigning/getResult", asked, repeatable=True)

    (signed,) = read_result("iamsmart-pdf", hashlib.sha256(DOCUMENT).digest(), result)
    assert [finding for finding in signed.findings if finding.reason] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"HKICHash": "AAAA"}, "D20003"),
        ({"sigAlgo": "MD5withRSA"}, "D20003"),
        ({"hashCode": ""}, "D20002"),
        ({"redirectURI": "https://elsewhere.test/"}, "D20008"),
        ({"documentName": "x" * 256}, "D20003"),
        ({"stepupAuthMethod": '{"unary":["NOSE"]}'}, "D20003"),
        ({"stepupAuthPeriod": 721}, "D20003"),
        ({"source": "App_Link"}, "D20007"),
    ],
)
async def test_the_simulation_refuses_a_request_that_is_wrong(
    world: Signing, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], code: str
) -> None:
    who, ask = await world.who(), world.signer._back_channel.ask

    async def spoilt(path: str, fields: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        return await ask(path, {**fields, **change}, repeatable=repeatable)

    monkeypatch.setattr(world.signer._back_channel, "ask", spoilt)

    with pytest.raises(ProviderError, match=code):
        await world.signer.begin_signing(an_order(), who)
