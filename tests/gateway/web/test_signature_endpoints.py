import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from certs.signatures import receipt
from certs.signatures.seal import open_sealed
from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.service import TrustUnusableError, ValidationService
from gateway.web import signature_bodies
from gateway.web.signature_desk import SignatureDesk
from gateway.web.turns import Turns
from tests.authority import NOW
from tests.certs.signatures.judging import CONTENT
from tests.gateway.web.signature_gateway import (
    ROOT,
    VALIDATE,
    SignatureGateway,
    a_request,
    a_service,
    a_signature_gateway,
    keys,
    multipart,
    names_in,
    said,
    validate,
    without,
)
from tests.world import a_world

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SignatureGateway]:
    services = (
        a_service(),
        a_service("other"),
        a_service("nameless", "signatures:validate", "signatures:read"),
        a_service("reader", "signatures:read"),
    )
    async with a_signature_gateway(tmp_path_factory.mktemp("endpoints") / "world", *services) as running:
        yield running


async def test_a_good_signature_is_a_report_that_anybody_can_check(shared: SignatureGateway) -> None:
    response = await validate(shared, report="detailed")

    told = response.json()
    assert response.status_code == 200
    assert told["report"]["overall"]["accept"] is True
    assert open_sealed(told["jws"], await keys(shared)) == told["report"]
    assert "chan-tai-man" in told["report"]["signatures"][0]["signer"]["subject"]


@pytest.mark.attack("SG-14")
async def test_sg_14_a_verdict_is_never_a_status(shared: SignatureGateway) -> None:
    response = await validate(shared, content={"bytes": base64.b64encode(CONTENT + b"!").decode()})

    assert response.status_code == 200
    assert response.json()["report"]["overall"]["indication"] == "TOTAL-FAILED"
    assert response.json()["report"]["overall"]["accept"] is False


async def test_names_are_for_those_who_may_see_them(shared: SignatureGateway) -> None:
    response = await validate(shared, "nameless")

    signer = response.json()["report"]["signatures"][0]["signer"]
    assert (signer["subject_hidden"], "chan-tai-man" in response.text) == (True, False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signature": "!!!!"}, (400, "E_ENCODING")),
        ({"format": "nothing"}, (400, "E_FORMAT")),
        ({"format": "xades"}, (422, "E_UNSUPPORTED")),
        ({"surprise": 1}, (400, "E_FORMAT")),
        ({"policy": "nobodys"}, (422, "E_POLICY")),
        ({"content": {"bytes": "AA==", "digest": {}}}, (422, "E_AMBIGUOUS")),
        ({"purpose": None}, (400, "E_FORMAT")),
        ({"validation_time": "2020-01-01T00:00:00Z"}, (422, "E_POLICY")),
    ],
)
async def test_what_cannot_be_worked_on_has_a_code(
    shared: SignatureGateway, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert said(await validate(shared, **changes)) == expected


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"{", "application/json", (400, "E_FORMAT")),
        (b'{"format": "jws", "format": "cms-detached"}', "application/json", (400, "E_FORMAT")),
        (b"\xff", "application/json", (400, "E_FORMAT")),
        (b"format=jws", "application/x-www-form-urlencoded", (415, "E_FORMAT")),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=y", (400, "E_FORMAT")),
        (b"--x", "multipart/form-data", (400, "E_FORMAT")),
    ],
)
async def test_a_body_of_another_kind_is_refused(
    shared: SignatureGateway, body: bytes, kind: str, expected: tuple[int, str]
) -> None:
    token = await shared.token()

    response = await shared.call("POST", VALIDATE, token, content=body, headers={"content-type": kind})

    assert said(response) == expected


@pytest.mark.spec("RFC 6750 §3.1")
async def test_without_a_token_nothing_is_read_and_without_the_scope_nothing_is_done(shared: SignatureGateway) -> None:
    body = b"x" * 1_000_000

    none = await shared.call("POST", VALIDATE, content=body)
    wrong = await shared.call("POST", VALIDATE, "x" * 43, content=body)
    reader = await validate(shared, "reader")

    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
    assert said(wrong) == (401, "invalid_token")
    assert said(reader) == (403, "insufficient_scope")
    assert "signatures:validate" in reader.headers["www-authenticate"]


@pytest.mark.attack("SG-12")
async def test_sg_12_a_body_is_counted_while_it_is_read(
    shared: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature_bodies, "BODY", 1_000)

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    announced = await validate(shared)
    token, kind = await shared.token(), {"content-type": "application/json"}
    counted = await shared.call("POST", VALIDATE, token, content=unannounced(), headers=kind)

    assert said(announced) == said(counted) == (413, "E_SIZE")


