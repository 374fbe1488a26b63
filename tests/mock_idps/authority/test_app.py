"""The served authorities: machines get answers, people sign at the desk, testers turn the switches."""

import base64

import httpx
import pytest
from cryptography import x509
from cryptography.x509 import ocsp as reader

from mock_idps.authority import answers, der
from mock_idps.authority.app import AuthorityConfig
from mock_idps.authority.config import ConfigError
from mock_idps.authority.keys import digest, digest_algorithm
from mock_idps.authority.listed import LISTS
from mock_idps.run import build
from tests.authority import a_world

WORLD = a_world()


async def armed(client: httpx.AsyncClient, scenario: str, **args: object) -> None:
    reply = await client.post("/__mock__/scenario", json={"scenario": scenario, "times": 1, "args": args})
    assert reply.status_code == 200


async def asked(client: httpx.AsyncClient, certificate) -> httpx.Response:
    question = answers.request(certificate, "sha256", b"a nonce of ours!")
    return await client.post(f"/ocsp/{certificate.issuer.kind}", content=question)


@pytest.mark.spec("RFC 6960 appendix A.1")
async def test_a_question_is_answered_by_post_and_by_get(client: httpx.AsyncClient) -> None:
    certificate = WORLD.issue("hk-personal-mr")
    question = base64.b64encode(answers.request(certificate)).decode()
    posted, got = await asked(client, certificate), await client.get(f"/ocsp/hk-ca-15/{question}")

    for reply in (posted, got):
        found = reader.load_der_ocsp_response(reply.content)
        assert found.certificate_status is reader.OCSPCertStatus.GOOD
    assert posted.headers["content-type"] == "application/ocsp-response"
    assert b"a nonce of ours!" in posted.content


@pytest.mark.parametrize(("path", "body"), [("hk-ca-15", b"junk"), ("mo-ca", None)])
async def test_a_question_that_cannot_be_answered_gets_no_answer(
    client: httpx.AsyncClient, path: str, body: bytes | None
) -> None:
    question = body or answers.request(WORLD.issue("hk-personal-mr"))
    reply = await client.post(f"/ocsp/{path}", content=question)

    assert reader.load_der_ocsp_response(reply.content).response_status is not reader.OCSPResponseStatus.SUCCESSFUL


async def test_a_revocation_shows_in_answer_and_list_and_a_release_takes_it_back(client: httpx.AsyncClient) -> None:
    certificate = WORLD.issue("hk-bank", "jane-smith")
    held = await client.post("/revocation/hold", json={"sha256": certificate.sha256})
    answer = reader.load_der_ocsp_response((await asked(client, certificate)).content)
    listed = x509.load_der_x509_crl((await client.get("/crl/hk-ca-15.crl")).content)
    await client.post("/revocation/release", json={"sha256": certificate.sha256})
    after = reader.load_der_ocsp_response((await asked(client, certificate)).content)

    assert held.json() == {"ok": True}
    assert answer.revocation_reason is x509.ReasonFlags.certificate_hold
    assert listed.get_revoked_certificate_by_serial_number(certificate.serial) is not None
    assert after.certificate_status is reader.OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("revoke", {"sha256": "0"}, 404),
        ("revoke", {"sha256": WORLD.issue("hk-bank").sha256, "reason": "whim"}, 400),
        ("release", {"sha256": WORLD.issue("hk-bank").sha256}, 400),
        ("burn", {"sha256": WORLD.issue("hk-bank").sha256}, 400),
        ("hold", {"sha256": WORLD.issue("hk-bank").sha256, "at": "yesterday"}, 400),
        ("hold", {"sha256": WORLD.issue("hk-bank").sha256, "at": "2026-01-01T00:00:00"}, 400),
    ],
)
async def test_a_wrong_revocation_is_refused(client: httpx.AsyncClient, action: str, fields: dict, status: int) -> None:
    assert (await client.post(f"/revocation/{action}", json=fields)).status_code == status


async def test_the_timestamp_authority_stamps_what_it_is_sent(client: httpx.AsyncClient) -> None:
    imprint = der.seq(digest_algorithm("sha256"), der.octets(digest("sha256", b"data")))
    query = der.seq(der.integer(1), imprint, der.integer(77), der.boolean(True))
    good = await client.post("/tsa/mo-tsa", content=query)
    bad = await client.post("/tsa/mo-tsa", content=b"junk")

    assert good.content[:1] == b"\x30"
    assert der.integer(77) in good.content
    assert digest("sha256", b"data") in good.content
    assert bad.content == b"\x30\x09\x30\x07\x02\x01\x02\x03\x02\x02\x04"


@pytest.mark.parametrize("path", ["root.json", "equivalence", *(f"lists/{name}" for name in LISTS)])
async def test_signed_documents_are_served(client: httpx.AsyncClient, path: str) -> None:
    assert len((await client.get(f"/{path}")).json()["signatures"]) == 2


@pytest.mark.parametrize("path", ["crl/nobody.crl", "certificates/nobody.cer", "lists/nowhere"])
async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/{path}")).status_code == 404


async def test_an_issuing_certificate_lies_where_certificates_say(client: httpx.AsyncClient) -> None:
    assert (await client.get("/certificates/gd-ca-sm2.cer")).content == WORLD.authority("gd-ca-sm2").der


async def test_a_tester_turns_the_services_bad(client: httpx.AsyncClient) -> None:
    certificate = WORLD.issue("hk-personal-mr")
    await armed(client, "ocsp_html")
    html = await asked(client, certificate)
    await armed(client, "ocsp_down")
    down = await asked(client, certificate)
    await armed(client, "ocsp_slow", seconds=0)
    slow = await asked(client, certificate)

    assert html.headers["content-type"].startswith("text/html")
    assert (down.status_code, slow.status_code) == (503, 200)


async def test_a_tester_turns_the_lists_bad(client: httpx.AsyncClient) -> None:
    await armed(client, "list_one_signer")
    alone = (await client.get("/lists/hk")).json()
    await armed(client, "list_unsigned")
    unsigned = (await client.get("/lists/hk")).json()
    await armed(client, "list_down")
    down = await client.get("/lists/hk")

    assert len(alone["signatures"]) == 1
    assert unsigned["list_id"] == "hk"
    assert down.status_code == 503


@pytest.mark.parametrize("settings", [{}, {"base_url": "ftp://x"}, {"base_url": "http://x", "more": 1}])
def test_wrong_settings_stop_the_start(settings: dict) -> None:
    with pytest.raises(ConfigError):
        AuthorityConfig.from_json(settings)


def test_the_place_can_be_run_like_the_others() -> None:
    app = build("authority", {"authority": {"base_url": "http://localhost:8005/"}})

    assert app.state.world.base_url == "http://localhost:8005"


async def test_a_delegate_answers_where_a_tester_asked_for_it(client: httpx.AsyncClient) -> None:
    await armed(client, "ocsp_delegated")
    found = reader.load_der_ocsp_response((await asked(client, WORLD.issue("hk-bank"))).content)

    assert len(found.certificates) == 1
