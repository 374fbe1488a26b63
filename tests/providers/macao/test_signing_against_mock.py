"""Signing with the simulated eSignCloud: a sign-in, the document's page, and the message that comes back."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from certs.signatures.formats.provider_result import read_result
from certs.trust.arithmetic import verify
from mock_idps.authority.signing import LocalSigning
from mock_idps.macao import MacaoConfig, create_app
from providers.base import Callback, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.macao import build, build_signer
from providers.signing import SigningOrder, SigningOutcome, SigningStart
from tests.authority import NOW, a_world
from tests.providers.asgi_net import AsgiNet
from tests.providers.macao.stage import BASE, CALLBACK_URL, SECRET, Stage

DOCUMENT = b"contract of the tests"
ORDER_ID = "order-0123456789abcdef"
PERSON = "lei-ka-meng"
BROKEN, REFUSED, MALFORMED = ProviderFailure.BROKEN, ProviderFailure.REFUSED, ProviderFailure.MALFORMED_CALLBACK


def an_order(**changes: Any) -> SigningOrder:
    members = {
        "order_id": ORDER_ID,
        "callback_url": CALLBACK_URL,
        "digest_algorithm": "sha256",
        "digest": hashlib.sha256(DOCUMENT).digest(),
        "document_name": "Contrato.pdf",
        "service_name": "Housing",
        "department": "Sandbox Department",
        "language": "en",
    }
    return SigningOrder(**{**members, **changes})


class Signing(Stage):
    """The simulated platform with a cloud that signs, the signer wired to it, and one browser."""

    def __post_init__(self) -> None:
        self.now = NOW
        client = {"client_id": "gba:1", "client_secret": SECRET, "name": "Gateway", "redirect_uris": [CALLBACK_URL]}
        config = MacaoConfig.from_json({"base_url": BASE, "clients": [client]})
        self.app = create_app(config, now_ms=self.now_ms, signing_service=LocalSigning(a_world()))
        self.net = AsgiNet({BASE: self.app})
        block = {"base_url": BASE, "client_id": "gba:1", "client_secret": SECRET}
        self.provider = build(block, Calls(self.net, total=30.0), lambda: self.now)
        self.signer = build_signer(block, Calls(self.net, total=30.0), lambda: self.now)
        self.browser = self.net.browser()

    def now_ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    async def walk(self, url: str) -> dict[str, str] | httpx.Response:
        """Follow redirects to the callback, or to a page."""
        while not url.startswith(CALLBACK_URL):
            answer = await self.browser.get(url)
            if answer.status_code != 302:
                return answer
            url = urljoin(url, answer.headers["location"])
        return dict(parse_qsl(urlsplit(url).query))

    def callback(self, parameters: dict[str, str] | httpx.Response, start: SigningStart) -> Callback:
        assert isinstance(parameters, dict), parameters.text
        return Callback(parameters, start.kept, ORDER_ID, self.now)

    async def opened(self, person: str = PERSON, who: UpstreamIdentity | None = None, **order: Any) -> SigningStart:
        """Sign in, and give where the document waits."""
        start = await self.signer.begin_signing(an_order(**order), who or await self.sign_in(PERSON))
        back = await self.walk(f"{start.url}&auto={person}")
        further = await self.signer.finish_signing(self.callback(back, start))
        assert isinstance(further, SigningStart)
        return further

    async def finish(self, start: SigningStart, parameters: dict[str, str] | httpx.Response) -> SigningOutcome:
        outcome = await self.signer.finish_signing(self.callback(parameters, start))
        assert isinstance(outcome, SigningOutcome)
        return outcome

    async def sign(self) -> SigningOutcome:
        start = await self.opened()
        return await self.finish(start, await self.walk(f"{start.url}?auto={PERSON}"))

    async def type(self, start: SigningStart, **form: str) -> httpx.Response:
        address = f"{BASE}/esign/sessions/{start.kept['session']}/otp"
        return await self.browser.post(address, data=form)


@pytest.fixture
def stage() -> Signing:
    return Signing()


def of_redirect(answer: httpx.Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def test_a_person_signs_and_the_message_holds_for_the_document(stage: Signing) -> None:
    outcome = await stage.sign()

    (signed,) = read_result(outcome.profile, outcome.digest, outcome.result)
    assert [finding for finding in signed.findings if finding.reason] == []
    assert signed.certificate is not None
    assert signed.algorithm is not None
    verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)


async def test_the_person_reads_compares_and_types_the_password(stage: Signing) -> None:
    start = await stage.opened()
    page = await stage.walk(start.url)
    assert isinstance(page, httpx.Response)
    shown = re.search(r'id="token">([0-9]{6})<', page.text)
    assert shown is not None

    home = await stage.type(start, otp=shown[1], action="sign")

    assert f'id="challenge">{start.identification_code}<' in page.text
    assert 'id="document">Contrato.pdf<' in page.text
    assert (await stage.finish(start, of_redirect(home))).result["status"] == "SIGNED"


async def test_a_wrong_password_is_asked_for_again_and_locks_after_five(stage: Signing) -> None:
    start = await stage.opened()

    answers = [await stage.type(start, otp="000000", action="sign") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 302]
    with pytest.raises(ProviderError, match="OTP_LOCKED"):
        await stage.finish(start, of_redirect(answers[-1]))


async def test_a_person_who_refuses_does_not_sign(stage: Signing) -> None:
    start = await stage.opened()

    home = await stage.type(start, action="reject")

    with pytest.raises(ProviderError) as refused:
        await stage.finish(start, of_redirect(home))
    assert (refused.value.failure, refused.value.detail) == (REFUSED, "REJECTED")


@pytest.mark.parametrize(
    ("scenario", "failure", "detail"),
    [
        ("esign_cancel", ProviderFailure.CANCELLED, "CANCELLED"),
        ("esign_otp_expired", ProviderFailure.EXPIRED, "OTP_EXPIRED"),
        ("esign_cert_revoked", ProviderFailure.NOT_ELIGIBLE, "CERT_REVOKED"),
        ("esign_other_session", MALFORMED, "session"),
        ("state_dropped", MALFORMED, "state"),
        ("html_200", BROKEN, "content_type"),
        ("outage", ProviderFailure.UNREACHABLE, "http_500"),
    ],
)
async def test_each_scenario_ends_in_its_failure(
    stage: Signing, scenario: str, failure: ProviderFailure, detail: str
) -> None:
    start = await stage.opened()
    stage.arm(scenario) if scenario not in {"html_200", "outage"} else None
    back = await stage.walk(f"{start.url}?auto={PERSON}")
    stage.arm(scenario)

    with pytest.raises(ProviderError) as refused:
        await stage.finish(start, back)

    assert (refused.value.failure, refused.value.detail) == (failure, detail)


async def test_a_password_that_the_platform_refuses_keeps_the_page(stage: Signing) -> None:
    stage.arm("esign_otp_wrong")
    start = await stage.opened()

    answer = await stage.type(start, otp="123456", action="sign")

    assert 'data-code="otp_wrong"' in answer.text


@pytest.mark.attack("SG-09")
@pytest.mark.parametrize("scenario", ["esign_wrong_hash", "esign_other_document"])
async def test_sg_09_a_signature_over_another_document_is_passed_on_and_found_out(
    stage: Signing, scenario: str
) -> None:
    stage.arm(scenario)

    outcome = await stage.sign()

    found = read_result(outcome.profile, outcome.digest, outcome.result)
    codes = {finding.code for signed in found for finding in signed.findings if finding.reason}
    assert codes == {"PROVIDER-HASH" if scenario == "esign_wrong_hash" else "CONTENT-DIGEST"}


async def test_another_persons_certificate_comes_through_for_the_validation_to_judge(stage: Signing) -> None:
    stage.arm("esign_wrong_certificate", persona="jose-da-luz")

    assert (await stage.sign()).result["chain"] != (await Signing().sign()).result["chain"]


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"cms": None}, "missing:cms"),
        ({"cms": "not base64!"}, "field:cms"),
        ({"docHash": "beef"}, "field:docHash"),
        ({"chain": ["A" * 8] * 9}, "field:chain"),
        ({"status": "PERHAPS"}, "status"),
    ],
)
async def test_a_result_of_another_shape_is_refused(stage: Signing, args: dict[str, Any], detail: str) -> None:
    stage.arm("esign_weird", **args)

    with pytest.raises(ProviderError) as refused:
        await stage.sign()

    assert (refused.value.failure, refused.value.detail) == (BROKEN, detail)


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"signUrl": "https://elsewhere.example/esign"}, "field:signUrl"),
        ({"challenge": "<b>"}, "field:challenge"),
        ({"sessionId": "../profile"}, "field:sessionId"),
    ],
)
async def test_a_session_of_another_shape_sends_nobody_anywhere(
    stage: Signing, args: dict[str, Any], detail: str
) -> None:
    stage.arm("esign_session_weird", **args)

    with pytest.raises(ProviderError) as refused:
        await stage.opened()

    assert (refused.value.failure, refused.value.detail) == (BROKEN, detail)


@pytest.mark.attack("SG-09")
async def test_sg_09_somebody_else_who_signs_in_does_not_get_the_document(stage: Signing) -> None:
    with pytest.raises(ProviderError) as refused:
        await stage.opened(person="jose-da-luz")

    assert (refused.value.failure, refused.value.detail) == (ProviderFailure.NOT_ELIGIBLE, "other_person")
    assert stage.net.count("/esign/sessions") == 0


async def test_another_browser_sees_nothing_of_the_document(stage: Signing) -> None:
    start = await stage.opened()

    async with stage.net.browser() as other:
        page = await other.get(start.url)

    assert (page.status_code, "Contrato" in page.text) == (403, False)


async def test_a_document_waits_ten_minutes(stage: Signing) -> None:
    start = await stage.opened()
    stage.now += timedelta(minutes=10)

    page = await stage.walk(start.url)

    assert isinstance(page, httpx.Response)
    assert page.status_code == 410
    with pytest.raises(ProviderError, match="EXPIRED"):
        await stage.finish(start, {"state": ORDER_ID, "session": start.kept["session"]})


async def test_a_first_return_shown_again_is_no_second_one(stage: Signing) -> None:
    start = await stage.opened()

    with pytest.raises(ProviderError, match="session"):
        await stage.signer.finish_signing(
            Callback({"code": "c" * 32, "state": ORDER_ID}, start.kept, ORDER_ID, stage.now)
        )


@pytest.mark.parametrize("kept", [{}, {"step": "sign"}])
async def test_a_return_without_what_was_kept_is_refused(stage: Signing, kept: dict[str, str]) -> None:
    with pytest.raises(ProviderError, match="kept"):
        await stage.signer.finish_signing(Callback({"state": ORDER_ID}, kept, ORDER_ID, stage.now))


@pytest.mark.parametrize("change", [{"digest_algorithm": "sm3"}, {"provider": "hong_kong"}])
async def test_an_order_for_another_digest_or_place_is_refused(stage: Signing, change: dict[str, str]) -> None:
    who = await stage.sign_in(PERSON)
    who = replace(who, provider=change.pop("provider", who.provider))

    with pytest.raises(ProviderError) as refused:
        await stage.signer.begin_signing(an_order(**change), who)

    assert refused.value.failure is ProviderFailure.NOT_ELIGIBLE


async def test_the_simulation_refuses_a_request_that_is_wrong(stage: Signing) -> None:
    start = await stage.opened()
    headers = {"Authorization": f"Bearer {start.kept['token']}"}
    good = {"docHash": "0" * 64, "docName": "a", "profile": "qualified", "returnUrl": CALLBACK_URL, "state": "s"}
    spoilt = ({"docHash": "0"}, {"docName": ""}, {"profile": "simple"}, {"returnUrl": BASE}, {"state": ""})

    answers = [
        (await stage.browser.post(f"{BASE}/esign/sessions", data={**good, **one}, headers=headers)).json()["code"]
        for one in ({}, *spoilt)
    ]

    assert answers == [0, 4001, 4001, 4001, 4001, 4001]