@pytest.mark.attack("SG-12")
async def test_sg_12_two_gigabytes_are_refused_by_their_length(shared: SignatureGateway) -> None:
    headers = {"content-length": str(3 * 2**30), "content-type": "application/json"}

    response = await shared.call("POST", VALIDATE, await shared.token(), content=b"", headers=headers)

    assert response.status_code == 413


@pytest.mark.attack("SG-12")
async def test_sg_12_a_full_house_says_when_to_come_back_and_other_endpoints_stay_open(
    shared: SignatureGateway,
) -> None:
    state = shared.world.gateway.inner.state
    web = state.web
    state.web = replace(web, signatures=SignatureDesk(web.signatures.service, queue=Turns(0, 0)))
    try:
        response = await validate(shared)
        elsewhere = await shared.call("GET", "/jwks")
    finally:
        state.web = web

    assert (said(response), response.headers["retry-after"]) == ((503, "E_BUSY"), "2")
    assert elsewhere.status_code == 200


@pytest.mark.attack("TL-08")
async def test_tl_08_without_lists_that_count_nothing_is_validated(
    shared: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unusable(*_: object) -> None:
        raise TrustUnusableError

    monkeypatch.setattr(ValidationService, "snapshot", unusable)

    one = await validate(shared)
    lines = {"content-type": "application/x-ndjson"}
    batch = await shared.call("POST", f"{VALIDATE}-batch", await shared.token(), content=b"{}\n", headers=lines)

    for response in (one, batch):
        assert said(response) == (503, "temporarily_unavailable")
        assert response.headers["retry-after"] == "60"


async def test_signature_and_content_may_come_as_files(shared: SignatureGateway) -> None:
    members = a_request()
    signature = base64.b64decode(members["signature"])

    response = await multipart(shared, without(members, "signature", "content"), signature=signature, content=CONTENT)

    assert response.json()["report"]["overall"]["accept"] is True
    assert response.json()["report"]["input"]["sha256"] == hashlib.sha256(signature).hexdigest()


async def test_a_large_content_stays_in_a_file_and_is_gone_afterwards(
    shared: SignatureGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(signature_bodies, "MAX_CONTENT", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    members = without(a_request(), "content")

    good, other = [await multipart(shared, members, content=content) for content in (CONTENT, CONTENT + b"!")]

    assert [one.json()["report"]["overall"]["accept"] for one in (good, other)] == [True, False]
    assert names_in(tmp_path) == []


@pytest.mark.attack("SG-12")
async def test_sg_12_no_member_names_a_file_of_ours(shared: SignatureGateway) -> None:
    for name in ("file", "path", "content_path"):
        assert (await validate(shared, content={name: "/etc/passwd"})).status_code == 422
        assert said(await validate(shared, **{f"content_{name}": "/etc/passwd"})) == (400, "E_FORMAT")


async def test_a_part_too_many_too_few_or_twice_is_refused(shared: SignatureGateway) -> None:
    members = a_request()

    answers = [
        await multipart(shared, members, signature=b"x"),
        await multipart(shared, members, content=b"x"),
        await multipart(shared, without(members, "signature"), signature=b"x", document=b"x"),
        await multipart(shared, without(members, "signature"), surprise=b"x"),
    ]
    token = await shared.token()
    alone = await shared.call("POST", VALIDATE, token, files={"signature": ("signature", b"x")})

    assert [said(answer) for answer in answers] == [(422, "E_AMBIGUOUS")] * 4
    assert said(alone) == (400, "E_FORMAT")


@pytest.mark.attack("SG-12")
async def test_sg_12_a_signature_in_a_file_is_as_limited_as_in_json(shared: SignatureGateway) -> None:
    response = await multipart(shared, without(a_request(), "signature"), signature=b"x" * 1_048_577)

    assert said(response) == (413, "E_SIZE")


async def test_a_report_can_be_read_again_by_its_own_client_alone(shared: SignatureGateway) -> None:
    told = (await validate(shared, report="detailed")).json()
    path = f"{ROOT}/reports/{told['report']['id']}"

    own = await shared.call("GET", path, await shared.token())
    signed = await shared.call("GET", path, await shared.token(), headers={"accept": "application/jose"})
    others = await shared.call("GET", path, await shared.token("other"))
    none = await shared.call("GET", f"{ROOT}/reports/nobodys", await shared.token())

    assert own.json() == {"report": told["report"], "jws": told["jws"]}
    assert (signed.text, signed.headers["content-type"]) == (told["jws"], "application/jose")
    assert said(others) == said(none) == (404, "not_found")


async def test_evidence_is_for_those_who_may_see_names(shared: SignatureGateway) -> None:
    told = (await validate(shared, report="evidence")).json()
    hidden = (await validate(shared, "nameless")).json()
    path = f"{ROOT}/reports/{{}}?evidence=1"

    own = await shared.call("GET", path.format(told["report"]["id"]), await shared.token())
    asked = await validate(shared, "nameless", report="evidence")
    read = await shared.call("GET", path.format(hidden["report"]["id"]), await shared.token("nameless"))
    narrowed = await shared.token(scope="signatures:read")
    narrow = await shared.call("GET", f"{ROOT}/reports/{told['report']['id']}", narrowed)

    assert own.json()["evidence"] == told["evidence"]
    assert [said(one) for one in (asked, read, narrow)] == [(403, "insufficient_scope")] * 3


async def test_a_replay_gives_the_same_and_another_policy_says_what_if(shared: SignatureGateway) -> None:
    told = (await validate(shared, report="evidence")).json()
    report_id = told["report"]["id"]

    async def replay(**members: Any) -> httpx.Response:
        return await shared.call("POST", f"{ROOT}/replay", await shared.token(), json=members)

    stored, bundle = await replay(report_id=report_id), await replay(bundle=told["evidence"])
    later = await replay(report_id=report_id, validation_time=(NOW + timedelta(days=4_000)).isoformat())

    assert stored.json()["same_as_stored"] is True
    assert stored.json()["report"]["signatures"] == bundle.json()["report"]["signatures"]
    assert bundle.json()["same_as_stored"] is None
    assert "jws" not in bundle.json()
    assert later.json()["report"]["overall"]["accept"] is False


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, (422, "E_AMBIGUOUS")),
        ({"report_id": "x", "bundle": {}}, (422, "E_AMBIGUOUS")),
        ({"report_id": "nobodys"}, (404, "not_found")),
        ({"report_id": "x", "surprise": 1}, (400, "E_FORMAT")),
        ({"report_id": "x", "policy": 7}, (400, "E_FORMAT")),
        ({"report_id": "x", "validation_time": "2026-01-01T00:00:00"}, (400, "E_FORMAT")),
        ({"bundle": {"bundle_version": 1}}, (400, "E_FORMAT")),
        ({"bundle": {"bundle_version": 1, "evidence": {}, "policy": {}, "trust": {}}}, (400, "E_FORMAT")),
        ({"bundle": {"bundle_version": 1, "evidence": [], "policy": 1, "trust": None}}, (400, "E_FORMAT")),
    ],
)
async def test_a_replay_of_nothing_is_refused(
    shared: SignatureGateway, members: dict[str, Any], expected: tuple[int, str]
) -> None:
    token = await shared.token()

    assert said(await shared.call("POST", f"{ROOT}/replay", token, json=members)) == expected


