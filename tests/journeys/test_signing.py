"""A relying party has a person sign a document's digest with their own provider, across the border."""

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from certs.keys.sm import sm3
from certs.signatures.collect import Surroundings
from certs.trust.fetch import Fetcher
from gateway.cli.robot import Page
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, ServiceScope
from mock_idps.authority.app import AuthorityConfig, create_app
from mock_idps.authority.signing import LocalSigning
from tests.asking import AT, SHOP
from tests.authority import a_world as authorities
from tests.gateway.web.signature_gateway import SignatureGateway, a_signature_gateway
from tests.person_browser import Browser

DOCUMENT = b"The parties agree to what stands above. (simulation)"
RETURN = f"{SHOP}/lease/signed"
PATH = "/v1/signing/requests"


def a_lessor(client_id: str = "lease", scope: ServiceScope = ServiceScope.SIGNATURES_SIGN) -> Client:
    return Client(
        client_id=client_id,
        client_name="Lease office",
        redirect_uris=(RETURN,),
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.CLIENT_CREDENTIALS),
        service_scopes=(scope.value,),
    )


def a_wish(**changes: Any) -> dict[str, Any]:
    members = {
        "document_name": "Lease 12/3",
        "digest": {"alg": "sha256", "value": base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()},
        "purpose": "contract",
        "relying_jurisdiction": "GD",
        "return_uri": RETURN,
        "state": "lease-17",
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Office:
    """A relying party, the gateway, the places that sign and the authorities, in one process."""

    gateway: SignatureGateway

    async def ask(self, client_id: str = "lease", **changes: Any) -> dict[str, Any]:
        token = await self.gateway.token(client_id)
        response = await self.gateway.call("POST", PATH, token, json=a_wish(**changes))
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def fetch(self, request_id: str, client_id: str = "lease") -> dict[str, Any]:
        token = await self.gateway.token(client_id)
        response = await self.gateway.call("GET", f"{PATH}/{request_id}", token)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def browser(self) -> Browser:
        return self.gateway.world.browser()

    async def to_code(self, browser: Browser, asked: dict[str, Any], person: str, place: str = "hong_kong") -> Page:
        """Choose the place and say who one is there; ends where the code is compared, or where one signs."""
        page = await browser.open(asked["signing_uri"])
        return await browser.prove(await browser.press(page, f"provider-{place.replace('_', '-')}"), person)

    async def arm(self, place: str, scenario: str, **entry: Any) -> None:
        await self.gateway.world.arm(place, scenario, **entry)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with contextlib.AsyncExitStack() as running:
        gateway = await running.enter_async_context(
            a_signature_gateway(
                tmp_path / "world", a_lessor(), a_lessor("other"), a_lessor("reader", ServiceScope.SIGNATURES_READ)
            )
        )
        world, made = gateway.world, authorities()
        service = LocalSigning(made)
        world.mocks["hong_kong"].state.simulation.signing = service
        world.mocks["macao"].state.account.signing = service
        world.mocks["guangdong"].state.province.signing = service
        desk = create_app(AuthorityConfig(made.base_url), world=made, now=world.clock)
        world.net.mount(made.base_url, desk)

        async def lookup(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        fetcher = Fetcher(allow_loopback=True, transport=world.net, lookup=lookup)
        running.push_async_callback(fetcher.aclose)
        web = world.gateway.inner.state.web
        judge = replace(web.signing.service, around=Surroundings(world.stores.revocation_cache, fetcher))
        world.gateway.inner.state.web = replace(web, signing=replace(web.signing, service=judge))
        yield Office(gateway)


async def sign_on_the_phone(browser: Browser, page: Page, person: str) -> Page:
    phone = await browser.follow(page, "open-phone")
    await browser.press(phone, f"person-{person}")
    return await browser.press(page, "continue")


async def test_a_person_of_hong_kong_signs_and_the_relying_party_gets_signature_certificate_and_report(
    office: Office,
) -> None:
    asked, browser = await office.ask(), office.browser()
    code_page = await office.to_code(browser, asked, "cheung-mei-fong")
    shown = code_page.texts["identification-code"]
    at_provider = await browser.press(code_page, "continue")
    phone = await browser.follow(at_provider, "open-phone")

    await browser.press(phone, "person-cheung-mei-fong")
    await browser.press(at_provider, "continue")

    assert phone.texts["identification-code"] == shown
    assert browser.answer == {"signing_request": asked["id"], "state": "lease-17"}
    answer = await office.fetch(asked["id"])
    assert answer["status"] == "signed", answer.get("reason")
    assert answer["format"] == "iamsmart"
    assert answer["report_json"]["overall"]["indication"] == "TOTAL-PASSED"
    assert {"signature", "certificate", "chain", "report"} <= answer.keys()


async def test_a_person_of_macao_signs_after_comparing_the_number_on_the_documents_page(office: Office) -> None:
    asked, browser = await office.ask(), office.browser()
    code_page = await office.to_code(browser, asked, "chao-sio-man", "macao")
    document_page = await browser.press(code_page, "continue")

    await browser.press(document_page, "sign", otp=document_page.texts["token"])

    assert document_page.texts["challenge"] == code_page.texts["identification-code"]
    answer = await office.fetch(asked["id"])
    assert answer["status"] == "signed", answer.get("reason")
    assert (answer["format"], answer["signature_format"]) == ("one-account", "cms")


async def test_a_person_of_guangdong_signs_an_sm3_digest(office: Office) -> None:
    digest = {"alg": "sm3", "value": base64.b64encode(sm3(DOCUMENT)).decode()}
    asked, browser = await office.ask(digest=digest, relying_jurisdiction="HK"), office.browser()
    code_page = await office.to_code(browser, asked, "li-xiao-hua", "guangdong")
    document_page = await browser.press(code_page, "continue")

    await browser.press(document_page, "as-li-xiao-hua")

    answer = await office.fetch(asked["id"])
    assert answer["status"] == "signed", answer.get("reason")
    assert answer["format"] == "guangdong"


@pytest.mark.parametrize(
    ("scenario", "entry", "status", "reason"),
    [
        ("sign_wrong_hash", {}, "failed", "provider-hash-differs"),
        ("sign_other_document", {}, "failed", "signature-mismatch"),
        ("sign_wrong_certificate", {"args": {"spoil": "expired"}}, "failed", "certificate-expired"),
        ("sign_reject", {}, "refused", "refused"),
    ],
)
async def test_what_is_no_signature_of_this_document_is_never_called_signed(
    office: Office, scenario: str, entry: dict[str, Any], status: str, reason: str
) -> None:
    asked, browser = await office.ask(), office.browser()
    code_page = await office.to_code(browser, asked, "cheung-mei-fong")
    await office.arm("hong_kong", scenario, **entry)

    page = await sign_on_the_phone(browser, await browser.press(code_page, "continue"), "cheung-mei-fong")

    answer = await office.fetch(asked["id"])
    assert (answer["status"], answer["reason"]) == (status, reason)
    # Who refused is back at the service; whose signature is worth nothing is told so here first.
    assert ("signing-result" in page.texts) == (status == "failed")
    acknowledged = office.gateway.world.net.count("/api/v1/account/signing/ackResult")
    assert acknowledged == (1 if status == "failed" else 0)


@pytest.mark.attack("SG-09")
async def test_sg_09_a_certificate_of_somebody_else_is_not_the_persons_signature(office: Office) -> None:
    asked, browser = await office.ask(), office.browser()
    await office.arm("macao", "esign_wrong_certificate", args={"persona": "jose-da-luz"})
    document_page = await browser.press(await office.to_code(browser, asked, "chao-sio-man", "macao"), "continue")

    await browser.press(document_page, "sign", otp=document_page.texts["token"])

    answer = await office.fetch(asked["id"])
    assert (answer["status"], answer["reason"]) == ("failed", "expectation-not-met")


async def test_an_account_that_may_not_sign_leads_back_to_the_choice_of_another(office: Office) -> None:
    asked, browser = await office.ask(), office.browser()
    code_page = await office.to_code(browser, asked, "cheung-mei-fong")
    await office.arm("hong_kong", "not_plus")

    page = await sign_on_the_phone(browser, await browser.press(code_page, "continue"), "cheung-mei-fong")

    assert page.texts["problem-code"] == "GBA-2006"
    again = await browser.open(asked["signing_uri"])
    assert {"provider-hong-kong", "provider-macao"} <= again.buttons.keys()
    assert (await office.fetch(asked["id"]))["status"] == "away"


@pytest.mark.attack("ST-01", "ST-03", "ST-09")
async def test_st_01_st_03_st_09_link_return_and_forms_are_good_in_one_browser_only_and_once(office: Office) -> None:
    asked, browser, other = await office.ask(), office.browser(), office.browser()
    chooser = await browser.open(asked["signing_uri"])
    stranger = await other.open(asked["signing_uri"])
    code_page = await browser.prove(await browser.press(chooser, "provider-hong-kong"), "cheung-mei-fong")
    came_back = next(str(one.url) for one in browser.visited if "/sign/callback/" in str(one.url))

    replayed = await browser.open(came_back)
    at_sign_in = await browser.open(came_back.replace("/sign/callback/", "/callback/"))
    elsewhere = await browser.open(came_back.replace("hong-kong", "macao"))
    leaving = await other.open(
        f"{asked['signing_uri']}/leave", {"csrf": code_page.buttons["continue"][0].fields["csrf"]}
    )

    pages = (stranger, replayed, at_sign_in, elsewhere)
    assert [page.texts["problem-code"] for page in pages] == ["GBA-1002"] * len(pages)
    assert leaving.texts["problem-code"] == "GBA-1003"
    assert (await browser.press(code_page, "continue")).url.startswith(AT.hong_kong)


async def test_only_the_client_that_asked_with_the_right_scope_sees_a_request(office: Office) -> None:
    asked = await office.ask()
    call, path = office.gateway.call, f"{PATH}/{asked['id']}"
    other, unscoped = await office.gateway.token("other"), await office.gateway.token("reader")

    answers = [
        await call("GET", path),
        await call("GET", path, other),
        await call("GET", path, unscoped),
        await call("POST", PATH, unscoped, json=a_wish()),
        await call("POST", PATH, other, json=a_wish(return_uri="https://evil.example/")),
        await call("POST", PATH, other, content=b"[]", headers={"content-type": "application/json"}),
        await call("POST", PATH, other, content=b"a=b", headers={"content-type": "text/plain"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 404, 403, 403, 400, 400, 415]
    assert answers[4].json()["error"] == "E_FORMAT"
    assert await office.fetch(asked["id"]) == {"id": asked["id"], "status": "asked", "expires_in": 900}


async def test_a_request_that_nobody_opens_in_time_is_over(office: Office) -> None:
    asked = await office.ask()
    office.gateway.world.clock.advance(minutes=16)

    page = await office.browser().open(asked["signing_uri"])

    assert page.texts["problem-code"] == "GBA-1002"
    assert (await office.fetch(asked["id"]))["status"] == "expired"
