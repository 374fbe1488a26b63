"""Uploading a document and reading the report, in a gateway that validates: what is bounded, bound and kept."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.cli.robot import Page, read_page
from gateway.signatures.service import TrustUnusableError, ValidationService
from gateway.web import signature_check
from gateway.web.signature_check import PER_MINUTE, members_of
from gateway.web.signature_desk import SignatureDesk
from gateway.web.turns import Turns
from mock_idps.authority.samples import Order, make
from tests.authority import a_world as authorities
from tests.gateway.web.page_samples import Outline
from tests.gateway.web.signature_gateway import SignatureGateway, a_signature_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONTENT = b"The parties agree to what stands above. (simulation)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SignatureGateway]:
    async with a_signature_gateway(tmp_path_factory.mktemp("check") / "world") as gateway:
        yield gateway


@pytest.fixture
def gateway(running: SignatureGateway) -> SignatureGateway:
    """A gateway whose counts of requests are forgotten: another minute."""
    running.world.clock.advance(seconds=61)
    return running


def signed(format_: str = "cms-detached", **spoilt: Any) -> bytes:
    return make(authorities(), Order(format=format_, kind="hk-personal-mr", staple=True, **spoilt), CONTENT)


async def send(
    gateway: SignatureGateway,
    document: bytes | None = CONTENT,
    signature: bytes | None = None,
    *,
    form: dict[str, str] | None = None,
    cookie: bool = True,
    files: list[tuple[str, tuple[str, bytes]]] | None = None,
) -> httpx.Response:
    """Open the form in one browser and send it."""
    async with gateway.world.net.browser(**{"accept-language": "en"}) as http:
        opened = await http.get(f"{gateway.world.issuer}/signatures")
        (form_of, _, _) = read_page("", 200, opened.text).buttons["check"]
        fields = {"csrf": form_of.fields["csrf"], "relying": "GD", "purpose": "contract", **(form or {})}
        if not cookie:
            http.cookies.clear()
        if files is None:
            given = {"document": ("contract.pdf", document), "signature": ("contract.p7s", signature)}
            files = [(name, (title, data)) for name, (title, data) in given.items() if data is not None]
        return await http.post(f"{gateway.world.issuer}/signatures", data=fields, files=files)


def outcome(response: httpx.Response) -> str:
    return Outline(response.text).by_id("answer")[1]["class"].removeprefix("verdict verdict-")


async def test_a_good_signature_is_accepted_and_its_signer_named(gateway: SignatureGateway) -> None:
    response = await send(gateway, signature=signed())

    assert (response.status_code, outcome(response)) == (200, "accepted")
    assert "CHAN Siu Ming" in response.text
    assert "contract.pdf" in response.text
    assert response.headers["cache-control"] == "no-store"
    assert "script-src" not in response.headers["content-security-policy"]


async def test_a_message_that_holds_its_document_needs_one_file(gateway: SignatureGateway) -> None:
    response = await send(gateway, signed("cms-attached"))

    assert outcome(response) == "accepted"


async def test_a_signature_file_in_pem_is_read_too(gateway: SignatureGateway) -> None:
    body = base64.encodebytes(signed()).decode()

    response = await send(gateway, signature=f"-----BEGIN PKCS7-----\n{body}-----END PKCS7-----\n".encode())

    assert outcome(response) == "accepted"


@pytest.mark.attack("SG-14")
async def test_sg_14_a_changed_document_is_a_page_that_says_failed(gateway: SignatureGateway) -> None:
    response = await send(gateway, CONTENT + b"!", signed())

    assert (response.status_code, outcome(response)) == (200, "failed")
    assert "verdict-accepted" not in response.text


async def test_where_no_arrangement_is_the_signature_is_genuine_and_not_recognised(gateway: SignatureGateway) -> None:
    response = await send(gateway, signature=signed(), form={"relying": "MO"})

    assert outcome(response) == "not-recognised"


async def test_nothing_of_a_visitors_document_is_kept(gateway: SignatureGateway) -> None:
    response = await send(gateway, signature=signed())

    report_id = Outline(response.text).by_id("report-id")
    token = await gateway.token()
    shown = response.text.split('id="report-id">')[1].split("<")[0]
    found = await gateway.call("GET", f"/v1/signatures/reports/{shown}", token)
    assert (report_id[0], found.status_code) == ("code", 404)


async def test_the_signed_report_that_may_be_passed_on_holds_no_name(gateway: SignatureGateway) -> None:
    response = await send(gateway, signature=signed())

    token = response.text.split('id="signed-report"')[1].split(">")[1].split("<")[0]
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    assert '"subject":"hmac-sha256:' in payload
    assert "CHAN Siu Ming" not in payload


@pytest.mark.parametrize(
    ("document", "form", "status", "about"),
    [
        (None, {}, 422, "Choose the document"),
        (CONTENT, {"relying": ""}, 422, "Choose where the document"),
        (CONTENT, {}, 422, "No signature was recognised"),
        (b"<?xml version='1.0'?><Signature/>", {}, 422, "cannot be checked here"),
    ],
)
async def test_what_cannot_be_checked_is_said_in_a_sentence(
    gateway: SignatureGateway, document: bytes | None, form: dict[str, str], status: int, about: str
) -> None:
    response = await send(gateway, document, form=form, files=None if document else [("document", ("x", b""))])

    assert response.status_code == status
    assert about in response.text
    assert Outline(response.text).by_id("error-summary")


async def test_files_that_are_too_large_together_are_refused(
    gateway: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature_check, "LARGEST", len(CONTENT))

    response = await send(gateway, signature=b"0")

    assert response.status_code == 413
    assert "too large" in response.text


@pytest.mark.attack("WB-02")
@pytest.mark.parametrize("cookie", [True, False])
async def test_wb_02_a_form_of_another_browser_is_refused(gateway: SignatureGateway, cookie: bool) -> None:
    response = await send(gateway, signature=signed(), form={"csrf": "0" * 64}, cookie=cookie)

    assert response.status_code == 403
    assert Outline(response.text).by_id("problem")


@pytest.mark.parametrize("form", [{"relying": "XX"}, {"purpose": "moon-travel"}, {"extra": "1"}, {"document": "text"}])
async def test_a_form_that_is_not_ours_is_refused(gateway: SignatureGateway, form: dict[str, str]) -> None:
    response = await send(gateway, signature=signed(), form=form)

    assert response.status_code in {400, 422}
    assert "report-id" not in response.text


async def test_a_doubled_file_is_refused(gateway: SignatureGateway) -> None:
    twice = [("document", ("a", CONTENT)), ("document", ("b", CONTENT + b"!"))]

    response = await send(gateway, files=twice)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"csrf=x", 415),
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"--x", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
    ],
)
async def test_a_body_that_is_no_upload_is_refused(
    gateway: SignatureGateway, media: str, body: bytes, status: int
) -> None:
    async with gateway.world.net.browser() as http:
        await http.get(f"{gateway.world.issuer}/signatures")

        response = await http.post(f"{gateway.world.issuer}/signatures", content=body, headers={"content-type": media})

    assert response.status_code == status


@pytest.mark.attack("SG-12")
async def test_sg_12_one_address_may_not_ask_without_end(gateway: SignatureGateway) -> None:
    for _ in range(PER_MINUTE):
        await send(gateway, form={"relying": ""})

    response = await send(gateway, signature=signed())

    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.attack("SG-12")
async def test_sg_12_when_too_much_is_going_on_the_page_says_when_to_come_back(
    gateway: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = gateway.world.gateway.inner.state.web.signatures
    monkeypatch.setattr(signature_check, "_desk", lambda _: SignatureDesk(desk.service, uploading=Turns(0, 0)))

    response = await send(gateway, signature=signed())

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "Too many signatures" in response.text


@pytest.mark.attack("TL-08")
async def test_tl_08_without_usable_lists_nothing_is_checked_and_nothing_shown(
    gateway: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unusable(*_: object, **__: object) -> None:
        raise TrustUnusableError

    monkeypatch.setattr(ValidationService, "snapshot", unusable)

    checked, shown = await send(gateway, signature=signed()), await gateway.call("GET", "/trust")

    assert (checked.status_code, shown.status_code) == (503, 503)
    assert "trust lists cannot be used" in checked.text


async def test_the_trust_lists_can_be_walked_through(gateway: SignatureGateway) -> None:
    first = await page_of(gateway, "/trust")
    second = await page_of(gateway, first.links["list-hk-gd-hk"])

    assert second.status == 200
    assert (await gateway.call("GET", "/trust/xx")).status_code == 404


async def test_lists_that_have_run_out_are_shown_as_such(gateway: SignatureGateway) -> None:
    before = gateway.world.clock.now
    gateway.world.clock.now = before + timedelta(days=200)

    response = await gateway.call("GET", "/trust/hk")

    gateway.world.clock.now = before
    assert "state-stale" in response.text


async def page_of(gateway: SignatureGateway, path: str) -> Page:
    response = await gateway.call("GET", path)
    return read_page(path, response.status_code, response.text)


async def test_a_document_without_a_second_file_is_its_own_signature() -> None:
    assert "content" not in members_of(b"%PDF-1.7", None, "GD", "contract")
    assert members_of(b"d", b"s", "GD", "contract")["content"] == {"bytes": "ZA=="}