async def test_a_receipt_says_since_when_a_signature_exists(shared: SignatureGateway) -> None:
    response = await shared.call("POST", f"{ROOT}/receipts", await shared.token(), json=a_request())

    (given,) = response.json()["receipts"]
    issuer, now = shared.world.issuer, shared.world.clock.now
    read = receipt.read(given["receipt"], issuer, await keys(shared), now)
    assert (read.signature_sha256, read.first_seen.isoformat()) == (given["signature_sha256"], given["first_seen"])


async def test_a_receipt_wants_an_input_that_can_be_read(shared: SignatureGateway) -> None:
    token = await shared.token()

    assert said(await shared.call("POST", f"{ROOT}/receipts", token, json={"format": "jws"})) == (400, "E_FORMAT")


@pytest.mark.attack("SG-14")
async def test_sg_14_a_validation_that_breaks_is_no_verdict(
    shared: SignatureGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise Refused(RefusalCode.BUSY, "the report could not be stored")

    monkeypatch.setattr(ValidationService, "_report", broken)

    response = await validate(shared)

    assert said(response) == (503, "E_BUSY")
    assert "report" not in response.json()


async def test_a_gateway_that_validates_nothing_has_no_such_addresses(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with a_world(tmp_path_factory.mktemp("plain") / "world") as world, world.net.browser() as http:
        answers = [await http.post(f"{world.issuer}{VALIDATE}"), await http.get(f"{world.issuer}{ROOT}/keys")]

    assert [answer.status_code for answer in answers] == [404, 404]
