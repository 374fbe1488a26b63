"""Signing with the simulated platform of the province: SM3 digest, one page, a message of GB/T 35275."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from certs.keys.sm import sm3
from certs.signatures.formats.provider_result import read_result
from certs.trust.arithmetic import verify
from mock_idps.authority.signing import LocalSigning
from mock_idps.guangdong import GuangdongConfig, create_app
from mock_idps.guangdong.people import subject_key
from providers.base import Assurance, Callback, PersonName, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.guangdong import GuangdongSigner, build_signer
from providers.registry import REGISTER_SIGNERS, SIGNERS
from providers.signing import SigningOrder, SigningOutcome, SigningStart
from tests.authority import NOW, a_world
from tests.providers.asgi_net import AsgiNet
from tests.providers.guangdong.stage import BASE, CALLBACK_URL, OURS, SM4_KEY, persona

DOCUMENT = b"contract of the tests"
ORDER_ID = "order-0123456789abcdef"
PERSON = "li-xiao-hua"
BROKEN, REFUSED, MALFORMED = ProviderFailure.BROKEN, ProviderFailure.REFUSED, ProviderFailure.MALFORMED_CALLBACK


def an_order(**changes: Any) -> SigningOrder:
    members = {
        "order_id": ORDER_ID,
        "callback_url": CALLBACK_URL,
        "digest_algorithm": "sm3",
        "digest": sm3(DOCUMENT),
        "document_name": "合同.pdf",
        "service_name": "住房",
        "department": "模拟部门",
        "language": "zh-Hans-CN",
    }
    return SigningOrder(**{**members, **changes})


def who(name: str = PERSON, **changes: Any) -> UpstreamIdentity:
    known = UpstreamIdentity("guangdong", subject_key(persona(name)), Assurance.FOUR, NOW, (), PersonName(han="李"))
    return replace(known, **changes)


class Signing:
    """The simulated platform with a cloud that signs, and the signer wired to it."""

    def __init__(self) -> None:
        self.now = NOW
        client = {
            "client_id": "gba-gateway",
            "client_secret": "sandbox-secret-0001",
            "name": "Gateway",
            "redirect_uris": [f"{CALLBACK_URL}/*"],
            "paas_id": "gba_gateway",
            "paas_token": "paas-token-0001",
            "app_code": "GBAGATEWAY",
            "sm2_public_hex": OURS.public_key.to_hex(),
            "sm4_key_hex": SM4_KEY,
        }
        config = GuangdongConfig.from_json({"base_url": BASE, "clients": [client]})
        self.app = create_app(config, now_ms=self.now_ms, signing_service=LocalSigning(a_world()))
        self.net = AsgiNet({BASE: self.app})
        block = {
            "base_url": BASE,
            "paas_id": "gba_gateway",
            "paas_token": "paas-token-0001",
            "app_code": "GBAGATEWAY",
            "sm2_key": OURS.to_pem().decode(),
            "sm4_key": SM4_KEY,
            "platform_public_keys": [self.app.state.province.keys.sm2.public_hex],
        }
        self.signer: GuangdongSigner = build_signer(block, Calls(self.net, total=30.0), lambda: self.now)

    def now_ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def arm(self, scenario: str, **args: Any) -> None:
        self.app.state.province.switchboard.arm(scenario, args=args)

    def returned(self, answer: httpx.Response, start: SigningStart) -> Callback:
        assert answer.status_code == 302, answer.text
        address = urlsplit(answer.headers["location"])
        assert address.path == f"/callback/guangdong/{ORDER_ID}"
        return Callback(dict(parse_qsl(address.query)), start.kept, ORDER_ID, self.now)

    async def come_back(self, start: SigningStart, name: str = PERSON) -> Callback:
        async with self.net.browser() as browser:
            return self.returned(await browser.get(f"{start.url}&auto={name}"), start)

    async def decide(self, start: SigningStart, **form: str) -> httpx.Response:
        async with self.net.browser() as browser:
            return await browser.post(f"{BASE}/tif/sign", data={"id": start.kept["sign_id"], **form})

    async def sign(self, **order: Any) -> SigningOutcome:
        start = await self.signer.begin_signing(an_order(**order), who())
        return await self.signer.finish_signing(await self.come_back(start))


@pytest.fixture
def stage() -> Signing:
    return Signing()


async def test_a_person_signs_and_the_message_holds_for_the_document(stage: Signing) -> None:
    outcome = await stage.sign()

    (signed,) = read_result(outcome.profile, outcome.digest, outcome.result)
    assert [finding for finding in signed.findings if finding.reason] == []
    assert signed.certificate is not None
    assert signed.algorithm is not None
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


async def test_the_page_shows_title_application_and_the_number_of_our_page(stage: Signing) -> None:
    start = await stage.signer.begin_signing(an_order(), who())

    async with stage.net.browser() as browser:
        page = await browser.get(start.url)
    home = await stage.decide(start, decision="sign", person=PERSON)

    assert f'id="check-code">{start.identification_code}<' in page.text
    assert 'id="title">合同.pdf<' in page.text
    assert 'id="client">Gateway<' in page.text
    assert (await stage.signer.finish_signing(stage.returned(home, start))).result["status"] == "SIGNED"


@pytest.mark.parametrize(
    ("decision", "failure", "detail"),
    [("reject", REFUSED, "REJECTED"), ("cancel", ProviderFailure.CANCELLED, "CANCELLED")],
)
async def test_a_person_who_says_no_does_not_sign(
    stage: Signing, decision: str, failure: ProviderFailure, detail: str
) -> None:
    start = await stage.signer.begin_signing(an_order(), who())

    home = await stage.decide(start, decision=decision)

    with pytest.raises(ProviderError) as refused:
        await stage.signer.finish_signing(stage.returned(home, start))
    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("hash_cancel", ProviderFailure.CANCELLED, "CANCELLED"),
        ("hash_reject", REFUSED, "REJECTED"),
        ("hash_failed", REFUSED, "FAILED"),
        ("hash_not_yet", BROKEN, "WAITING"),
        ("hash_other_id", MALFORMED, "sign_id"),
        ("tif_skew", ProviderFailure.MISCONFIGURED, "46002"),
        ("maintenance", ProviderFailure.UNREACHABLE, "maintenance"),
        ("outage", ProviderFailure.UNREACHABLE, "http_502"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    stage: Signing, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    stage.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await stage.sign()

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


@pytest.mark.parametrize(("scenario", "detail"), [("sm4_wrong_key", "decrypt"), ("sm2_wrong_key", "sign")])
async def test_an_answer_that_others_sealed_is_refused(stage: Signing, scenario: str, detail: str) -> None:
    start = await stage.signer.begin_signing(an_order(), who())
    back = await stage.come_back(start)
    stage.arm(scenario, side="answer")

    with pytest.raises(ProviderError) as refused:
        await stage.signer.finish_signing(back)

    # A foreign SM4 key may by chance leave something that unpads and is no JSON.
    assert refused.value.failure is BROKEN
    assert refused.value.detail in {detail, "json"}


@pytest.mark.attack("SG-09")
@pytest.mark.parametrize("scenario", ["hash_other", "hash_other_document"])
async def test_sg_09_a_signature_over_another_document_is_passed_on_and_found_out(
    stage: Signing, scenario: str
) -> None:
    stage.arm(scenario)

    outcome = await stage.sign()

    found = read_result(outcome.profile, outcome.digest, outcome.result)
    codes = {finding.code for signed in found for finding in signed.findings if finding.reason}
    assert codes == {"PROVIDER-HASH" if scenario == "hash_other" else "CONTENT-DIGEST"}


async def test_another_persons_certificate_comes_through_for_the_validation_to_judge(stage: Signing) -> None:
    stage.arm("hash_wrong_certificate", persona="wong-ka-yan")

    assert (await stage.sign()).result["cert"] != (await Signing().sign()).result["cert"]


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"signedData": None}, "missing:signedData"),
        ({"signedData": "not base64!"}, "field:signedData"),
        ({"hash": "beef"}, "field:hash"),
        ({"cert": "A" * 20_000}, "field:cert"),
        ({"status": "PERHAPS"}, "status"),
    ],
)
async def test_a_result_of_another_shape_is_refused(stage: Signing, args: dict[str, Any], detail: str) -> None:
    stage.arm("hash_weird", **args)

    with pytest.raises(ProviderError) as refused:
        await stage.sign()

    assert (refused.value.failure, refused.value.detail) == (BROKEN, detail)


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"sign_url": "https://elsewhere.example/sign"}, "field:sign_url"),
        ({"check_code": "<b>"}, "field:check_code"),
        ({"sign_id": None}, "missing:sign_id"),
    ],
)
async def test_a_start_of_another_shape_sends_nobody_anywhere(
    stage: Signing, args: dict[str, Any], detail: str
) -> None:
    stage.arm("hash_start_weird", **args)

    with pytest.raises(ProviderError) as refused:
        await stage.signer.begin_signing(an_order(), who())

    assert (refused.value.failure, refused.value.detail) == (BROKEN, detail)


@pytest.mark.attack("SG-09")
async def test_sg_09_another_account_cannot_sign_the_document(stage: Signing) -> None:
    start = await stage.signer.begin_signing(an_order(), who())

    answer = await stage.decide(start, decision="sign", person="wong-ka-yan")

    assert (answer.status_code, "location" in answer.headers) == (403, False)


async def test_an_account_below_level_2_cannot_sign(stage: Signing) -> None:
    with pytest.raises(ProviderError) as refused:
        await stage.signer.begin_signing(an_order(), who("wang-yan"))

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "43010")


async def test_a_document_waits_ten_minutes_and_is_signed_once(stage: Signing) -> None:
    start = await stage.signer.begin_signing(an_order(), who())
    signed = await stage.signer.begin_signing(an_order(), who())
    await stage.decide(signed, decision="sign", person=PERSON)
    again = await stage.decide(signed, decision="reject")
    stage.now += timedelta(minutes=10)

    late = await stage.decide(start, decision="sign", person=PERSON)

    assert [answer.status_code for answer in (again, late)] == [400, 400]
    with pytest.raises(ProviderError, match="LAPSED"):
        await stage.signer.finish_signing(Callback({"sign_id": start.kept["sign_id"]}, start.kept, ORDER_ID, stage.now))


@pytest.mark.parametrize("spoilt", [{"order_id": "another-order-0123456"}, {"digest": None}])
async def test_a_return_of_another_order_is_refused(stage: Signing, spoilt: dict[str, str | None]) -> None:
    start = await stage.signer.begin_signing(an_order(), who())
    kept = {name: value for name, value in {**start.kept, **spoilt}.items() if value is not None}

    with pytest.raises(ProviderError, match="kept"):
        await stage.signer.finish_signing(Callback({"sign_id": kept["sign_id"]}, kept, ORDER_ID, stage.now))


@pytest.mark.parametrize("change", [{"digest_algorithm": "sha256"}, {"provider": "hong_kong"}])
async def test_an_order_for_another_digest_or_place_is_refused(stage: Signing, change: dict[str, str]) -> None:
    asked = who(provider=change.pop("provider", "guangdong"))

    with pytest.raises(ProviderError) as refused:
        await stage.signer.begin_signing(an_order(**change), asked)

    assert refused.value.failure is ProviderFailure.NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("order", "detail"),
    [({"callback_url": "https://elsewhere.test/callback"}, "40035")],
)
async def test_the_platform_returns_nobody_to_a_stranger(stage: Signing, order: dict[str, Any], detail: str) -> None:
    with pytest.raises(ProviderError, match=detail):
        await stage.signer.begin_signing(an_order(**order), who())


def test_each_place_has_its_signing_service() -> None:
    assert {*SIGNERS, *REGISTER_SIGNERS} == {"hong_kong", "macao", "guangdong"}
